import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveFeed, pageRequests, tally } from './live-feed.ts'

test.concurrent('the topic holds exactly one event for each change, read by a client that is not ours (R1, R5, R13)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 200, seed: 11 } })
  const { listings } = feed.simulator
  await feed.done('snapshot')

  const keys = feed.keys()
  listings.apply({ action: 'prices', keys: keys.slice(0, 20) })
  listings.apply({ action: 'media', part: 'photos', keys: keys.slice(20, 25) })
  listings.apply({ action: 'touch', keys: keys.slice(25, 60) })
  listings.apply({ action: 'remove', keys: keys.slice(60, 64) })
  listings.apply({ action: 'new', count: 5 })
  expect(await feed.done('update')).toContain('65 walked, 30 published, 35 unchanged')
  expect(await feed.done('purge')).toContain('4 gone, 4 deleted, 0 still there, 0 inconclusive, 0 missed')
  expect(await feed.done('update')).toContain('65 walked, 65 unchanged')

  const events = await feed.readByConsole(238)
  expect(tally(events)).toEqual({ SNAPSHOT: 200, UPDATED: 25, CREATED: 5, ListingDeleted: 4, Tombstone: 4 })
  expect(feed.check(events)).toEqual(CLEAN)
  const touched = new Set(keys.slice(25, 60))
  expect(events.filter(({ key }) => touched.has(key))).toHaveLength(35)
}, 240_000)

test.concurrent('a touch of 500 listings, and another order of JSON keys, publish nothing (R5)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 500, seed: 12, behaviour: { keyOrderSeed: null } },
    settings: { PAGE_LIMIT: '250' },
  })
  await feed.done('snapshot')

  feed.simulator.listings.apply({ action: 'touch', count: 500 })
  expect(await feed.done('update')).toMatch(/completed: 500 walked, 500 unchanged$/)
  feed.simulator.configure({ keyOrderSeed: 5 })
  expect(await feed.done('update')).toMatch(/completed: 500 walked, 500 unchanged$/)
  feed.simulator.configure({ keyOrderSeed: 6 })
  expect(await feed.done('snapshot')).toMatch(/completed: 500 walked, 500 unchanged$/)

  const events = await feed.readByConsole(500)
  expect(tally(events)).toEqual({ SNAPSHOT: 500 })
  expect(feed.check(events)).toEqual(CLEAN)
}, 240_000)

test.concurrent('changes made while the snapshot runs are in the topic after the next update (R4, R6)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 120, seed: 13 } })
  const { listings, requests, faults } = feed.simulator
  // The walk waits at its sixth page until the market has changed in front of it and behind it.
  faults.add({ path: '/v1/listings', nth: 6, fault: { kind: 'delay', ms: 1_500 } })
  const keys = feed.keys()
  await using snapshot = feed.start(['snapshot'])
  await expect.poll(() => faults.fired, { timeout: 60_000, interval: 5 }).toBe(1)
  expect(pageRequests(requests.latest).length).toBeLessThan(9)
  listings.apply({ action: 'prices', keys: [...keys.slice(0, 10), ...keys.slice(-10)] })
  listings.apply({ action: 'remove', keys: [keys[12]!, keys[110]!] })
  listings.apply({ action: 'new', count: 3 })
  expect(await snapshot.exited).toMatchObject({ code: 0 })

  await feed.done('update')
  const updated = feed.check(await feed.read())
  expect(updated).toEqual({ ...CLEAN, missingDeletes: [keys[12]] })
  await feed.done('purge')
  const events = await feed.read()
  expect(feed.check(events)).toEqual(CLEAN)
  expect(tally(events)).toMatchObject({ UPDATED: 10, ListingDeleted: 1, Tombstone: 1 })
}, 240_000)
