import { compressed, type KafkaCompression } from './compression.ts'
import type { OutgoingRecord } from './outgoing-record.ts'
import { BatchWriter, type PlainBatch } from './record-batch.ts'
import type { Append } from './transaction.ts'

/** A batch at its longest, and the record that does not fit any more. */
const MEMORY_BYTES = 640 * 1024
/** Of two rounds of a dozen partitions. */
const MOST_KEPT = 24

/** What is to be sent to one partition in one request. */
export interface Batch extends Omit<PlainBatch, 'records'> {
  readonly append: Append
  /** Compressed. */
  readonly bytes: Buffer
  /** From where on its records lie among those of the append. */
  readonly from: number
}

export function recordsOf({ append, from, count }: Batch): readonly OutgoingRecord[] {
  return append.records.slice(from, from + count)
}

/** Memory that batches were encoded in, for the next ones. */
export class MemoryPool {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(MEMORY_BYTES)
  }

  give(memory: Buffer): void {
    if (memory.length === MEMORY_BYTES && this.#free.length < MOST_KEPT) this.#free.push(memory)
  }
}

interface Cursor {
  readonly append: Append
  /** Of a batch's records before compression. */
  readonly mostBytes: number
  next: number
}

export interface BatchRoundsOptions {
  readonly compression: KafkaCompression
  /** Of the records of a batch of that topic, before compression; one that is longer has a batch of its own. */
  readonly batchBytes: (topic: string) => number
  readonly pool: MemoryPool
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Appends, cut into batches: a round has the next one of every partition, each compressed beside the others. */
export class BatchRounds {
  readonly #options: BatchRoundsOptions
  readonly #cursors: readonly Cursor[]

  constructor(appends: readonly Append[], options: BatchRoundsOptions) {
    this.#options = options
    this.#cursors = appends.map((append) => ({
      append,
      mostBytes: options.batchBytes(append.topic),
      next: 0,
    }))
  }

  /** Empty after the last one. */
  async next(): Promise<readonly Batch[]> {
    const open = this.#cursors.filter(({ append, next }) => next < append.records.length)
    return await Promise.all(open.map((cursor) => this.#batch(cursor)))
  }

  async #batch(cursor: Cursor): Promise<Batch> {
    const { compression, pool, now } = this.#options
    const { append, mostBytes, next: from } = cursor
    const writer = new BatchWriter(pool.take())
    const at = now()
    for (let i = from; i < append.records.length; i += 1) {
      const record = append.records[i]
      if (record === undefined || !writer.add(record, at, mostBytes)) break
    }
    const { records, ...plain } = writer.finish()
    cursor.next = from + plain.count
    const bytes = await compressed(compression, records)
    // Uncompressed, the batch goes on living in it.
    if (bytes.buffer !== records.buffer) pool.give(writer.memory)
    return { ...plain, append, bytes, from }
  }
}
