/**
 * The port `ChangePublisher` on Kafka: events, checkpoint, watermark and markers of a page in one transaction (R1), and the
 * settling of what happened when an answer is missing (R3).
 */
import type { Owner } from '../feed/state-records.ts'
import { KafkaCommitUnknown, KafkaEpochError } from '../kafka/errors.ts'
import type { Transaction, TransactionalProducer } from '../kafka/transactional-producer.ts'
import type { Instant } from '../domain/instant.ts'
import { trackOf, type NextOffsets, type PassTrack, type SourceIdentity } from '../domain/pass.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import type { ChangePublisher, Receipt, TransactionRequest } from '../replication/ports.ts'
import { graceAfter, sleep } from '../support/abort.ts'
import { InvariantViolation, isRetryable, ListingstreamError } from '../support/errors.ts'
import type { CheckpointLog } from '../feed/checkpoint-log.ts'
import { CommitUnsettledError, FencedError, TransactionTooSlowError } from './publisher-errors.ts'
import { TopicTruncatedError } from '../feed/feed-errors.ts'
import { draftOf, plain, sendPage, type Draft } from './send-page.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { TopicNames } from '../feed/topics.ts'
import type { ChangeCodec } from './transaction-records.ts'
import { TRANSACTION_TOO_SLOW } from '../domain/error-codes.ts'

/** Transactions of one page that failed for an epoch or an unproved append before it is given up. */
const MOST_ATTEMPTS = 5
const SETTLE_PAUSE_MS = 1_000
/** So long has a rival to say that it is the owner, after its producer fenced this one's (R3). */
const GIVE_WAY_MS = 2_000
const GIVE_WAY_POLL_MS = 100
/** After a stop was asked for, an open transaction may still take so long (the process has ten seconds). */
const GRACE_MS = 5_000
/** A page that was too slow once may have met a pause of this process; twice, and it is too large. */
const SLOW_ATTEMPTS = 2

export type FeedProducer = Pick<TransactionalProducer, 'begin'> & AsyncDisposable

export interface PublisherOptions {
  readonly names: TopicNames
  readonly eventCodec: ChangeCodec
  readonly stateCodec: Pick<StateCodec, 'checkpoint' | 'watermark' | 'marker' | 'truncation'>
  readonly log: Pick<CheckpointLog, 'refresh' | 'owner' | 'seq'>
  readonly owner: Owner
  readonly generation: number
  readonly source: SourceIdentity
  /** Of the data topics, as they were when the feed was taken over. */
  readonly nextOffsets: NextOffsets
  /** Log start offsets of the data topics when the generation began. */
  readonly startOffsets: NextOffsets
  /** When a pass of each kind was last completed. @default none was */
  readonly completedAt?: ReadonlyMap<PassTrack, Instant>
  /** Partition count of each data topic, by resource. */
  readonly partitions: ReadonlyMap<string, number>
  /** Of a record, that the topic of the dead letters takes. @default more than a part has */
  readonly deadLetterBytes?: number | undefined
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
}

/** A commit was asked for, and no "yes" came back. */
interface Doubt {
  /** What the commit would bring. */
  readonly receipt: Receipt
}

export class KafkaPublisher implements ChangePublisher, AsyncDisposable {
  readonly #options: PublisherOptions
  #producer: FeedProducer | undefined
  /** Begun with the producer, so that `InitProducerId` is done before the topics are read (R2). */
  #begun: Transaction | undefined
  #seq: number
  #nextOffsets: NextOffsets
  readonly #completedAt: Map<PassTrack, Instant>
  /** Set from before a commit is asked for until its outcome is known: as long, nothing else may be published. */
  #doubt: Doubt | undefined
  /** Why this object publishes nothing more. */
  #over: Error | undefined

  /** `producer` has committed the owner record; `log` and `nextOffsets` were read after that (R2). */
  constructor(options: PublisherOptions, producer: FeedProducer) {
    this.#options = options
    this.#producer = producer
    this.#seq = options.log.seq
    this.#nextOffsets = options.nextOffsets
    this.#completedAt = new Map(options.completedAt)
  }

