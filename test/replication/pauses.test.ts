import { expect, test, vi } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import type { Pause } from '../../src/domain/pause.ts'
import { Pauses } from '../../src/replication/pauses.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { orAborted } from '../../src/support/abort.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { SERVER_TIME } from '../fixtures/scripted-source.ts'

const POLL_MS = 500
const NEVER = new AbortController().signal
const ALL: Pause = { resource: null, since: instant(SERVER_TIME), until: null }

/** Work that ends by its signal, or when it is let go. */
function work() {
  const begun = vi.fn<() => void>()
  const gate = Promise.withResolvers<string>()
  const run = (signal: AbortSignal): Promise<string> => {
    begun()
    return orAborted(gate.promise, signal)
  }
  return { begun, gate, run }
}

test('what runs stops when it is paused, and is done anew when the pause ends', async () => {
  const clock = new ManualClock(SERVER_TIME)
  const pauses = new Pauses([])
  const { begun, gate, run } = work()
  const done = pauses.run(LISTINGS, clock, run, NEVER)
  expect(begun).toHaveBeenCalledTimes(1)
  pauses.record([ALL])
  await clock.sleeperOf(POLL_MS)
  await clock.pass(POLL_MS)
  expect(begun).toHaveBeenCalledTimes(1)
  await clock.sleeperOf(POLL_MS)
  pauses.record([])
  await clock.pass(POLL_MS)
  await vi.waitUntil(() => begun.mock.calls.length === 2, { interval: 1 })
  gate.resolve('done')
  expect(await done).toBe('done')
})

test('a pause of another resource, or one that ends, stops nothing', async () => {
  const pauses = new Pauses([ALL])
  pauses.record([{ ...ALL, resource: ACCOUNTS.name }])
  const { begun, gate, run } = work()
  const done = pauses.run(LISTINGS, new ManualClock(SERVER_TIME), run, NEVER)
  pauses.record([{ ...ALL, resource: ACCOUNTS.name }])
  pauses.record([])
  gate.resolve('done')
  expect(await done).toBe('done')
  expect(begun).toHaveBeenCalledTimes(1)
})

test('a pause that was recovered keeps work from beginning until it is over by itself', async () => {
  const clock = new ManualClock(SERVER_TIME)
  const pauses = new Pauses([{ ...ALL, until: instant(SERVER_TIME + POLL_MS) }])
  const { begun, gate, run } = work()
  const done = pauses.run(LISTINGS, clock, run, NEVER)
  expect(begun).not.toHaveBeenCalled()
  gate.resolve('done')
  await clock.sleeperOf(POLL_MS)
  await clock.pass(POLL_MS)
  expect(await done).toBe('done')
})

test('a failure of the work that a pause stops is a failure, and a stop of the feed is a stop', async () => {
  const pauses = new Pauses([])
  const failing = (signal: AbortSignal): Promise<never> =>
    orAborted(new Promise<never>(() => undefined), signal).catch(() => {
      throw new Error('the commit is in doubt')
    })
  const failed = pauses.run(LISTINGS, new ManualClock(SERVER_TIME), failing, NEVER)
  pauses.record([ALL])
  await expect(failed).rejects.toThrow('the commit is in doubt')

  const stop = new AbortController()
  const waiting = pauses.run(LISTINGS, new ManualClock(SERVER_TIME), work().run, stop.signal)
  stop.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})
