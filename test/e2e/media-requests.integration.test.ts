import { expect, test } from 'vitest'

import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import type { LiveFeed } from './live-feed.ts'
import { expectSameSets, openMedia, setRequests } from './media-feed.ts'

const CHANGED = 300

/** Those that a command sent, without what every start asks and what is conditional. */
async function requestsOf(
  feed: LiveFeed,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly LoggedRequest[]> {
  const before = feed.simulator.requests.latest.length
  expect(await feed.run(args, settings)).toMatchObject({ code: 0 })
  const sent = feed.simulator.requests.latest.slice(before)
  return sent.filter(({ url, status }) => status !== 304 && url !== '/v1/system')
}

function changePhotos(feed: LiveFeed, from: number, count: number): void {
  const keys = feed.keys().slice(from, from + count)
  feed.simulator.listings.obey({ action: 'media', part: 'photos', keys, change: 'add' })
}

test('an update costs one request where nothing changed, and one more for each set that did, or for fifty', async () => {
  const settings = { PAGE_LIMIT: '1000' }
  await using feed = await openMedia({ listings: 800, seed: 81, settings })
  // Each walk that ends by an empty page costs one more.
  feed.simulator.configure({ endOfWalk: 'no-token' })
  await feed.done('snapshot')

  const quiet = await requestsOf(feed, ['update'])
  expect(quiet.map(({ url }) => url)).toEqual([expect.stringMatching(/^\/v1\/listings\?.*_skiptoken=$/)])

  changePhotos(feed, 0, CHANGED)
  const single = await requestsOf(feed, ['update'], { MEDIA_FETCH: 'single' })
  expect(new Set(setRequests(single, 'photos').map(({ url }) => url)).size).toBe(CHANGED)
  // The page with the listings, and their count (R7).
  expect(single).toHaveLength(CHANGED + 2)

  changePhotos(feed, CHANGED, CHANGED)
  const expanded = await requestsOf(feed, ['update'])
  expect(setRequests(expanded)).toHaveLength(CHANGED / 50)
  expect(expanded).toHaveLength(CHANGED / 50 + 2)

  // Where one list begins to take less time than single requests do (docs/performance.md, "Sets of parts").
  for (const [count, requests] of [
    [4, 4],
    [5, 1],
  ] as const) {
    changePhotos(feed, 2 * CHANGED + 10 * count, count)
    expect(setRequests(await requestsOf(feed, ['update']))).toHaveLength(requests)
  }
  await expectSameSets(feed, 'photos')
}, 240_000)
