/**
 * What the passes need from the outside. Each port is implemented by one room and wired in `app/`; the comments are the
 * contract. All methods reject with a `ListingstreamError`, or with the signal's reason when it aborts.
 */
import type { Change, DeadLetter, LastFields } from '../domain/change.ts'
import type { SweepCertificate } from '../domain/certificate.ts'
import type { Digest, EncodeResult, SchemaId } from '../domain/content.ts'
import type { FeedIdentity } from '../domain/feed-state.ts'
import type { HeldKey, HoldChanges, StandingHold } from '../domain/hold.ts'
import type { EntryOutline, IndexEntry } from '../domain/index-entry.ts'
import type { Instant, Millis } from '../domain/instant.ts'
import type {
  NextOffsets,
  OutcomeCounts,
  PassId,
  PassMarker,
  PassProgress,
  RecordPosition,
  SourceIdentity,
} from '../domain/pass.ts'
import type { FeedNotification } from '../domain/notification.ts'
import type { Pause } from '../domain/pause.ts'
import type { JsonValue } from '../domain/json.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { RequestPurpose } from '../domain/request-purpose.ts'
import type { ListedResource, ResourceDescription, ResourceName, Subresource } from '../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../domain/source-record.ts'
import type { SweepDoubt, SweepVerdict } from '../domain/sweep-doubt.ts'
import type { ListingstreamError } from '../support/errors.ts'
import type { OverlapReview } from './late-arrivals.ts'
import type { SetDigest } from '../support/set-digest.ts'

// ---- the source --------------------------------------------------------------------------------------------------

/** What is read of each record: its key alone, its key and its change stamp, or all of it. */
export type Selection = 'keys' | 'versions' | 'everything'

export interface WalkRequest {
  readonly resource: ListedResource
  /** SparkQL, that of the resource's scope in it; empty for all records. */
  readonly filter: string
  readonly select: Selection
  readonly purpose: RequestPurpose
  /** Where to begin: empty for the beginning, otherwise the `nextToken` of an earlier page of the same walk. */
  readonly token: string
}

export interface SourcePage {
  /** Number of the request that brought the page, taken when it was sent; rising within and across processes (R6). */
  readonly request: number
  /** The token that was sent for this page. */
  readonly token: string
  /** Null at the last page, by the first rule of R7. */
  readonly nextToken: string | null
  /** It ends the walk by naming the token that was sent. @default it does not */
  readonly repeatsToken?: boolean
  /** The response's `Date` header; null if it had none. */
  readonly serverDate: Instant | null
  /** When it came, by our clock: it may wait for long until it is looked at. */
  readonly receivedAt: Instant
  /** As they came, repeated keys included. */
  readonly records: readonly SourceRecord[]
  readonly unreadable: readonly UnreadableRecord[]
}

/** `scope`: what the resource's scope shows; `source`: whether the source has the key at all. */
export type QuestionRange = 'scope' | 'source'

/**
 * Answer to a question for certain keys. `refused`: the source does not take such a filter, or dropped part of it. `spoiled`:
 * one of the records makes the answer unreadable, and would do so to a walk.
 */
export type KeysAnswer =
  | {
      readonly kind: 'answered'
      readonly request: number
      readonly serverDate: Instant | null
      readonly receivedAt: Instant
      readonly records: readonly SourceRecord[]
    }
  | { readonly kind: 'refused' | 'spoiled'; readonly why: string }

/** Answer to `GET /v1/<resource>/{Id}`. `inconclusive`: 403, or Code 1500 for this record. */
export type OneAnswer =
  | {
      readonly kind: 'found'
      readonly request: number
      readonly serverDate: Instant | null
      readonly receivedAt: Instant
      readonly record: SourceRecord
    }
  | {
      readonly kind: 'gone'
      readonly request: number
      readonly serverDate: Instant | null
      readonly receivedAt: Instant
    }
  | { readonly kind: 'inconclusive'; readonly why: string }

export interface SetsRequest {
  readonly parent: ListedResource
  readonly set: Subresource
  /** Of distinct records. */
  readonly keys: readonly RecordKey[]
  readonly purpose: RequestPurpose
}