  nextOffsets(resource: ResourceName): readonly number[] {
    const known = this.#nextOffsets[resource]
    return known ?? Array.from({ length: this.#partitionsOf({ name: resource }) }, () => 0)
  }

  async commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    const receipt = await this.#commit(request, signal)
    if (request.progress.state === 'completed') {
      this.#completedAt.set(trackOf(request.progress), this.#options.now())
    }
    return receipt
  }

  async #commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    if (this.#over !== undefined) throw this.#over
    const { eventCodec, names, transactionTimeoutMs, deadLetterBytes } = this.#options
    const partitions = this.#partitionsOf(request.resource)
    const draft = draftOf(request, this.#seq + 1, { names, eventCodec, partitions, deadLetterBytes })
    using grace = graceAfter(signal, GRACE_MS)
    let slow = 0
    for (let attempt = 1; ; attempt += 1) {
      const watch = new Stopwatch()
      try {
        const receipt = await this.#attempt(draft, watch, grace.signal)
        tell(() => this.#options.onTransaction(watch.elapsedMs() / 1000))
        return receipt
      } catch (error) {
        if (watch.elapsedMs() >= transactionTimeoutMs) slow += 1
        const settled = await this.#recover(error, grace.signal)
        if (settled !== undefined) return settled
        if (slow >= SLOW_ATTEMPTS) {
          throw new TransactionTooSlowError(request.changes.length, transactionTimeoutMs, error)
        }
        if (!mayTryAgain(error) || attempt >= MOST_ATTEMPTS) throw error
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over ??= new InvariantViolation('The publisher was used after it was closed.')
    await this.#discardProducer()
  }

  async #attempt(draft: Draft, watch: Stopwatch, signal: AbortSignal): Promise<Receipt> {
    const { owner, transactionTimeoutMs } = this.#options
    const transaction = await this.#begin(signal)
    watch.start()
    const { resource } = draft.request
    const receipt = await sendPage(
      transaction,
      draft,
      {
        ...this.#options,
        owner,
        nextOffsets: this.#nextOffsets,
        partitionEnds: this.nextOffsets(resource.name),
        completedAt: this.#completedAt.get(trackOf(draft.request.progress)) ?? null,
        goOn() {
          // The broker looks for old transactions every ten seconds only; nothing is won by waiting for that.
          if (watch.elapsedMs() >= transactionTimeoutMs) throw new OutlastedError(watch.elapsedMs())
        },
      },
      signal,
    )
    signal.throwIfAborted()
    this.#doubt = { receipt }
    await transaction.commit(signal)
    this.#accept(receipt)
    return receipt
  }

  #accept(receipt: Receipt): void {
    this.#doubt = undefined
    this.#seq = receipt.seq
    this.#nextOffsets = receipt.nextOffsets
  }

  /**
   * After a failed attempt: the receipt if it turns out to be committed after all, undefined if nothing of it is or will be
   * visible. Rejects if it must not be repeated; where that is not known, with the end of this object.
   */
  async #recover(error: unknown, signal: AbortSignal): Promise<Receipt | undefined> {
    await this.#discardProducer()
    try {
      if (error instanceof TopicTruncatedError) await this.#noteTruncation(error, signal)
      if (isEpochError(error)) await this.#giveWay(signal)
      return this.#doubt === undefined ? undefined : await this.#settle(this.#doubt, error, signal)
    } catch (failure) {
      if (failure instanceof FencedError) this.#over = failure
      if (this.#doubt === undefined || failure instanceof FencedError) throw failure
      // Index and `seq` do not know of a transaction that may be committed: what they say must not be published (R1).
      this.#over =
        failure instanceof CommitUnsettledError ? failure : new CommitUnsettledError(error, failure)
      signal.throwIfAborted()
      throw this.#over
    }
  }

  /** For the starts to come: the aborted records stay in the new topic, and its offsets may look right with them. */
  async #noteTruncation(
    { topic, partition, detail }: TopicTruncatedError,
    signal: AbortSignal,
  ): Promise<void> {
    const { names, stateCodec, owner, generation } = this.#options
    const truncation = { topic, partition, detail, generation, instanceId: owner.instanceId }
    try {
      const transaction = await this.#begin(signal)
      await transaction.send(
        names.checkpoints,
        0,
        [plain('truncation', stateCodec.truncation(truncation))],
        signal,
      )
      await transaction.commit(signal)
    } catch (cause) {
      throw cause instanceof FencedError
        ? cause
        : new TopicTruncatedError(topic, partition, detail, { cause })
    } finally {
      await this.#discardProducer()
    }
  }

  /**
   * R3: throws the producer away, reads the owner, opens a new producer, and reads the owner once more after
   * `InitProducerId`. From then on the checkpoint's `seq` is final.
   */
  async #begin(signal: AbortSignal): Promise<Transaction> {
    if (this.#producer === undefined) {
      await this.requireOwnership(signal)
      this.#producer = await this.#options.openProducer(signal)
      this.#begun = await this.#producer.begin(signal)
      await this.requireOwnership(signal)
    }
    const begun = this.#begun ?? (await this.#producer.begin(signal))
    this.#begun = undefined
    return begun
  }

