/** How the daemon keeps the topics of sets, on a clock that stands still until it is moved. */
import { expect, test } from 'vitest'
import { instant } from '../../../src/domain/instant.ts'
import type { Subresource } from '../../../src/domain/resource.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import type { Parking } from '../../../src/replication/persist.ts'
import { cycleOf, keepSets } from '../../../src/replication/sets/sets-track.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { LONG_AGO, photographed, PHOTOS, ROOMS, SetsFeed, WITH_SETS } from './sets-feed.ts'

const POLL_MS = 500
const DAY_MS = 24 * 3_600_000
const WEEK_MS = 7 * DAY_MS
const stop = new Error('stop')

class CollectingParking implements Parking {
  readonly events: string[] = []
  parked(...[resource, pass, error, retryInMs]: Parameters<Parking['parked']>): void {
    this.events.push(`${pass} of ${resource.name} parked for ${retryInMs} ms: ${error.code}`)
  }
  resumed(...[resource, pass]: Parameters<Parking['resumed']>): void {
    this.events.push(`${pass} of ${resource.name} resumed`)
  }
  scheduleBegun(): void {}
}

/** The track of a set, as it runs until it is let go. */
class Track implements AsyncDisposable {
  readonly parking = new CollectingParking()
  readonly #feed: SetsFeed
  readonly #stopper = new AbortController()
  readonly #done: Promise<void>

  constructor(feed: SetsFeed, set: Subresource) {
    this.#feed = feed
    const place = { parent: WITH_SETS, set }
    this.#done = keepSets(feed.runner, place, WEEK_MS, this.parking, this.#stopper.signal)
    this.#done.catch(() => undefined)
  }

  /** Whatever was due is done, and it waits for the next look. */
  atRest(): Promise<void> {
    return this.#feed.twins.clock.sleeperOf(POLL_MS)
  }

  /** So much later it looks again. */
  async later(ms: number): Promise<void> {
    await this.atRest()
    this.#feed.advance(ms)
    await this.atRest()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopper.abort(stop)
    await expect(this.#done).rejects.toBe(stop)
  }
}

const passesOf = ({ twins }: SetsFeed, set: Subresource): readonly string[] =>
  twins.markers().flatMap(({ event, progress }) => {
    return progress.resource === set.name ? [`${progress.pass} ${event}`] : []
  })

test('a set is filled once its listings are there, and then read whenever it is owed', async () => {
  const feed = await SetsFeed.of([photographed('1')])
  await using track = new Track(feed, PHOTOS)
  await track.atRest()
  expect(passesOf(feed, PHOTOS)).toEqual(['snapshot started', 'snapshot completed'])

  await track.later(DAY_MS)
  expect(feed.asked()).toEqual(['photos 1'])
  await feed.listed(photographed('1', instant(LONG_AGO + 1000)))
  await track.later(POLL_MS)
  expect(feed.asked()).toEqual(['photos 1'])
  expect(passesOf(feed, PHOTOS).slice(2)).toEqual(['update started', 'update completed'])
})

test('nothing is asked for before the listings are there', async () => {
  const filled = await SetsFeed.of([photographed('1')])
  const feed = await filled.restarted({ index: 'lost', topics: new MemoryPublisher() })
  await using track = new Track(feed, PHOTOS)
  await track.later(DAY_MS)
  expect(feed.asked()).toEqual([])
  expect(track.parking.events).toEqual([])
  expect(feed.twins.feed.state.hasSnapshot(LISTINGS.name)).toBe(false)
})

test('the cycle of sets is MEDIA_FULL_INTERVAL, of those with a stamp of their own RECONCILE_INTERVAL', () => {
  const cycles = { mediaFullIntervalMs: 1, reconcileIntervalMs: 2 }
  expect(cycleOf(WITH_SETS, ROOMS, cycles)).toBe(1)
  expect(cycleOf(WITH_SETS, PHOTOS, cycles)).toBe(2)
})

test('sets are read whole at their cycle, with a stamp of their own or without', async () => {
  for (const [set, asked] of [
    [ROOMS, ['rooms 1', 'rooms 2']],
    [PHOTOS, ['photos 1', 'photos 2']],
  ] as const) {
    const feed = await SetsFeed.of([photographed('1'), photographed('2')])
    await using track = new Track(feed, set)
    await track.atRest()
    feed.asked()
    await track.later(WEEK_MS - 1000)
    expect(feed.asked()).toEqual([])
    await track.later(1000)
    expect(feed.asked()).toEqual(asked)
    await track.later(WEEK_MS)
    expect(feed.asked()).toEqual(asked)
    await track.later(DAY_MS)
    expect(feed.asked()).toEqual([])
  }
})

test('a full cycle of which a process died is gone on with at once by the next one', async () => {
  const feed = await SetsFeed.of([photographed('1')])
  await feed.run(ROOMS, 'snapshot')
  feed.advance(WEEK_MS)
  feed.twins.publisher.failBeforeCommit(1, stop)
  await expect(feed.run(ROOMS, 'snapshot')).rejects.toMatchObject({ cause: stop })
  const next = await feed.restarted()
  await using track = new Track(next, ROOMS)
  await track.atRest()
  expect(next.asked()).toEqual([])
  expect(passesOf(next, ROOMS)).toEqual(['snapshot completed'])
})

test('a pass that fails parks the track alone, and comes to its end when the source is back', async () => {
  const outage = new ListingstreamError('no answer', { code: 'SPARK_UNAVAILABLE', retryable: true })
  const feed = await SetsFeed.of([photographed('1')], () => outage)
  await using track = new Track(feed, PHOTOS)
  await feed.twins.clock.pass(5_000)
  await feed.twins.clock.sleeperOf(10_000)
  feed.answer = () => []
  await feed.twins.clock.pass(10_000)
  await track.atRest()
  expect(track.parking.events).toEqual([
    'snapshot of listing-photos parked for 5000 ms: SPARK_UNAVAILABLE',
    'snapshot of listing-photos parked for 10000 ms: SPARK_UNAVAILABLE',
    'snapshot of listing-photos resumed',
  ])
  expect(feed.events(PHOTOS)).toEqual(['1 SNAPSHOT'])
})

test('a fill that is refused is tried again in a day, and does not ask meanwhile', async () => {
  const refusal = new ListingstreamError('no right', { code: 'SPARK_FORBIDDEN', retryable: true })
  const feed = await SetsFeed.of(
    ['1', '2', '3', '4'].map((key) => photographed(key)),
    () => ({ kind: 'refused', error: refusal }),
  )
  await using track = new Track(feed, PHOTOS)
  await track.atRest()
  expect(feed.asked()).toHaveLength(3)
  await feed.listed(photographed('5'))
  await track.later(DAY_MS - POLL_MS)
  expect(feed.asked()).toEqual([])
  feed.answer = () => []
  await track.later(POLL_MS)
  expect(feed.asked()).toHaveLength(5)
  expect(passesOf(feed, PHOTOS)).toEqual(['snapshot started', 'snapshot completed'])
})
