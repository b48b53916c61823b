/**
 * Random histories of a market whose every delete is held, of an operator who approves, rejects, and decides on what is held no
 * longer, and of a program that dies at random moments. `PROPERTY_SEED=… PROPERTY_PATH=…` runs one again.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { passId, type PassId } from '../../../src/domain/pass.ts'
import { CommittedState } from '../../../src/replication/committed-state.ts'
import { FeedRunner, PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { feedIdentity } from '../../fixtures/index-entry.ts'
import { assembleFeed, CollectingObserver } from '../../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { changesOf } from '../../fixtures/transaction.ts'
import { ModelMarket, ModelSource, type Around, type ListingChange } from '../model-market.ts'
import { Crash, Life, mortal } from '../mortal.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
/** Never removed. */
const ANCHOR = '0'
const KEYS = ['1', '2', '3', '4', '5', '6'] as const

type Work = 'update' | 'purge' | { readonly approve: number; readonly stale: boolean } | 'reject'

type Step =
  | { readonly kind: 'changes'; readonly changes: readonly ListingChange[] }
  | {
      readonly kind: 'work'
      readonly work: Work
      readonly around: readonly Around[]
      /** Steps that the process has left, if it dies. */
      readonly crash: number | null
      readonly indexLost: boolean
    }

const change: fc.Arbitrary<ListingChange> = fc.record({
  kind: fc.constantFrom('create', 'change', 'remove', 'remove', 'remove', 'return', 'return changed'),
  key: fc.constantFrom(...KEYS),
})
const around: fc.Arbitrary<Around> = fc.record({
  before: fc.option(change, { freq: 2 }),
  after: fc.array(change, { maxLength: 2 }),
  skew: fc.constant(0),
})
const approval = fc.record({ approve: fc.nat({ max: 7 }), stale: fc.boolean() })
const work: fc.Arbitrary<Work> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Work>('update') },
  { weight: 4, arbitrary: fc.constant<Work>('purge') },
  { weight: 4, arbitrary: approval },
  { weight: 1, arbitrary: fc.constant<Work>('reject') },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('changes'), changes: fc.array(change, { minLength: 1, maxLength: 4 }) }),
  fc.record({
    kind: fc.constant('work'),
    work,
    around: fc.oneof(fc.constant([]), fc.array(around, { maxLength: 4 })),
    crash: fc.option(fc.nat({ max: 60 }), { freq: 2 }),
    indexLost: fc.boolean(),
  }),
)

class Replication {
  readonly market = new ModelMarket()
  readonly topics = new MemoryPublisher({ partitions: 2 })
  #index = new MemoryKeyIndex({ batchSize: 3 })
  /** Ids of sweeps that were held, in order. */
  readonly #sweeps: PassId[] = []
  readonly did = { crashes: 0, deleted: 0, rejected: 0, heldAgain: 0, superseded: 0 }

  state(): CommittedState {
    return new CommittedState(this.topics.feedState(feedIdentity()), this.topics.knownHolds())
  }

