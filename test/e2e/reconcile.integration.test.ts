/** What updates miss: a change that is hidden from their window is found by the next sweep, one without a stamp by a content reconcile. */
import { expect, test } from 'vitest'

import type { FeedStatus } from '../../src/app/reports/feed-status.ts'
import { restoredRecords, sourceRecords } from '../fixtures/restored-record.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, pageRequests, tally } from './live-feed.ts'
import { expectSameSets, openMedia, setRequests, since } from './media-feed.ts'

const MINUTE_MS = 60_000
/** Of a feed whose overlap is twenty minutes: in no window of an update. */
const HIDDEN_MS = 40 * MINUTE_MS
/** A content reconcile is due at once. */
const DUE = { RECONCILE_INTERVAL: '100ms' }
const PATIENCE = { timeout: 240_000, interval: 100 }

test('of listings (R4, R5, R6)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 41 } })
  const { simulator } = feed
  await feed.done('snapshot')
  const [hidden = '', unstamped = ''] = feed.keys().slice(20)
  simulator.listings.apply({
    action: 'set',
    keys: [hidden],
    fields: { City: 'Late' },
    at: simulator.now() - HIDDEN_MS,
  })
  simulator.listings.apply({ action: 'set', keys: [unstamped], fields: { City: 'Silent' }, stamp: false })
  expect(await feed.done('update')).not.toContain('published')

  // Presence alone says nothing of either.
  const before = simulator.requests.latest.length
  expect(await feed.done('purge', '--compare', 'keys')).toContain(
    'purge by keys of listings completed: 60 walked, 0 gone, 0 deleted, 0 still there, 0 inconclusive, 0 missed by updates',
  )
  const asked = pageRequests(simulator.requests.latest.slice(before))
  expect(new Set(asked.map((query) => query.get('_select')))).toEqual(new Set(['ListingKey']))

  expect(await feed.done('purge')).toMatch(
    /of listings completed: .* 1 missed by updates and read \(1 newer_stamp\)$/,
  )
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 60, UPDATED: 1 })

  const reconcile = await feed.run(['purge', '--json'], DUE)
  expect(JSON.parse(reconcile.stdout)).toMatchObject({
    state: 'completed',
    walked: 60,
    counts: { published: 1, unchanged: 59 },
    purge: { compare: 'content', gone: 0, missed: 1, missedBy: { same_stamp: 1 } },
  })
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 60, UPDATED: 2 })
  expect(events.filter(({ key }) => key === hidden || key === unstamped)).toHaveLength(4)
  expect(feed.check(events)).toEqual(CLEAN)
  expect(await feed.done('status')).toMatch(
    /^Purge +completed .*: 60 walked, missed by updates \(1 same_stamp\), all content compared \d+ s ago$/m,
  )
}, 600_000)

test('of accounts (R4, R5, R6)', async () => {
  const ofAccounts = ['--resource', 'accounts']
  await using feed = await LiveFeed.open({
    simulator: { listings: 200, seed: 42 },
    settings: { RESOURCES: 'listings,accounts' },
  })
  const { simulator } = feed
  const accounts = feed.collection('accounts')
  await feed.done('snapshot', ...ofAccounts)
  const [hidden = '', unstamped = ''] = [...accounts.truth().keys()].slice(5)
  const at = simulator.now() - HIDDEN_MS
  accounts.obey({ action: 'email', keys: [hidden], at })
  accounts.obey({ action: 'set', keys: [unstamped], fields: { Name: 'Another Name' }, stamp: false })
  expect(await feed.done('update', ...ofAccounts)).not.toContain('published')

  expect(await feed.done('purge', ...ofAccounts)).toContain('1 missed by updates and read (1 newer_stamp)')
  const reconcile = await feed.run(['purge', ...ofAccounts], DUE)
  expect(reconcile).toMatchObject({ code: 0 })
  expect(reconcile.stdout).toContain('purge by content of accounts completed: 40 walked')
  expect(reconcile.stdout).toContain('1 missed by updates and read (1 same_stamp)')

  const events = await feed.read('accounts')
  expect(tally(events)).toEqual({ SNAPSHOT: 40, UPDATED: 2 })
  expect(events.flatMap(({ key, value }) => (isUpdate(value) ? [key] : [])).toSorted()).toEqual(
    [hidden, unstamped].toSorted(),
  )
  const beside = ['Id', 'ResourceUri', 'ModificationTimestamp']
  expect(restoredRecords(events, 'account')).toEqual(sourceRecords(accounts, beside))
}, 600_000)

function isUpdate(value: unknown): boolean {
  return (value as { change?: string } | null)?.change === 'UPDATED'
}

