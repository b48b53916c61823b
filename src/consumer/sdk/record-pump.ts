import { orAborted } from '../../support/abort.ts'
import { Pulse } from '../../support/pulse.ts'
import { KafkaOffsetOutOfRange } from '../../kafka/errors.ts'
import type { PartitionReader } from '../../kafka/partition-reader.ts'
import { ConsumerOffsetLost } from './consumer-errors.ts'
import type { PartitionQueue } from './partition-queue.ts'

/** How long the brokers may wait for something to send. */
const MAX_WAIT_MS = 250
/** While some queues are full: they may soon have room, and what is there then must not wait for the others. */
const SHORT_WAIT_MS = 25

export interface PumpOptions {
  readonly reader: Pick<PartitionReader, 'fetch'>
  readonly queues: readonly PartitionQueue[]
  /** Of all queues together; beyond it comes what one fetch brings. */
  readonly maxBytes: number
  /** Where to go on at a place that the log does not hold; undefined: nowhere. */
  readonly restart: ((queue: PartitionQueue, signal: AbortSignal) => Promise<void>) | undefined
  /** Told that there is something to take, or that the reading failed. */
  readonly onArrival: () => void
}

/** Fills queues, all the time and beside whoever empties them; those that are full are left alone. */
export class RecordPump implements AsyncDisposable {
  readonly #options: PumpOptions
  readonly #room = new Pulse()
  readonly #over = new AbortController()
  readonly #running: Promise<void>
  #failure: { readonly error: unknown } | undefined

  constructor(options: PumpOptions) {
    this.#options = options
    this.#running = this.#run(this.#over.signal).catch((error: unknown) => {
      if (this.#over.signal.aborted) return
      this.#failure = { error }
      options.onArrival()
    })
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Something was taken. */
  roomMade(): void {
    this.#room.beat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { reader, queues, maxBytes } = this.#options
    const share = maxBytes / queues.length
    let fetched: readonly PartitionQueue[] = queues
    for (;;) {
      const room = this.#room.next
      const hungry = queues.filter(({ bytes }) => bytes < share)
      if (hungry.length === 0) {
        await orAborted(room, signal)
        continue
      }
      // That it was full is no standstill of the reading.
      for (const queue of hungry) if (!fetched.includes(queue)) queue.cursor.movedAt = performance.now()
      fetched = hungry
      const wait = hungry.length < queues.length ? SHORT_WAIT_MS : MAX_WAIT_MS
      const isFirst = hungry.some(({ isHeardOf }) => !isHeardOf)
      try {
        const batches = await reader.fetch(
          hungry.map(({ cursor }) => cursor),
          wait,
          signal,
        )
        for (const batch of batches) {
          const at = ({ topic, partition }: PartitionQueue): boolean =>
            topic === batch.topic && partition === batch.partition
          hungry.find(at)?.add(batch)
        }
        const flushed = hungry.filter((queue) => queue.flushAtEnd())
        if (isFirst || batches.length + flushed.length > 0) this.#options.onArrival()
      } catch (error) {
        await this.#goOn(error, signal)
      }
    }
  }

  async #goOn(error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof KafkaOffsetOutOfRange)) throw error
    const lost = this.#options.queues.find(
      ({ topic, partition }) => topic === error.topic && partition === error.partition,
    )
    if (lost === undefined) throw error
    const { topic, partition, cursor } = lost
    if (this.#options.restart === undefined) {
      throw new ConsumerOffsetLost({ topic, partition, offset: cursor.position }, error)
    }
    await this.#options.restart(lost, signal)
    this.#options.onArrival()
  }
}
