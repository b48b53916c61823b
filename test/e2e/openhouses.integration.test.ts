import { expect, test } from 'vitest'

import { restoredRecords, sourceRecords } from '../fixtures/restored-record.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

const PATIENCE = { timeout: 60_000, interval: 50 }
const OF_OPEN_HOUSES = ['--resource', 'openhouses'] as const

/** Of 300 listings and 30 open houses. With these seeds the first is over in 20 to 55 minutes, whenever that is. */
function openFeed(seed: number): Promise<LiveFeed> {
  return LiveFeed.open({
    simulator: { listings: 300, seed },
    settings: { PAGE_LIMIT: '12', RESOURCES: 'openhouses' },
  })
}

/** Until the first of them is over; not by an hour, for then the program would doubt its clock. Answers which are gone. */
function untilOneIsOver(feed: LiveFeed): readonly string[] {
  const openHouses = feed.collection('openhouses')
  const ends = [...openHouses.truth().values()].map((open) =>
    Date.parse(String(open['OpenHouseEndTimestamp'])),
  )
  feed.simulator.advanceClock(Math.min(...ends) - feed.simulator.now())
  return openHouses.gone
}

/** What the topic says now, and what the source does: they have to be equal. */
function bothSides(feed: LiveFeed, events: readonly TopicEvent[]) {
  const beside = ['Id', 'ResourceUri', 'ModificationTimestamp']
  return [restoredRecords(events, 'openHouse'), sourceRecords(feed.collection('openhouses'), beside)] as const
}

test.concurrent('open houses are walked whole and compared: what changed is one event, what did not is none (R5)', async () => {
  await using feed = await openFeed(93)
  const openHouses = feed.collection('openhouses')
  expect(await feed.done('snapshot', ...OF_OPEN_HOUSES)).toContain('30 walked, 30 published')
  const first = await feed.readByConsole(30, 'openhouses')
  expect(tally(first)).toEqual({ SNAPSHOT: 30 })
  const [told, said] = bothSides(feed, first)
  expect(told).toEqual(said)

  openHouses.obey({ action: 'touch', count: 5 })
  expect(await feed.done('snapshot', ...OF_OPEN_HOUSES)).toMatch(/completed: 30 walked, 30 unchanged$/)
  expect(await feed.read('openhouses')).toEqual(first)

  const [changed = ''] = openHouses.obey({ action: 'comment' }).keys
  const [created = ''] = openHouses.obey({ action: 'new' }).keys
  expect(await feed.done('snapshot', ...OF_OPEN_HOUSES)).toContain('31 walked, 2 published, 29 unchanged')
  const second = await feed.readByConsole(32, 'openhouses')
  expect(tally(second)).toEqual({ SNAPSHOT: 30, UPDATED: 1, CREATED: 1 })
  expect(second.filter(({ key }) => key === changed).at(-1)?.value).toMatchObject({
    openHouseKey: changed,
    change: 'UPDATED',
    modificationTimestamp: null,
    volatileFields: { ModificationTimestamp: expect.stringMatching(/Z$/) },
  })
  expect(second.filter(({ key }) => key === created)).toHaveLength(1)
  const [toldThen, saidThen] = bothSides(feed, second)
  expect(toldThen).toEqual(saidThen)

  const update = await feed.run(['update', ...OF_OPEN_HOUSES])
  expect(update).toMatchObject({ code: 1 })
  expect(update.stderr).toContain('NO_CHANGE_STAMP')
}, 240_000)

test.concurrent('open houses that are over or called off are deleted by the purge, with proof (R9, R13)', async () => {
  await using feed = await openFeed(125)
  const openHouses = feed.collection('openhouses')
  await feed.done('snapshot', ...OF_OPEN_HOUSES)
  const [cancelled = ''] = openHouses.obey({ action: 'remove' }).keys
  const gone = untilOneIsOver(feed)
  expect(gone.length).toBeGreaterThan(1)

  expect(await feed.done('purge', ...OF_OPEN_HOUSES)).toContain(`${gone.length} gone, ${gone.length} deleted`)
  const events = await feed.readByConsole(30 + 2 * gone.length, 'openhouses')
  expect(tally(events)).toEqual({
    SNAPSHOT: 30,
    OpenHouseDeleted: gone.length,
    Tombstone: gone.length,
  })
  const deleted = events.filter(({ type }) => type === 'OpenHouseDeleted')
  expect(deleted.map(({ key }) => key).sort()).toEqual(gone.toSorted())
  expect(gone).toContain(cancelled)
  expect(deleted.map(({ value }) => value)).toMatchObject(
    deleted.map(({ key }) => ({ openHouseKey: key, reason: 'NOT_IN_SOURCE', evidence: 'LIST_QUERY' })),
  )
  const [told, said] = bothSides(feed, events)
  expect(told).toEqual(said)
}, 240_000)

test.concurrent('the daemon walks open houses again and again, and purges those that are over (R5, R9)', async () => {
  await using feed = await openFeed(193)
  const openHouses = feed.collection('openhouses')
  await using daemon = await LiveDaemon.start(feed, { FULL_WALK_INTERVAL: '500ms', PURGE_INTERVAL: '1s' })
  const completed = 'listingstream_passes_total{resource="openhouses",pass="snapshot",state="completed"}'
  await expect.poll(() => daemon.metric(completed), PATIENCE).toBeGreaterThan(1)
  expect(tally(await feed.read('openhouses'))).toEqual({ SNAPSHOT: 30 })

  openHouses.obey({ action: 'comment', count: 3 })
  openHouses.obey({ action: 'new' })
  const deletes = 'listingstream_events_total{topic="openhouses",type="OpenHouseDeleted"}'
  await expect
    .poll(async () => tally(await feed.read('openhouses')), PATIENCE)
    .toEqual({
      SNAPSHOT: 30,
      UPDATED: 3,
      CREATED: 1,
    })
  const gone = untilOneIsOver(feed)
  expect(gone.length).toBeGreaterThan(0)
  await expect.poll(() => daemon.metric(deletes), PATIENCE).toBe(gone.length)
  expect(await daemon.process.kill('SIGTERM')).toMatchObject({ code: 0 })
  const [told, said] = bothSides(feed, await feed.read('openhouses'))
  expect(told).toEqual(said)
}, 240_000)
