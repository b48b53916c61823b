import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveFeed, pageRequests, tally } from './live-feed.ts'

test('without its DATA_DIR the index comes back from the topics: nothing is published or downloaded again (R2)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 41 } })
  const { listings, requests } = feed.simulator
  await feed.done('snapshot')
  listings.apply({ action: 'prices', count: 6 })
  listings.apply({ action: 'touch', count: 6 })
  listings.apply({ action: 'remove', count: 2 })
  await feed.done('update')
  await feed.done('purge')
  const before = await feed.readByConsole(68)
  const asked = requests.latest.length

  await rm(feed.dataDir, { recursive: true })
  expect(await feed.done('update')).toMatch(/completed: \d+ walked, \d+ unchanged$/)
  const since = requests.latest.slice(asked)
  expect(pageRequests(since).every((query) => query.has('_filter'))).toBe(true)
  expect(since.filter(({ url }) => url.startsWith('/v1/listings/'))).toEqual([])

  await rm(feed.dataDir, { recursive: true })
  expect(await feed.done('purge')).toContain(
    '58 walked, 0 gone, 0 deleted, 0 still there, 0 inconclusive, 0 missed',
  )
  const events = await feed.read()
  expect(events).toEqual(before)
  expect(tally(events)).toMatchObject({ SNAPSHOT: 60, ListingDeleted: 2, Tombstone: 2 })
  expect(feed.check(events)).toEqual(CLEAN)

  await rm(feed.dataDir, { recursive: true })
  const { keys } = listings.apply({ action: 'prices', count: 1 })
  expect(await feed.done('update')).toContain('1 published')
  expect((await feed.read()).filter(({ key }) => key === keys[0]).at(-1)?.value).toMatchObject({
    change: 'UPDATED',
  })
}, 180_000)
