import { expect, test } from 'vitest'
import { z } from 'zod'

import { CLEAN } from '../fixtures/topic-checker.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

const MINUTE_MS = 60_000
const INSTANT = z.iso.datetime()
const DELETED = z.looseObject({ lastSeenAt: INSTANT, missingSince: INSTANT, deletedAt: INSTANT })

function evidence(events: readonly TopicEvent[]): readonly string[] {
  const deleted = events.filter(({ type }) => type === 'ListingDeleted')
  return deleted.map(({ key, value }) => `${key} ${(value as { evidence: string }).evidence}`).sort()
}

test.concurrent('a purge deletes what was removed and nothing else, each with its tombstone, proved by a list query (R9, R13)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 31 } })
  await feed.done('snapshot')
  const before = feed.simulator.truth().listings
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 5 }).keys
  expect(await feed.done('purge', '--dry-run')).toContain('dry-run: 55 walked, 5 gone, 0 deleted')
  expect(await feed.size()).toBe(60)

  expect(await feed.done('purge')).toContain('55 walked, 5 gone, 5 deleted')
  const events = await feed.readByConsole(70)
  expect(tally(events)).toEqual({ SNAPSHOT: 60, ListingDeleted: 5, Tombstone: 5 })
  expect(evidence(events)).toEqual(removed.map((key) => `${key} LIST_QUERY`).sort())
  expect(feed.check(events)).toEqual(CLEAN)
  for (const { key, type, value } of events) {
    if (type !== 'ListingDeleted') continue
    const { StandardStatus, MlsStatus } = before.get(key) ?? {}
    expect(value).toMatchObject({ lastStandardStatus: StandardStatus, lastMlsStatus: MlsStatus ?? null })
    const { lastSeenAt, missingSince, deletedAt } = DELETED.parse(value)
    expect([lastSeenAt, missingSince, deletedAt]).toEqual([lastSeenAt, missingSince, deletedAt].toSorted())
  }
  expect(await feed.done('purge')).toContain('55 walked, 0 gone')
}, 240_000)

test.concurrent.each(['refused', 'dropped'] as const)(
  'where a filter by ListingKey is %s, keys are asked for one by one, and a 403 proves nothing (R8, R9)',
  async (unsearchable) => {
    await using feed = await LiveFeed.open({ simulator: { listings: 40, seed: 32 } })
    const { simulator } = feed
    await feed.done('snapshot')
    const gone = simulator.listings.apply({ action: 'remove', count: 3 }).keys
    const [forbidden = ''] = simulator.listings.apply({ action: 'leave', count: 1 }).keys
    simulator.configure({ unsearchable: { ListingKey: unsearchable }, forbiddenKeys: [forbidden] })

    expect(await feed.done('purge')).toContain('36 walked, 3 gone, 3 deleted, 0 still there, 1 inconclusive')
    const events = await feed.read()
    expect(evidence(events)).toEqual(gone.map((key) => `${key} HTTP_404`).sort())
    expect(feed.check(events)).toEqual({ ...CLEAN, missingDeletes: [forbidden] })

    simulator.configure({ forbiddenKeys: [] })
    expect(await feed.done('purge')).toContain('1 gone, 1 deleted, 0 still there, 0 inconclusive')
    expect(feed.check(await feed.read())).toEqual(CLEAN)
  },
  240_000,
)

test.concurrent('a purge that an outage interrupts goes on and says so, or is given up for a fresh one; why is in the status', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 35 } })
  const { simulator } = feed
  await feed.done('snapshot')
  simulator.listings.apply({ action: 'remove', count: 2 })
  const interrupt = async (): Promise<void> => {
    const tomorrow = { kind: 'status', status: 503, code: 1024, retryAfter: 86_400 } as const
    simulator.faults.add({
      path: '/v1/listings',
      query: { _select: '*', _skiptoken: '*' },
      nth: 3,
      fault: tomorrow,
    })
    expect(await feed.run(['purge'])).toMatchObject({ code: 1 })
  }
  await interrupt()
  const status: unknown = JSON.parse(await feed.done('status', '--json'))
  expect(status).toMatchObject({
    passes: [{}, { pass: 'purge', state: 'running', sweepDoubt: 'not_in_sync' }],
  })
  expect(await feed.done('status')).toContain('inconclusive: not_in_sync')
  expect(await feed.done('purge', '--fresh')).toContain('listings completed: 58 walked, 2 gone, 2 deleted')
  await interrupt()
  expect(await feed.done('purge')).toContain('listings completed, resumed: 58 walked, 0 gone')
}, 240_000)

