/**
 * Random histories of a market, and of a program that replicates it and dies at random moments. When such a history
 * fails, fast-check prints its seed and path; `PROPERTY_SEED=… PROPERTY_PATH=… npx vitest run test/replication/crash-replay`
 * runs it again.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Digest } from '../../src/domain/content.ts'
import { DATA_FAILED } from '../../src/domain/error-codes.ts'
import type { Instant } from '../../src/domain/instant.ts'
import { PURGE_COMPARES, type PassKind, type PassProgress, type PurgeCompare } from '../../src/domain/pass.ts'
import type { RecordKey } from '../../src/domain/record-key.ts'
import type { ListedResource } from '../../src/domain/resource.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import { CommittedState } from '../../src/replication/committed-state.ts'
import { FeedRunner, PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { assembleFeed, bodyEncoder, CollectingObserver } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { wrongCertificates } from '../fixtures/certified.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { TOURS } from '../fixtures/resources.ts'
import { changesOf, deadLettersOf, settledLettersOf } from '../fixtures/transaction.ts'
import { LocalClock, ModelMarket, ModelSource, type Around, type ListingChange } from './model-market.ts'
import { Crash, Life, mortal } from './mortal.ts'

const { signal } = new AbortController()
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What a new process finds of the old one's index. */
type Remains = 'index kept' | 'ledger lost' | 'index lost'

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'changes'; readonly changes: readonly ListingChange[] }
  | { readonly kind: 'restart'; readonly remains: Remains }
  /** The program's own clock is set, and is so far off from then on. */
  | { readonly kind: 'clock'; readonly off: number }
  | {
      readonly kind: 'passes'
      /** More than one: beside each other. */
      readonly passes: readonly PassKind[]
      readonly compare: PurgeCompare | undefined
      readonly around: readonly Around[]
      /** Steps that the process has left, if it dies. */
      readonly crash: { readonly after: number; readonly remains: Remains } | null
      /** Of an update: dead letters are asked for again. */
      readonly retry: boolean
    }

// Never removed: an empty walk would be held by the guard (R10), as would ten deletes.
const ANCHOR = '0'
/** Few, so that much happens to each. */
const KEYS = ['1', '2', '3', '4', '5']

const OPENLY = {
  create: 2,
  change: 2,
  touch: 1,
  poison: 3,
  heal: 3,
  remove: 4,
  return: 3,
  'return changed': 1,
  'set back': 2,
  'set back a little': 1,
  mask: 2,
  unmask: 2,
  'lose stamp': 1,
  break: 2,
  mend: 1,
} as const
const changeBy = (weights: Readonly<Partial<Record<ListingChange['kind'], number>>>) =>
  fc.record<ListingChange>({ kind: often(weights), key: fc.constantFrom(...KEYS) })
const change = changeBy(OPENLY)
/** Some of it leaves no stamp: content reconciles alone find it. */
const anyChange = changeBy({ ...OPENLY, 'change silently': 4 })
const remains = fc.constantFrom<Remains>('index kept', 'ledger lost', 'index lost')
/** Dates of single answers, and clocks of hosts, may be off by as much as is believed at all. */
const off = fc.constantFrom(-59 * MINUTE_MS, -30 * MINUTE_MS, 30 * MINUTE_MS, 59 * MINUTE_MS)
const onceOf = (some: fc.Arbitrary<ListingChange>) =>
  fc.record<Around>({
    before: fc.option(some, { freq: 2 }),
    after: fc.array(some, { maxLength: 2 }),
    skew: fc.constant(0),
  })
/** Of the answers of some passes, at most two are off: others bear witness against them (R4). */
const aroundOf = (some: fc.Arbitrary<ListingChange>): fc.Arbitrary<readonly Around[]> =>
  fc
    .tuple(
      fc.array(onceOf(some), { maxLength: 6 }),
      fc.uniqueArray(fc.tuple(fc.nat({ max: 5 }), off), { maxLength: 2, selector: ([at]) => at }),
    )
    .map(([list, skews]) =>
      list.map((one, i) => ({ ...one, skew: skews.find(([at]) => at === i)?.[1] ?? 0 })),
    )
