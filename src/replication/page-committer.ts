/**
 * R1: the one place where pages become transactions, whatever pass they belong to. A page is classified against the index
 * only after the page before it is committed and in the index; the index changes only after the commit.
 */
import { TRANSACTION_TOO_SLOW } from '../domain/error-codes.ts'
import type { EntryOutline, IndexEntry } from '../domain/index-entry.ts'
import type { Instant, Millis } from '../domain/instant.ts'
import type { OutcomeCounts, PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ListedResource, ResourceDescription, ResourceName, Subresource } from '../domain/resource.ts'
import { hasCode, isUnforeseen } from '../support/errors.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { emptyPart, indexPart, publishesNothing, type Batch, type BatchPart } from './batch.ts'
import type { CheckpointPace } from './checkpoint-pace.ts'
import type { Decision } from './classify.ts'
import { classifyPage, type ClassifiedPage, type Sightings } from './classify-page.ts'
import { commitmentOf, later, type Commitment } from './commitment.ts'
import type { CommittedState } from './committed-state.ts'
import type { LateArrivals } from './late-arrivals.ts'
import { IndexBehindError } from './pass-errors.ts'
import type {
  ChangePublisher,
  Clock,
  ContentEncoder,
  IndexUpdate,
  IndexView,
  KeyIndex,
  Observer,
  Receipt,
} from './ports.ts'
import { deletedPart, type ProvedDeletion } from './proved-deletion.ts'
import { classifySets, type SeenSet, type SetsContext } from './sets/classify-sets.ts'
import type { FeedSets } from './sets/sets-to-look-at.ts'
import { forgottenWith, orphanTombstones, tombstonesWith } from './sets/tombstones.ts'
import { SizeLimit } from './size-limit.ts'
import { sizeOf, split } from './split-batch.ts'

export interface PageCommitterOptions {
  readonly publisher: ChangePublisher
  readonly index: KeyIndex
  readonly encoder: ContentEncoder
  readonly state: CommittedState
  readonly clock: Clock
  readonly observer: Observer
  /** `UPDATE_OVERLAP` */
  readonly overlap: Millis
  readonly lateArrivals: Pick<LateArrivals, 'overlapOf'>
  /** Told which records have moved. */
  readonly sets: FeedSets
}

/** What the topics hold after a whole transaction, and where they end with it. */
export interface CommittedView {
  readonly index: IndexView
  readonly nextOffsets: (resource: ResourceName) => readonly number[]
}

/** Of a page of a walk. */
export interface PageCommitment extends Commitment {
  /** The pass as it stands before the page. @default as its last checkpoint says, which may be less */
  readonly before?: PassProgress
  /** Where nothing is published, the checkpoint may wait until it is due. @default it may not */
  readonly pace?: CheckpointPace
}

/** What becomes of a page's records. */
export interface PageOutcome extends Omit<ClassifiedPage, 'part'> {
  readonly counts: OutcomeCounts
  /** Keys whose dead letters go with the commit. */
  readonly settled: readonly RecordKey[]
}

/** Which sets, of which records. */
export interface SetsPlace {
  readonly parent: ListedResource
  readonly set: Subresource
}

export interface CommittedSets {
  readonly progress: PassProgress
  readonly askAgain: ReadonlyMap<RecordKey, Instant>
  readonly decided: ReadonlyMap<RecordKey, Decision>
}

export class PageCommitter {
  readonly #options: PageCommitterOptions
  readonly #queue = new SerialQueue()
  /** Set when the index could not be written after a commit: nothing may be classified against it any more. */
  #behind: IndexBehindError | undefined
  readonly #limit = new SizeLimit()

  constructor(options: PageCommitterOptions) {
    this.#options = options
  }

  /**
   * Commits a page of records. `commitment` is asked once the outcomes are known, and before anything is committed: what
   * it writes down of `askAgain` and of what is withheld outlives a crash after the commit.
   */
  commitPage(
    resource: ResourceDescription,
    page: Sightings,
    initial: boolean,
    commitment: (outcome: PageOutcome) => PageCommitment | Promise<PageCommitment>,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    return this.#enter(signal, async () => {
      // R6, R9: where changes show up late, so do answers out of a cache.
      const overlap = this.#options.lateArrivals.overlapOf(resource.name)
      const context = { ...this.#options, overlap, initial }
      const { part, ...classified } = await classifyPage(resource, page, context, signal)
      const outcome = { ...classified, counts: part.counts, settled: part.settledLetters }
      const wanted = await commitment(outcome)
      const { before, pace } = wanted
      const now = this.#options.clock.now()
      if (pace?.isDue(now) === false && this.#mayWait(part, wanted)) return this.#note([part], wanted)
      pace?.note(now)
      return this.#commit([part], wanted, signal, before)
    })
  }

