import { setTimeout as delay } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { API, firstOf, startKafkaProxy, type Fate } from '../fixtures/kafka-proxy.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const OFTEN = { UPDATE_INTERVAL: '300ms', PURGE_INTERVAL: '1d' }
const PATIENCE = { timeout: 60_000, interval: 100 }
const UPDATES = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
const PAUSED = 'listingstream_paused{resource="all"}'

interface Told {
  readonly paused: readonly { readonly resource: string | null; readonly until: string | null }[]
}

async function updates(daemon: LiveDaemon): Promise<number> {
  return await daemon.metric(UPDATES)
}

/** No update has ended between two looks that lie so far apart. */
async function standsStill(daemon: LiveDaemon): Promise<void> {
  let before = -1
  await expect
    .poll(
      async () => {
        const now = await updates(daemon)
        const same = now === before
        before = now
        return same
      },
      { timeout: 30_000, interval: 1_500 },
    )
    .toBe(true)
}

test('a paused daemon runs no pass by schedule, is ready and says so, also after kill -9; one on demand runs, and resume goes on', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 30, seed: 81 } })
  let daemon = await LiveDaemon.start(feed, OFTEN)
  try {
    await expect.poll(() => updates(daemon), PATIENCE).toBeGreaterThan(1)
    const told = JSON.parse(await feed.done('pause', '--for', '2h', '--json')) as Told
    expect(told.paused).toMatchObject([{ resource: null, until: expect.any(String) }])
    await standsStill(daemon)
    expect(await daemon.metric(PAUSED)).toBe(1)
    const ready = await daemon.get('/readyz')
    expect(ready.status).toBe(200)
    expect(JSON.parse(ready.text)).toMatchObject({ ready: true, paused: told.paused })
    expect(await feed.done('status')).toMatch(
      /^PAUSED +all passes by schedule, for .*, ends in (?:120 min|2 h)$/m,
    )

    feed.simulator.listings.apply({ action: 'prices', count: 2 })
    expect(await feed.done('update')).toContain('2 published')

    await daemon.process.kill('SIGKILL')
    expect(await feed.done('status')).toMatch(/^PAUSED/m)
    daemon = await LiveDaemon.start(feed, OFTEN)
    expect(await daemon.metric(PAUSED)).toBe(1)
    await standsStill(daemon)
    expect(await updates(daemon)).toBe(0)

    expect(await feed.done('resume')).toBe('nothing is paused: passes run by schedule')
    await expect.poll(() => updates(daemon), PATIENCE).toBeGreaterThan(1)
    expect(await daemon.metric(PAUSED)).toBe(0)
  } finally {
    await daemon[Symbol.asyncDispose]()
  }
}, 240_000)

test('a pause stops a download between its pages; it goes on where it was, and publishes each listing once (R1)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 200, seed: 82 },
    settings: { RESOURCES: 'listings,accounts', PAGE_LIMIT: '4' },
  })
  feed.simulator.faults.add({ fault: { kind: 'delay', ms: 100 }, path: '/v1/listings', times: null })
  await using daemon = await LiveDaemon.start(feed, { ...OFTEN, UPDATE_INTERVAL: '1d' })
  const published = 'listingstream_records_total{resource="listings",outcome="published"}'
  await expect.poll(() => daemon.metric(published), PATIENCE).toBeGreaterThan(8)
  await feed.done('pause', '--resource', 'listings')
  let last = -1
  await expect
    .poll(
      async () => {
        const now = await daemon.metric(published)
        const same = now === last
        last = now
        return same
      },
      { timeout: 30_000, interval: 1_500 },
    )
    .toBe(true)
  expect(last).toBeLessThan(200)
  const accounts = 'listingstream_passes_total{resource="accounts",pass="snapshot",state="completed"}'
  await expect.poll(() => daemon.metric(accounts), PATIENCE).toBe(1)
  await feed.done('resume', '--resource', 'listings')
  await expect.poll(() => daemon.metric(published), PATIENCE).toBe(200)
  const keys = (await feed.read()).map(({ key }) => key)
  expect(keys).toHaveLength(200)
  expect(new Set(keys).size).toBe(200)
}, 240_000)

test('a daemon that is stopped while a pause is being committed waits for that, ends by itself, and the pause stands (R1)', async () => {
  const [broker = ''] = testStack().brokers
  await using proxy = await startKafkaProxy(broker)
  await using feed = await LiveFeed.open({ simulator: { listings: 10, seed: 84 } })
  await feed.done('snapshot')
  const idle = { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d', KAFKA_BROKERS: proxy.broker }
  await using daemon = await LiveDaemon.start(feed, idle)
  await expect.poll(() => updates(daemon), PATIENCE).toBe(1)
  const committing = Promise.withResolvers<void>()
  proxy.judge = firstOf(API.endTxn, async (): Promise<Fate> => {
    committing.resolve()
    // The stop comes first.
    await delay(500)
    return 'pass'
  })
  const pausing = daemon.post('/pause').catch(() => undefined)
  await committing.promise
  const asked = performance.now()
  const exit = await daemon.process.kill('SIGTERM')
  expect(performance.now() - asked).toBeLessThan(9_500)
  expect(exit).toMatchObject({ code: 0, signal: null })
  expect(exit.stderr).not.toContain('KAFKA_')
  await pausing
  expect(await feed.done('status')).toMatch(/^PAUSED/m)
}, 180_000)

test('without a daemon the command writes it itself, and the next daemon stands still; before the first page there is nothing to pause', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 10, seed: 83 } })
  const early = await feed.run(['pause'])
  expect(early).toMatchObject({ code: 1 })
  expect(early.stderr).toContain('NOTHING_TO_PAUSE')
  await feed.done('snapshot')
  expect(await feed.done('pause')).toBe(
    'paused: all passes by schedule, for 0 s, until "listingstream resume"',
  )
  await using daemon = await LiveDaemon.start(feed, OFTEN)
  expect(await daemon.metric(PAUSED)).toBe(1)
  await standsStill(daemon)
  expect(await updates(daemon)).toBe(0)
}, 180_000)