  /** @throws {FencedError} if another instance has taken the feed; an idle one would not notice otherwise. */
  async requireOwnership(signal: AbortSignal): Promise<void> {
    const { log, owner, names } = this.#options
    await log.refresh(signal)
    if (log.owner !== undefined && log.owner.instanceId !== owner.instanceId) {
      throw new FencedError(names.prefix, log.owner)
    }
  }

  /**
   * A producer that came back at once would fence the rival's before that one's owner record is committed, and a busy
   * older instance would keep a newer one out for ever.
   */
  async #giveWay(signal: AbortSignal): Promise<void> {
    const until = performance.now() + GIVE_WAY_MS
    do {
      await sleep(GIVE_WAY_POLL_MS, signal)
      try {
        await this.requireOwnership(signal)
      } catch (error) {
        // An outage is for the next producer to report.
        if (error instanceof FencedError || signal.aborted) throw error
      }
    } while (performance.now() < until)
  }

  /**
   * The receipt if the transaction in doubt turns out to be committed; undefined if it never will be. Outages are waited
   * out; anything else that keeps the topics from being read leaves the doubt.
   */
  async #settle({ receipt }: Doubt, cause: unknown, signal: AbortSignal): Promise<Receipt | undefined> {
    const { log, settleWithinMs, onDoubt } = this.#options
    const since = performance.now()
    for (;;) {
      try {
        this.#begun = await this.#begin(signal)
        break
      } catch (error) {
        await this.#discardProducer()
        const waited = performance.now() - since
        const passes = isRetryable(error) || error instanceof KafkaEpochError
        if (!passes || (settleWithinMs !== undefined && waited > settleWithinMs)) {
          if (signal.aborted || error instanceof FencedError) throw error
          throw new CommitUnsettledError(cause, error)
        }
        tell(() => onDoubt(error))
        await sleep(SETTLE_PAUSE_MS, signal)
      }
    }
    this.#doubt = undefined
    if (log.seq < receipt.seq) return undefined
    this.#accept(receipt)
    return receipt
  }

  /** Never rejects: a failure to close must not hide what became of a transaction. */
  async #discardProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    this.#begun = undefined
    try {
      await producer?.[Symbol.asyncDispose]()
    } catch {
      // The broker ends what it had open; the next producer's `InitProducerId` does so before.
    }
  }

  #partitionsOf(resource: Pick<ResourceDescription, 'name'>): number {
    return this.#options.partitions.get(resource.name) ?? 0
  }
}

/** One writer a prefix (R3). */
export function transactionalId(names: TopicNames): string {
  return `${names.prefix}.publisher`
}

/** Counts from the first send. */
class Stopwatch {
  #started: number | undefined

  start(): void {
    this.#started = performance.now()
  }

  /** 0 before the start. */
  elapsedMs(): number {
    return this.#started === undefined ? 0 : performance.now() - this.#started
  }
}

/** Sends took longer than the broker lets a transaction live; nothing of it is visible, and it is ended here. */
class OutlastedError extends ListingstreamError {
  constructor(waitedMs: number) {
    super(`A transaction took ${Math.round(waitedMs / 1000)} s, longer than KAFKA_TRANSACTION_TIMEOUT.`, {
      code: TRANSACTION_TOO_SLOW,
      retryable: true,
    })
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

/** Another producer took the transactional id, or the broker ended the transaction for its age. */
function isEpochError(error: unknown): boolean {
  return error instanceof KafkaCommitUnknown
    ? error.cause instanceof KafkaEpochError
    : error instanceof KafkaEpochError
}

/** Nothing of the transaction is visible, and a new producer may well succeed with it (R3). */
function mayTryAgain(error: unknown): boolean {
  if (error instanceof KafkaEpochError || error instanceof OutlastedError) return true
  return error instanceof ListingstreamError && REPEATABLE.has(error.code)
}

const REPEATABLE: ReadonlySet<string> = new Set(['KAFKA_APPEND_UNVERIFIED', 'KAFKA_COMMIT_UNKNOWN'])
