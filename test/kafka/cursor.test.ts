import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { Cursor, type FetchedPartition } from '../../src/kafka/cursor.ts'
import { plainRecord } from '../fixtures/plain-record.ts'
import { BASE_TIMESTAMP, CODEC_NAMES, dataBatch, marker } from './log-bytes.ts'

const X = 10n

function fetched(batches: readonly Buffer[], lastStableOffset = 100): FetchedPartition {
  return { topic: 't', partition: 0, lastStableOffset, aborted: [], batches: Buffer.concat(batches) }
}

describe('reading a partition to its end', () => {
  test('markers at the tail count as read (R2)', async () => {
    const cursor = new Cursor('t', 0, 0, 3)
    const taken = await cursor.accept(fetched([dataBatch(X, 0, 1, [0, 1]), marker(X, 2, 'commit')]))?.decode()
    expect(taken?.records.map(({ offset }) => offset)).toEqual([0, 1])
    expect(taken?.nextOffset).toBe(3)
    expect(cursor.done).toBe(true)
  })

  test('a block of markers alone brings the reading on', async () => {
    const cursor = new Cursor('t', 0, 5, 9)
    const taken = await cursor.accept(fetched([marker(X, 5, 'abort')]))?.decode()
    expect(taken).toMatchObject({ records: [], nextOffset: 6 })
    expect(cursor.done).toBe(false)
  })

  test('a record below the position or beyond the end is not delivered', async () => {
    const cursor = new Cursor('t', 0, 2, 4)
    const taken = await cursor.accept(fetched([dataBatch(X, 0, 9, [0, 1, 2, 3, 4, 5])]))?.decode()
    expect(taken?.records.map(({ offset }) => offset)).toEqual([2, 3])
    expect(taken?.nextOffset).toBe(4)
  })

  test('offsets that compaction took from the end of a batch are read', async () => {
    const cursor = new Cursor('t', 0, 4, 8)
    const taken = await cursor.accept(fetched([dataBatch(X, 0, 7, [0, 1, 2, 3])]))?.decode()
    expect(taken).toMatchObject({ records: [], nextOffset: 8 })
    expect(cursor.done).toBe(true)
  })

  test('what compaction took is told apart from what is only hidden, such as markers', async () => {
    const taken = async (from: number, batches: readonly Buffer[], end = 100) =>
      (await new Cursor('t', 0, from, end).accept(fetched(batches))?.decode())?.firstMissing()
    const whole = [dataBatch(X, 0, 1, [0, 1]), marker(X, 2, 'commit')]
    expect(await taken(0, whole)).toBeNull()
    expect(await taken(1, whole)).toBeNull()
    expect(await taken(0, [dataBatch(X, 0, 3, [0, 2, 3])])).toBe(1)
    expect(await taken(2, [dataBatch(X, 0, 3, [0, 2, 3])])).toBeNull()
    // Its first batches, or the last records of one.
    expect(await taken(4, [dataBatch(X, 6, 7, [6, 7])])).toBe(4)
    expect(await taken(0, [dataBatch(X, 0, 4, [0, 1])])).toBe(2)
    expect(await taken(0, [dataBatch(X, 0, 4, [0, 1])], 2)).toBeNull()
  })

  test('of any log, the first offset that is nowhere is missing, aborted records being somewhere', async () => {
    const slots = fc.array(fc.record({ isThere: fc.boolean(), endsBatch: fc.boolean() }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(slots, fc.nat(), fc.nat(), fc.boolean(), async (log, start, stop, isAborted) => {
        const batches: Buffer[] = []
        let first = 0
        for (const [offset, { endsBatch }] of log.entries()) {
          if (!endsBatch && offset < log.length - 1) continue
          const present = log.flatMap(({ isThere }, at) =>
            isThere && at >= first && at <= offset ? [at] : [],
          )
          batches.push(dataBatch(X, first, offset, present))
          first = offset + 1
        }
        const from = start % log.length
        const to = from + 1 + (stop % (log.length - from))
        const answer = { ...fetched(batches), aborted: isAborted ? [{ producerId: X, firstOffset: 0 }] : [] }
        const taken = await new Cursor('t', 0, from, to).accept(answer)?.decode()
        const there = log.flatMap(({ isThere }, at) => (isThere && at >= from && at < to ? [at] : []))
        const missing = log.findIndex(({ isThere }, at) => !isThere && at >= from && at < to)
        expect(taken?.firstMissing()).toBe(missing === -1 ? null : missing)
        expect(taken?.records.map(({ offset }) => offset)).toEqual(isAborted ? [] : there)
        expect(taken?.nextOffset).toBe(to)
      }),
    )
  })

  test('a batch that compaction has emptied is read, whatever it says of a codec', async () => {
    for (const codec of CODEC_NAMES) {
      const cursor = new Cursor('t', 0, 4, 8)
      const taken = await cursor.accept(fetched([dataBatch(X, 4, 5, [], { codec })]))?.decode()
      expect(taken).toMatchObject({ records: [], nextOffset: 6 })
    }
  })

  test('behind a batch that came in part, a larger answer is asked for', () => {
    const cursor = new Cursor('t', 0, 4, 8)
    const before = cursor.maxBytes
    expect(cursor.accept(fetched([dataBatch(X, 4, 5, [4, 5]).subarray(0, 70)]))).toBeUndefined()
    expect(cursor.position).toBe(4)
    expect(cursor.maxBytes).toBeGreaterThan(before)
    cursor.accept(fetched([dataBatch(X, 6, 6, [6])]))
    expect(cursor.maxBytes).toBe(before)
    expect(cursor.position).toBe(7)
  })

  test('whoever follows a topic waits at its end without asking for more', () => {
    const cursor = new Cursor('t', 0, 100, Infinity)
    const before = cursor.maxBytes
    expect(cursor.accept(fetched([], 100))).toBeUndefined()
    expect(cursor.maxBytes).toBe(before)
    expect(cursor.done).toBe(false)
  })

  test('a damaged batch is an error, and the reading does not move behind it', () => {
    const cursor = new Cursor('t', 0, 0, 8)
    const spoilt = dataBatch(X, 2, 3, [2, 3])
    spoilt.writeUInt8(spoilt.readUInt8(70) ^ 1, 70)
    expect(() => cursor.accept(fetched([dataBatch(X, 0, 1, [0, 1]), spoilt]))).toThrow(
      expect.objectContaining({ code: 'KAFKA_BATCH_DAMAGED' }),
    )
    expect(cursor.position).toBe(0)
  })

  test('tombstones, repeated headers and headers without a value arrive as documented', async () => {
    const headers = [
      ['one', Buffer.from('1')],
      ['twice', Buffer.from('a')],
      ['none', null],
      ['twice', Buffer.from('b')],
      ['taken back', Buffer.from('x')],
      ['taken back', null],
    ] as const
    const cursor = new Cursor('t', 0, 0, 1)
    const taken = await cursor
      .accept(fetched([dataBatch(X, 0, 0, [0], { record: { value: null, headers } })]))
      ?.decode()
    expect(taken?.records.map(plainRecord)).toEqual([
      {
        offset: 0,
        timestamp: BASE_TIMESTAMP,
        key: Buffer.from('k0'),
        value: null,
        headers: { one: Buffer.from('1'), twice: Buffer.from('b') },
      },
    ])
  })
})
