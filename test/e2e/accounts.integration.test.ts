import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { restoredRecords, sourceRecords } from '../fixtures/restored-record.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveFeed, pageRequests, tally } from './live-feed.ts'

const MINUTE_MS = 60_000
const BOTH = { RESOURCES: 'listings,accounts' }
const OF_ACCOUNTS = ['--resource', 'accounts'] as const

/** Of 200 listings and 40 accounts. */
function openFeed(seed: number, settings: Readonly<Record<string, string>> = BOTH): Promise<LiveFeed> {
  return LiveFeed.open({ simulator: { listings: 200, seed }, settings: { PAGE_LIMIT: '15', ...settings } })
}

/** What the topic says now, and what the source does: they have to be equal. */
function bothSides(feed: LiveFeed, events: readonly TopicEvent[]) {
  const beside = ['Id', 'ResourceUri', 'ModificationTimestamp']
  return [restoredRecords(events, 'account'), sourceRecords(feed.collection('accounts'), beside)] as const
}

function membersOf(feed: LiveFeed): readonly string[] {
  return [...feed.collection('accounts').truth()]
    .filter(([, { UserType }]) => UserType === 'Member')
    .map(([key]) => key)
}

test.concurrent('accounts have their snapshot, and each change of them is one event with all that the source says (R1, R5, R12)', async () => {
  await using feed = await openFeed(61)
  const accounts = feed.collection('accounts')
  expect(await feed.done('snapshot', ...OF_ACCOUNTS)).toContain('accounts completed: 40 walked, 40 published')
  const first = await feed.readByConsole(40, 'accounts')
  expect(tally(first)).toEqual({ SNAPSHOT: 40 })
  const [told, said] = bothSides(feed, first)
  expect(told).toEqual(said)

  const members = membersOf(feed)
  const changed = [
    ...accounts.obey({ action: 'rename', keys: members.slice(0, 2) }).keys,
    ...accounts.obey({ action: 'move', keys: members.slice(2, 5) }).keys,
    ...accounts.obey({ action: 'email', keys: members.slice(5, 8) }).keys,
  ]
  accounts.obey({ action: 'touch', keys: members.slice(8, 20) })
  const created = accounts.obey({ action: 'new', count: 2 }).keys
  expect(await feed.done('update', ...OF_ACCOUNTS)).toContain('22 walked, 10 published, 12 unchanged')

  const second = await feed.readByConsole(50, 'accounts')
  expect(tally(second)).toEqual({ SNAPSHOT: 40, UPDATED: 8, CREATED: 2 })
  const since = second.filter(({ eventId }) => !first.some((event) => event.eventId === eventId))
  expect(since.map(({ key }) => key).sort()).toEqual([...changed, ...created].sort())
  const [toldThen, saidThen] = bothSides(feed, second)
  expect(toldThen).toEqual(saidThen)

  expect(await feed.done('update', ...OF_ACCOUNTS)).toMatch(/completed: 22 walked, 22 unchanged$/)
  expect(await feed.done('snapshot', ...OF_ACCOUNTS)).toMatch(/completed: 42 walked, 42 unchanged$/)
  expect(await feed.read('accounts')).toEqual(second)
}, 240_000)

test.concurrent('accounts are deleted with proof and restored, listings go on beside them, and the index comes back from the topics (R2, R9, R13)', async () => {
  await using feed = await openFeed(62)
  const accounts = feed.collection('accounts')
  await feed.done('snapshot')
  await feed.done('snapshot', ...OF_ACCOUNTS)
  const removed = accounts.obey({ action: 'remove', count: 2 }).keys
  const [left = ''] = accounts.obey({ action: 'leave', count: 1 }).keys
  feed.simulator.listings.apply({ action: 'prices', count: 5 })
  expect(await feed.done('purge', ...OF_ACCOUNTS)).toContain('37 walked, 3 gone, 3 deleted')
  expect(await feed.done('update')).toContain('5 published')

  const events = await feed.readByConsole(46, 'accounts')
  expect(tally(events)).toEqual({ SNAPSHOT: 40, AccountDeleted: 3, Tombstone: 3 })
  const deleted = events.filter(({ type }) => type === 'AccountDeleted')
  expect(deleted.map(({ key }) => key).sort()).toEqual([...removed, left].sort())
  expect(deleted.map(({ value }) => value)).toMatchObject(
    deleted.map(({ key }) => ({ accountKey: key, reason: 'NOT_IN_SOURCE', evidence: 'LIST_QUERY' })),
  )
  for (const { key, partition, offset } of deleted) {
    expect(events).toContainEqual(
      expect.objectContaining({ key, partition, offset: offset + 1, type: 'Tombstone' }),
    )
  }

  await rm(feed.dataDir, { recursive: true })
  expect(await feed.done('update', ...OF_ACCOUNTS)).toMatch(/completed: \d+ walked(, \d+ unchanged)?$/)
  await feed.done('index', 'check')
  expect(await feed.read('accounts')).toEqual(events)

  accounts.obey({ action: 'return', keys: [left] })
  feed.simulator.advanceClock(21 * MINUTE_MS)
  expect(await feed.done('purge', ...OF_ACCOUNTS)).toContain('1 missed by updates and read')
  const after = await feed.read('accounts')
  expect(tally(after)).toMatchObject({ RESTORED: 1 })
  const [told, said] = bothSides(feed, after)
  expect(told).toEqual(said)
  expect(feed.check(await feed.read())).toEqual(CLEAN)
}, 240_000)

test.concurrent('accounts that are added to a feed of listings leave listings and their index as they are (R2, R5)', async () => {
  await using feed = await openFeed(63, { RESOURCES: 'listings' })
  const { requests } = feed.simulator
  await feed.done('snapshot')
  const listings = await feed.read()
  const asked = requests.latest.length

  const added = await feed.run(['snapshot', ...OF_ACCOUNTS], BOTH)
  expect(added.stdout).toContain('40 walked, 40 published')
  expect(added.stderr).toContain('"kind":"current"')
  expect(pageRequests(requests.latest.slice(asked))).toEqual([])
  expect(await feed.run(['index', 'check'], BOTH)).toMatchObject({ code: 0 })
  expect((await feed.run(['update'], BOTH)).stdout).toMatch(/completed: \d+ walked(, \d+ unchanged)?$/m)
  expect(await feed.read()).toEqual(listings)

  // And without accounts for a while: what the topics say of them is left alone.
  await feed.done('update')
  const accounts = await feed.read('accounts')
  const [key = ''] = feed.collection('accounts').obey({ action: 'email', count: 1 }).keys
  expect((await feed.run(['update', ...OF_ACCOUNTS], BOTH)).stdout).toContain('1 walked, 1 published')
  const after = await feed.read('accounts')
  expect(after.filter(({ eventId }) => !accounts.some((event) => event.eventId === eventId))).toMatchObject([
    { key, value: { change: 'UPDATED' } },
  ])
  const [told, said] = bothSides(feed, after)
  expect(told).toEqual(said)
}, 240_000)
