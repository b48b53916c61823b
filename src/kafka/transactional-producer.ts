import type Cluster from 'kafkajs/src/cluster/index.js'

import { InvariantViolation } from '../support/errors.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { AppendedOffsets } from './appended-offsets.ts'
import { timeoutRefused } from './broker-limits.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import type { KafkaCompression } from './compression.ts'
import { withDeadline } from './deadline.ts'
import { EnlistedPartitions } from './enlisted-partitions.ts'
import { KafkaCommitUnknown, KafkaError } from './errors.ts'
import type { ProducerIdentity } from './produce-request.ts'
import { RecordAppender } from './record-appender.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'
import type { Append, Appended, Place, SendOptions, Transaction } from './transaction.ts'

/** A broker that is frozen answers nothing; the process has ten seconds to stop, and the publisher's grace takes five. */
const DISPOSE_TIMEOUT_MS = 2_000
/** Ends are bounded by their caller; the connections are closed with the object. */
const NEVER = new AbortController().signal

export interface ProducerOptions {
  /** @default zstd */
  readonly compression?: KafkaCompression
  /** After this long the broker ends an open transaction. Above the longest outage to be survived. @default 60 s */
  readonly transactionTimeoutMs?: number
  /** How long one request may wait for its answer. @default 15 s */
  readonly requestTimeoutMs?: number
  /** How long one `begin`, call of `send`, `commit` or `abort` may take with all its retries. @default 60 s */
  readonly operationTimeoutMs?: number
  /** Told why an open transaction could not be ended: the broker ends it for its age, or the next producer does. */
  readonly onAbandoned?: (error: unknown) => void
}

/**
 *                begin              commit, abort
 *     idle ─────────────▶ open ──────────────────▶ idle
 *       └──── any error ────┴───▶ failed      dispose: any ───▶ closed
 */
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'open'; readonly transaction: OpenTransaction }
  | { readonly kind: 'failed'; readonly cause: unknown }
  | { readonly kind: 'closed' }

interface OpenTransaction {
  /** One send after the other: each may have to wait for the last one's proof. */
  readonly queue: SerialQueue
  readonly enlisted: EnlistedPartitions
  sending: number
  /** Set before the end is asked for: from then on nobody may ask for another end. */
  ending: boolean
}

/**
 * A producer under the rules that docs/kafka.md §0, §11 and §13 paid for. A batch has 512 KiB at most before compression, and a
 * partition has one batch on its way; it is sent again, with its sequence number, until the reply names its partition and an
 * offset above all earlier ones. After any error, lost race or abort of a signal the object is of no more use. Dispose of it and
 * open another; that one's first `begin` settles what became of the transaction.
 *
 * Errors: `KafkaEpochError`, `KafkaCommitUnknown`, and `KafkaError` with KAFKA_UNREACHABLE (retryable),
 * KAFKA_APPEND_UNVERIFIED (retryable), KAFKA_RECORD_TOO_LARGE, KAFKA_TOPIC_MISSING, KAFKA_UNAUTHORIZED,
 * KAFKA_REJECTED, KAFKA_PRODUCER_UNUSABLE (an earlier call failed), KAFKA_FAILED. "Retryable" means: with a new object.
 */
export class TransactionalProducer implements AsyncDisposable {
  readonly transactionalId: string
  readonly #cluster: KafkaCluster
  readonly #client: KafkaClient
  readonly #inner: Cluster
  readonly #options: Required<ProducerOptions>
  readonly #appender: RecordAppender
  readonly #coordinator: TransactionCoordinator
  /** Aborts with the first failure: nothing more is sent, whatever still waits for another try. */
  readonly #over = new AbortController()
  #state: State = { kind: 'idle' }
  #identity: ProducerIdentity | undefined
  /** The transaction to end when the object is disposed of, also after a failure. */
  #unended: OpenTransaction | undefined

