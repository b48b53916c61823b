import type { Digest } from '../../../src/domain/content.ts'
import { DATA_FAILED } from '../../../src/domain/error-codes.ts'
import type { PassKind } from '../../../src/domain/pass.ts'
import { recordKey, type RecordKey } from '../../../src/domain/record-key.ts'
import {
  isSubresource,
  type ListedResource,
  type Replicated,
  type Subresource,
} from '../../../src/domain/resource.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { publishedDigest } from '../../../src/replication/classify.ts'
import { FeedRunner, PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { RESOURCES, SUBRESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { feedIdentity } from '../../fixtures/index-entry.ts'
import { assembleFeed, bodyEncoder, CollectingObserver } from '../../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { LocalClock, ModelMarket, ModelSource, type Around } from '../model-market.ts'
import { Crash, Life, mortal } from '../mortal.ts'

const { signal } = new AbortController()

function setOf(part: string): Subresource {
  const set = SUBRESOURCES.find((one) => one.part === part)
  if (set === undefined) throw new Error(`no set ${part}`)
  return set
}
/** With a stamp of its own. */
export const PHOTOS = setOf('photos')
/** Without one. */
const ROOMS = setOf('rooms')
export const SETS = [PHOTOS, ROOMS]
const WITH_SETS: ListedResource = { ...LISTINGS, subresources: SETS }
const WITHOUT_SETS: ListedResource = { ...LISTINGS, subresources: [] }

/** What a new process finds of the old one's index. */
export type Remains = 'index kept' | 'index lost'

/** `photos`, `rooms`: as the daemon decides it, at most what is due; `cycle`: all rooms anew. */
export type Track = 'update' | 'purge' | 'snapshot' | 'photos' | 'rooms' | 'cycle'

interface Process {
  readonly runner: FeedRunner
  readonly source: ModelSource
  readonly life: Life
  readonly hasSets: boolean
}

/** A market, the topics of its listings and of their sets, and the processes that replicate the one into the others. */
export class SetsReplication {
  readonly market = new ModelMarket()
  readonly clock = new LocalClock(this.market)
  readonly topics: MemoryPublisher
  /** Of each transaction, whether the process that committed it replicated sets. */
  readonly knewSets: boolean[] = []
  #index = emptyIndex()
  #process: Process | undefined

  /** @param mostEvents of one transaction, on a link that is slow */
  constructor(mostEvents: number) {
    this.topics = new MemoryPublisher({ partitions: 2, mostEvents })
  }

  /** A new process takes the feed over, as `app/` does: the index first (R2). */
  async restart(found: Remains, hasSets = true): Promise<void> {
    const now = this.market.now()
    if (found === 'index lost') this.#index = emptyIndex()
    if (this.#index.state() === null) await this.topics.rebuild(this.#index, feedIdentity(), now)
    else await this.topics.bringForward(this.#index, now)
    const life = new Life()
    const lastRequest = this.#index.state()?.request ?? 0
    const source = new ModelSource(this.market, {
      pageSizes: [2, 3],
      around: [],
      lastRequest,
      isStamped: true,
    })
    const feed = assembleFeed({
      source: mortal(source, life),
      publisher: mortal(this.topics, life),
      topics: this.topics,
      index: mortal(this.#index, life),
      clock: this.clock,
      observer: new CollectingObserver(),
      over: {
        resources: [hasSets ? WITH_SETS : WITHOUT_SETS],
        guard: { maxDeletes: 100, maxRatio: 1, hardMax: 100 },
        batchSize: 2,
      },
    })
    source.localNow = () => this.clock.now()
    source.onDate = (date) => feed.serverClock.note(date, this.clock.now())
    // Who the key belongs to and what fields there are is asked before any pass.
    for (let i = 0; i < 4; i += 1) source.onDate(this.market.now())
    this.#process = { runner: new FeedRunner(feed), source, life, hasSets }
  }

  /** Beside each other, to an end that a healthy pass may come to, or to their process's death. */
  async run(
    tracks: readonly Track[],
    around: readonly Around[] = [],
    steps = Infinity,
  ): Promise<'alive' | 'died'> {
    const { runner, source, life, hasSets } = this.#alive()
    source.surround(around)
    life.shorten(steps)
    const ends = await Promise.allSettled(tracks.map((track) => this.#runTrack(runner, track)))
    source.surround([])
    life.shorten(Infinity)
    while (this.knewSets.length < this.topics.transactions.length) this.knewSets.push(hasSets)
    const errors: unknown[] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    const others = errors.filter((error) => !isDeath(error) && !isExpected(error))
    if (others.length > 0) throw new AggregateError(others, String(others[0]))
    return errors.some(isDeath) ? 'died' : 'alive'
  }

  async #runTrack(runner: FeedRunner, track: Track): Promise<void> {
    const asked = this.#passOf(runner, track)
    if (asked !== undefined) await runner.run(...asked, PLAIN_PASS, signal)
  }

  /** As the loop decides it: a set once its records are there, and when something is due. */
  #passOf({ feed }: FeedRunner, track: Track): readonly [Replicated, PassKind] | undefined {
    const [listings] = feed.resources
    if (listings === undefined) throw new Error('a feed of nothing')
    const { state, sets } = feed
    if (track === 'snapshot' || track === 'update' || track === 'purge') return [listings, track]
    const set = track === 'photos' ? PHOTOS : ROOMS
    if (listings.subresources.length === 0 || !state.hasSnapshot(listings.name)) return undefined
    if (!state.hasSnapshot(set.name) || track === 'cycle') return [set, 'snapshot']
    return sets.of(set).isDue(this.clock.now()) ? [set, 'update'] : undefined
  }

  /** Whether a first snapshot has still to come to its end. */
  isFilled(resource: Replicated): boolean {
    const { state } = this.#alive().runner.feed
    return state.hasSnapshot(resource.name) && state.interrupted(resource.name, 'snapshot') === undefined
  }

  get hasSets(): boolean {
    return this.#alive().hasSets
  }

  /** Sets that the present process was asked for. */
  get setsAsked(): readonly RecordKey[] {
    return this.#alive().source.setsAsked
  }

  #alive(): Process {
    if (this.#process === undefined) throw new Error('no process was started')
    return this.#process
  }

  /** Content of each listing, or of each set. */
  truth(resource: Replicated): ReadonlyMap<RecordKey, Digest> {
    const { parts } = this.market
    const records = this.market.records()
    if (!isSubresource(resource)) {
      return new Map(records.map((record) => [record.key, digestOf(resource, record.body)]))
    }
    // Where the stamp is null there never was a photo; poisoned ones cannot be published.
    const having =
      resource === PHOTOS
        ? records.filter(({ key, changeStamps }) => changeStamps['photos'] && !parts.isPoisoned(key))
        : records
    return new Map(
      having.map(({ key }) => {
        const body = { Id: key, [resource.expansion]: parts.setOf(resource, key) }
        return [key, digestOf(resource, body)]
      }),
    )
  }

  /** What a subscriber holds, and where its record lies. */
  published(resource: Replicated): ReadonlyMap<RecordKey, Located> {
    const live = new Map<RecordKey, Located>()
    for (const { request, receipt } of this.topics.transactions) {
      for (const [p, part] of request.parts.entries()) {
        if (part.resource.name !== resource.name) continue
        for (const [i, change] of part.changes.entries()) {
          const { partition = -1, offset = -1 } = receipt.positions[p]?.[i] ?? {}
          if (change.kind === 'deletion') live.delete(change.key)
          else live.set(change.key, { digest: change.content.digest, partition, offset })
        }
      }
    }
    return sorted([...live])
  }

  /** The same by the index. */
  async indexed({ name }: Replicated): Promise<ReadonlyMap<RecordKey, Located>> {
    const live: (readonly [RecordKey, Located])[] = []
    for await (const batch of this.#index.entries(name)) {
      for (const [key, entry] of batch) {
        const { partition, offset } = entry
        const content = publishedDigest(entry)
        if (content !== undefined) live.push([key, { digest: content, partition, offset }])
      }
    }
    return sorted(live)
  }
}

interface Located {
  readonly digest: Digest
  readonly partition: number
  readonly offset: number
}

function emptyIndex(): MemoryKeyIndex {
  return new MemoryKeyIndex({ batchSize: 3, resources: [...RESOURCES, ...SUBRESOURCES] })
}

function digestOf(resource: Replicated, body: SourceRecord['body']): Digest {
  const record = { key: recordKey('1'), modificationTimestamp: null, mlsId: null, changeStamps: {}, body }
  const encoded = bodyEncoder.encode(resource, record)
  if (encoded.kind !== 'encoded') throw new TypeError(encoded.reason)
  return encoded.content.digest
}

function isDeath(error: unknown): boolean {
  return error instanceof Crash || (error instanceof ListingstreamError && error.cause instanceof Crash)
}

/** A walk that changes made incomplete, a pass before its snapshot, clocks far apart, and an outage. */
function isExpected(error: unknown): boolean {
  const codes = ['PASS_INCOMPLETE', 'SWEEP_WITNESS_LOST', 'NO_SNAPSHOT', 'SOURCE_CLOCK', DATA_FAILED]
  return error instanceof ListingstreamError && codes.includes(error.code)
}

function sorted<T>(entries: readonly (readonly [RecordKey, T])[]): ReadonlyMap<RecordKey, T> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