/** What came of the question for the set of one record. */
export type SetAnswer =
  | {
      readonly kind: 'found'
      readonly key: RecordKey
      readonly request: number
      readonly serverDate: Instant | null
      readonly receivedAt: Instant
      /** As they came, in their order, but for what follows from the way of asking (R5). */
      readonly parts: readonly JsonValue[]
    }
  /** The source does not show the record: whether it is deleted is for the purge to prove (R9). */
  | { readonly kind: 'missing'; readonly key: RecordKey }
  /** 403, or Code 1500: the key may not ask for such sets, or not for those of this record's MLS. */
  | { readonly kind: 'refused'; readonly key: RecordKey; readonly error: ListingstreamError }
  /** Of this set alone, as far as it can be seen. */
  | { readonly kind: 'failed'; readonly key: RecordKey; readonly error: ListingstreamError }

export interface Source {
  /** Who the key belongs to, from `/v1/system`. */
  identify(purpose: RequestPurpose, signal: AbortSignal): Promise<SourceIdentity>

  /**
   * One paged read. Fetches on demand; retries what may be retried within itself. Ends after the page whose
   * `nextToken` is null. Throws on everything that R8 names; a page is yielded only if it is whole.
   */
  walk(request: WalkRequest, signal: AbortSignal): AsyncIterable<SourcePage>

  /** `_pagination=count`; undefined if the source refuses to count under this filter. */
  count(
    resource: ListedResource,
    filter: string,
    purpose: RequestPurpose,
    signal: AbortSignal,
  ): Promise<number | undefined>

  /**
   * Records of the given keys (1 to 200, SparkQL's limit), in one list query with `_limit` at least their number.
   * Those outside of `within` are not shown.
   */
  findByKeys(
    resource: ListedResource,
    keys: readonly RecordKey[],
    select: Exclude<Selection, 'versions'>,
    within: QuestionRange,
    signal: AbortSignal,
  ): Promise<KeysAnswer>

  /**
   * The sets of these records, one answer each, in any order and with any number of requests. Rejects with what is no single
   * set's trouble: a refused key, the rate.
   */
  sets(request: SetsRequest, signal: AbortSignal): AsyncIterable<SetAnswer>

  /** One record by its Id. */
  findOne(resource: ListedResource, key: RecordKey, signal: AbortSignal): Promise<OneAnswer>
}

// ---- encoding ----------------------------------------------------------------------------------------------------

/** The content of records under the registered schemas (R5). Synchronous once prepared. */
export interface ContentEncoder {
  /**
   * Makes the newest schema of the resource current, and loads the older ones that `digestUnder` will be asked for. Called
   * before each page; does nothing when there is nothing to load. May not ask the source.
   */
  prepare(resource: ResourceDescription, olderSchemas: Iterable<SchemaId>, signal: AbortSignal): Promise<void>
  /** Under the current schema; what was made of the record under that one before is not made again. */
  encode(resource: ResourceDescription, record: SourceRecord): EncodeResult
  /** Digest of the record's content under an older schema that was prepared. */
  digestUnder(resource: ResourceDescription, record: SourceRecord, schema: SchemaId): Digest
  /**
   * Digests under which the same content was published by an earlier version of this program, to which more of a record
   * was content.
   */
  formerDigests(resource: ResourceDescription, record: SourceRecord, schema: SchemaId): readonly Digest[]
}

/** What the source says of a resource's fields, turned into the schema of its events. */
export interface ResourceMetadata {
  /** Asks the source if anything changed, and makes the schema that follows from it current. Called before each pass. */
  refresh(resource: ResourceDescription, signal: AbortSignal): Promise<void>
}

// ---- the key index -----------------------------------------------------------------------------------------------

/** What one update does to the entries of one resource. */
export interface IndexPart {
  readonly resource: ResourceName
  readonly puts: ReadonlyMap<RecordKey, IndexEntry>
  /** Keys to forget (deleted ones past their retention). */
  readonly drops: readonly RecordKey[]
}

export interface IndexUpdate {
  /** Of distinct resources. */
  readonly parts: readonly IndexPart[]
  /** The topics' next offsets that this update brings the index up to; undefined leaves them. */
  readonly nextOffsets: NextOffsets | undefined
  /** When it is written, by the local clock (R2). */
  readonly at: Instant
}

export interface IndexState {
  readonly feed: FeedIdentity
  readonly nextOffsets: NextOffsets
  readonly writtenAt: Instant
  /** Highest request number in the index. */
  readonly request: number
}

/** Named sets of keys that one pass gathers; scratch, lost without harm. */
export type LedgerSet =
  | 'seen'
  | 'gone'
  | 'absent'
  | 'recheck'
  | 'missed'
  | 'retry'
  | 'masked'
  | 'changed'
  | 'held'
  | 'unread'
  | 'guarded'
  | 'released'