  async takeOver(indexLost: boolean): Promise<void> {
    const now = this.market.now()
    if (indexLost) this.#index = new MemoryKeyIndex({ batchSize: 3 })
    if (this.#index.state() === null) await this.topics.rebuild(this.#index, feedIdentity(), now)
    else await this.topics.bringForward(this.#index, now)
  }

  async perform(next: Step): Promise<void> {
    if (next.kind === 'changes') {
      for (const one of next.changes) {
        this.market.advance(1_000)
        this.market.apply(one)
      }
      return
    }
    this.market.advance(HOUR_MS)
    const died = await this.work(next.work, next.around, new Life(next.crash ?? undefined))
    if (died) await this.takeOver(next.indexLost)
  }

  /** @returns whether the process died of it */
  async work(
    wanted: Work | 'snapshot',
    happens: readonly Around[] = [],
    life = new Life(),
  ): Promise<boolean> {
    const { market, topics } = this
    const lastRequest = this.#index.state()?.request ?? 0
    const options = { pageSizes: [2, 3], around: happens, lastRequest, isStamped: true }
    const source = new ModelSource(market, options)
    const feed = assembleFeed({
      source: mortal(source, life),
      publisher: mortal(topics, life),
      topics,
      index: mortal(this.#index, life),
      clock: market,
      observer: new CollectingObserver(),
      over: { guard: { maxDeletes: 0, maxRatio: 0, hardMax: 0 }, batchSize: 2 },
    })
    source.onDate = (date) => feed.serverClock.note(date, market.now())
    const before = topics.transactions.length
    const death = await this.#run(new FeedRunner(feed), wanted).catch((error: unknown) => error)
    const deletions = topics.transactions
      .slice(before)
      .flatMap(({ request }) => changesOf(request).filter(({ kind }) => kind === 'deletion'))
    const most = typeof wanted === 'object' ? wanted.approve : 0
    expect(deletions.length, 'no more is deleted than was approved (R10)').toBeLessThanOrEqual(most)
    for (const { key } of deletions) {
      const isDenied = source.denied.some(([denied]) => denied === key)
      expect(isDenied, `a delete follows from an answer of the same process, ${key} (R9 b)`).toBe(true)
    }
    this.did.deleted += deletions.length
    this.#checkHold()
    if (death === undefined) return false
    if (!isDeath(death)) throw death
    this.did.crashes += 1
    return true
  }

  async #run(runner: FeedRunner, wanted: Work | 'snapshot'): Promise<undefined> {
    const standing = this.state().holds.standing(LISTINGS.name, 'deletes')
    const sweep = standing?.hold.passId ?? passId('none')
    const ignore = (): void => undefined
    try {
      if (wanted === 'reject') {
        await runner.rejectHold(LISTINGS, sweep, ignore, signal)
        this.did.rejected += 1
      } else if (typeof wanted === 'object') {
        const chosen = wanted.stale ? (this.#sweeps.at(-2) ?? sweep) : sweep
        const result = await runner.approveHold(
          LISTINGS,
          { sweep: chosen, upTo: wanted.approve },
          ignore,
          signal,
        )
        if (result.purge?.verdict.kind === 'held') this.did.heldAgain += 1
      } else {
        const { progress } = await runner.run(LISTINGS, wanted, PLAIN_PASS, signal)
        if (progress.state === 'held') this.#sweeps.push(progress.passId)
      }
    } catch (error) {
      if (!(error instanceof ListingstreamError)) throw error
      if (error.code === 'HOLD_SUPERSEDED') this.did.superseded += 1
      else if (!['PASS_INCOMPLETE', 'SWEEP_WITNESS_LOST', 'NO_HOLD'].includes(error.code)) throw error
    }
  }

  /** The checkpoints and the topic of holds say the same, whatever a process left behind. */
  #checkHold(): void {
    const state = this.state()
    const held = state.lastPass(LISTINGS.name, 'purge')?.deletes.held ?? 0
    const standing = state.holds.standing(LISTINGS.name, 'deletes')
    expect(standing !== undefined, 'a hold stands as long as the checkpoints say so (R10)').toBe(held > 0)
    if (standing === undefined) return
    const chunks = this.topics.knownHolds().filter(({ hold }) => hold.passId === standing.hold.passId)
    expect(chunks[0]?.chunks.size, 'all of its records are there').toBe(standing.chunks)
  }

  /** The market stands still, nobody dies any more, and an operator approves whatever is held. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      this.market.advance(HOUR_MS)
      await this.work('update')
      await this.work('purge')
      if (this.state().holds.standing(LISTINGS.name, 'deletes') !== undefined) {
        await this.work({ approve: KEYS.length, stale: false })
      }
    }
  }
}

function isDeath(error: unknown): boolean {
  return error instanceof Crash || (error instanceof Error && error.cause instanceof Crash)
}

const REPLAY = {
  ...(process.env['PROPERTY_SEED'] === undefined ? {} : { seed: Number(process.env['PROPERTY_SEED']) }),
  ...(process.env['PROPERTY_PATH'] === undefined ? {} : { path: process.env['PROPERTY_PATH'] }),
}

test('whatever is approved, rejected and decided too late, and whenever the process dies, no more goes than was approved, and the rest goes in the end (R1, R9, R10, R11)', async () => {
  const did = { crashes: 0, deleted: 0, rejected: 0, heldAgain: 0, superseded: 0 }
  const history = fc.record({
    listed: fc.subarray([...KEYS], { minLength: 2 }),
    steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  })
  await fc.assert(
    fc.asyncProperty(history, async ({ listed, steps }) => {
      const replication = new Replication()
      for (const key of [ANCHOR, ...listed]) replication.market.apply({ kind: 'create', key })
      await replication.takeOver(false)
      await replication.work('snapshot')
      for (const next of steps) await replication.perform(next)
      await replication.settle()
      const truth = replication.market.records().map(({ key }) => key)
      expect([...replication.topics.live().keys()].toSorted(), 'the topics are what is true').toEqual(truth)
      const emitted = new Map<PassId, number>()
      for (const { request } of replication.topics.transactions) {
        const { passId: pass, deletes } = request.progress
        const deletions = changesOf(request).filter(({ kind }) => kind === 'deletion').length
        expect(deletes.emitted, 'a checkpoint counts what its transactions hold (R11)').toBe(
          (emitted.get(pass) ?? 0) + deletions,
        )
        emitted.set(pass, deletes.emitted)
      }
      for (const name of Object.keys(did) as (keyof typeof did)[]) did[name] += replication.did[name]
    }),
    { numRuns: 250, ...REPLAY },
  )
  if ('path' in REPLAY) return
  for (const [what, count] of Object.entries(did)) expect(count, what).toBeGreaterThan(0)
}, 60_000)
