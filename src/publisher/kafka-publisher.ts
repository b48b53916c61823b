/**
 * The port `ChangePublisher` on Kafka: events, checkpoint, watermark and markers of a page in one transaction (R1), and the
 * settling of what happened when an answer is missing (R3).
 */
import type { Instant } from '../domain/instant.ts'
import { trackOf, type NextOffsets, type PassTrack, type SourceIdentity } from '../domain/pass.ts'
import type { ResourceName } from '../domain/resource.ts'
import type { ChangePublisher, Receipt, TransactionRequest } from '../replication/ports.ts'
import { InvariantViolation } from '../support/errors.ts'
import { graceAfter } from '../support/grace.ts'
import { Stopwatch } from '../support/stopwatch.ts'
import type { Timer } from '../support/timer.ts'
import type { CheckpointLog } from '../feed/checkpoint-log.ts'
import { TopicTruncatedError } from '../feed/feed-errors.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { Owner } from '../feed/state-records.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import { isEpochError, mayTryAgain, OutlastedError } from './failed-attempt.ts'
import { OwnedProducer, type FeedProducer } from './owned-producer.ts'
import { CommitUnsettledError, FencedError, TransactionTooSlowError } from './publisher-errors.ts'
import { isCompletion, sendTransaction } from './send-transaction.ts'
import { isCommitted } from './settle-doubt.ts'
import { draftOf, type TransactionDraft } from './transaction-draft.ts'
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
  readonly stateCodec: Pick<StateCodec, 'checkpoint' | 'watermark' | 'marker' | 'truncation'>
  readonly log: Pick<CheckpointLog, 'refresh' | 'owner' | 'seq'>
  readonly owner: Owner
  readonly generation: number
  readonly source: SourceIdentity
  /** Of the data topics, as they were when the feed was taken over; also of those that it does not replicate now. */
  readonly nextOffsets: NextOffsets
  /** Log start offsets of the data topics when the generation began. */
  readonly startOffsets: NextOffsets
  /** When a pass of each kind was last completed. */
  readonly completedAt: ReadonlyMap<PassTrack, Instant>
  /** Partition count of each data topic, by resource. */
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
  readonly #completedAt: Map<PassTrack, Instant>
  /**
   * What a commit would bring: set from before it is asked for until its outcome is known. As long, nothing else may be
   * published.
   */
  #inDoubt: Receipt | undefined
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
    this.#completedAt = new Map(options.completedAt)
  }

  nextOffsets(resource: ResourceName): readonly number[] {
    return this.#nextOffsets[resource] ?? []
  }

  async commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    const receipt = await this.#commit(request, signal)
    if (isCompletion(request)) {
      this.#completedAt.set(trackOf(request.progress), this.#options.now())
    }
    return receipt
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
    const { transactionTimeoutMs, onTransaction } = this.#options
    const draft = draftOf(request, this.#seq + 1, this.#options)
    using grace = graceAfter(signal, GRACE_MS, this.#options.timer)
    let slow = 0
    for (let attempt = 1; ; attempt += 1) {
      const watch = new Stopwatch()
      try {
        const receipt = await this.#attempt(draft, watch, grace.signal)
        tell(() => onTransaction(watch.elapsedMs() / 1000))
        return receipt
      } catch (error) {
        if (watch.elapsedMs() >= transactionTimeoutMs) slow += 1
        const settled = await this.#recover(error, grace.signal)
        if (settled !== undefined) return settled
        if (slow >= SLOW_ATTEMPTS) throw new TransactionTooSlowError(request, transactionTimeoutMs, error)
        if (!mayTryAgain(error) || attempt >= MOST_ATTEMPTS) throw error
      }
    }
  }

  async #attempt(draft: TransactionDraft, watch: Stopwatch, signal: AbortSignal): Promise<Receipt> {
    const { transactionTimeoutMs } = this.#options
    const transaction = await this.#producer.begin(signal)
    watch.start()
    const context = {
      ...this.#options,
      nextOffsets: this.#nextOffsets,
      completedAt: this.#completedAt.get(trackOf(draft.request.progress)) ?? null,
      goOn() {
        // The broker looks for old transactions every ten seconds only; nothing is won by waiting for that.
        if (watch.elapsedMs() >= transactionTimeoutMs) throw new OutlastedError(watch.elapsedMs())
      },
    }
    const receipt = await sendTransaction(transaction, draft, context, signal)
    signal.throwIfAborted()
    this.#inDoubt = receipt
    await transaction.commit(signal)
    this.#accept(receipt)
    return receipt
  }

  #accept(receipt: Receipt): void {
    this.#inDoubt = undefined
    this.#seq = receipt.seq
    this.#nextOffsets = receipt.nextOffsets
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
  async #settle(receipt: Receipt, cause: unknown, signal: AbortSignal): Promise<Receipt | undefined> {
    const { onDoubt } = this.#options
    const committed = await isCommitted(
      { seq: receipt.seq, cause },
      { ...this.#options, producer: this.#producer, onDoubt: (error) => tell(() => onDoubt(error)) },
      signal,
    )
    this.#inDoubt = undefined
    if (!committed) return undefined
    this.#accept(receipt)
    return receipt
  }

  /** For the starts to come: the aborted records stay in the new topic, and its offsets may look right with them. */
  async #noteTruncation(
    { topic, partition, detail }: TopicTruncatedError,
    signal: AbortSignal,
  ): Promise<void> {
    const { names, stateCodec, owner, generation } = this.#options
    const truncation = { topic, partition, detail, generation, instanceId: owner.instanceId }
    const record = stateRecord('truncation', stateCodec.truncation(truncation))
    try {
      const transaction = await this.#producer.begin(signal)
      await transaction.send(names.checkpoints, 0, [record], signal)
      await transaction.commit(signal)
    } catch (cause) {
      throw cause instanceof FencedError
        ? cause
        : new TopicTruncatedError(topic, partition, detail, { cause })
    } finally {
      await this.#producer.discard()
    }
  }
}

/** Who is told of a transaction cannot undo it. */
function tell(listener: () => void): void {
  try {
    listener()
  } catch {
    // Its bug must not read as "nothing was published".
  }
}
