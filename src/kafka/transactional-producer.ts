import type { Producer, Transaction as KafkajsTransaction } from 'kafkajs'

import { InvariantViolation } from '../support/errors.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { timeoutRefused } from './broker-limits.ts'
import type { OutgoingRecord } from './chunks.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import type { KafkaCompression } from './compression.ts'
import { withDeadline } from './deadline.ts'
import { KafkaCommitUnknown, KafkaError } from './errors.ts'
import { RecordAppender } from './record-appender.ts'
import type { Appended, Transaction } from './transaction.ts'

/** A broker that is frozen answers nothing; the process has ten seconds to stop, and the publisher's grace takes five. */
const DISPOSE_TIMEOUT_MS = 2_000

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
  readonly inner: KafkajsTransaction
  readonly queues: Map<string, SerialQueue>
  sending: number
  /** Set before the end is asked for: from then on nobody may ask for another end. */
  ending: boolean
}

/**
 * A producer under the rules that docs/kafka.md §0 and §11 paid for: one partition and 512 KiB at most in a call,
 * the reply must name that partition and an offset above all earlier ones, and after any error, lost race or abort
 * of a signal the object is of no more use. Dispose of it and open another; that one's first `begin` settles what
 * became of the transaction.
 *
 * Errors: `KafkaEpochError`, `KafkaCommitUnknown`, and `KafkaError` with KAFKA_UNREACHABLE (retryable),
 * KAFKA_APPEND_UNVERIFIED (retryable), KAFKA_RECORD_TOO_LARGE, KAFKA_TOPIC_MISSING, KAFKA_UNAUTHORIZED,
 * KAFKA_REJECTED, KAFKA_PRODUCER_UNUSABLE (an earlier call failed), KAFKA_FAILED. "Retryable" means: with a new object.
 */
export class TransactionalProducer implements AsyncDisposable {
  readonly transactionalId: string
  readonly #cluster: KafkaCluster
  readonly #client: KafkaClient
  readonly #producer: Producer
  readonly #options: Required<ProducerOptions>
  readonly #appender: RecordAppender
  #state: State = { kind: 'idle' }
  /** The transaction to end when the object is disposed of, also after a failure. */
  #unended: OpenTransaction | undefined

  private constructor(cluster: KafkaCluster, transactionalId: string, options: Required<ProducerOptions>) {
    this.#cluster = cluster
    this.transactionalId = transactionalId
    this.#options = options
    this.#appender = new RecordAppender(cluster, options)
    this.#client = cluster.newClient({
      requestTimeoutMs: options.requestTimeoutMs,
      // Pauses of 5 ms to 1 s, a minute in all: markers are awaited quickly, a broker's restart is survived.
      retry: { initialMs: 5, retries: 60 },
    })
    this.#producer = this.#client.kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: options.transactionTimeoutMs,
      allowAutoTopicCreation: false,
      createPartitioner: () => partitionOfMessage,
    })
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
      await producer.#bounded('connecting', signal, () => producer.#producer.connect())
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
    const inner = await this.#guarded('beginning a transaction', signal, () =>
      this.#producer.transaction().catch(async (error: unknown) => {
        throw await timeoutRefused(error, this.#options.transactionTimeoutMs, this.#cluster, signal)
      }),
    )
    const transaction: OpenTransaction = { inner, queues: new Map(), sending: 0, ending: false }
    this.#unended = transaction
    this.#state = { kind: 'open', transaction }
    return {
      send: (topic, partition, records, sendSignal) =>
        this.#send(transaction, topic, partition, records, sendSignal),
      commit: (commitSignal) => this.#commit(transaction, commitSignal),
      abort: (abortSignal) => this.#abort(transaction, abortSignal),
    }
  }

  /** Ends an open transaction by aborting it, unless its commit was asked for; then closes the connections for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.kind === 'closed') return
    this.#state = { kind: 'closed' }
    const unended = this.#unended
    if (unended !== undefined && !unended.ending) {
      unended.ending = true
      // An open transaction would hold back every reader until it times out. If this fails, that is what happens.
      await this.#bounded('aborting', AbortSignal.timeout(DISPOSE_TIMEOUT_MS), () =>
        unended.inner.abort(),
      ).catch((error: unknown) => this.#options.onAbandoned(error))
    }
    await this.#client.close()
  }

  async #send(
    transaction: OpenTransaction,
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    signal: AbortSignal,
  ): Promise<Appended> {
    this.#requireOpen(transaction)
    const place = `${topic}/${partition}`
    const queue = transaction.queues.get(place) ?? new SerialQueue()
    transaction.queues.set(place, queue)
    transaction.sending += 1
    try {
      return await queue.run(() =>
        this.#guarded(`sending to ${topic}, partition ${partition}`, signal, () => {
          // Another partition's failure ends this one's work too.
          const requireOpen = (): void => this.#requireOpen(transaction)
          return this.#appender.append(transaction.inner, topic, partition, records, requireOpen, signal)
        }),
      )
    } finally {
      transaction.sending -= 1
    }
  }

  async #commit(transaction: OpenTransaction, signal: AbortSignal): Promise<void> {
    await this.#end(transaction, 'committing', signal, async () => {
      try {
        await this.#bounded('committing', signal, () => transaction.inner.commit())
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
      this.#bounded('aborting', signal, () => transaction.inner.abort()),
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
      // kafkajs would end the transaction around a send that is still on its way (docs/kafka.md §1.3).
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
      if (this.#state.kind === 'idle' || this.#state.kind === 'open')
        this.#state = { kind: 'failed', cause: error }
      throw error
    }
  }

  #bounded<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const what = `Kafka producer ${this.transactionalId}, ${doing}`
    const { operationTimeoutMs } = this.#options
    return withDeadline(what, operationTimeoutMs, signal, work, this.#cluster.tries, this.#client.troubles)
  }
}

/** Every message names its partition. */
export function partitionOfMessage({
  message,
}: {
  readonly message: { readonly partition?: number }
}): number {
  if (message.partition === undefined) throw new InvariantViolation('A message without a partition.')
  return message.partition
}
