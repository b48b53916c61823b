import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { CommitDoubt, REFUSALS, type Refusal } from './commit-doubt.ts'
import type { ProxyTap } from './tcp-proxy.ts'

const END_TXN = 26

function frame(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([int32(body.length), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

const asked = (api: number, correlation: number): Buffer => frame(int16(api), int16(1), int32(correlation))
/** Throttle time, no error, and something behind them. */
const answer = (correlation: number): Buffer =>
  frame(int32(correlation), int32(0), int16(0), Buffer.alloc(10, 7))
/** Of one partition of the topic `t.checkpoints`. */
const offsets = (correlation: number): Buffer =>
  frame(
    Buffer.concat([int32(correlation), int32(0), int32(1), int16(13), Buffer.from('t.checkpoints')]),
    Buffer.concat([int32(1), int32(0), int16(0), Buffer.alloc(16)]),
  )
const answerTo = (api: number, correlation: number): Buffer =>
  api === 2 ? offsets(correlation) : answer(correlation)

function inPieces(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...pieces, bytes.subarray(at)]
}

/** A commit whose answer is lost. */
function inDoubt(doubt: CommitDoubt): void {
  const tap = doubt.newTap()
  tap.request(asked(END_TXN, 1))
  expect(tap.reply(answer(1))).toBe('cut')
}

function exchanged(tap: ProxyTap, api: number, correlation: number): Buffer {
  tap.request(asked(api, correlation))
  const verdict = tap.reply(answerTo(api, correlation))
  if (verdict === 'cut') throw new Error('The connection was cut.')
  return verdict
}

describe('a commit in doubt', () => {
  const names = Object.keys(REFUSALS) as Refusal[]

  test.each(names)('is followed by as many refusals as wanted: %s', (name) => {
    const { api, code } = REFUSALS[name]
    const doubt = new CommitDoubt()
    doubt.arm(name, 2)
    inDoubt(doubt)
    const tap = doubt.newTap()
    for (const correlation of [5, 6]) {
      const whole = answerTo(api, correlation)
      const got = exchanged(tap, api, correlation)
      expect(got.equals(whole)).toBe(false)
      expect(got.readInt32BE(0)).toBe(got.length - 4)
      expect(got.readInt32BE(4)).toBe(correlation)
      if (code === undefined) expect(got.length).toBeLessThan(whole.length)
      else expect(got.readInt16BE(api === 2 ? 39 : 12)).toBe(code)
    }
    expect(exchanged(tap, api, 7).equals(answerTo(api, 7))).toBe(true)
    expect(doubt.happened).toEqual({ doubts: 1, refused: 2 })
  })

  test.each(names)('does not come by itself, and nothing is refused before it: %s', (name) => {
    const doubt = new CommitDoubt()
    const { api } = REFUSALS[name]
    expect(exchanged(doubt.newTap(), END_TXN, 1).equals(answer(1))).toBe(true)
    doubt.arm(name, 2)
    expect(exchanged(doubt.newTap(), api, 2).equals(answerTo(api, 2))).toBe(true)
    doubt.disarm()
    expect(exchanged(doubt.newTap(), END_TXN, 3).equals(answer(3))).toBe(true)
  })

  test('what passes is what came, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 })),
        fc.array(fc.integer({ min: 0, max: 30 })),
        (sizes, apis) => {
          const tap = new CommitDoubt().newTap()
          const requests = Buffer.concat(apis.map((api, i) => asked(api, i)))
          const replies = Buffer.concat(apis.map((api, i) => answerTo(api, i)))
          for (const piece of inPieces(requests, sizes)) tap.request(piece)
          const passed = inPieces(replies, sizes).map((piece) => tap.reply(piece))
          expect(passed).not.toContain('cut')
          expect(Buffer.concat(passed.filter((part) => part !== 'cut')).equals(replies)).toBe(true)
        },
      ),
    )
  })
})
