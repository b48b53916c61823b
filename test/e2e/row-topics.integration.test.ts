import { expect, test } from 'vitest'

import { withAdmin } from '../fixtures/kafka-admin.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveFeed } from './live-feed.ts'
import { ACCOUNT_ROWS, expectRows, LISTING_ROWS, PHOTO_ROWS } from './rows-feed.ts'

const SETTINGS = { RESOURCES: 'listings,accounts', SUBRESOURCES: 'photos', PAGE_LIMIT: '20' }
const ON = { ROW_TOPICS: 'true' }
const ALL = [LISTING_ROWS, ACCOUNT_ROWS, PHOTO_ROWS]

/** Both topics have as many partitions. */
function placeOf({ partition, key, value }: TopicEvent): unknown {
  return [partition, key, value === null]
}

test('each change is a row in the same order, each delete a tombstone (R1, R13)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 50, seed: 91 },
    settings: { ...SETTINGS, ...ON },
  })
  await feed.done('snapshot')
  for (const names of ALL) await expectRows(feed, names)
  feed.simulator.listings.apply({ action: 'prices', count: 7 })
  feed.simulator.listings.apply({ action: 'leave', keys: feed.keys().slice(0, 3) })
  await feed.done('update')
  await feed.done('purge')
  const rows = await expectRows(feed, LISTING_ROWS)
  const events = (await feed.read()).filter(({ type }) => type !== 'ListingDeleted')
  expect(rows.map(placeOf)).toEqual(events.map(placeOf))
  expect(rows.filter(({ value }) => value === null)).toHaveLength(3)
  await expectRows(feed, ACCOUNT_ROWS)
  await expectRows(feed, PHOTO_ROWS)
}, 240_000)

test('turned on for a feed that has records, rows are filled from the topics, without asking the source (R2)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 50, seed: 92 }, settings: SETTINGS })
  await feed.done('snapshot')
  feed.simulator.listings.apply({ action: 'prices', count: 7 })
  feed.simulator.listings.apply({ action: 'leave', keys: feed.keys().slice(0, 3) })
  await feed.done('update')
  await feed.done('purge')
  const asked = feed.simulator.requests.latest.length
  const quiet = await feed.run(['update'])
  const usual = feed.simulator.requests.latest.length - asked
  const first = await feed.run(['update'], ON)
  expect([quiet.code, first.code]).toEqual([0, 0])
  expect(feed.simulator.requests.latest.length - asked).toBe(2 * usual)
  const rows = await expectRows(feed, LISTING_ROWS)
  expect(rows, 'one a live key, whatever its history').toHaveLength(47)
  await expectRows(feed, ACCOUNT_ROWS)
  await expectRows(feed, PHOTO_ROWS)

  // Kept from now on: nothing is filled again.
  expect(await feed.run(['update'], ON)).toMatchObject({ code: 0 })
  expect(await feed.read('listing-rows')).toEqual(rows)

  feed.simulator.listings.apply({ action: 'prices', count: 5 })
  feed.simulator.listings.apply({ action: 'leave', keys: feed.keys().slice(0, 2) })
  await feed.done('update')
  await feed.done('purge')
  expect(await feed.read('listing-rows'), 'turned off, nothing is written').toEqual(rows)
  expect(await feed.run(['update'], ON)).toMatchObject({ code: 0 })
  const again = await expectRows(feed, LISTING_ROWS)
  expect(again.filter(({ value }) => value === null)).toHaveLength(2)
  await expectRows(feed, PHOTO_ROWS)
}, 240_000)

test('a topic of rows that was deleted is filled again at the next start, and `snapshot --restart` keeps what there is (R2)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 40, seed: 93 },
    settings: { ...SETTINGS, ...ON },
  })
  await feed.done('snapshot')
  const topic = `${feed.settings['TOPIC_PREFIX']}.listing-rows`
  await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }))
  await feed.done('update')
  const rows = await expectRows(feed, LISTING_ROWS)
  expect(rows).toHaveLength(40)
  await feed.done('snapshot', '--restart')
  expect(await expectRows(feed, LISTING_ROWS)).toEqual(rows)
}, 240_000)

test('killed while rows are filled, the next start goes on behind the last transaction and writes none twice (R1)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 2_400, seed: 94 },
    settings: { PAGE_LIMIT: '1000', KAFKA_PARTITIONS: '1' },
  })
  await feed.done('snapshot')
  const killed = await feed.run(['update'], {
    ...ON,
    NODE_OPTIONS: `--import ${new URL('../torture/kill-points.ts', import.meta.url).href}`,
    TORTURE_POINT: 'after-fill:1',
  })
  expect(killed.signal).toBe('SIGKILL')
  expect(await feed.read('listing-rows')).toHaveLength(1_000)
  expect(await feed.run(['update'], ON)).toMatchObject({ code: 0 })
  expect(await expectRows(feed, LISTING_ROWS)).toHaveLength(2_400)
}, 240_000)
