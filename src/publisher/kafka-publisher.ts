/**
 * The port `ChangePublisher` on Kafka: events, checkpoint, watermark and markers of a page in one transaction (R1), and the
 * settling of what happened when an answer is missing (R3).
 */
import type { Instant } from '../domain/instant.ts'
import { trackOf, type NextOffsets, type PassTrack, type SourceIdentity } from '../domain/pass.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import type { RowCodec } from '../events/rows/row-codec.ts'
import type { ChangePublisher, Receipt, TransactionRequest } from '../replication/ports.ts'
import { InvariantViolation } from '../support/errors.ts'
import { graceAfter } from '../support/grace.ts'
import { Stopwatch } from '../support/stopwatch.ts'
import type { Timer } from '../support/timer.ts'
import type { Transaction } from '../kafka/transaction.ts'
import type { CheckpointLog } from '../feed/checkpoint-log.ts'
import { RowsTruncatedError, TopicTruncatedError } from '../feed/feed-errors.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { Owner, RowMarks } from '../feed/state-records.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import { isEpochError, mayTryAgain, OutlastedError } from './failed-attempt.ts'
import { OwnedProducer, type FeedProducer } from './owned-producer.ts'
import { CommitUnsettledError, FencedError, TransactionTooSlowError } from './publisher-errors.ts'
import type { KeyedRow } from '../feed/row-headers.ts'
import { placed } from './row-records.ts'
import { isEndOfPass, sendRows, sendTransaction, type SendContext } from './send-transaction.ts'
import { isCommitted } from './settle-doubt.ts'
import { draftOf, partitionsOf } from './transaction-draft.ts'
import { stateRecord, type ChangeCodec } from './transaction-records.ts'

/** Transactions of one page that failed for an epoch or an unproved append before it is given up. */
const MOST_ATTEMPTS = 5
/** After a stop was asked for, an open transaction may still take so long (the process has ten seconds). */
const GRACE_MS = 5_000
/** A page that was too slow once may have met a pause of this process; twice, and it is too large. */
const SLOW_ATTEMPTS = 2

export interface PublisherOptions {
  readonly names: TopicNames
  readonly eventCodec: ChangeCodec
  /** Undefined without `ROW_TOPICS`. */
  readonly rowCodec: Pick<RowCodec, 'prepare' | 'row'> | undefined
  readonly stateCodec: Pick<
    StateCodec,
    | 'checkpoint'
    | 'watermark'
    | 'marker'
    | 'truncation'
    | 'rowTopics'
    | 'heldKeys'
    | 'certificate'
    | 'pauses'
    | 'notification'
  >
  readonly log: Pick<CheckpointLog, 'refresh' | 'owner' | 'seq'>
  readonly owner: Owner
  readonly generation: number
  readonly source: SourceIdentity
  /** Of the data topics, as they were when the feed was taken over; also of those that it does not replicate now. */
  readonly nextOffsets: NextOffsets
  /** Log start offsets of the data topics when the generation began. */
  readonly startOffsets: NextOffsets
  /** How far the topics of rows are. */
  readonly rows: RowMarks
  /** When a pass of each kind was last completed. */
  readonly completedAt: ReadonlyMap<PassTrack, Instant>
  /** Partition count of each data topic, by resource, and of each topic of rows, by its name. */
  readonly partitions: ReadonlyMap<string, number>
  /** Of a record, that the topic of the dead letters takes; undefined if nobody tells, which is more than a part has. */
  readonly deadLetterBytes: number | undefined
  /** A new one of the feed's transactional id. */
  readonly openProducer: (signal: AbortSignal) => Promise<FeedProducer>
  /** When the broker gives up a transaction that nobody ends (`KAFKA_TRANSACTION_TIMEOUT`). */
  readonly transactionTimeoutMs: number
  /** How long an outage may keep a commit in doubt; undefined waits as long as it takes (the daemon). */
  readonly settleWithinMs: number | undefined
  /** Seconds are measured from the first send to the commit's answer. */
  readonly onTransaction: (seconds: number) => void
  readonly onDoubt: (error: unknown) => void
  readonly now: () => Instant
  readonly timer: Timer
}

export class KafkaPublisher implements ChangePublisher, AsyncDisposable {
  readonly #options: PublisherOptions
  readonly #producer: OwnedProducer
  #seq: number
  #nextOffsets: NextOffsets
  #rows: RowMarks
  readonly #completedAt: Map<PassTrack, Instant>
  /**
   * What a commit would bring: set from before it is asked for until its outcome is known. As long, nothing else may be
   * published.
   */
  #inDoubt: Outcome | undefined
  /** Why this object publishes nothing more. */
  #over: Error | undefined

