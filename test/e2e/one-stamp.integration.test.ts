import { expect, test } from 'vitest'

import { parseUpserted } from '../../src/demo/decoded-events.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveFeed, tally } from './live-feed.ts'

test('10,000 listings with one ModificationTimestamp all arrive, by a download and by an update (R4, R7)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 10_000, seed: 21, storedPages: true },
    settings: { PAGE_LIMIT: '1000' },
  })
  const { listings } = feed.simulator
  listings.apply({ action: 'bulk-touch', at: '2026-01-05T12:00:00Z' })
  expect(await feed.done('snapshot')).toMatch(/completed: 10000 walked, 10000 published$/)
  const edited = listings.apply({ action: 'bulk-edit' })
  expect(edited.keys).toHaveLength(10_000)
  expect(await feed.done('update')).toMatch(/completed: 10000 walked, 10000 published$/)

  const events = await feed.readByConsole(20_000)
  expect(tally(events)).toEqual({ SNAPSHOT: 10_000, UPDATED: 10_000 })
  const stamps = Map.groupBy(events, ({ value }) => parseUpserted(LISTINGS, value).modificationTimestamp)
  expect([...stamps.values()].map((group) => group.length)).toEqual([10_000, 10_000])
  expect(feed.check(events)).toEqual(CLEAN)
}, 240_000)
