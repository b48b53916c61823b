/**
 * R1: the one place where pages become transactions, whatever pass they belong to. A page is classified against the index
 * only after the page before it is committed and in the index; the index changes only after the commit.
 */
import type { Change, DeadLetter, Deletion } from '../domain/change.ts'
import { NO_DIGEST, NO_SCHEMA, type SchemaId } from '../domain/content.ts'
import type { Instant, Millis } from '../domain/instant.ts'
import { NO_OUTCOMES, type OutcomeCounts, type PassMarker, type PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../domain/source-record.ts'
import { isUnforeseen, ListingstreamError } from '../support/errors.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { classify, publishedDigest, type Decision } from './classify.ts'
import type { CommittedState } from './committed-state.ts'
import { IndexBehindError } from './pass-errors.ts'
import { partProgress, sizeOf, split, type Batch } from './split-batch.ts'
import type {
  ChangePublisher,
  Clock,
  ContentEncoder,
  KeyIndex,
  Observer,
  Receipt,
  TransactionRequest,
} from './ports.ts'
import { TRANSACTION_TOO_SLOW } from '../domain/error-codes.ts'
import type { IndexEntry } from '../domain/index-entry.ts'

export interface PageCommitterOptions {
  readonly publisher: ChangePublisher
  readonly index: KeyIndex
  readonly encoder: ContentEncoder
  readonly state: CommittedState
  readonly clock: Clock
  readonly observer: Observer
  readonly overlap: Millis
}

/** Records that one response brought. */
export interface Sightings {
  readonly records: readonly SourceRecord[]
  readonly unreadable: readonly UnreadableRecord[]
  readonly request: number
  readonly observedAt: Instant
  /** See `Sighting.askedAgain`. */
  readonly askedAgain: boolean
  /** Keys that have a dead letter, whatever the index says: one that was rebuilt does not know of them. @default none */
  readonly lettered?: ReadonlySet<RecordKey>
}

export interface ProvedDeletion {
  readonly deletion: Deletion
  /** The question that proved it (R6). */
  readonly request: number
}

/** What goes into the transaction beside the events. */
export interface Commitment {
  readonly progress: PassProgress
  /** R4; null leaves it. Never moves it back. */
  readonly watermark: Instant | null
  readonly markers: readonly PassMarker[]
}

/** Transactions of the most events that are in time, until larger ones are tried again: each failure costs a timeout. */
const FULL_BEFORE_MORE = 50

const NOTHING = { changes: [], deadLetters: [], settledLetters: [], counts: NO_OUTCOMES } as const

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
   * it writes down of `askAgain`, the records that are stale by their stamp alone (R6), outlives a crash after the commit.
   * `settled` are the keys whose dead letters go with the commit.
   */
  commitPage(
    resource: ResourceDescription,
    page: Sightings,
    initial: boolean,
    commitment: (
      counts: OutcomeCounts,
      askAgain: readonly SourceRecord[],
      settled: readonly RecordKey[],
    ) => Commitment | Promise<Commitment>,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    return this.#enter(signal, async () => {
      const { batch, askAgain } = await this.#classify(resource, page, initial, signal)
      const wanted = await commitment(batch.counts, askAgain, batch.settledLetters)
      return this.#commit(resource, batch, wanted, signal)
    })
  }

  /**
   * Commits deletes. `select` is asked in the queue, with each key's entry as it then is: what was published or confirmed
   * meanwhile is not deleted (R9 c). Answers the keys' fate with the progress.
   */
  commitDeletions(
    resource: ResourceDescription,
    keys: readonly RecordKey[],
    select: (key: RecordKey, entry: IndexEntry) => ProvedDeletion | undefined,
    commitment: (emitted: number, refuted: number) => Commitment,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    return this.#enter(signal, async () => {
      const found = await this.#options.index.getMany(resource.name, keys)
      const changes: Deletion[] = []
      const settledLetters: RecordKey[] = []
      const entries = new Map<RecordKey, IndexEntry>()
      for (const [i, key] of keys.entries()) {
        const entry = found[i]
        const proved = entry === undefined ? undefined : select(key, entry)
        if (entry === undefined || proved === undefined) continue
        const { deletion, request } = proved
        // Of a key that nobody was told of, only the dead letter goes.
        if (publishedDigest(entry) !== undefined) changes.push(deletion)
        if (entry.state === 'dead_lettered') settledLetters.push(key)
        const { publishedDigest: _, ...place } = entry
        const forgotten = { state: 'deleted', digest: NO_DIGEST, schemaId: NO_SCHEMA } as const
        entries.set(key, { ...place, ...forgotten, observedAt: deletion.deletedAt, request })
      }
      const batch: Batch = { ...NOTHING, changes, settledLetters, entries }
      const refuted = keys.length - entries.size
      return this.#commit(resource, batch, commitment(changes.length, refuted), signal)
    })
  }

  /** Drops index entries that are still as they were seen: deleted keys that need not be remembered any longer (R9). */
  forget(
    resource: ResourceDescription,
    entries: readonly (readonly [RecordKey, IndexEntry])[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#enter(signal, async () => {
      const { index, clock } = this.#options
      const keys = entries.map(([key]) => key)
      const now = await index.getMany(resource.name, keys)
      const drops = keys.filter((_, i) => now[i]?.state === 'deleted')
      const puts = new Map<RecordKey, IndexEntry>()
      await index.apply({ resource: resource.name, puts, drops, nextOffsets: undefined, at: clock.now() })
    })
  }

  /** Commits a checkpoint alone: the end of a pass, or a page that brought only keys. */
  commitProgress(
    resource: ResourceDescription,
    commitment: Commitment,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    return this.#enter(signal, async () => {
      return this.#commit(resource, { ...NOTHING, entries: new Map() }, commitment, signal)
    })
  }

  #enter<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      signal.throwIfAborted()
      if (this.#behind !== undefined) throw this.#behind
      return task()
    })
  }

  async #classify(
    resource: ResourceDescription,
    page: Sightings,
    initial: boolean,
    signal: AbortSignal,
  ): Promise<{ batch: Batch; askAgain: SourceRecord[] }> {
    const { index, encoder, overlap } = this.#options
    // R6: a key twice on a page, the last row counts.
    const records = new Map(page.records.map((record) => [record.key, record]))
    const keys = [...records.keys()]
    const known = await index.getMany(resource.name, keys)
    await encoder.prepare(resource, records.values(), publishedSchemas(known), signal)

    const changes: Change[] = []
    const deadLetters: DeadLetter[] = page.unreadable.map((row) => ({
      resource: resource.name,
      key: null,
      reason: row.reason,
      body: row.body,
    }))
    const entries = new Map<RecordKey, IndexEntry>()
    const askAgain: SourceRecord[] = []
    const settledLetters: RecordKey[] = []
    const repeated = page.records.length - records.size
    const counts = { ...NO_OUTCOMES, stale: repeated, dead_lettered: deadLetters.length }

    for (const [i, record] of [...records.values()].entries()) {
      const { request, observedAt, askedAgain } = page
      const decision = classify(
        { resource, record, request, observedAt, entry: known[i], initial, askedAgain },
        encoder,
        overlap,
      )
      counts[decision.outcome] += 1
      const lettered = known[i]?.state === 'dead_lettered' || page.lettered?.has(record.key) === true
      if (lettered && isPublished(decision)) settledLetters.push(record.key)
      switch (decision.outcome) {
        case 'published':
          changes.push(decision.change)
          entries.set(record.key, publishedEntry(decision.change, request))
          break
        case 'unchanged':
          entries.set(record.key, decision.entry)
          break
        case 'dead_lettered':
          deadLetters.push(decision.deadLetter)
          entries.set(record.key, decision.entry)
          break
        case 'stale':
          if (decision.askAgain) askAgain.push(record)
          break
      }
    }
    return { batch: { changes, deadLetters, settledLetters, entries, counts }, askAgain }
  }

  /** In one transaction, or in several where the link to Kafka is too slow for one. */
  async #commit(
    resource: ResourceDescription,
    batch: Batch,
    whole: Commitment,
    signal: AbortSignal,
  ): Promise<PassProgress> {
    for (let rest: Batch | undefined = batch; rest !== undefined;) {
      const [part, left]: readonly [Batch, Batch | undefined] = split(rest, this.#limit.most)
      try {
        await this.#commitPart(resource, part, this.#commitmentOf(whole, left), signal)
      } catch (error) {
        if (!isTooSlow(error) || sizeOf(part) <= 1) throw error
        this.#limit.tooSlow(sizeOf(part))
        continue
      }
      this.#limit.inTime(sizeOf(part))
      rest = left
    }
    return whole.progress
  }

  #commitmentOf(whole: Commitment, left: Batch | undefined): Commitment {
    if (left === undefined) return whole
    const { progress } = whole
    const last = this.#options.state.lastPass(progress.resource, progress.pass)
    const before = last?.passId === progress.passId ? last : undefined
    return { progress: partProgress(progress, before, left), watermark: null, markers: [] }
  }

  async #commitPart(
    resource: ResourceDescription,
    batch: Batch,
    { progress, watermark, markers }: Commitment,
    signal: AbortSignal,
  ): Promise<void> {
    const { publisher, index, state, clock, observer } = this.#options
    const moved = later(watermark, state.watermark(resource.name))
    const request: TransactionRequest = {
      resource,
      changes: batch.changes,
      deadLetters: batch.deadLetters,
      settledLetters: batch.settledLetters,
      progress,
      watermark: moved,
      markers,
    }
    try {
      const receipt = await publisher.commit(request, signal)
      await this.#follow(() => {
        placeEntries(batch, receipt)
        const { nextOffsets } = receipt
        return index.apply({
          resource: resource.name,
          puts: batch.entries,
          drops: [],
          nextOffsets,
          at: clock.now(),
        })
      })
      state.record(progress, moved)
      observer.pageCommitted(progress, batch.counts, batch.changes)
      if (moved !== null) observer.watermarkMoved(resource.name, moved)
    } catch (error) {
      // Nobody knows whether what nobody foresaw came before or after the commit.
      if (isUnforeseen(error) && !signal.aborted) throw this.#behindFor(error)
      throw error
    }
  }

  async #follow(apply: () => Promise<void>): Promise<void> {
    try {
      await apply()
    } catch (error) {
      throw this.#behindFor(error)
    }
  }

  #behindFor(error: unknown): IndexBehindError {
    this.#behind ??= new IndexBehindError(error)
    return this.#behind
  }
}