  /**
   * Commits sets of records' parts. A set is published only while its record is live in the index as it then is: `commitment`
   * is told which are. Answers the progress, and which sets stay owed until when.
   */
  commitSets(
    { parent, set }: SetsPlace,
    seen: readonly SeenSet[],
    how: Pick<SetsContext, 'initial' | 'republishBelow'>,
    commitment: (counts: OutcomeCounts, published: readonly RecordKey[]) => Commitment,
    signal: AbortSignal,
  ): Promise<CommittedSets> {
    return this.#enter(signal, async () => {
      const context = { ...this.#options, ...how }
      const { part, ...seenSets } = await classifySets(parent, set, seen, context, signal)
      const published = part.changes.map(({ key }) => key)
      return { progress: await this.#commit([part], commitment(part.counts, published), signal), ...seenSets }
    })
  }

  /** Commits the tombstones of sets that have no live record in the index as it then is (R13). */
  commitOrphans(
    { parent, set }: SetsPlace,
    keys: readonly RecordKey[],
    commitment: Commitment,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    return this.#enter(signal, async () => {
      const { index, clock } = this.#options
      const part = await orphanTombstones(index, parent, set, keys, clock.now())
      return this.#commit([part], commitment, signal)
    })
  }

  /**
   * Commits deletes. `select` is asked in the queue, with each key's entry as it then is: what was published or confirmed
   * meanwhile is not deleted (R9 c). The sets of what is deleted go with it (R13). Answers the keys' fate with the progress.
   */
  commitDeletions(
    resource: ListedResource,
    keys: readonly RecordKey[],
    select: (key: RecordKey, entry: IndexEntry) => ProvedDeletion | undefined,
    commitment: (emitted: number, refuted: number) => Commitment,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    return this.#enter(signal, async () => {
      const found = await this.#options.index.getMany(resource.name, keys)
      const known = keys.flatMap((key, i) => {
        const entry = found[i]
        return entry === undefined ? [] : [[key, entry] as const]
      })
      const part = deletedPart(resource, known, select)
      const refuted = keys.length - part.entries.size
      const sets = await tombstonesWith(this.#options.index, resource, part)
      return this.#commit([part, ...sets], commitment(part.changes.length, refuted), signal)
    })
  }

  /** Changes what the index alone knows of live keys, each by its entry as it then is; undefined leaves it. */
  amend(
    { name: resource }: Pick<ListedResource, 'name'>,
    keys: readonly RecordKey[],
    change: (entry: IndexEntry) => IndexEntry | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#enter(signal, async () => {
      const { index, clock } = this.#options
      const found = await index.getMany(resource, keys)
      const puts = new Map<RecordKey, IndexEntry>()
      for (const [i, key] of keys.entries()) {
        const entry = found[i]
        const amended = entry === undefined || entry.state === 'deleted' ? undefined : change(entry)
        if (amended !== undefined) puts.set(key, amended)
      }
      if (puts.size === 0) return
      await index.apply({
        parts: [{ resource, puts, drops: [] }],
        nextOffsets: undefined,
        at: clock.now(),
      })
    })
  }

  /** Drops index entries that are still as they were seen: deleted keys that need not be remembered any longer (R9). */
  forget(
    resource: Pick<ListedResource, 'name' | 'subresources'>,
    entries: readonly (readonly [RecordKey, EntryOutline])[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#enter(signal, async () => {
      const { index, clock } = this.#options
      const keys = entries.map(([key]) => key)
      const now = await index.getMany(resource.name, keys)
      const drops = keys.filter((_, i) => now[i]?.state === 'deleted')
      const sets = await forgottenWith(index, resource, drops)
      const parts = [{ resource: resource.name, puts: new Map(), drops }, ...sets]
      await index.apply({ parts, nextOffsets: undefined, at: clock.now() })
    })
  }

  /** The index as of the last transaction, which is not held up while it is read. The caller closes it. */
  view(resources: readonly Pick<ResourceDescription, 'name'>[], signal: AbortSignal): Promise<CommittedView> {
    return this.#enter(signal, async () => {
      const { index, publisher } = this.#options
      const offsets = new Map(resources.map(({ name }) => [name, publisher.nextOffsets(name)]))
      return { index: index.view(), nextOffsets: (name) => offsets.get(name) ?? [] }
    })
  }

  /** Commits a checkpoint alone: the end of a pass, or a page that brought only keys. */
  commitProgress(
    resource: ResourceDescription,
    commitment: Commitment,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    return this.#enter(signal, async () => {
      return this.#commit([emptyPart(resource)], commitment, signal)
    })
  }

  /** Commits what belongs to no pass, beside what is committed of one as it then stands. */
  commitAside(make: () => Commitment, signal: AbortSignal): Promise<void> {
    return this.#enter(signal, () => this.#commitPiece(undefined, make(), signal))
  }

  /** Resolves when nothing is committed, and nothing waits for it. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  #enter<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      signal.throwIfAborted()
      if (this.#behind !== undefined) throw this.#behind
      return task()
    })
  }

  /** Whether nothing of it has to be in the topics. */
  #mayWait(part: BatchPart, { progress, watermark, markers }: Commitment): boolean {
    const moved = later(watermark, this.#options.state.watermark(progress.resource))
    return publishesNothing(part) && moved === null && markers.length === 0
  }

  /** What the records were seen to be is in the index alone, as after a commit. */
  async #note(batch: Batch, { progress }: Commitment): Promise<PassProgress> {
    await this.#follow(batch, { positions: [], nextOffsets: undefined })
    this.#options.observer.pageCommitted(progress, batch)
    return progress
  }

  /**
   * In one transaction, or in several where the link to Kafka is too slow for one.
   *
   * @param before see `PageCommitment`
   */
  async #commit(
    batch: Batch,
    whole: Commitment,
    signal: AbortSignal,
    before = this.#lastOf(whole.progress),
  ): Promise<PassProgress> {
    for (let rest: Batch | undefined = batch; rest !== undefined;) {
      const [piece, left]: readonly [Batch, Batch | undefined] = split(rest, this.#limit.most)
      try {
        await this.#commitPiece(piece, commitmentOf(whole, before, left), signal)
      } catch (error) {
        if (!isTooSlow(error)) throw error
        const size = sizeOf(piece)
        if (size <= 1) throw error
        this.#limit.tooSlow(size)
        continue
      }
      if (this.#limit.most !== Infinity) this.#limit.inTime(sizeOf(piece))
      rest = left
    }
    return whole.progress
  }

  #lastOf({ resource, pass, passId }: PassProgress): PassProgress | undefined {
    const last = this.#options.state.lastPass(resource, pass)
    return last?.passId === passId ? last : undefined
  }

  /** @param piece undefined: what is committed is no page of the pass, which may have ended long ago */
  async #commitPiece(
    piece: Batch | undefined,
    {
      progress,
      watermark,
      mayGoBack = false,
      markers,
      holds,
      certificates = [],
      pauses,
      notifications = [],
    }: Commitment,
    signal: AbortSignal,
  ): Promise<void> {
    const { publisher, state, observer } = this.#options
    const { resource } = progress
    const batch = piece ?? []
    const moved = mayGoBack ? watermark : later(watermark, state.watermark(resource))
    try {
      const said = {
        progress,
        watermark: moved,
        markers,
        certificates,
        notifications,
        ...(holds && { holds }),
        ...(pauses && { pauses }),
      }
      const receipt = await publisher.commit({ parts: batch, ...said }, signal)
      await this.#follow(batch, receipt)
      state.record(progress, moved, holds, pauses)
      if (pauses !== undefined) observer.pausesChanged(pauses)
      if (piece !== undefined) observer.pageCommitted(progress, piece)
      if (moved !== null) observer.watermarkMoved(resource, moved)
    } catch (error) {
      // Nobody knows whether what nobody foresaw came before or after the commit.
      if (isUnforeseen(error) && !signal.aborted) throw this.#behindFor(error)
      throw error
    }
  }

  async #follow(
    batch: Batch,
    { positions, nextOffsets }: Pick<Receipt, 'positions'> & Pick<IndexUpdate, 'nextOffsets'>,
  ): Promise<void> {
    const { index, clock, sets } = this.#options
    try {
      const parts = batch.map((part, i) => indexPart(part, positions[i] ?? []))
      await index.apply({ parts, nextOffsets, at: clock.now() })
      sets.moved(batch)
    } catch (error) {
      throw this.#behindFor(error)
    }
  }

  #behindFor(error: unknown): IndexBehindError {
    this.#behind ??= new IndexBehindError(error)
    return this.#behind
  }
}

function isTooSlow(error: unknown): boolean {
  return hasCode(error, TRANSACTION_TOO_SLOW)
}
