import { sleep } from '../support/abort.ts'
import { isRetryable } from '../support/errors.ts'
import type { KafkaCluster } from './cluster.ts'
import type { Cursor } from './cursor.ts'
import { KafkaError } from './errors.ts'
import type { FetchedBlock, RecordBatch } from './fetched-block.ts'
import { FetchSession } from './fetch-session.ts'

const RETRY_PAUSE_MS = 200

export interface PartitionReaderOptions {
  /** All that it may be asked for. */
  readonly topics: readonly string[]
  /** Without progress for so long although the brokers answer, the reading fails. @default 30 s */
  readonly stallTimeoutMs?: number
  /** Whether outages, too, may not be longer than that; otherwise they are waited out. @default true */
  readonly failsInOutage?: boolean
}

/** Reads on wherever it is asked to: what is read, and from where, is each caller's cursors, and may change every time. */
export class PartitionReader implements AsyncDisposable {
  readonly #cluster: KafkaCluster
  readonly #topics: readonly string[]
  readonly #stallTimeoutMs: number
  readonly #failsInOutage: boolean
  #session: FetchSession | undefined

  constructor(cluster: KafkaCluster, options: PartitionReaderOptions) {
    this.#cluster = cluster
    this.#topics = options.topics
    this.#stallTimeoutMs = options.stallTimeoutMs ?? 30_000
    this.#failsInOutage = options.failsInOutage ?? true
  }

  /**
   * One answer of each leader, after `maxWaitMs` at the latest, if the brokers answer; the cursors move along. Outages and
   * leader moves are waited out.
   *
   * Rejects with `KafkaOffsetOutOfRange` if a position is not in the log, KAFKA_TOPIC_MISSING, KAFKA_UNAUTHORIZED,
   * KAFKA_READ_STALLED, and KAFKA_BATCH_DAMAGED, after which the cursors may stand behind what nobody has seen.
   */
  async fetch(
    cursors: readonly Cursor[],
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<readonly RecordBatch[]> {
    const blocks = await this.fetchBlocks(cursors, maxWaitMs, signal)
    return await Promise.all(blocks.map((block) => block.decode()))
  }

  /** The same, without decoding. */
  async fetchBlocks(
    cursors: readonly Cursor[],
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<readonly FetchedBlock[]> {
    for (;;) {
      signal.throwIfAborted()
      try {
        this.#session ??= await FetchSession.open(this.#cluster, this.#topics, signal)
        const blocks = await this.#session.fetch(cursors, maxWaitMs, signal)
        this.#requireProgress(cursors)
        return blocks
      } catch (error) {
        // Whatever the library believed of leaders and connections is wrong now.
        await this.#close()
        if (signal.aborted || !isRetryable(error) || this.#isTooLong(cursors, error)) throw error
        await sleep(RETRY_PAUSE_MS, signal)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.close()
  }

  #isTooLong(cursors: readonly Cursor[], error: unknown): boolean {
    if (this.#failsInOutage) return this.#isStalled(cursors)
    if (error instanceof KafkaError && error.code === 'KAFKA_READ_STALLED') return true
    for (const cursor of cursors) cursor.movedAt = performance.now()
    return false
  }

  #isStalled(cursors: readonly Cursor[]): boolean {
    return cursors.some(({ done, movedAt }) => !done && performance.now() - movedAt > this.#stallTimeoutMs)
  }

  #requireProgress(cursors: readonly Cursor[]): void {
    if (!this.#isStalled(cursors)) return
    const stuck = cursors.map(
      ({ topic, partition, position, end }) => `${topic}/${partition} at ${position} of ${end}`,
    )
    throw new KafkaError(`Reading made no progress for ${this.#stallTimeoutMs} ms: ${stuck.join(', ')}.`, {
      code: 'KAFKA_READ_STALLED',
    })
  }
}