function publishedSchemas(known: readonly (IndexEntry | undefined)[]): Set<SchemaId> {
  const published = known.filter((entry) => entry !== undefined && publishedDigest(entry) !== undefined)
  return new Set(published.flatMap((entry) => entry?.schemaId ?? []))
}

/** Whether the topic says what the record says, now or already. */
function isPublished(decision: Decision): boolean {
  if (decision.outcome === 'unchanged') return decision.entry.state === 'live'
  return decision.outcome === 'published'
}

function publishedEntry(change: Extract<Change, { kind: 'upsert' }>, request: number): IndexEntry {
  return {
    state: 'live',
    digest: change.content.digest,
    schemaId: change.content.schemaId,
    modificationTimestamp: change.modificationTimestamp,
    observedAt: change.observedAt,
    changeStamps: change.changeStamps,
    mlsId: change.mlsId,
    partition: -1,
    offset: -1,
    request,
  }
}

function placeEntries(batch: Batch, receipt: Receipt): void {
  for (const [i, change] of batch.changes.entries()) {
    const entry = batch.entries.get(change.key)
    const position = receipt.positions[i]
    if (entry !== undefined && position !== undefined)
      batch.entries.set(change.key, { ...entry, ...position })
  }
}

/** Events of a transaction: half of what was too slow, and after a while without trouble twice as many again. */
class SizeLimit {
  most = Infinity
  #full = 0

  tooSlow(size: number): void {
    this.most = Math.ceil(size / 2)
    this.#full = 0
  }

  inTime(size: number): void {
    if (size < this.most) return
    this.#full += 1
    if (this.#full < FULL_BEFORE_MORE) return
    this.most *= 2
    this.#full = 0
  }
}

function isTooSlow(error: unknown): boolean {
  return error instanceof ListingstreamError && error.code === TRANSACTION_TOO_SLOW
}

/** R4: a watermark never goes back. Null if there is nothing to move. */
function later(wanted: Instant | null, current: Instant | undefined): Instant | null {
  return wanted !== null && (current === undefined || wanted > current) ? wanted : null
}
