import { describe, expect, test, vi } from 'vitest'
import { instant } from '../../src/domain/instant.ts'
import { PASS_KINDS, type PassKind } from '../../src/domain/pass.ts'
import type { ListedResource } from '../../src/domain/resource.ts'
import { WHOLE } from '../../src/domain/scope.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { CommittedState } from '../../src/replication/committed-state.ts'
import { FeedRunner, PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { intervalOf, purgeDueAt, runSchedule } from '../../src/replication/loop.ts'
import type { Parking } from '../../src/replication/persist.ts'
import { noticeScope } from '../../src/replication/scope-change.ts'
import {
  InvariantViolation,
  ListingstreamError,
  type ListingstreamErrorOptions,
} from '../../src/support/errors.ts'
import { CollectingObserver, assembleFeed } from '../fixtures/memory-feed.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { OFFICES, TOURS } from '../fixtures/resources.ts'
import { SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'
import { SteerableSource } from '../fixtures/steerable-source.ts'

const MINUTE_MS = 60_000
const UPDATE_MS = 5 * MINUTE_MS
const PURGE_MS = 24 * 60 * MINUTE_MS
const FULL_WALK_MS = 6 * 60 * MINUTE_MS
const RECONCILE_MS = 7 * PURGE_MS
const BASE_POLL_MS = 500
const stop = new Error('stop')
const { signal } = new AbortController()

class CollectingParking implements Parking {
  readonly events: (readonly [string, string, number?])[] = []
  parked(...[, pass, , retryInMs]: Parameters<Parking['parked']>): void {
    this.events.push(['parked', pass, retryInMs])
  }
  resumed(...[, pass]: Parameters<Parking['resumed']>): void {
    this.events.push(['resumed', pass])
  }
  scheduleBegun(): void {}
}

function failure(code: string, over: Partial<ListingstreamErrorOptions> = {}): ListingstreamError {
  return new ListingstreamError('it does not work', { code, retryable: true, ...over })
}

interface Loop {
  readonly clock: ManualClock
  readonly publisher: MemoryPublisher
  readonly index: MemoryKeyIndex
  readonly parking: CollectingParking
  readonly source: SteerableSource
  readonly stopper: AbortController
  readonly start: () => { readonly done: Promise<void>; readonly runner: FeedRunner }
}

/** A daemon's loop that does not run yet, on a clock that stands still; of the same feed as `before`, if given. */
function open(
  before?: Loop,
  {
    resources = [LISTINGS],
    random = () => 1,
  }: { readonly resources?: readonly ListedResource[]; readonly random?: () => number } = {},
): Loop {
  const clock = before?.clock ?? new ManualClock(SERVER_TIME)
  const publisher = before?.publisher ?? new MemoryPublisher()
  const index = before?.index ?? new MemoryKeyIndex()
  const observer = new CollectingObserver()
  const parking = new CollectingParking()
  const source = new SteerableSource([sourceRecord('1')], () => clock.now())
  const stopper = new AbortController()
  const start: Loop['start'] = () => {
    const parts = { source, publisher, topics: publisher, index, clock, observer, over: { random } }
    const runner = new FeedRunner(assembleFeed(parts))
    const schedule = {
      updateIntervalMs: UPDATE_MS,
      purgeIntervalMs: PURGE_MS,
      fullWalkIntervalMs: FULL_WALK_MS,
      mediaFullIntervalMs: 7 * 24 * 3_600_000,
      reconcileIntervalMs: RECONCILE_MS,
    }
    const done = runSchedule(runner, resources, schedule, parking, stopper.signal)
    done.catch(() => undefined)
    return { done, runner }
  }
  return { clock, publisher, index, parking, source, stopper, start }
}

/** Both tracks at rest: the snapshot and the first update are done. */
async function settled(opened: Loop) {
  const running = opened.start()
  const begun = () => running.runner.feed.state.watermark(LISTINGS.name) !== undefined
  await vi.waitUntil(begun, { interval: 1 })
  await opened.clock.pass(BASE_POLL_MS)
  await opened.clock.sleeperOf(UPDATE_MS)
  return running
}

async function stopped({ stopper }: Loop, done: Promise<void>): Promise<void> {
  stopper.abort(stop)
  await expect(done).rejects.toBe(stop)
}

describe('the schedule', () => {
  test('begins with a snapshot; updates follow as soon as it has set the watermark', async () => {
    const opened = open()
    const { done } = await settled(opened)
    expect(opened.source.walks).toEqual(['snapshot', 'update'])
    await stopped(opened, done)
  })

  test('updates come at their interval, counted from begin to begin', async () => {
    const opened = open()
    const { done } = await settled(opened)
    for (const times of [2, 3]) {
      await opened.clock.pass(UPDATE_MS)
      await opened.clock.sleeperOf(UPDATE_MS)
      expect(opened.source.times('update')).toBe(times)
    }
    await stopped(opened, done)
  })

  test('updates go on while a long snapshot runs', async () => {
    const opened = open()
    const gate = Promise.withResolvers<void>()
    opened.source.gates.set('snapshot', gate.promise)
    const { done, runner } = await settled(opened)
    for (let i = 0; i < 3; i += 1) {
      await opened.clock.pass(UPDATE_MS)
      await opened.clock.sleeperOf(UPDATE_MS)
    }
    expect(runner.feed.state.interrupted(LISTINGS.name, 'snapshot')).toBeDefined()
    expect(opened.source.times('update')).toBe(4)
    expect(runner.feed.state.watermark(LISTINGS.name)).toBe(opened.clock.now())
    gate.resolve()
    await opened.clock.sleeperOf(PURGE_MS - BASE_POLL_MS - 3 * UPDATE_MS)
    expect(runner.feed.state.hasSnapshot(LISTINGS.name)).toBe(true)
    await stopped(opened, done)
  })

  test('a purge is due one interval after the start of the last one, at first of the snapshot', async () => {
    const opened = open()
    const { done } = await settled(opened)
    await opened.clock.sleeperOf(PURGE_MS)
    opened.clock.advance(PURGE_MS - BASE_POLL_MS)
    await opened.clock.sleeperOf(UPDATE_MS)
    expect(opened.source.times('purge')).toBe(1)
    await opened.clock.sleeperOf(PURGE_MS)
    opened.clock.advance(PURGE_MS)
    await opened.clock.sleeperOf(PURGE_MS)
    expect(opened.source.times('purge')).toBe(2)
    expect(opened.source.times('snapshot')).toBe(1)
    await stopped(opened, done)
  })

  test('after a restart nothing is done before its time but the update', async () => {
    const first = open()
    await stopped(first, (await settled(first)).done)
    first.clock.advance(UPDATE_MS)
    const second = open(first)
    const { done } = second.start()
    await second.clock.sleeperOf(UPDATE_MS)
    expect(second.clock.sleeping()).toEqual([PURGE_MS - BASE_POLL_MS - UPDATE_MS, UPDATE_MS])
    expect(second.source.walks).toEqual(['update'])
    await stopped(second, done)
  })

  test('a clock that is set back by days delays no pass by more than its interval (R4)', async () => {
    const first = open()
    const gate = Promise.withResolvers<void>()
    const { done } = await settled(first)
    first.source.gates.set('update', gate.promise)
    await first.clock.pass(UPDATE_MS)
    await vi.waitUntil(() => first.source.times('update') === 2, { interval: 1 })
    first.clock.advance(-3 * PURGE_MS)
    gate.resolve()
    await vi.waitUntil(() => first.clock.sleeping().length === 2, { interval: 1 })
    expect(first.clock.sleeping()).toContain(UPDATE_MS)
    await stopped(first, done)

    const second = open(first)
    const running = second.start()
    await second.clock.sleeperOf(UPDATE_MS)
    expect(second.clock.sleeping()).toEqual([PURGE_MS, UPDATE_MS])
    await stopped(second, running.done)
  })

  test('a purge that failed in an earlier process is tried at once, not an interval later', async () => {
    const first = open()
    const before = await settled(first)
    await before.runner.run(LISTINGS, 'purge', PLAIN_PASS, first.stopper.signal)
    const last = first.publisher.transactions.at(-1)!.request
    expect(last.progress).toMatchObject({ pass: 'purge', state: 'completed' })
    await stopped(first, before.done)
    const progress = { ...last.progress, state: 'failed' } as const
    await first.publisher.commit({ ...last, progress, markers: [] }, new AbortController().signal)

    const second = open(first)
    const { done } = second.start()
    await vi.waitUntil(() => second.source.times('purge') === 1, { interval: 1 })
    await stopped(second, done)
  })

  test('a change of scope brings a snapshot by itself, updates beside it, and at once the purge of what left', async () => {
    const first = open()
    await stopped(first, (await settled(first)).done)
    const scoped = { ...LISTINGS, scope: { ...WHOLE, filter: "MlsId Eq '1'" } }
    const second = open(first, { resources: [scoped] })
    const gate = Promise.withResolvers<void>()
    second.source.gates.set('snapshot', gate.promise)
    const { publisher, index, clock } = second
    const parts = { source: second.source, publisher, topics: publisher, index, clock }
    await noticeScope(assembleFeed({ ...parts, observer: new CollectingObserver() }), scoped, signal)
    const { done, runner } = second.start()
    const begun = () => runner.feed.state.interrupted(scoped.name, 'snapshot') !== undefined
    await vi.waitUntil(begun, { interval: 1 })
    await clock.pass(BASE_POLL_MS)
    await clock.sleeperOf(UPDATE_MS)
    expect(second.source.walks).toEqual(['snapshot', 'update'])
    gate.resolve()
    await clock.sleeperOf(PURGE_MS)
    expect(second.source.walks.toSorted()).toEqual(['purge', 'snapshot', 'update'])
    expect(runner.feed.state.lastPass(scoped.name, 'purge')).toMatchObject({
      state: 'completed',
      filter: "MlsId Eq '1'",
      rescoped: false,
      compare: 'versions',
      reconciledAt: null,
      resumed: false,
      decidesOn: null,
    })
    await stopped(second, done)
  })

  test('the purge that is due when RECONCILE_INTERVAL is over compares content, also before PURGE_INTERVAL is (R9)', () => {
    const at = (ms: number) => instant(SERVER_TIME + ms)
    const dueAt = (purge: object | undefined, reconcileIntervalMs: number, now: number) => {
      const passes = new Map<PassKind, object | undefined>([
        ['snapshot', { initial: true, startedAt: at(0) }],
        ['purge', purge],
      ])
      const lastPass = (_: unknown, pass: PassKind) => passes.get(pass)
      const state = { lastPass } as unknown as CommittedState
      return purgeDueAt(state, LISTINGS, { purgeIntervalMs: PURGE_MS, reconcileIntervalMs }, at(now))
    }
    const purge = { state: 'completed', startedAt: at(PURGE_MS), reconciledAt: null, decidesOn: null }
    expect(dueAt(undefined, RECONCILE_MS, 0)).toBe(at(PURGE_MS))
    expect(dueAt(undefined, PURGE_MS / 2, 0)).toBe(at(PURGE_MS / 2))
    expect(dueAt(purge, RECONCILE_MS, PURGE_MS)).toBe(at(2 * PURGE_MS))
    expect(dueAt(purge, 1.5 * PURGE_MS, PURGE_MS)).toBe(at(1.5 * PURGE_MS))
    const reconciled = { ...purge, reconciledAt: at(PURGE_MS) }
    expect(dueAt(reconciled, 1.5 * PURGE_MS, PURGE_MS)).toBe(at(2 * PURGE_MS))
    // It was due already, and that purge could not do it: the next one is none for it alone.
    expect(dueAt(purge, PURGE_MS / 2, PURGE_MS)).toBe(at(2 * PURGE_MS))
  })

  test.each(['snapshot', 'purge'] as const)('an interrupted %s goes on at once', async (pass) => {
    const first = open()
    if (pass === 'purge') await stopped(first, (await settled(first)).done)
    const broken = open(first)
    broken.source.gates.set(pass, new Promise(() => undefined))
    if (pass === 'purge') broken.clock.advance(PURGE_MS)
    const { done, runner } = broken.start()
    await vi.waitUntil(() => runner.feed.state.interrupted(LISTINGS.name, pass) !== undefined, {
      interval: 1,
    })
    await stopped(broken, done)

    const second = open(first)
    const resumed = second.start()
    await vi.waitUntil(() => resumed.runner.feed.state.lastPass(LISTINGS.name, pass)?.state === 'completed', {
      interval: 1,
    })
    expect(second.source.times(pass)).toBe(1)
    await stopped(second, resumed.done)
  })
})

/** The walks of one resource, by kind. */
function walksOf(
  { source }: Loop,
  { name }: ListedResource,
): Record<'snapshot' | 'update' | 'purge', number> {
  const times = (pass: 'snapshot' | 'update' | 'purge') => source.times(`${name}/${pass}`)
  return { snapshot: times('snapshot'), update: times('update'), purge: times('purge') }
}

describe('a resource without stamps', () => {
  const [record] = [{ ...sourceRecord('1'), modificationTimestamp: null, changeStamps: {} }]

  /** Its first snapshot is complete, and both of its tracks sleep. */
  async function walked(before?: Loop) {
    const opened = open(before, { resources: [TOURS] })
    opened.source.records = [record]
    const running = opened.start()
    if (before === undefined) {
      await opened.clock.sleeperOf(PURGE_MS)
      await opened.clock.pass(BASE_POLL_MS)
    }
    return { opened, ...running }
  }

  test('is walked whole at the interval of full walks, counted from begin to begin, and never updated', async () => {
    const { opened, done } = await walked()
    await opened.clock.sleeperOf(FULL_WALK_MS - BASE_POLL_MS)
    expect(walksOf(opened, TOURS)).toEqual({ snapshot: 1, update: 0, purge: 0 })
    await opened.clock.pass(FULL_WALK_MS - BASE_POLL_MS)
    await opened.clock.sleeperOf(FULL_WALK_MS)
    expect(walksOf(opened, TOURS)).toEqual({ snapshot: 2, update: 0, purge: 0 })
    await stopped(opened, done)
  })

  test('is not walked whole again when a content reconcile has just been (R5)', async () => {
    const { opened, done, runner } = await walked()
    await opened.clock.sleeperOf(FULL_WALK_MS - BASE_POLL_MS)
    opened.clock.advance(FULL_WALK_MS - BASE_POLL_MS - 1_000)
    await runner.run(TOURS, 'purge', { ...PLAIN_PASS, compare: 'content' }, signal)
    opened.clock.advance(1_000)
    await opened.clock.sleeperOf(FULL_WALK_MS - 1_000)
    expect(runner.feed.state.lastPass(TOURS.name, 'snapshot')?.startedAt).toBe(SERVER_TIME)
    await opened.clock.pass(FULL_WALK_MS - 1_000)
    await opened.clock.sleeperOf(FULL_WALK_MS)
    expect(runner.feed.state.lastPass(TOURS.name, 'snapshot')?.startedAt).toBeGreaterThan(SERVER_TIME)
    await stopped(opened, done)
  })

  test('is purged at the interval of purges, however many full walks lie between', async () => {
    const { opened, done } = await walked()
    for (const times of [2, 3, 4]) {
      await opened.clock.pass(times === 2 ? FULL_WALK_MS - BASE_POLL_MS : FULL_WALK_MS)
      await opened.clock.sleeperOf(FULL_WALK_MS)
      expect(walksOf(opened, TOURS)).toMatchObject({ snapshot: times, purge: 0 })
    }
    opened.clock.advance(FULL_WALK_MS)
    await vi.waitUntil(() => walksOf(opened, TOURS).purge === 1, { interval: 1 })
    await stopped(opened, done)
  })

  test('is purged at once by a process that finds a second full walk and no purge: restarts do not put it off', async () => {
    const first = await walked()
    await first.opened.clock.pass(FULL_WALK_MS - BASE_POLL_MS)
    await first.opened.clock.sleeperOf(FULL_WALK_MS)
    await stopped(first.opened, first.done)
    const second = await walked(first.opened)
    await vi.waitUntil(() => walksOf(second.opened, TOURS).purge === 1, { interval: 1 })
    await stopped(second.opened, second.done)
  })

  test('goes on with an interrupted full walk once, by one of its tracks', async () => {
    const first = await walked()
    first.opened.source.gates.set('snapshot', new Promise(() => undefined))
    await first.opened.clock.pass(FULL_WALK_MS - BASE_POLL_MS)
    const { state } = first.runner.feed
    await vi.waitUntil(() => state.interrupted(TOURS.name, 'snapshot') !== undefined, { interval: 1 })
    await stopped(first.opened, first.done)

    const second = await walked(first.opened)
    await second.opened.clock.sleeperOf(FULL_WALK_MS)
    expect(walksOf(second.opened, TOURS)).toMatchObject({ snapshot: 1, update: 0 })
    await stopped(second.opened, second.done)
  })

  test('waits with what an error parks of its full walks; its purges go on', async () => {
    const { opened, done } = await walked()
    opened.source.failures.set('snapshot', failure('SPARK_OUTAGE'))
    await opened.clock.pass(FULL_WALK_MS - BASE_POLL_MS)
    await opened.clock.sleeperOf(5_000)
    expect(opened.parking.events).toEqual([['parked', 'snapshot', 5_000]])
    opened.clock.advance(PURGE_MS)
    await vi.waitUntil(() => walksOf(opened, TOURS).purge === 1, { interval: 1 })
    await stopped(opened, done)
  })
})

test('a pass comes by itself as often as the schedule says; none goes by a stamp that there is not', () => {
  const schedule = {
    updateIntervalMs: 1,
    purgeIntervalMs: 2,
    fullWalkIntervalMs: 3,
    mediaFullIntervalMs: 7 * 24 * 3_600_000,
    reconcileIntervalMs: RECONCILE_MS,
  }
  const intervals = (resource: ListedResource) =>
    PASS_KINDS.map((pass) => intervalOf(resource, pass, schedule))
  expect(intervals(LISTINGS)).toEqual([null, 1, 2, null])
  expect(intervals(TOURS)).toEqual([3, null, 2, null])
})

describe('several resources', () => {
  test('do not wait for each other: a snapshot that takes hours blocks nothing of another one', async () => {
    const opened = open(undefined, { resources: [LISTINGS, OFFICES] })
    opened.source.records = [{ ...sourceRecord('1'), changeStamps: {} }]
    opened.source.gates.set(`${LISTINGS.name}/snapshot`, new Promise(() => undefined))
    const { done, runner } = opened.start()
    const { state } = runner.feed
    await vi.waitUntil(() => state.hasSnapshot(OFFICES.name), { interval: 1 })
    await opened.clock.pass(BASE_POLL_MS)
    await vi.waitUntil(() => walksOf(opened, OFFICES).update === 1, { interval: 1 })
    opened.clock.advance(PURGE_MS)
    await vi.waitUntil(() => walksOf(opened, OFFICES).purge === 1, { interval: 1 })
    expect(state.hasSnapshot(LISTINGS.name)).toBe(false)
    await stopped(opened, done)
  })

  test('are parked one by one', async () => {
    const opened = open(undefined, { resources: [LISTINGS, OFFICES] })
    opened.source.records = [{ ...sourceRecord('1'), changeStamps: {} }]
    opened.source.failures.set(`${OFFICES.name}/snapshot`, failure('SPARK_OUTAGE'))
    const { done, runner } = opened.start()
    await vi.waitUntil(() => runner.feed.state.hasSnapshot(LISTINGS.name), { interval: 1 })
    await opened.clock.sleeperOf(5_000)
    expect(opened.parking.events).toEqual([['parked', 'snapshot', 5_000]])
    await stopped(opened, done)
  })
})

describe('an error', () => {
  test('parks its track, which tries again later and later, up to 15 minutes; the other one goes on', async () => {
    const opened = open()
    const { done } = await settled(opened)
    opened.source.failures.set('update', failure('SPARK_OUTAGE'))
    await opened.clock.pass(UPDATE_MS)
    const waits = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900].map((seconds) => seconds * 1_000)
    for (const wait of waits) await opened.clock.pass(wait)
    await opened.clock.sleeperOf(900_000)
    expect(opened.parking.events).toEqual([...waits, 900_000].map((wait) => ['parked', 'update', wait]))
    expect(opened.clock.sleeping()).toHaveLength(2)
    opened.source.failures.clear()
    await opened.clock.pass(900_000)
    await opened.clock.sleeperOf(UPDATE_MS)
    expect(opened.parking.events.at(-1)).toEqual(['resumed', 'update'])
    await stopped(opened, done)
  })

  test('the next standstill begins at short waits again', async () => {
    const opened = open()
    const { done } = await settled(opened)
    for (const interval of [UPDATE_MS, UPDATE_MS - 5_000]) {
      opened.source.failures.set('update', failure('SPARK_OUTAGE'))
      await opened.clock.pass(interval)
      await opened.clock.sleeperOf(5_000)
      opened.source.failures.clear()
      await opened.clock.pass(5_000)
      await opened.clock.sleeperOf(UPDATE_MS - 5_000)
    }
    expect(opened.parking.events).toEqual([
      ['parked', 'update', 5_000],
      ['resumed', 'update'],
      ['parked', 'update', 5_000],
      ['resumed', 'update'],
    ])
    await stopped(opened, done)
  })

  test('waits at random for a part of that, so that many who failed together do not come back together', async () => {
    const opened = open(undefined, { random: () => 0.5 })
    opened.source.failures.set('snapshot', failure('SPARK_OUTAGE'))
    const { done } = opened.start()
    await opened.clock.sleeperOf(2_500)
    expect(opened.parking.events).toEqual([['parked', 'snapshot', 2_500]])
    await stopped(opened, done)
  })

  test.each([
    [
      'is not retryable: six times as long',
      failure('SPARK_UNAUTHORIZED', { retryable: false, disposition: 'retry' }),
      30_000,
    ],
    ['names its own wait: that long', failure('SPARK_LIMIT', { retryAfterMs: 123_000 }), 123_000],
    ['names a wait shorter than ours: ours', failure('SPARK_LIMIT', { retryAfterMs: 1 }), 5_000],
  ])('that %s', async (_, error, wait) => {
    const opened = open()
    opened.source.failures.set('snapshot', error)
    const { done } = opened.start()
    await opened.clock.sleeperOf(wait)
    expect(opened.parking.events).toEqual([['parked', 'snapshot', wait]])
    await stopped(opened, done)
  })

  test.each([
    ['another instance owns the feed (R3)', failure('FENCED', { retryable: false, disposition: 'stop' })],
    ['the index has missed a commit', failure('INDEX_BEHIND', { disposition: 'reopen' })],
  ])('ends the loop, and both of its tracks, when %s', async (_, error) => {
    const opened = open()
    const { done } = await settled(opened)
    opened.source.failures.set('update', error)
    await opened.clock.pass(UPDATE_MS)
    await expect(done).rejects.toBe(error)
    expect(opened.clock.sleeping()).toEqual([])
    expect(opened.parking.events).toEqual([])
  })

  test.each([
    ['a law of our own is broken', new InvariantViolation('It cannot be.')],
    ['it is not one of ours', new TypeError('undefined is not a function')],
    ['what the source sent was too much for us', new RangeError('Maximum call stack size exceeded')],
    ['what the source sent cannot be sent back', new URIError('URI malformed')],
  ])('parks its own track alone, loudly, and is tried again later, when %s', async (_, error) => {
    const opened = open()
    const told = vi.spyOn(opened.parking, 'parked')
    const { done } = await settled(opened)
    opened.source.failures.set('update', error)
    await opened.clock.pass(UPDATE_MS)
    await opened.clock.sleeperOf(30_000)
    expect(told.mock.calls[0]?.[2]).toMatchObject({
      code: 'UNEXPECTED_ERROR',
      cause: error,
      retryable: false,
    })
    expect(opened.parking.events).toEqual([['parked', 'update', 30_000]])
    opened.clock.advance(PURGE_MS)
    await vi.waitUntil(() => opened.source.times('purge') === 1, { interval: 1 })
    await opened.clock.sleeperOf(60_000)
    opened.source.failures.delete('update')
    opened.clock.advance(60_000)
    await vi.waitUntil(() => opened.parking.events.length === 3, { interval: 1 })
    expect(opened.parking.events.slice(1)).toEqual([
      ['parked', 'update', 60_000],
      ['resumed', 'update'],
    ])
    await stopped(opened, done)
  })

  test('that nobody foresaw while a transaction was committed has the feed opened again: it may be visible (R1)', async () => {
    const opened = open()
    opened.publisher.failBeforeCommit(0, new TypeError('undefined is not a function'))
    const { done } = opened.start()
    await expect(done).rejects.toMatchObject({ code: 'INDEX_BEHIND' })
    expect(opened.parking.events).toEqual([])
  })

  test('of a fenced commit ends it as well, whichever pass it hit (R3)', async () => {
    const opened = open()
    const fenced = failure('FENCED', { retryable: false, disposition: 'stop' })
    opened.publisher.failBeforeCommit(0, fenced)
    const { done } = opened.start()
    await expect(done).rejects.toBe(fenced)
    expect(opened.publisher.transactions).toEqual([])
  })
})

describe('an abort', () => {
  test('ends it at once, though both tracks sleep', async () => {
    const opened = open()
    const { done } = await settled(opened)
    await stopped(opened, done)
    expect(opened.clock.sleeping()).toEqual([])
  })

  test('ends it at once in the middle of a walk, and is not taken for an error', async () => {
    const opened = open()
    opened.source.gates.set('snapshot', new Promise(() => undefined))
    const { done, runner } = opened.start()
    await vi.waitUntil(() => runner.feed.state.watermark(LISTINGS.name) !== undefined, { interval: 1 })
    await stopped(opened, done)
    expect(opened.parking.events).toEqual([])
    expect(opened.clock.sleeping()).toEqual([])
  })

  test('ends it at once while it is parked', async () => {
    const opened = open()
    opened.source.failures.set('snapshot', failure('SPARK_OUTAGE'))
    const { done } = opened.start()
    await opened.clock.sleeperOf(5_000)
    await stopped(opened, done)
    expect(opened.clock.sleeping()).toEqual([])
  })
})
