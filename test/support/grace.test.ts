import { expect, test } from 'vitest'

import { graceAfter } from '../../src/support/grace.ts'
import { virtualTimer } from '../fixtures/virtual-timer.ts'

const never = new AbortController().signal

test('its signal aborts the given time after the other one, for the same reason', async () => {
  const timer = virtualTimer()
  const stop = new AbortController()
  using grace = graceAfter(stop.signal, 5_000, timer)
  await timer.sleep(60_000, never)
  expect(grace.signal.aborted).toBe(false)
  const reason = new Error('stop')
  stop.abort(reason)
  await timer.sleep(4_999, never)
  expect(grace.signal.aborted).toBe(false)
  await timer.sleep(1, never)
  expect(grace.signal.reason).toBe(reason)
})

test('it aborts also if the other one had already, and never once it is disposed of', async () => {
  const timer = virtualTimer()
  const stopped = AbortSignal.abort(new Error('stop'))
  using grace = graceAfter(stopped, 5_000, timer)
  const over = graceAfter(stopped, 5_000, timer)
  over[Symbol.dispose]()
  await timer.sleep(10_000, never)
  expect(grace.signal.aborted).toBe(true)
  expect(over.signal.aborted).toBe(false)
})