test('of sets of photos (R4, R5)', async () => {
  await using feed = await openMedia({ seed: 43, subresources: 'photos' })
  const { simulator } = feed
  await feed.done('snapshot')
  const filled = await feed.read('listing-photos')
  const [hidden = '', unstamped = ''] = filled.map(({ key }) => key)
  const media = (key: string, at?: number) =>
    simulator.listings.obey({
      action: 'media',
      part: 'photos',
      keys: [key],
      change: 'edit',
      position: 1,
      ...(at === undefined ? {} : { at }),
    })

  media(hidden, simulator.now() - HIDDEN_MS)
  // Its parts change when its stamp has long settled.
  simulator.configure({ setLagMs: 30 * MINUTE_MS })
  media(unstamped)
  expect(await feed.done('update')).toContain('listing-photos completed: 1 walked, 1 unchanged')
  expect(await feed.done('purge')).toMatch(
    /\(1 newer_stamp\)\n.*listing-photos completed: 1 walked, 1 published$/,
  )
  simulator.advanceClock(21 * MINUTE_MS)
  expect(await feed.done('update')).toContain('listing-photos completed: 1 walked, 1 unchanged')
  simulator.advanceClock(10 * MINUTE_MS)
  expect(await feed.done('purge')).toMatch(/0 missed by updates.*\n.*listing-photos completed: 0 walked/)

  const reconcile = await feed.run(['purge', '--json'], DUE)
  const report = JSON.parse(reconcile.stdout) as { sets: readonly object[] }
  expect(report.sets).toMatchObject([{ pass: 'snapshot', state: 'completed', counts: { published: 1 } }])
  const news = since(filled, await feed.read('listing-photos'))
  expect(news.map(({ key }) => key)).toEqual([hidden, unstamped])
  expect(tally(news)).toEqual({ UPDATED: 2 })
  await expectSameSets(feed, 'photos')
}, 600_000)

test('a daemon reconciles all content every RECONCILE_INTERVAL, sets with it, and counts what updates had missed', async () => {
  await using feed = await openMedia({ seed: 44, subresources: 'photos' })
  const { simulator } = feed
  const passed = { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d', RECONCILE_INTERVAL: '1d' }
  {
    await using daemon = await LiveDaemon.start(feed, passed)
    const filled = 'listingstream_passes_total{resource="listing-photos",pass="snapshot",state="completed"}'
    await expect.poll(() => daemon.metric(filled), PATIENCE).toBe(1)
    await daemon.process.kill('SIGTERM')
  }
  const [key = ''] = feed.keys()
  simulator.listings.apply({ action: 'set', keys: [key], fields: { City: 'Silent' }, stamp: false })
  const asked = simulator.requests.latest.length

  await using daemon = await LiveDaemon.start(feed, { ...passed, RECONCILE_INTERVAL: '8s' })
  const missed = 'listingstream_missed_total{resource="listings",reason="same_stamp"}'
  await expect.poll(() => daemon.metric(missed), PATIENCE).toBe(1)
  await expect
    .poll(() => setRequests(simulator.requests.latest.slice(asked)).length, PATIENCE)
    .toBeGreaterThan(0)
  const status = JSON.parse(await feed.done('status', '--json')) as FeedStatus
  const purge = status.passes.find(({ pass }) => pass === 'purge')
  expect(purge).toMatchObject({ compare: 'content', reconciledAt: expect.any(String) })
  expect(Date.parse(purge?.nextAt ?? '') - Date.parse(purge?.startedAt ?? '')).toBeLessThan(60_000)
  await daemon.process.kill('SIGTERM')
  expect(daemon.process.stderr).toContain('"compare":"content"')
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 60, UPDATED: 1 })
  expect(feed.check(events)).toEqual(CLEAN)
}, 600_000)

test('where changes show up late, updates look back further, and nothing is missed for it (R4)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 400, seed: 45 },
    settings: { PAGE_LIMIT: '100' },
  })
  const { simulator } = feed
  await feed.done('snapshot')
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '2s', PURGE_INTERVAL: '1d' })
  const overlap = 'listingstream_update_overlap_seconds{resource="listings"}'
  await expect.poll(() => daemon.metric(overlap), PATIENCE).toBe(1_200)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({ ready: true, lateArrivals: [] })

  simulator.listings.apply({ action: 'bulk-edit', at: simulator.now() - 18 * MINUTE_MS })
  await expect.poll(() => daemon.metric(overlap), PATIENCE).toBe(2_400)
  const { status, text } = await daemon.get('/readyz')
  expect(status).toBe(200)
  expect(JSON.parse(text)).toMatchObject({
    ready: true,
    lateArrivals: [{ resource: 'listings', overlapSeconds: 2_400 }],
  })
  expect(await daemon.metric('listingstream_arrival_delay_seconds_count{resource="listings"}')).toBe(400)
  expect(await feed.done('status')).toMatch(
    // The next update has seen too few to say whether they still do.
    /^Freshness .*CHANGES (?:SHOW|SHOWED) UP LATE: .* look back 40 min/m,
  )

  simulator.listings.apply({ action: 'new', at: simulator.now() - 35 * MINUTE_MS })
  const events = 'listingstream_events_total{topic="listings",type="ListingUpserted"}'
  await expect.poll(() => daemon.metric(events), PATIENCE).toBe(401)
  await daemon.process.kill('SIGTERM')
  // The next process goes on with what this one knew.
  const asked = simulator.requests.latest.length
  await feed.done('update')
  const [page] = pageRequests(simulator.requests.latest.slice(asked))
  const from = /Gt (\S+)/.exec(page?.get('_filter') ?? '')?.[1] ?? ''
  expect(simulator.now() - Date.parse(from)).toBeGreaterThan(40 * MINUTE_MS)
  expect(feed.check(await feed.read())).toEqual(CLEAN)
}, 600_000)