const crash = fc.option(fc.record({ after: fc.nat({ max: 90 }), remains }), { freq: 2 })
const wait: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('wait'),
  ms: fc.constantFrom(MINUTE_MS, 30 * MINUTE_MS, 26 * HOUR_MS),
})
const changesOfMarket = (some: fc.Arbitrary<ListingChange>): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant('changes'), changes: fc.array(some, { minLength: 1, maxLength: 4 }) })
/** Of purges; undefined: as it is set. */
const compare = fc.constantFrom(undefined, undefined, ...PURGE_COMPARES)
const restart: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('restart'), remains })
const clock: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('clock'),
  off: fc.oneof(fc.constant(0), off),
})
/** @param weights those that run beside each other are separated by a comma */
function stepWith(weights: Readonly<Record<string, number>>, some = change): fc.Arbitrary<Step> {
  const passes: fc.Arbitrary<Step> = fc.record({
    kind: fc.constant('passes'),
    passes: often(weights).map((names) => names.split(', ') as PassKind[]),
    compare,
    around: aroundOf(some),
    crash,
    retry: fc.boolean(),
  })
  return fc.oneof(
    { weight: 1, arbitrary: wait },
    { weight: 1, arbitrary: restart },
    { weight: 1, arbitrary: clock },
    { weight: 3, arbitrary: changesOfMarket(some) },
    { weight: 5, arbitrary: passes },
  )
}
/**
 * Two changes in a second, the first of them read between the two, and the listing out of view before the second one is; it
 * comes back with its stamp when that has left every window. The process may die of the reading, and lose its index (R2).
 */
const twiceInASecond: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.constantFrom(...KEYS), crash, remains)
  .map(([key, crash, remains]) => {
    const changed = { kind: 'change', key } as const
    const update = {
      kind: 'passes',
      passes: ['update'],
      compare: undefined,
      around: [],
      crash: null,
      retry: false,
    } as const
    const second = { before: changed, after: [changed, { kind: 'remove', key } as const], skew: 0 }
    return [
      { ...update, around: [second], crash },
      { kind: 'restart', remains },
      { kind: 'wait', ms: 30 * MINUTE_MS },
      update,
      { kind: 'wait', ms: 30 * MINUTE_MS },
      { kind: 'changes', changes: [{ kind: 'return', key }] },
    ]
  })
const firstSnapshot: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('passes'),
  passes: fc.constant<readonly PassKind[]>(['snapshot']),
  compare: fc.constant(undefined),
  around: aroundOf(change),
  crash,
  retry: fc.constant(false),
})

interface History {
  readonly pageSizes: readonly number[]
  /** Of one transaction, on a link that is slow. */
  readonly mostEvents: number
  readonly listed: readonly string[]
  readonly steps: readonly Step[]
}

function historyOf(someSteps: fc.Arbitrary<readonly Step[]>): fc.Arbitrary<History> {
  return fc.record({
    pageSizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    mostEvents: fc.constantFrom(Infinity, Infinity, 1, 2),
    listed: fc.subarray(KEYS),
    steps: fc
      .tuple(firstSnapshot, fc.array(someSteps, { minLength: 1, maxLength: 12 }))
      .map(([first, rest]) => [first, ...rest.flat()]),
  })
}

