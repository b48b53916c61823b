import { describe, expect, test } from 'vitest'
import { instant } from '../../../src/domain/instant.ts'
import { PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { recordKey } from '../../../src/domain/record-key.ts'
import type { IndexEntry } from '../../../src/domain/index-entry.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { DELETE_RETENTION_MS, OVERLAP_MS } from '../../fixtures/memory-feed.ts'
import { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { SERVER_TIME } from '../../fixtures/scripted-source.ts'
import { failing, keysOf, LONG_AGO, photographed, PHOTOS, ROOMS, SetsFeed, WITH_SETS } from './sets-feed.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const { signal } = new AbortController()

describe('the first fill of a set', () => {
  test('reads the set of every listing whose stamp is not null, and says that it is complete', async () => {
    const feed = await SetsFeed.of([photographed('1'), photographed('2', null), photographed('3')])
    const progress = await feed.run(PHOTOS, 'snapshot')
    expect(progress).toMatchObject({ state: 'completed', initial: true, walked: 2 })
    expect(feed.asked()).toEqual(['photos 1', 'photos 3'])
    expect(feed.events(PHOTOS)).toEqual(['1 SNAPSHOT', '3 SNAPSHOT'])
    expect(feed.twins.feed.state.hasSnapshot(PHOTOS.name)).toBe(true)
    const changes = feed.twins.changes().filter(({ changeStamps }) => Object.keys(changeStamps).length === 1)
    expect(changes.map(({ changeStamps }) => changeStamps)).toEqual([
      { photos: LONG_AGO },
      { photos: LONG_AGO },
    ])
  })

  test('reads a set without a stamp of its own of every listing, also of one that hides its stamp', async () => {
    const hidden = { ...photographed('2'), modificationTimestamp: null }
    const feed = await SetsFeed.of([photographed('1'), hidden])
    await feed.run(ROOMS, 'snapshot')
    expect(feed.asked()).toEqual(['rooms 1', 'rooms 2'])
    await feed.run(ROOMS, 'update')
    expect(feed.asked()).toEqual([])
  })

  test('commits fifty sets at a time, each counted once (R11, R14)', async () => {
    const feed = await SetsFeed.of(keysOf(230).map((key) => photographed(key)))
    const progress = await feed.run(PHOTOS, 'snapshot')
    expect(progress).toMatchObject({ walked: 230, counts: { published: 230, unchanged: 0, stale: 0 } })
    const sizes = feed.twins.committed().flatMap(({ request }) => {
      return request.progress.resource === PHOTOS.name ? [request.parts[0]?.changes.length] : []
    })
    expect(sizes).toEqual([50, 50, 50, 50, 30, 0])
  })

  test('is told of once when it begins, as the pass that its checkpoints name', async () => {
    const feed = await SetsFeed.of(keysOf(3).map((key) => photographed(key)))
    const { passId } = await feed.run(PHOTOS, 'snapshot')
    const told = feed.twins.observer.started.filter(({ progress }) => progress.resource === PHOTOS.name)
    expect(told).toMatchObject([{ progress: { passId }, resumed: false }])
    const committed = feed.twins.committed().map(({ request }) => request.progress)
    expect(new Set(committed.flatMap((one) => (one.resource === PHOTOS.name ? one.passId : [])))).toEqual(
      new Set([passId]),
    )
  })

  test('goes on with what is left after it was interrupted, as the same pass', async () => {
    const feed = await SetsFeed.of(keysOf(60).map((key) => photographed(key)))
    const { publisher } = feed.twins
    publisher.failAfterCommit(0, new Error('the process ends'))
    await expect(feed.run(PHOTOS, 'snapshot')).rejects.toThrow('the process ends')
    const interrupted = feed.twins.committed().at(-1)?.request.progress
    feed.asked()

    const next = await feed.restarted()
    const progress = await next.run(PHOTOS, 'snapshot')
    expect(progress).toMatchObject({ passId: interrupted?.passId, state: 'completed', walked: 60 })
    expect(next.asked()).toHaveLength(10)
    expect(next.twins.observer.started).toMatchObject([{ resumed: true }])
  })
})

describe('what is owed', () => {
  test('is asked for whenever the stamp is another one: null, a time, a later one, none (docs/spark-api.md §5, 18)', async () => {
    const feed = await SetsFeed.of([photographed('1', null)])
    await feed.run(PHOTOS, 'snapshot')
    const asked: (readonly string[])[] = [feed.asked()]
    for (const photos of [LONG_AGO, instant(LONG_AGO + 1000), instant(LONG_AGO + 1000), null]) {
      await feed.listed(photographed('1', photos))
      await feed.run(PHOTOS, 'update')
      asked.push(feed.asked())
    }
    expect(asked).toEqual([[], ['photos 1'], ['photos 1'], [], ['photos 1']])
    expect(feed.events(PHOTOS)).toEqual(['1 CREATED'])
  })

  test('is asked for as media by an update, as a walk by a fill', async () => {
    const feed = await SetsFeed.of([photographed('1')])
    await feed.run(PHOTOS, 'snapshot')
    await feed.listed(photographed('1', instant(LONG_AGO + 1000)))
    await feed.run(PHOTOS, 'update')
    const purposes = feed.twins.source.asked.flatMap((one) => (one.kind === 'set' ? [one.purpose] : []))
    expect(purposes).toEqual(['walk', 'media'])
  })

  test('is published as an empty set where all parts were removed', async () => {
    const feed = await SetsFeed.of([photographed('1')])
    await feed.run(PHOTOS, 'snapshot')
    feed.answer = () => []
    await feed.listed(photographed('1', instant(LONG_AGO + 1000)))
    await feed.run(PHOTOS, 'update')
    const [last] = feed.twins.changes().slice(-1)
    if (last?.kind !== 'upsert') throw new Error('nothing was published')
    expect(Buffer.from(last.content.bytes).toString()).toBe('{"Id":"1","Photos":[]}')
  })

  test('is nothing for an update that finds nothing: it asks for nothing and commits nothing', async () => {
    const feed = await SetsFeed.of([photographed('1')])
    await feed.run(PHOTOS, 'snapshot')
    await feed.listed(photographed('1'))
    feed.asked()
    const { length } = feed.twins.committed()
    expect(await feed.run(PHOTOS, 'update')).toMatchObject({ state: 'completed', walked: 0 })
    expect([feed.asked(), feed.twins.committed()]).toMatchObject([[], { length }])
  })

  test('stays owed where the pass that was to read it fails', async () => {
    const feed = await SetsFeed.of([photographed('1', null)])
    await feed.run(PHOTOS, 'snapshot')
    await feed.listed(photographed('1'))
    const outage = new ListingstreamError('no broker', { code: 'KAFKA_UNAVAILABLE', retryable: true })
    feed.twins.publisher.failBeforeCommit(0, outage)
    await expect(feed.run(PHOTOS, 'update')).rejects.toBe(outage)
    await feed.run(PHOTOS, 'update')
    expect(feed.events(PHOTOS)).toEqual(['1 CREATED'])
  })

  test('is not published when another stamp comes with the same set, and not asked for again (R5)', async () => {
    const feed = await SetsFeed.of([photographed('1')])
    await feed.run(PHOTOS, 'snapshot')
    await feed.listed(photographed('1', instant(LONG_AGO + 1000)))
    expect(await feed.run(PHOTOS, 'update')).toMatchObject({ counts: { published: 0, unchanged: 1 } })
    feed.asked()
    feed.twins.feed.sets.of(PHOTOS).noteAll()
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual([])
  })
})

describe('a set that was read before its stamp had settled', () => {
  test('is read once more when it has, and then no more (docs/spark-api.md §2.9)', async () => {
    const feed = await SetsFeed.of([photographed('1', SERVER_TIME)])
    await feed.run(PHOTOS, 'snapshot')
    const toLookAt = feed.twins.feed.sets.of(PHOTOS)
    feed.asked()
    feed.answer = () => [{ Id: 'a later one of the same second' }]
    feed.advance(OVERLAP_MS)
    expect(toLookAt.isDue(feed.twins.clock.now())).toBe(false)
    feed.advance(1000)
    expect(toLookAt.isDue(feed.twins.clock.now())).toBe(true)
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual(['photos 1'])
    expect(feed.events(PHOTOS)).toEqual(['1 SNAPSHOT', '1 UPDATED'])
    feed.advance(DAY_MS)
    expect(toLookAt.isDue(feed.twins.clock.now())).toBe(false)
  })

  test('is so by a process that began before it had', async () => {
    const feed = await SetsFeed.of([photographed('1', SERVER_TIME)])
    await feed.run(PHOTOS, 'snapshot')
    const next = await feed.restarted()
    await next.run(PHOTOS, 'update')
    expect(next.asked()).toEqual([])
    next.advance(OVERLAP_MS + 1000)
    expect(next.twins.feed.sets.of(PHOTOS).isDue(next.twins.clock.now())).toBe(true)
    await next.run(PHOTOS, 'update')
    expect(next.asked()).toEqual(['photos 1'])
  })

  test('is so also by a process that comes a weekend later, unless its index was lost', async () => {
    const asked: (readonly string[])[] = []
    for (const index of ['kept', 'lost'] as const) {
      const feed = await SetsFeed.of([photographed('1', SERVER_TIME)])
      await feed.run(PHOTOS, 'snapshot')
      feed.advance(3 * DAY_MS)
      const next = await feed.restarted({ index })
      await next.run(PHOTOS, 'update')
      asked.push(next.asked())
    }
    expect(asked).toEqual([['photos 1'], []])
  })
})

describe('a set is published only while its listing is live', () => {
  test('not if the listing is deleted before the answer is committed (R13)', async () => {
    const feed = await SetsFeed.of([photographed('1'), photographed('2')])
    let deleting: Promise<unknown> | undefined
    feed.answer = (_, key) => {
      if (key === '2') deleting = feed.deleted('1')
      return [{ Id: `of ${key}` }]
    }
    expect(await feed.run(PHOTOS, 'snapshot')).toMatchObject({ counts: { published: 1, stale: 1 } })
    await deleting
    expect(feed.events(PHOTOS)).toEqual(['2 SNAPSHOT'])
  })

  test('and goes in the transaction that deletes it (R13)', async () => {
    const feed = await SetsFeed.of([photographed('1'), photographed('2', null)])
    await feed.run(PHOTOS, 'snapshot')
    await feed.run(ROOMS, 'snapshot')
    await feed.deleted('1', '2')
    const last = feed.twins.committed().at(-1)?.request.parts ?? []
    expect(last.map(({ resource, changes }) => [resource.name, changes.map(({ key }) => key)])).toEqual([
      ['listings', ['1', '2']],
      ['listing-photos', ['1']],
      ['listing-rooms', ['1', '2']],
    ])
  })

  test('not by an answer from before it was deleted and came back (R6)', async () => {
    const feed = await SetsFeed.of([photographed('1'), photographed('2')])
    await feed.run(PHOTOS, 'snapshot')
    await feed.listed(
      photographed('1', instant(LONG_AGO + 1000)),
      photographed('2', instant(LONG_AGO + 1000)),
    )
    const back = photographed('1', LONG_AGO, { modificationTimestamp: SERVER_TIME })
    let moving: readonly Promise<unknown>[] = []
    feed.answer = (_, key) => {
      if (key === '2') moving = [feed.deleted('1'), feed.listed(back)]
      return [{ Id: `other of ${key}` }]
    }
    expect(await feed.run(PHOTOS, 'update')).toMatchObject({ counts: { published: 1, stale: 1 } })
    await Promise.all(moving)
    feed.answer = (_, key) => [{ Id: `of ${key}` }]
    await feed.run(PHOTOS, 'update')
    expect(feed.events(PHOTOS)).toEqual(['1 SNAPSHOT', '2 SNAPSHOT', '1 gone', '2 UPDATED', '1 RESTORED'])
  })

  test('with tombstones for those that a time without them has left (R13)', async () => {
    const feed = await SetsFeed.of([photographed('1'), photographed('2')])
    await feed.run(PHOTOS, 'snapshot')
    const without = await feed.restarted({ replicated: { ...WITH_SETS, subresources: [] } })
    await without.deleted('2')
    const again = await without.restarted()
    expect(await again.run(PHOTOS, 'update')).toMatchObject({ state: 'completed', walked: 0 })
    expect(again.events(PHOTOS)).toEqual(['1 SNAPSHOT', '2 SNAPSHOT', '2 gone'])
    expect(again.asked()).toEqual([])
  })
})

describe('a set that was left by a time without sets, and deleted after it', () => {
  const RETENTION_DAYS = DELETE_RETENTION_MS / DAY_MS
  const keys = [recordKey('1')]

  /** What is known of it after so many days. */
  async function knownAfter(
    days: number,
    listing: 'remembered' | 'forgotten',
  ): Promise<IndexEntry | undefined> {
    const feed = await SetsFeed.of([photographed('1')])
    await feed.run(PHOTOS, 'snapshot')
    const replicated = { ...WITH_SETS, subresources: [] }
    const without = await feed.restarted({ replicated })
    await without.deleted('1')
    const { index, feed: listings } = without.twins
    const [entry] = await index.getMany(LISTINGS.name, keys)
    if (entry === undefined) throw new Error('nothing is known of the listing')
    if (listing === 'forgotten')
      await listings.committer.forget(replicated, [[recordKey('1'), entry]], signal)
    const again = await without.restarted()
    await again.run(PHOTOS, 'update')
    expect(again.events(PHOTOS)).toEqual(['1 SNAPSHOT', '1 gone'])
    again.advance(days * DAY_MS)
    again.twins.feed.sets.of(PHOTOS).noteAll()
    await again.run(PHOTOS, 'update')
    return (await index.getMany(PHOTOS.name, keys))[0]
  }

  test('is forgotten after the retention of its tombstone, if its listing is not remembered either', async () => {
    expect(await knownAfter(RETENTION_DAYS + 1, 'forgotten')).toBeUndefined()
  })

  test('is remembered until then, and for as long as its listing is (R6)', async () => {
    expect(await knownAfter(RETENTION_DAYS - 1, 'forgotten')).toMatchObject({ state: 'deleted' })
    expect(await knownAfter(RETENTION_DAYS + 1, 'remembered')).toMatchObject({ state: 'deleted' })
  })
})

describe('sets that the source does not show', () => {
  test('are asked for again in an hour', async () => {
    const feed = await SetsFeed.of([photographed('1')], () => 'missing')
    expect(await feed.run(PHOTOS, 'snapshot')).toMatchObject({ state: 'completed', walked: 0 })
    expect(feed.twins.observer.ended.at(-1)?.detail).toBe(
      'The sets of 1 listings could not be read and are asked for again later.',
    )
    const toLookAt = feed.twins.feed.sets.of(PHOTOS)
    feed.advance(HOUR_MS - 1)
    expect(toLookAt.isDue(feed.twins.clock.now())).toBe(false)
    feed.advance(1)
    feed.asked()
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual(['photos 1'])
  })
})

describe('sets that the source refuses', () => {
  const of = (key: string, mlsId: string) => photographed(key, LONG_AGO, { mlsId })
  const shared = [
    of('1', 'a'),
    of('2', 'b'),
    of('3', 'a'),
    of('4', 'b'),
    of('5', 'a'),
    of('6', 'a'),
    of('7', 'b'),
  ]
  const refusing =
    (...keys: readonly string[]) =>
    (_: unknown, key: string) =>
      keys.includes(key) ? failing('refused', 'SPARK_FORBIDDEN') : [{ Id: `of ${key}` }]

  test('are left alone for a day after three of one MLS, and no others', async () => {
    const feed = await SetsFeed.of(shared, refusing('1', '3', '5', '6'))
    expect(await feed.run(PHOTOS, 'snapshot')).toMatchObject({ state: 'completed', walked: 3 })
    expect(feed.asked().filter((one) => one === 'photos 6')).toEqual([])
    expect(feed.events(PHOTOS)).toEqual(['2 SNAPSHOT', '4 SNAPSHOT', '7 SNAPSHOT'])
    expect(feed.twins.observer.refusedSets).toEqual([
      { resource: PHOTOS.name, mlsId: 'a', code: 'SPARK_FORBIDDEN' },
    ])

    await feed.listed(of('8', 'a'), of('9', 'b'))
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual(['photos 9'])

    feed.answer = refusing('1')
    feed.advance(DAY_MS)
    await feed.run(PHOTOS, 'update')
    expect(feed.asked().toSorted()).toEqual(['photos 1', 'photos 3', 'photos 5', 'photos 6', 'photos 8'])
    expect(feed.twins.observer.refusedSets.at(-1)).toEqual({ resource: PHOTOS.name, mlsId: 'a' })
  })

  test('cost three requests a day for as long as they are refused', async () => {
    const feed = await SetsFeed.of(shared, refusing('1', '3', '5', '6'))
    await feed.run(PHOTOS, 'snapshot')
    for (const day of [1, 2]) {
      feed.asked()
      feed.advance(DAY_MS)
      await feed.run(PHOTOS, 'update')
      expect(feed.asked(), `day ${day}`).toEqual(['photos 1', 'photos 3', 'photos 5'])
    }
  })

  test('of a single listing are asked for again in a day, and nobody is told of its MLS', async () => {
    const feed = await SetsFeed.of(shared, refusing('3'))
    await feed.run(PHOTOS, 'snapshot')
    feed.asked()
    feed.advance(DAY_MS - 1)
    expect(feed.twins.feed.sets.of(PHOTOS).isDue(feed.twins.clock.now())).toBe(false)
    feed.advance(1)
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual(['photos 3'])
    expect(feed.twins.observer.refusedSets).toEqual([])
  })

  test('are asked for at once, and no longer said to be refused, by a pass that somebody asks for', async () => {
    const feed = await SetsFeed.of(shared, refusing('1', '3', '5', '6'))
    await feed.run(PHOTOS, 'snapshot')
    feed.asked()
    expect(await feed.runOnDemand(PHOTOS, 'update')).toMatchObject({
      unread: { failed: 0, refused: 4, missing: 0 },
    })
    expect(feed.asked()).toEqual(['photos 1', 'photos 3', 'photos 5'])
    feed.answer = refusing()
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual([])
    expect(await feed.runOnDemand(PHOTOS, 'update')).toMatchObject({
      progress: { walked: 4 },
      unread: { failed: 0, refused: 0, missing: 0 },
    })
    expect(feed.twins.observer.refusedSets.at(-1)).toEqual({ resource: PHOTOS.name, mlsId: 'a' })
  })

  test('do not end the first fill while nothing was read: nobody is told that the topic is whole', async () => {
    const feed = await SetsFeed.of([of('1', 'a'), of('2', 'a'), of('3', 'a')], refusing('1', '2', '3'))
    for (const attempt of [1, 2]) {
      expect((await feed.run(PHOTOS, 'snapshot')).state, `attempt ${attempt}`).toBe('failed')
    }
    expect(feed.asked()).toHaveLength(3)
    expect(feed.twins.feed.state.hasSnapshot(PHOTOS.name)).toBe(false)
    await expect(feed.run(PHOTOS, 'update')).rejects.toMatchObject({ code: 'NO_SNAPSHOT' })
    feed.answer = refusing()
    feed.advance(DAY_MS)
    expect(await feed.run(PHOTOS, 'snapshot')).toMatchObject({ state: 'completed', walked: 3 })
  })
})

describe('sets that fail', () => {
  const broken =
    (...keys: readonly string[]) =>
    (_: unknown, key: string) =>
      keys.includes(key) ? failing('failed', 'SPARK_DATA_FAILED') : [{ Id: `of ${key}` }]

  test('hold up no others, and are asked for again after waits that grow to an hour', async () => {
    const feed = await SetsFeed.of(
      keysOf(3).map((key) => photographed(key)),
      broken('2'),
    )
    expect(await feed.run(PHOTOS, 'snapshot')).toMatchObject({ state: 'completed', walked: 2 })
    const toLookAt = feed.twins.feed.sets.of(PHOTOS)
    const waits: number[] = []
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      feed.asked()
      let minutes = 0
      for (; !toLookAt.isDue(feed.twins.clock.now()); minutes += 1) feed.advance(MINUTE_MS)
      waits.push(minutes)
      await feed.run(PHOTOS, 'update')
      expect(feed.asked()).toEqual(['photos 2'])
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    feed.answer = broken()
    feed.advance(HOUR_MS)
    await feed.run(PHOTOS, 'update')
    expect(feed.events(PHOTOS)).toEqual(['1 SNAPSHOT', '3 SNAPSHOT', '2 CREATED'])
  })

  test('are counted by the pass, asked for at once on demand, and by a new process', async () => {
    const feed = await SetsFeed.of(
      keysOf(3).map((key) => photographed(key)),
      (set, key) => (key === '1' ? 'missing' : broken('2')(set, key)),
    )
    const unread = { failed: 1, refused: 0, missing: 1 }
    expect(await feed.runOnDemand(PHOTOS, 'snapshot')).toMatchObject({ progress: { walked: 1 }, unread })
    feed.asked()
    expect(await feed.runOnDemand(PHOTOS, 'update')).toMatchObject({ progress: { walked: 0 }, unread })
    expect(feed.asked()).toEqual(['photos 1', 'photos 2'])
    const next = await feed.restarted()
    expect(await next.runOnDemand(PHOTOS, 'update')).toMatchObject({ progress: { walked: 0 }, unread })
    expect(next.asked()).toEqual(['photos 1', 'photos 2'])
  })

  test('are not asked for before their time, though all are looked at', async () => {
    const feed = await SetsFeed.of(
      keysOf(3).map((key) => photographed(key)),
      broken('2'),
    )
    await feed.run(PHOTOS, 'snapshot')
    feed.asked()
    feed.twins.feed.sets.of(PHOTOS).noteAll()
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual([])
  })

  test('five in a row are an outage: the pass fails, and what it had read stays', async () => {
    const feed = await SetsFeed.of(
      keysOf(9).map((key) => photographed(key)),
      broken('3', '4', '5', '6', '7'),
    )
    await expect(feed.run(PHOTOS, 'snapshot')).rejects.toMatchObject({ code: 'SPARK_DATA_FAILED' })
    expect(feed.asked().at(-1)).toBe('photos 7')
    // Whatever is behind them is read by the next attempt.
    expect(await feed.run(PHOTOS, 'snapshot')).toMatchObject({ state: 'completed', walked: 4 })
    expect(feed.asked()).toEqual(['photos 1', 'photos 2', 'photos 8', 'photos 9'])
    feed.advance(MINUTE_MS)
    feed.answer = broken()
    await feed.run(PHOTOS, 'update')
    expect(feed.asked()).toEqual(['photos 3', 'photos 4', 'photos 5', 'photos 6', 'photos 7'])
  })

  test('what is about every request ends the pass at once (R8)', async () => {
    const refusal = new Error('the key is no good')
    const feed = await SetsFeed.of([photographed('1'), photographed('2')], () => refusal)
    await expect(feed.run(PHOTOS, 'snapshot')).rejects.toBe(refusal)
    feed.answer = broken()
    expect(await feed.run(PHOTOS, 'snapshot')).toMatchObject({ walked: 2 })
  })
})

describe('a full cycle', () => {
  test('reads all sets anew and publishes those that differ', async () => {
    const feed = await SetsFeed.of(keysOf(3).map((key) => photographed(key)))
    await feed.run(ROOMS, 'snapshot')
    feed.asked()
    feed.answer = (_, key) => [{ Id: key === '2' ? 'another' : `of ${key}` }]
    feed.advance(7 * DAY_MS)
    await feed.run(ROOMS, 'update')
    expect(feed.asked()).toEqual([])
    expect(await feed.run(ROOMS, 'snapshot')).toMatchObject({
      initial: false,
      counts: { published: 1, unchanged: 2 },
    })
    expect(feed.events(ROOMS).slice(3)).toEqual(['2 UPDATED'])
  })

  test('goes on, after it was interrupted, with those that it has not read', async () => {
    const feed = await SetsFeed.of(keysOf(60).map((key) => photographed(key)))
    await feed.run(ROOMS, 'snapshot')
    feed.advance(7 * DAY_MS)
    feed.twins.publisher.failBeforeCommit(1, new Error('the process ends'))
    await expect(feed.run(ROOMS, 'snapshot')).rejects.toThrow('the process ends')
    const next = await feed.restarted()
    next.advance(HOUR_MS)
    expect(await next.run(ROOMS, 'snapshot')).toMatchObject({
      state: 'completed',
      initial: false,
      walked: 60,
    })
    expect(next.asked()).toHaveLength(10)
  })
})

describe('a pass of a set needs', () => {
  test('the listings to be there', async () => {
    const feed = await SetsFeed.of([photographed('1')])
    const without = await feed.restarted({ index: 'lost', topics: new MemoryPublisher() })
    await expect(without.run(PHOTOS, 'snapshot')).rejects.toMatchObject({
      code: 'NO_SNAPSHOT',
      message: expect.stringContaining(LISTINGS.name),
    })
  })

  test('a first fill, for an update', async () => {
    const feed = await SetsFeed.of([photographed('1')])
    await expect(feed.run(PHOTOS, 'update')).rejects.toMatchObject({ code: 'NO_SNAPSHOT' })
    expect(feed.asked()).toEqual([])
  })

  test('to be no purge: sets go with their listings', async () => {
    const feed = await SetsFeed.of([photographed('1')])
    await feed.run(PHOTOS, 'snapshot')
    await expect(feed.runner.run(PHOTOS, 'purge', PLAIN_PASS, signal)).rejects.toMatchObject({
      code: 'NO_PURGE',
      disposition: 'stop',
    })
    expect(feed.twins.feed.state.lastPass(PHOTOS.name, 'purge')).toBeUndefined()
  })
})

test('a full cycle counts what changed under the stamp that it was read under, and not what an update would have read', async () => {
  const feed = await SetsFeed.of(['1', '2', '3'].map((key) => photographed(key)))
  for (const set of [PHOTOS, ROOMS]) await feed.run(set, 'snapshot')
  feed.advance(HOUR_MS)
  await feed.listed(photographed('2', instant(LONG_AGO + 1_000)))
  feed.answer = (_, key) => [{ Id: `other of ${key}` }]
  const photos = await feed.run(PHOTOS, 'snapshot')
  expect(photos).toMatchObject({ counts: { published: 3 }, missed: { same_stamp: 2 } })
  expect(await feed.run(ROOMS, 'snapshot')).toMatchObject({ missed: { same_stamp: 3 } })
  feed.advance(HOUR_MS)
  const again = await feed.run(PHOTOS, 'snapshot')
  expect(again).toMatchObject({ counts: { unchanged: 3 } })
  expect(again.missed).toEqual({})
})