  /** `producer` has committed the owner record; `log` and `nextOffsets` were read after that (R2). */
  constructor(options: PublisherOptions, producer: FeedProducer) {
    this.#options = options
    this.#producer = new OwnedProducer(options, producer)
    this.#seq = options.log.seq
    const none = [...options.partitions].map(([name, count]) => [
      name,
      Array.from({ length: count }, () => 0),
    ])
    this.#nextOffsets = { ...Object.fromEntries(none), ...options.nextOffsets }
    this.#rows = options.rows
    this.#completedAt = new Map(options.completedAt)
  }

  nextOffsets(resource: ResourceName): readonly number[] {
    return this.#nextOffsets[resource] ?? []
  }

  async commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    const receipt = await this.#commit(request, signal)
    if (isEndOfPass(request)) {
      this.#completedAt.set(trackOf(request.progress), this.#options.now())
    }
    return receipt
  }

  /** How far the topics of rows are, as of the last committed transaction. */
  get rows(): RowMarks {
    return this.#rows
  }

  /**
   * Commits rows that follow no new event, and how far their topics are with them. As `commit`, and never beside it.
   *
   * @param of the resource that they are of; undefined where only the marks change
   */
  async commitRows(
    of: { readonly resource: ResourceDescription; readonly rows: readonly KeyedRow[] } | undefined,
    marks: RowMarks,
    signal: AbortSignal,
  ): Promise<void> {
    const { partitions } = this.#options
    const seq = this.#seq + 1
    const rows =
      of === undefined
        ? []
        : [{ ...of, byPartition: placed(of.rows, partitionsOf(of.resource.rows.topic, partitions)) }]
    const send: Send = (transaction, context, within) =>
      sendRows(transaction, { seq, rows }, { ...context, rows: marks }, within)
    await this.#transact({ send, rows: marks, size: of?.rows.length ?? 0 }, signal)
  }

  /** @throws {FencedError} if another instance has taken the feed; an idle one would not notice otherwise. */
  requireOwnership(signal: AbortSignal): Promise<void> {
    return this.#producer.requireOwnership(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over ??= new InvariantViolation('The publisher was used after it was closed.')
    await this.#producer.discard()
  }

  async #commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    if (this.#over !== undefined) throw this.#over
    signal.throwIfAborted()
    await this.#prepareRows(request, signal)
    const draft = draftOf(request, this.#seq + 1, this.#options)
    const completedAt = this.#completedAt.get(trackOf(request.progress)) ?? null
    const send: Send = (transaction, context, within) =>
      sendTransaction(transaction, draft, { ...context, completedAt }, within)
    const size = request.parts.reduce((sum, part) => sum + part.changes.length, 0)
    return this.#transact({ send, rows: this.#rows, size }, signal)
  }

  /** Their schemas follow those of the events. */
  async #prepareRows({ parts, progress }: TransactionRequest, signal: AbortSignal): Promise<void> {
    const { rowCodec } = this.#options
    for (const { resource, changes } of rowCodec === undefined ? [] : parts) {
      const ids = changes.flatMap((change) => (change.kind === 'upsert' ? [change.content.schemaId] : []))
      await rowCodec?.prepare(resource, ids, progress.passId, signal)
    }
  }

  async #transact(work: Work, signal: AbortSignal): Promise<Receipt> {
    if (this.#over !== undefined) throw this.#over
    const { transactionTimeoutMs, onTransaction } = this.#options
    using grace = graceAfter(signal, GRACE_MS, this.#options.timer)
    let slow = 0
    for (let attempt = 1; ; attempt += 1) {
      const watch = new Stopwatch()
      try {
        const receipt = await this.#attempt(work, watch, grace.signal)
        tell(() => onTransaction(watch.elapsedMs() / 1000))
        return receipt
      } catch (error) {
        if (watch.elapsedMs() >= transactionTimeoutMs) slow += 1
        const settled = await this.#recover(error, grace.signal)
        if (settled !== undefined) return settled
        if (slow >= SLOW_ATTEMPTS) throw new TransactionTooSlowError(work.size, transactionTimeoutMs, error)
        if (!mayTryAgain(error) || attempt >= MOST_ATTEMPTS) throw error
      }
    }
  }

  async #attempt({ send, rows }: Work, watch: Stopwatch, signal: AbortSignal): Promise<Receipt> {
    const { transactionTimeoutMs } = this.#options
    const transaction = await this.#producer.begin(signal)
    watch.start()
    const context = {
      ...this.#options,
      nextOffsets: this.#nextOffsets,
      rows: this.#rows,
      goOn() {
        // The broker looks for old transactions every ten seconds only; nothing is won by waiting for that.
        if (watch.elapsedMs() >= transactionTimeoutMs) throw new OutlastedError(watch.elapsedMs())
      },
    }
    const receipt = await send(transaction, context, signal)
    signal.throwIfAborted()
    const outcome = { receipt, rows }
    this.#inDoubt = outcome
    await transaction.commit(signal)
    return this.#accept(outcome)
  }

  #accept({ receipt, rows }: Outcome): Receipt {
    this.#inDoubt = undefined
    this.#seq = receipt.seq
    this.#nextOffsets = receipt.nextOffsets
    this.#rows = rows
    return receipt
  }

  /**
   * After a failed attempt: the receipt if it turns out to be committed after all, undefined if nothing of it is or will be
   * visible. Rejects if it must not be repeated; where that is not known, with the end of this object.
   */
  async #recover(error: unknown, signal: AbortSignal): Promise<Receipt | undefined> {
    await this.#producer.discard()
    try {
      if (error instanceof TopicTruncatedError) await this.#noteTruncation(error, signal)
      if (isEpochError(error)) await this.#producer.giveWay(signal)
      return this.#inDoubt === undefined ? undefined : await this.#settle(this.#inDoubt, error, signal)
    } catch (failure) {
      if (failure instanceof FencedError) this.#over = failure
      if (this.#inDoubt === undefined || failure instanceof FencedError) throw failure
      // Index and `seq` do not know of a transaction that may be committed: what they say must not be published (R1).
      this.#over =
        failure instanceof CommitUnsettledError ? failure : new CommitUnsettledError(error, failure)
      signal.throwIfAborted()
      throw this.#over
    }
  }

  /** The receipt if the transaction in doubt turns out to be committed; undefined if it never will be. */
  async #settle(outcome: Outcome, cause: unknown, signal: AbortSignal): Promise<Receipt | undefined> {
    const { onDoubt } = this.#options
    const committed = await isCommitted(
      { seq: outcome.receipt.seq, cause },
      { ...this.#options, producer: this.#producer, onDoubt: (error) => tell(() => onDoubt(error)) },
      signal,
    )
    this.#inDoubt = undefined
    return committed ? this.#accept(outcome) : undefined
  }

  /** For the starts to come: the aborted records stay in the new topic, and its offsets may look right with them. */
  async #noteTruncation(truncated: TopicTruncatedError, signal: AbortSignal): Promise<void> {
    const { names, stateCodec, owner, generation } = this.#options
    const { topic, partition, detail } = truncated
    const rows = [...this.#rows.keys()].find((name) => `${names.prefix}.${name}` === topic)
    if (rows !== undefined) return this.#giveUpRows(rows, truncated, signal)
    const truncation = { topic, partition, detail, generation, instanceId: owner.instanceId }
    const record = stateRecord('truncation', stateCodec.truncation(truncation))
    try {
      const transaction = await this.#producer.begin(signal)
      await transaction.send([{ topic: names.checkpoints, partition: 0, records: [record] }], signal)
      await transaction.commit(signal)
    } catch (cause) {
      throw cause instanceof FencedError
        ? cause
        : new TopicTruncatedError(topic, partition, detail, { cause })
    } finally {
      await this.#producer.discard()
    }
  }

  /** A topic of rows is made of the events again, so that nothing ends with it: the next opening of the feed fills it. */
  async #giveUpRows(name: string, truncated: TopicTruncatedError, signal: AbortSignal): Promise<void> {
    const marks = new Map(this.#rows)
    marks.delete(name)
    const { [name]: _, ...nextOffsets } = this.#nextOffsets
    this.#nextOffsets = nextOffsets
    try {
      await this.commitRows(undefined, marks, signal)
    } catch (cause) {
      throw cause instanceof FencedError ? cause : new RowsTruncatedError(truncated, { cause })
    }
    throw new RowsTruncatedError(truncated)
  }
}

/** What a transaction holds, how far the topics of rows are after it, and how many keys it speaks of. */
interface Work {
  readonly send: Send
  readonly rows: RowMarks
  readonly size: number
}

type Send = (
  transaction: Pick<Transaction, 'send'>,
  context: Omit<SendContext, 'completedAt'>,
  signal: AbortSignal,
) => Promise<Receipt>

/** What a commit brings. */
interface Outcome {
  readonly receipt: Receipt
  readonly rows: RowMarks
}

/** Who is told of a transaction cannot undo it. */
function tell(listener: () => void): void {
  try {
    listener()
  } catch {
    // Its bug must not read as "nothing was published".
  }
}