const PASSES = {
  update: 3,
  purge: 4,
  snapshot: 1,
  'purge, update': 2,
  'snapshot, update': 1,
  republish: 1,
  'republish, update': 1,
  'republish, purge': 1,
}
/** In which what leaves no stamp changes, too. */
const historyOfAll = historyOf(stepWith(PASSES, anyChange).map((one) => [one]))
const history = historyOf(
  fc.oneof(
    { weight: 6, arbitrary: stepWith(PASSES).map((one) => [one]) },
    { weight: 1, arbitrary: twiceInASecond },
  ),
)
const historyWithoutStamps = historyOf(
  stepWith({ snapshot: 3, purge: 4, 'purge, snapshot': 1, republish: 1, 'republish, snapshot': 1 }).map(
    (one) => [one],
  ),
)

/** One of the names, as often as its number says. */
function often<T extends string>(weights: Readonly<Partial<Record<T, number>>>): fc.Arbitrary<T> {
  const names = Object.keys(weights) as T[]
  return fc.oneof(...names.map((name) => ({ weight: weights[name] ?? 0, arbitrary: fc.constant(name) })))
}

/** The market, the topics, and whatever process replicates the one into the other. */
class Replication {
  readonly #resource: ListedResource
  readonly topics: MemoryPublisher
  readonly market = new ModelMarket()
  readonly #clock = new LocalClock(this.market)
  readonly #pageSizes: readonly number[]
  #index = new MemoryKeyIndex({ batchSize: 3 })
  /** How often a process died. */
  crashes = 0

  constructor(
    resource: ListedResource,
    { pageSizes, mostEvents }: Pick<History, 'pageSizes' | 'mostEvents'>,
  ) {
    this.#resource = resource
    this.#pageSizes = pageSizes
    this.topics = new MemoryPublisher({ partitions: 2, mostEvents })
  }