export interface KeyIndex {
  getMany(resource: ResourceName, keys: readonly RecordKey[]): Promise<readonly (IndexEntry | undefined)[]>
  /** Atomic over all parts. Called only after the transaction that it reflects is known to be committed (R1). */
  apply(update: IndexUpdate): Promise<void>
  /** All entries in ascending order of key, in batches; memory follows the batch, not the index (R14). */
  entries(resource: ResourceName): AsyncIterable<readonly (readonly [RecordKey, IndexEntry])[]>
  /** The same, and less of each. */
  outlines(resource: ResourceName): AsyncIterable<readonly (readonly [RecordKey, EntryOutline])[]>
  /** The entries as they are when it is called: what is applied later is not in it. */
  view(): IndexView

  /** Null if the index is new, was reset without an identity, or does not state one. */
  state(): IndexState | null
  /** Empties the index (ledgers too) and dedicates it to a feed. */
  reset(feed: FeedIdentity, at: Instant): Promise<void>
  /**
   * Dedicates a whole index to the same feed with another set of topics: what it holds of those that are in both stays,
   * everything of the others is forgotten, and of a new one it holds nothing. Interrupted, it leaves an index that is whole
   * or does not verify.
   */
  adopt(feed: FeedIdentity): Promise<void>
  /** Scans all entries against the stored checksums, and everything else for being readable; false on any difference. */
  verify(): Promise<boolean>

  readonly ledger: WalkLedger
}

export interface IndexView extends AsyncDisposable {
  /** Of the keys that the resource's topic holds, with the digest of their last published content. Reads them in batches (R14). */
  contents(resource: ResourceName, signal: AbortSignal): Promise<SetDigest>
}

/**
 * Keys that a pass has met, on disk because a walk may be longer than memory (R14). Each key carries the number of the
 * page that added it: after a crash, what later pages had added does not count. What reads marks rejects with
 * `LEDGER_DAMAGED` if one is not as it was written; `drop` and `keepOnly` do not look at them.
 */
export interface WalkLedger {
  /** Adds keys; answers, for each, whether it was not there yet from an earlier page. */
  add(
    pass: PassId,
    set: LedgerSet,
    page: number,
    keys: readonly (readonly [RecordKey, string])[],
  ): Promise<readonly boolean[]>
  /** Ascending order of key, in batches, with the note given at `add`. */
  entries(pass: PassId, set: LedgerSet): AsyncIterable<readonly (readonly [RecordKey, string])[]>
  /** Number of keys added by pages below `page`. */
  size(pass: PassId, set: LedgerSet, page: number): Promise<number>
  /** Forgets one set of a pass, or all of them. */
  drop(pass: PassId, set?: LedgerSet): Promise<void>
  /** Forgets everything of all other passes: those that are over, and those that nobody can go on with. */
  keepOnly(passes: readonly PassId[]): Promise<void>
}

// ---- the publisher -----------------------------------------------------------------------------------------------

/** What one transaction says of one resource. */
export interface TransactionPart {
  readonly resource: ResourceDescription
  /** Of distinct keys. */
  readonly changes: readonly Change[]
  readonly deadLetters: readonly DeadLetter[]
  /** Keys whose dead letters have to go: what they say now is published, or their delete is (R12). */
  readonly settledLetters: readonly RecordKey[]
}

/** Everything that one Kafka transaction holds (R1). */
export interface TransactionRequest {
  /** Of distinct resources. */
  readonly parts: readonly TransactionPart[]
  readonly progress: PassProgress
  /** Moves the watermark of the pass's resource (R4); null leaves it. */
  readonly watermark: Instant | null
  readonly markers: readonly PassMarker[]
  /** @default the topic of holds stays as it is */
  readonly holds?: HoldChanges
  /** Of a sweep that this completes. @default none */
  readonly certificates?: readonly SweepCertificate[]
  /** All that stand from now on. @default as they are */
  readonly pauses?: readonly Pause[]
  /** @default none */
  readonly notifications?: readonly FeedNotification[]
}

export interface Receipt {
  readonly seq: number
  /** Where each change lies, by part and then by change, in the request's order; for a deletion, its tombstone. */
  readonly positions: readonly (readonly RecordPosition[])[]
  readonly nextOffsets: NextOffsets
}