  private constructor(cluster: KafkaCluster, transactionalId: string, options: Required<ProducerOptions>) {
    this.#cluster = cluster
    this.transactionalId = transactionalId
    this.#options = options
    this.#client = cluster.newClient({
      requestTimeoutMs: options.requestTimeoutMs,
      // Of connections, metadata and coordinators; an outage is waited out.
      retry: { initialMs: 5, retries: 60 },
    })
    this.#inner = this.#client.fetchCluster()
    this.#appender = new RecordAppender(cluster, this.#client, this.#inner, options)
    this.#coordinator = new TransactionCoordinator(this.#inner, transactionalId)
  }

  /** Connects. Fences nobody yet: that is the first `begin`'s doing, which sends InitProducerId. */
  static async open(
    cluster: KafkaCluster,
    transactionalId: string,
    options: ProducerOptions,
    signal: AbortSignal,
  ): Promise<TransactionalProducer> {
    const producer = new TransactionalProducer(cluster, transactionalId, {
      compression: options.compression ?? 'zstd',
      transactionTimeoutMs: options.transactionTimeoutMs ?? 60_000,
      requestTimeoutMs: options.requestTimeoutMs ?? 15_000,
      operationTimeoutMs: options.operationTimeoutMs ?? 60_000,
      onAbandoned: options.onAbandoned ?? (() => undefined),
    })
    try {
      await producer.#bounded('connecting', signal, () => producer.#inner.connect())
      return producer
    } catch (error) {
      await producer[Symbol.asyncDispose]()
      throw error
    }
  }

  /**
   * Begins a transaction. The first one of a producer ends whatever another producer of the same id had open, and
   * fences it; after it, the topics up to their end offsets tell what is committed (R2).
   */
  async begin(signal: AbortSignal): Promise<Transaction> {
    this.#requireState('idle')
    this.#identity ??= await this.#guarded('beginning a transaction', signal, () => this.#init(signal))
    const transaction: OpenTransaction = {
      queue: new SerialQueue(),
      enlisted: new EnlistedPartitions(),
      sending: 0,
      ending: false,
    }
    this.#unended = transaction
    this.#state = { kind: 'open', transaction }
    return {
      send: (appends, sendSignal, sendOptions) => this.#send(transaction, appends, sendSignal, sendOptions),
      commit: (commitSignal) => this.#commit(transaction, commitSignal),
      abort: (abortSignal) => this.#abort(transaction, abortSignal),
    }
  }

  /** Ends an open transaction by aborting it, unless its commit was asked for; then closes the connections for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.kind === 'closed') return
    this.#state = { kind: 'closed' }
    this.#over.abort(new Error('The producer was closed.'))
    const unended = this.#unended
    if (unended !== undefined && !unended.ending) {
      unended.ending = true
      // An open transaction would hold back every reader until it times out. If this fails, that is what happens.
      await this.#bounded('aborting', AbortSignal.timeout(DISPOSE_TIMEOUT_MS), () =>
        this.#abandon(unended),
      ).catch((error: unknown) => this.#options.onAbandoned(error))
    }
    await this.#client.close()
  }

  async #init(signal: AbortSignal): Promise<ProducerIdentity> {
    const { transactionTimeoutMs } = this.#options
    try {
      return await this.#coordinator.init(transactionTimeoutMs, this.#over.signal)
    } catch (error) {
      throw await timeoutRefused(error, transactionTimeoutMs, this.#cluster, signal)
    }
  }

  /**
   * Records that arrive after an abort under the same epoch belong to no transaction, and hold back readers for ever where the
   * broker does not notice (KIP-890). So nothing may be on its way any more; if that is not certain, the next producer ends the
   * transaction, under another epoch.
   */
  async #abandon(transaction: OpenTransaction): Promise<void> {
    await this.#appender.idle()
    if (this.#appender.isUncertain) {
      throw new KafkaError(
        `A transaction of ${this.transactionalId} stays open: what was sent last has no answer. The next producer ends it, or its timeout does.`,
        { code: 'KAFKA_UNREACHABLE' },
      )
    }
    await this.#endOf(transaction, 'abort')
  }

  async #send(
    transaction: OpenTransaction,
    appends: readonly Append[],
    signal: AbortSignal,
    options: SendOptions = {},
  ): Promise<readonly Appended[]> {
    this.#requireOpen(transaction)
    transaction.sending += 1
    try {
      return await transaction.queue.run(() => this.#sendRounds(transaction, appends, signal, options))
    } catch (error) {
      throw this.#appender.seenBefore ?? error
    } finally {
      transaction.sending -= 1
    }
  }

  async #sendRounds(
    transaction: OpenTransaction,
    appends: readonly Append[],
    signal: AbortSignal,
    { goOn, next = [] }: SendOptions,
  ): Promise<readonly Appended[]> {
    this.#requireOpen(transaction)
    const doing = `sending to ${[...new Set(appends.map(({ topic }) => topic))].join(', ')}`
    const appended = new AppendedOffsets(appends)
    return await this.#failing(async () => {
      const places = [...appends, ...next]
      await this.#bounded(doing, signal, () => this.#appender.lookUp(places, signal))
      const rounds = this.#appender.rounds(appends)
      let round = await rounds.next()
      while (round.length > 0) {
        const sent = round
        const append = async (): Promise<ReadonlyMap<Append, number>> => {
          const identity = await this.#enlist(transaction, places)
          const author = { ...identity, transactionalId: this.transactionalId }
          return await this.#appender.append(sent, author, this.#over.signal)
        }
        appended.add(sent, await this.#bounded(doing, signal, append))
        round = await rounds.next()
        if (round.length > 0) goOn?.()
      }
      return appended.all
    })
  }

  /** All partitions of a send are in the transaction before the first record is. */
  async #enlist(transaction: OpenTransaction, places: readonly Place[]): Promise<ProducerIdentity> {
    const identity = this.#identified()
    const missing = transaction.enlisted.missing(places)
    if (missing.size === 0) return identity
    await this.#coordinator.add(identity, missing, this.#over.signal)
    transaction.enlisted.add(missing)
    return identity
  }

  #identified(): ProducerIdentity {
    if (this.#identity === undefined) throw new InvariantViolation('A transaction without a producer id.')
    return this.#identity
  }

  /** Without records there is nothing to end. */
  async #endOf({ enlisted }: OpenTransaction, how: 'commit' | 'abort'): Promise<void> {
    if (!enlisted.isEmpty) await this.#coordinator.end(this.#identified(), how, NEVER)
  }

  async #commit(transaction: OpenTransaction, signal: AbortSignal): Promise<void> {
    await this.#end(transaction, 'committing', signal, async () => {
      try {
        await this.#bounded('committing', signal, () => this.#endOf(transaction, 'commit'))
      } catch (error) {
        signal.throwIfAborted()
        throw new KafkaCommitUnknown(
          `It is not known whether a transaction of ${this.transactionalId} was committed. A new producer and the topics tell.`,
          error,
        )
      }
    })
  }

  async #abort(transaction: OpenTransaction, signal: AbortSignal): Promise<void> {
    await this.#end(transaction, 'aborting', signal, () =>
      this.#bounded('aborting', signal, () => this.#endOf(transaction, 'abort')),
    )
  }

  async #end(
    transaction: OpenTransaction,
    doing: string,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    this.#requireOpen(transaction)
    await this.#failing(async () => {
      signal.throwIfAborted()
      // What is still on its way would come after the end (docs/kafka.md §1.3, §13).
      if (transaction.sending > 0)
        throw new InvariantViolation(`A transaction was ended (${doing}) while it was sending.`)
      transaction.ending = true
      await work()
    })
    this.#unended = undefined
    this.#state = { kind: 'idle' }
  }

  #requireState(kind: 'idle' | 'open'): void {
    if (this.#state.kind === kind) return
    if (this.#state.kind === 'failed' || this.#state.kind === 'closed') {
      throw new KafkaError(
        `The producer of ${this.transactionalId} is of no more use: ${this.#state.kind === 'closed' ? 'it was closed' : 'an earlier call failed'}.`,
        {
          code: 'KAFKA_PRODUCER_UNUSABLE',
          ...(this.#state.kind === 'failed' ? { cause: this.#state.cause } : {}),
        },
      )
    }
    throw new InvariantViolation(
      `The producer of ${this.transactionalId} is ${this.#state.kind}, not ${kind}.`,
    )
  }

  #requireOpen(transaction: OpenTransaction): void {
    this.#requireState('open')
    if (this.#state.kind !== 'open' || this.#state.transaction !== transaction || transaction.ending) {
      throw new InvariantViolation(`A transaction of ${this.transactionalId} was used after its end.`)
    }
  }

  #guarded<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#failing(() => this.#bounded(doing, signal, work))
  }

  /** An error of `work` is the end of this object. */
  async #failing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (this.#state.kind === 'idle' || this.#state.kind === 'open') {
        this.#state = { kind: 'failed', cause: error }
        this.#over.abort(error)
      }
      throw error
    }
  }

  #bounded<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const what = `Kafka producer ${this.transactionalId}, ${doing}`
    const { operationTimeoutMs } = this.#options
    return withDeadline(what, operationTimeoutMs, signal, work, this.#cluster.tries, this.#client.troubles)
  }
}
