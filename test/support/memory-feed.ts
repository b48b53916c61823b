import { createHash } from 'node:crypto'
import type { Change } from '../../src/listing/change.ts'
import type { Digest, SchemaId } from '../../src/listing/content.ts'
import { instant, type Instant } from '../../src/listing/instant.ts'
import { isJsonObject, toJsonText, type JsonObject } from '../../src/listing/json.ts'
import { passId, type OutcomeCounts, type PassMarker, type PassProgress } from '../../src/listing/pass.ts'
import { LISTINGS, type ResourceName } from '../../src/listing/resource.ts'
import type { SourceRecord } from '../../src/listing/source-record.ts'
import { CommittedState } from '../../src/replication/feed-state.ts'
import type { Feed } from '../../src/replication/feed.ts'
import { PageCommitter } from '../../src/replication/page-committer.ts'
import type {
  ChangePublisher,
  Clock,
  ContentEncoder,
  KeyIndex,
  Observer,
  Source,
} from '../../src/replication/ports.ts'
import { ServerClock } from '../../src/replication/server-clock.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import { feedIdentity } from './index-entry.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryKeyIndex } from './memory-key-index.ts'
import { MemoryPublisher, type Transaction } from './memory-publisher.ts'
import { ScriptedSource, SERVER_TIME, type SourceScript } from './scripted-source.ts'

export const OVERLAP_MS = 20 * 60_000
export const DELETE_RETENTION_MS = 7 * 24 * 3_600_000

/** Digest of the body without `ModificationTimestamp` (R5); a record with a field `Poison` cannot be encoded (R12). */
export const bodyEncoder: ContentEncoder = {
  prepare: async () => undefined,
  encode: (_, record) => {
    const text = toJsonText(contentOf(record.body))
    const digest = digestOf(text)
    if (text.includes('"Poison"')) return { kind: 'unencodable', reason: 'it is poison', digest }
    const content = { schemaId: 1 as SchemaId, digest, bytes: Buffer.from(text), volatileFields: {} }
    return { kind: 'encoded', content }
  },
  digestUnder: (_, record) => digestOf(toJsonText(contentOf(record.body))),
}

function contentOf(body: JsonObject): JsonObject {
  const { StandardFields: standard, ...rest } = body
  if (!isJsonObject(standard)) return body
  const { ModificationTimestamp: _, ...fields } = standard
  return { ...rest, StandardFields: fields }
}

function digestOf(text: string): Digest {
  return createHash('sha256').update(text).digest('hex').slice(0, 32) as Digest
}

/** Notes what it is told. */
export class CollectingObserver implements Observer {
  readonly started: { readonly progress: PassProgress; readonly resumed: boolean }[] = []
  readonly ended: { readonly progress: PassProgress; readonly detail: string | null }[] = []
  readonly watermarks: Instant[] = []
  readonly clocks: number[] = []
  readonly pages: { readonly progress: PassProgress; readonly counts: OutcomeCounts }[] = []

  pageCommitted(progress: PassProgress, counts: OutcomeCounts, _changes: readonly Change[]): void {
    this.pages.push({ progress, counts })
  }
  passStarted(progress: PassProgress, resumed: boolean): void {
    this.started.push({ progress, resumed })
  }
  passEnded(progress: PassProgress, detail: string | null): void {
    this.ended.push({ progress, detail })
  }
  clockCompared(_resource: ResourceName, ahead: number): void {
    this.clocks.push(ahead)
  }
  watermarkMoved(_resource: ResourceName, watermark: Instant): void {
    this.watermarks.push(watermark)
  }
}

export interface FeedParts {
  readonly source: Source
  readonly publisher: ChangePublisher
  readonly index: KeyIndex
  /** Its checkpoints say what is already committed. */
  readonly topics: MemoryPublisher
  readonly clock: Clock
  readonly observer: Observer
  readonly over?: Partial<Pick<Feed, 'guard' | 'batchSize' | 'deleteRetention' | 'metadata'>>
}

/** A feed as `app/` would assemble it, of the given parts. */
export function assembleFeed({
  source,
  publisher,
  index,
  topics,
  clock,
  observer,
  over = {},
}: FeedParts): Feed {
  const state = new CommittedState(topics.feedState(feedIdentity()))
  const shared = { publisher, index, state, clock, observer, overlap: OVERLAP_MS }
  const serverClock = new ServerClock(OVERLAP_MS)
  return {
    ...shared,
    source,
    serverClock,
    metadata: { refresh: async () => undefined },
    committer: new PageCommitter({ ...shared, encoder: bodyEncoder }),
    newPassId: () => passId(`pass-${crypto.randomUUID()}`),
    deleteRetention: DELETE_RETENTION_MS,
    guard: { maxDeletes: 100, maxRatio: 0.1, hardMax: 5_000 },
    batchSize: 1_000,
    ...over,
  }
}

/** A feed of twins. Opening it again, with another source, is what a restart is. */
export class MemoryFeed {
  readonly source: ScriptedSource
  readonly publisher: MemoryPublisher
  readonly index: KeyIndex
  readonly clock: ManualClock
  readonly observer = new CollectingObserver()
  readonly feed: Feed
  readonly #before: number

  constructor(
    script: SourceScript,
    options: {
      readonly at?: Instant
      readonly publisher?: MemoryPublisher
      readonly index?: KeyIndex
      readonly over?: FeedParts['over']
    } = {},
  ) {
    const at = options.at ?? SERVER_TIME
    this.source = new ScriptedSource(script, at)
    this.publisher = options.publisher ?? new MemoryPublisher()
    this.index = options.index ?? new MemoryKeyIndex()
    this.clock = new ManualClock(at)
    this.#before = this.publisher.transactions.length
    const { source, publisher, index, clock, observer } = this
    const over = options.over ?? {}
    const feed = assembleFeed({ source, publisher, index, topics: publisher, clock, observer, over })
    this.feed = feed
    source.onDate = (date) => feed.serverClock.note(date, clock.now())
  }

  /** A new process on the same topics and the same index. */
  restart(
    script: SourceScript,
    options: {
      readonly at?: Instant
      readonly index?: KeyIndex
      readonly over?: FeedParts['over']
    } = {},
  ): MemoryFeed {
    const { publisher, index } = this
    return new MemoryFeed(script, { publisher, index, at: this.clock.now(), ...options })
  }

  /** What was committed since this feed was opened. */
  committed(): readonly Transaction[] {
    return this.publisher.transactions.slice(this.#before)
  }

  changes(): readonly Change[] {
    return this.committed().flatMap(({ request }) => request.changes)
  }

  markers(): readonly PassMarker[] {
    return this.committed().flatMap(({ request }) => request.markers)
  }
}

/** A feed whose first snapshot, of these records, was completed at `SERVER_TIME`, and that opens `later` with a new index. */
export async function feedAfterSnapshot(
  records: readonly SourceRecord[],
  script: SourceScript,
  options: { readonly later?: number; readonly over?: FeedParts['over'] } = {},
): Promise<MemoryFeed> {
  const first = new MemoryFeed({ walks: [[{ records }]], counts: [0] })
  await runSnapshot(first.feed, LISTINGS, new AbortController().signal)
  const at = instant(SERVER_TIME + (options.later ?? 3_600_000))
  const index = new MemoryKeyIndex({ batchSize: 2 })
  await first.publisher.rebuild(index, feedIdentity(), at)
  return first.restart(script, { at, index, over: options.over ?? {} })
}