test.concurrent('a purge of 60 % of the feed is held with exit code 3, while upserts go on (R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 50, seed: 33 } })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  const removed = listings.apply({ action: 'remove', count: 30 }).keys
  // Stamped behind every window: only the sweep finds it.
  const [late = ''] = listings.apply({ action: 'new', at: '2026-01-02T00:00:00Z' }).keys
  const [changed = ''] = listings.apply({ action: 'prices', count: 1 }).keys

  const purge = await feed.run(['purge'])
  expect(purge).toMatchObject({ code: 3 })
  expect(purge.stdout).toContain('listings held: 21 walked, 1 published, 30 gone, 0 deleted')
  expect(purge.stdout).toContain("30 deletes are half of the feed's 50 records or more")
  expect(JSON.parse(await feed.done('status', '--json'))).toMatchObject({
    passes: [
      { pass: 'snapshot', state: 'completed' },
      { pass: 'purge', state: 'held', deletes: { held: 30 } },
    ],
  })
  expect(await feed.done('update')).toContain('1 published')

  const events = await feed.readByConsole(52)
  expect(tally(events)).toEqual({ SNAPSHOT: 50, CREATED: 1, UPDATED: 1 })
  expect(events.filter(({ key }) => key === late || key === changed)).toHaveLength(3)
  const { missingDeletes, ...others } = feed.check(events)
  expect(others).toEqual({ ...CLEAN, missingDeletes: undefined })
  expect(missingDeletes.toSorted()).toEqual(removed.toSorted())
}, 240_000)

test.concurrent('a hold outlives its process, and an operator lets go of it, up to a number (R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 40, seed: 36 } })
  await feed.done('snapshot')
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 25 }).keys
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })

  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  expect(await daemon.metric('listingstream_deletes_held{resource="listings"}')).toBe(25)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({
    held: [{ resource: 'listings', detail: "25 deletes are half of the feed's 40 records or more" }],
  })

  const few = await feed.run(['purge', '--approve-up-to', '24'])
  expect(few).toMatchObject({ code: 3 })
  expect(few.stdout).toContain('24 were approved')
  const enough = await feed.run(['purge', '--approve-up-to', '25'])
  expect(enough).toMatchObject({ code: 0 })
  expect(enough.stdout).toContain('25 deleted, 0 still there, 0 inconclusive')
  expect(enough.stdout).toContain("approved although 25 deletes are half of the feed's 40 records or more")
  expect(await daemon.metric('listingstream_deletes_held{resource="listings"}')).toBe(0)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({ held: [] })
  await daemon.process.kill('SIGTERM')

  const events = await feed.readByConsole(90)
  const deleted = events.filter(({ type }) => type === 'ListingDeleted')
  expect(deleted.map(({ value }) => (value as { reason: string }).reason)).toEqual(Array(25).fill('OPERATOR'))
  expect(deleted.map(({ key }) => key).sort()).toEqual(removed.toSorted())
  expect(feed.check(events)).toEqual(CLEAN)
}, 240_000)

test.concurrent('a feed that was really emptied is emptied once that is approved, each key by its own 404 (R9, R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 12, seed: 37 } })
  await feed.done('snapshot')
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 12 }).keys
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  expect(await feed.done('purge', '--approve-up-to', '12')).toContain('0 walked, 12 gone, 12 deleted')
  const events = await feed.readByConsole(36)
  expect(evidence(events)).toEqual(removed.map((key) => `${key} HTTP_404`).sort())
  expect(feed.check(events)).toEqual(CLEAN)
  expect(await feed.done('purge')).toContain('0 walked, 0 gone')
}, 240_000)

test.concurrent('a walk that comes back empty, with a count of 0, is held with exit code 3 (R8, R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 8, seed: 34 } })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  const left = listings.apply({ action: 'leave', count: 8 }).keys
  expect(feed.keys()).toEqual([])

  const purge = await feed.run(['purge'])
  expect(purge).toMatchObject({ code: 3 })
  expect(purge.stdout).toContain('the walk came back empty while 8 records are known')
  expect(tally(await feed.readByConsole(8))).toEqual({ SNAPSHOT: 8 })

  listings.apply({ action: 'return', keys: left })
  expect(await feed.done('purge')).toContain('listings completed: 8 walked, 0 gone')
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 8 })
  expect(feed.check(events)).toEqual(CLEAN)
}, 240_000)

test.concurrent('a listing that comes back with its old stamp is restored by the next purge, once the overlap is over (R6, R9)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 35 } })
  const { simulator } = feed
  await feed.done('snapshot')
  const [key = ''] = simulator.listings.apply({ action: 'leave', count: 1 }).keys
  expect(await feed.done('purge')).toContain('1 gone, 1 deleted')
  simulator.listings.apply({ action: 'return', keys: [key] })
  // Within it, it may as well be an old answer out of the vendor's cache.
  expect(await feed.done('purge')).toContain('20 walked')
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 20, ListingDeleted: 1, Tombstone: 1 })

  simulator.advanceClock(21 * MINUTE_MS)
  expect(await feed.done('purge')).toContain('1 missed by updates and read')
  const events = await feed.readByConsole(23)
  expect(tally(events)).toEqual({ SNAPSHOT: 20, ListingDeleted: 1, Tombstone: 1, RESTORED: 1 })
  expect(feed.check(events, [key])).toEqual(CLEAN)
}, 240_000)
