import { expect, test, vi } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { tally } from './live-feed.ts'
import { expectSameSets, openMedia, setRequests, since } from './media-feed.ts'

const CHANGED = 30
const PHOTOS = '/v1/listings/{Id}/photos'
const POLL = { timeout: 60_000, interval: 1 }

test.concurrent('killed after the commit of a listing and before that of its set, the program publishes the set once (R1, R2)', async () => {
  await using feed = await openMedia({ seed: 91, settings: { MEDIA_FETCH: 'single' } })
  const { simulator } = feed
  await feed.done('snapshot')
  const [listings, photos] = [await feed.read(), await feed.read('listing-photos')]
  const changed = feed.keys().slice(0, CHANGED)
  simulator.listings.obey({ action: 'media', part: 'photos', keys: changed, change: 'add' })

  simulator.faults.add({ fault: { kind: 'hang' }, path: PHOTOS, times: null })
  await using update = feed.start(['update'])
  await vi.waitUntil(async () => since(listings, await feed.read()).length === CHANGED, POLL)
  await vi.waitUntil(() => simulator.faults.fired > 0, POLL)
  expect(await update.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
  expect(since(photos, await feed.read('listing-photos'))).toEqual([])
  simulator.faults.clear()

  const again = await feed.done('update')
  expect(again).toContain(`update of listings completed: ${CHANGED} walked, ${CHANGED} unchanged`)
  expect(again).toContain(`listing-photos completed: ${CHANGED} walked, ${CHANGED} published`)
  const news = since(photos, await feed.read('listing-photos'))
  expect(news.map(({ key }) => key).toSorted()).toEqual(changed.toSorted())
  expect(tally(news)).toEqual({ UPDATED: CHANGED })
  await expectSameSets(feed, 'photos')
  expect(feed.check(await feed.read())).toEqual(CLEAN)
}, 240_000)

test.concurrent.each([1, 2, 3])(
  'killed in the first fill of sets, it goes on with those that are left, and publishes each once (R1, R2; moment %i)',
  async (moment) => {
    await using feed = await openMedia({
      listings: 240,
      seed: 92 + moment,
      subresources: 'photos',
      settings: { MEDIA_FETCH: 'single' },
    })
    const asked = (): number => setRequests(feed.simulator.requests.latest, 'photos').length
    for (const requests of [60 * moment - 20, 60 * moment + 10]) {
      await using snapshot = feed.start(['snapshot'])
      await vi.waitUntil(() => asked() >= requests, POLL)
      expect(await snapshot.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
    }
    const left = await feed.done('snapshot')
    expect(left).toMatch(/snapshot of listing-photos completed: \d+ walked, \d+ published/)
    const events = await feed.read('listing-photos')
    expect(tally(events)).toEqual({ SNAPSHOT: events.length })
    expect(new Set(events.map(({ key }) => key)).size).toBe(events.length)
    await expectSameSets(feed, 'photos')
    // A kill costs what was read and not committed yet, and the few under way.
    expect(asked()).toBeLessThanOrEqual(events.length + 2 * (50 + 8))
  },
  240_000,
)