  /** A new process takes the feed over, as `app/` does: the index first (R2). */
  async restart(found: Remains): Promise<void> {
    const now = this.market.now()
    if (found === 'index lost') this.#index = new MemoryKeyIndex({ batchSize: 3 })
    if (found === 'ledger lost') this.#index.ledger.clear()
    if (this.#index.state() === null) await this.topics.rebuild(this.#index, feedIdentity(), now)
    else await this.topics.bringForward(this.#index, now)
  }

  /** Runs passes beside each other, to an end that a healthy pass may come to, or to their process's death. */
  async run(
    passes: readonly PassKind[],
    around: readonly Around[] = [],
    life = new Life(),
    {
      retry = [],
      compare,
    }: { readonly retry?: readonly RecordKey[]; readonly compare?: PurgeCompare | undefined } = {},
  ): Promise<'alive' | 'died'> {
    const lastRequest = this.#index.state()?.request ?? 0
    const isStamped = this.#resource.stamp !== null
    const source = new ModelSource(this.market, {
      pageSizes: this.#pageSizes,
      around,
      lastRequest,
      isStamped,
    })
    const feed = assembleFeed({
      source: mortal(source, life),
      publisher: mortal(this.topics, life),
      topics: this.topics,
      index: mortal(this.#index, life),
      clock: this.#clock,
      observer: new CollectingObserver(),
      over: {
        guard: { maxDeletes: 100, maxRatio: 1, hardMax: 100 },
        batchSize: 2,
        deleteRetention: 24 * HOUR_MS,
      },
    })
    source.localNow = () => this.#clock.now()
    source.onDate = (date) => feed.serverClock.note(date, this.#clock.now())
    // Who the key belongs to and what fields there are is asked before any pass.
    for (let i = 0; i < 4; i += 1) source.onDate(this.market.now())
    const runner = new FeedRunner(feed)
    const committed = this.topics.transactions.length
    const ends = await Promise.allSettled(
      passes.map((pass) =>
        runner.run(this.#resource, pass, { ...PLAIN_PASS, retry, compare, republish: 'all' }, signal),
      ),
    )
    const errors: unknown[] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    const died = errors.some(isDeath)
    const others = errors.filter((error) => !isDeath(error) && !isExpected(error))
    if (others.length > 0) throw new AggregateError(others, String(others[0]))
    if (died) this.crashes += 1
    const news = this.topics.transactions.slice(committed)
    for (const { request } of news) {
      expect(request.watermark ?? 0, 'it is not ahead of the source (R4)').toBeLessThanOrEqual(
        this.market.now() + feed.serverClock.tolerance,
      )
    }
    const deletions = this.topics.transactions
      .slice(committed)
      .flatMap(({ request }) => changesOf(request).filter((one) => one.kind === 'deletion'))
    for (const { key, deletedAt } of deletions) {
      const proof = source.denied.find(
        ([denied, at]) => denied === key && Math.abs(deletedAt - at) <= feed.serverClock.tolerance,
      )
      expect(proof, `a delete follows from an answer of the same process, ${key} (R9)`).toBeDefined()
    }
    return died ? 'died' : 'alive'
  }

  async perform(next: Step): Promise<void> {
    switch (next.kind) {
      case 'wait':
        return this.market.advance(next.ms)
      case 'changes':
        // At least a second between two changes, as the source's stamps are cut to seconds.
        for (const one of next.changes) {
          this.market.advance(1_000)
          this.market.apply(one)
        }
        return
      case 'restart':
        return this.restart(next.remains)
      case 'clock':
        this.#clock.off = next.off
        return
      case 'passes': {
        const { passes, around, crash, compare } = next
        const retry = next.retry ? this.letters() : []
        const end = await this.run(passes, around, new Life(crash?.after), { retry, compare })
        if (end === 'died') await this.restart(crash?.remains ?? 'index kept')
      }
    }
  }

  /** What a feed reads records by, again and again. */
  get #reading(): 'update' | 'snapshot' {
    return this.#resource.stamp === null ? 'snapshot' : 'update'
  }

  /** No more changes and no more crashes: what is interrupted comes to its end; updates, or full walks, and purges follow. */
  async settle(isReconciled: boolean): Promise<void> {
    this.#clock.off = 0
    for (const key of KEYS) {
      this.market.apply({ kind: 'mend', key })
      this.market.apply({ kind: 'heal', key })
    }
    while (this.#snapshotUnfinished()) await this.run(['snapshot'])
    for (const pass of [this.#reading, this.#reading, 'purge', 'purge', 'purge'] as const) {
      this.market.advance(HOUR_MS)
      await this.run([pass])
    }
    if (isReconciled) await this.run(['purge'], [], new Life(), { compare: 'content' })
  }

  /** As the loop decides it. A later snapshot would hide what updates and purges missed. */
  #snapshotUnfinished(): boolean {
    const state = new CommittedState(this.topics.feedState(feedIdentity()))
    return (
      !state.hasSnapshot(this.#resource.name) ||
      state.interrupted(this.#resource.name, 'snapshot') !== undefined
    )
  }

  /** Asks for the keys of the letters that wait again. */
  async retryLetters(): Promise<void> {
    await this.run([this.#reading], [], new Life(), { retry: this.letters() })
  }

  /** Keys whose dead letters wait. */
  letters(): readonly RecordKey[] {
    const waiting = new Set<RecordKey>()
    for (const { request } of this.topics.transactions) {
      for (const key of settledLettersOf(request)) waiting.delete(key)
      for (const { key } of deadLettersOf(request)) if (key !== null) waiting.add(key)
    }
    return [...waiting]
  }

  /** Seconds that the last update left. */
  owed(): readonly Instant[] {
    const state = new CommittedState(this.topics.feedState(feedIdentity()))
    return state.lastPass(this.#resource.name, 'update')?.owedSeconds ?? []
  }

  truth(): ReadonlyMap<RecordKey, Digest> {
    return new Map(this.market.records().map((record) => [record.key, digestOf(record)]))
  }

  published(): ReadonlyMap<RecordKey, Digest> {
    return sorted([...this.topics.live()].map(([key, { content }]) => [key, content.digest]))
  }

  /** Of each live key: its digest and where its last record lies. */
  publishedAt(): ReadonlyMap<RecordKey, string> {
    const last = new Map<RecordKey, string>()
    for (const { request, receipt } of this.topics.transactions) {
      const positions = receipt.positions.flat()
      for (const [i, one] of changesOf(request).entries()) {
        if (one.kind === 'deletion') last.delete(one.key)
        else last.set(one.key, located(one.content.digest, positions[i]))
      }
    }
    return sorted([...last])
  }

  async indexedAt(): Promise<ReadonlyMap<RecordKey, string>> {
    const live: (readonly [RecordKey, string])[] = []
    for await (const batch of this.#index.entries(this.#resource.name)) {
      for (const [key, entry] of batch) {
        if (entry.state === 'live') live.push([key, located(entry.digest, entry)])
      }
    }
    return sorted(live)
  }
}

function located(digest: Digest, position?: { readonly partition: number; readonly offset: number }): string {
  return `${digest} at ${position?.partition}/${position?.offset}`
}

function isDeath(error: unknown): boolean {
  const cause = error instanceof ListingstreamError ? error.cause : undefined
  return error instanceof Crash || cause instanceof Crash
}

/**
 * A walk that the market's changes made incomplete, a pass before its snapshot, clocks more than an hour apart, and broken
 * data where no second can be left out.
 */
function isExpected(error: unknown): boolean {
  return (
    error instanceof ListingstreamError &&
    ['PASS_INCOMPLETE', 'SWEEP_WITNESS_LOST', 'NO_SNAPSHOT', 'SOURCE_CLOCK', DATA_FAILED].includes(error.code)
  )
}

function digestOf(record: SourceRecord): Digest {
  const encoded = bodyEncoder.encode(LISTINGS, record)
  if (encoded.kind !== 'encoded') throw new TypeError(encoded.reason)
  return encoded.content.digest
}

function sorted<T>(entries: readonly (readonly [RecordKey, T])[]): ReadonlyMap<RecordKey, T> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What holds of the topics from their beginning to their end, whatever happened. Answers how many events were published again. */
function checkTopics({ topics }: Replication, { stamp }: ListedResource): number {
  const last = new Map<RecordKey, Digest | null>()
  let watermark = 0
  const counted = new Map<string, PassProgress>()
  const republished = new Set<string>()
  for (const { request } of topics.transactions) {
    const { passId, counts, deletes } = request.progress
    const before = counted.get(passId)
    const changes = changesOf(request)
    const published = changes.filter(({ kind }) => kind === 'upsert').length
    const rise = (now: number, then: number | undefined): number => now - (then ?? 0)
    expect(
      [
        rise(counts.published, before?.counts.published),
        rise(deletes.emitted, before?.deletes.emitted),
        rise(counts.dead_lettered, before?.counts.dead_lettered) >= deadLettersOf(request).length,
      ],
      'a checkpoint counts what its own transaction holds (R11)',
    ).toEqual([published, changes.length - published, true])
    counted.set(passId, request.progress)
    if (request.watermark !== null) {
      const { pass, state, startedAt } = request.progress
      expect(stamp, 'a watermark is for updates to go by (R4)').not.toBeNull()
      const due = watermark === 0 ? pass === 'snapshot' : pass === 'update' && state === 'completed'
      expect(due, 'only an update that ends moves the watermark, once there is one (R4)').toBe(true)
      expect(request.watermark, 'it moves to the start of the pass at most (R4)').toBeLessThanOrEqual(
        startedAt,
      )
      expect(request.watermark, 'it goes forward only (R4)').toBeGreaterThan(watermark)
      watermark = request.watermark
    }
    for (const one of changes) {
      const before = last.get(one.key) ?? null
      expect(one.previousDigest, `each event names the one before it, ${one.key}`).toBe(before)
      if (one.kind === 'upsert' && one.reason === 'REPUBLISHED') {
        expect(one.content.digest, `what is published again is the same, ${one.key}`).toBe(before)
        expect(request.progress.pass, 'somebody asked for it').toBe('republish')
        const again = `${passId} ${one.key}`
        expect(republished.has(again), `a republish says it once, ${one.key} (R1)`).toBe(false)
        republished.add(again)
      } else if (one.kind === 'upsert') {
        expect(one.content.digest, `no change is published twice, ${one.key} (R5)`).not.toBe(before)
      } else {
        expect(before, `only what is there is deleted, ${one.key}`).not.toBeNull()
      }
      last.set(one.key, one.kind === 'upsert' ? one.content.digest : null)
    }
  }
  return republished.size
}

const REPLAY = {
  ...(process.env['PROPERTY_SEED'] === undefined ? {} : { seed: Number(process.env['PROPERTY_SEED']) }),
  ...(process.env['PROPERTY_PATH'] === undefined ? {} : { path: process.env['PROPERTY_PATH'] }),
}

interface Lived {
  /** Events of republishes. */
  readonly republished: number
  /** How often a process died, and after how many steps an update owed a second. */
  readonly crashes: number
  readonly owing: number
}

async function live(resource: ListedResource, lived: History, isReconciled = false): Promise<Lived> {
  const replication = new Replication(resource, lived)
  for (const key of [ANCHOR, ...lived.listed]) replication.market.apply({ kind: 'create', key })
  await replication.restart('index kept')
  let owing = 0
  for (const next of lived.steps) {
    await replication.perform(next)
    if (replication.owed().length > 0) owing += 1
  }
  await replication.settle(isReconciled)
  const republished = checkTopics(replication, resource)
  expect(replication.owed(), 'no second is owed once the source can show it (R8)').toEqual([])
  expect(replication.published(), 'the topics are what is true').toEqual(replication.truth())
  expect(await replication.indexedAt(), 'the index is what the topics say').toEqual(replication.publishedAt())
  expect(wrongCertificates(replication.topics), 'a certificate is what its topic held (R1)').toEqual([])
  const { length } = replication.topics.changes()
  await replication.retryLetters()
  expect(replication.topics.changes(), 'a retry of what is published publishes nothing (R5)').toHaveLength(
    length,
  )
  for (const key of replication.letters()) {
    expect(replication.truth().has(key), `no letter waits of what is published, ${key} (R12)`).toBe(false)
  }
  return { crashes: replication.crashes, owing, republished }
}

describe('whatever the market does and whenever the process dies', () => {
  test('the topics end as what is true, without a repetition, a gap or a false delete (R1, R2, R4, R5, R6, R9)', async () => {
    let [crashes, owing, republished] = [0, 0, 0]
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const lived = await live(LISTINGS, steps)
        crashes += lived.crashes
        owing += lived.owing
        republished += lived.republished
      }),
      { numRuns: 300, ...REPLAY },
    )
    if ('path' in REPLAY) return
    expect(crashes, 'processes died').toBeGreaterThan(0)
    expect(owing, 'seconds were owed').toBeGreaterThan(0)
    expect(republished, 'records were published again').toBeGreaterThan(0)
  }, 60_000)

  test('so they do where some of it leaves no change stamp, once a content reconcile has ended (R1, R5, R6, R9)', async () => {
    await fc.assert(
      fc.asyncProperty(historyOfAll, async (steps) => {
        await live(LISTINGS, steps, true)
      }),
      { numRuns: 150, ...REPLAY },
    )
  }, 60_000)

  test('so they do where records do not say when they changed, and full walks take the place of updates (R1, R2, R5, R9)', async () => {
    let crashes = 0
    await fc.assert(
      fc.asyncProperty(historyWithoutStamps, async (lived) => {
        crashes += (await live(TOURS, lived)).crashes
      }),
      { numRuns: 150, ...REPLAY },
    )
    if (!('path' in REPLAY)) expect(crashes, 'processes died').toBeGreaterThan(0)
  }, 60_000)
})