export interface ChangePublisher {
  /**
   * Resolves once the transaction is known to be committed. Begins nothing for a signal that has aborted. A commit whose answer was lost is settled inside (R3).
   * Rejects with disposition `retry` only if nothing of it is visible or ever will be; its `retryable` holds for the same
   * call. With another one, or the signal's reason after the commit was asked for, the feed has to be opened again. Where the
   * outcome is not known, or another instance owns the feed, every later call rejects, too.
   */
  commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt>
  /** Next offsets of the resource's topic, by partition, as of the last committed transaction. */
  nextOffsets(resource: ResourceName): readonly number[]
}

// ---- what the guard holds ------------------------------------------------------------------------------------------

export interface HoldReader {
  /**
   * All keys of a hold, a chunk at a time, in the order in which they were written: of deletes, ascending. Memory follows the chunk (R14).
   * What was committed a moment ago is waited for.
   */
  keys(hold: StandingHold, signal: AbortSignal): AsyncIterable<readonly HeldKey[]>
}

/** The topics, as far as a pass has to look into what it published. */
export interface PublishedEvents {
  /**
   * What the last event of each of these keys says of the resource's `lastFields`, where `positions` says that it lies. Keys
   * whose event is not there, or cannot be read, are left out.
   */
  lastFields(
    resource: ListedResource,
    positions: ReadonlyMap<RecordKey, RecordPosition>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RecordKey, LastFields>>
}

// ---- the surroundings --------------------------------------------------------------------------------------------

export interface Clock {
  now(): Instant
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** What a committed page said of one resource. */
export interface CommittedPart extends Pick<TransactionPart, 'resource' | 'changes'> {
  /** Of the resource's records that were read (R11). */
  readonly counts: OutcomeCounts
}

/** Told what happens, for logs and metrics. Never throws, never slows. */
export interface Observer {
  pageCommitted(progress: PassProgress, parts: readonly CommittedPart[]): void
  passStarted(progress: PassProgress, resumed: boolean): void
  /** A page that commits nothing: of a dry run, or of keys, after which there is not always a checkpoint. */
  pageWalked(progress: PassProgress): void
  /** @param deletes that it would publish, or that the guard would hold: `heldBecause`; null where it would not */
  dryRunEnded(progress: PassProgress, deletes: number, heldBecause: string | null): void
  passEnded(progress: PassProgress, detail: string | null): void
  /**
   * What came of a sweep, or of one try of it. Not of a dry run.
   *
   * @param doubt of an inconclusive one, as the progress has it; null otherwise
   */
  sweepJudged(progress: PassProgress, verdict: SweepVerdict, doubt: SweepDoubt | null): void
  watermarkMoved(resource: ResourceName, watermark: Instant): void
  /** Which passes by schedule stand still by an operator's wish: when the feed is opened, and whenever that changes. */
  pausesChanged(pauses: readonly Pause[]): void
  /** Of changes that an update has brought: how long after their stamps they were seen. */
  changesArrived(resource: ResourceName, delays: readonly Millis[]): void
  /** At the end of each update. */
  overlapReviewed(resource: ResourceName, review: OverlapReview): void
  /** The source cannot show every record whole: the sweep begins anew by keys and stamps, and the next one tries again. */
  reconcilePutOff(resource: ResourceName, error: ListingstreamError): void
  /** At the begin of each pass: how far the source's clock is ahead of ours; negative where it is behind (R4). */
  clockCompared(resource: ResourceName, ahead: Millis): void
  /**
   * When a feed is opened: how a pass stands by the checkpoints, an earlier process's included.
   *
   * @param completedAt when it was completed, by the clock of who completed it; undefined if it is not
   * @param heldBecause the reason of the resource's hold; undefined if there is none or it is not known any more
   */
  passRecovered(
    progress: PassProgress,
    completedAt: Instant | undefined,
    heldBecause: string | undefined,
  ): void
  /**
   * The registry does not take the schema that follows from the source's metadata, so that the feed goes on with the one
   * before; null: it does. Told whenever the schema is looked at.
   */
  schemaRefused(resource: ResourceName, error: ListingstreamError | null): void
  /**
   * So many sets of the resource are owed: at the begin of each of its passes, and at its end.
   *
   * @param walked sets that the pass has read
   */
  setsOwed(resource: ResourceName, owed: number, walked: number): void
  /**
   * The source refuses the sets of the records of one MLS, so that they are left alone for a day; null: it gives them again.
   *
   * @param mlsId null for records that do not say theirs
   */
  setsRefused(resource: ResourceName, mlsId: string | null, error: ListingstreamError | null): void
}

/** How many full walks there may be at once, whatever number of feeds a process has. */
export interface WalkTurns {
  /** Runs the work in its turn; rejects with the signal's reason if that aborts before. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>
}
