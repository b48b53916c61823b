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
  /** Of all batches of a round, before compression, but for the last one of them. */
  readonly roundBytes: number
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

  /** Empty after the last one. Partitions for which there is no room in a round have their turn when others are through. */
  async next(): Promise<readonly Batch[]> {
    const batches: Promise<Batch>[] = []
    let bytes = 0
    for (const cursor of this.#cursors) {
      if (cursor.next >= cursor.append.records.length) continue
      if (bytes >= this.#options.roundBytes) break
      const { next: from } = cursor
      const { writer, batch } = this.#encode(cursor)
      bytes += batch.records.length
      batches.push(this.#compress(cursor.append, from, batch, writer))
    }
    return await Promise.all(batches)
  }

  #encode(cursor: Cursor): { readonly writer: BatchWriter; readonly batch: PlainBatch } {
    const { pool, now } = this.#options
    const { append, mostBytes } = cursor
    const writer = new BatchWriter(pool.take())
    const at = now()
    for (const record of append.records.slice(cursor.next)) {
      if (!writer.add(record, at, mostBytes)) break
      cursor.next += 1
    }
    return { writer, batch: writer.finish() }
  }

  async #compress(
    append: Append,
    from: number,
    { records, ...plain }: PlainBatch,
    { memory }: BatchWriter,
  ): Promise<Batch> {
    const bytes = await compressed(this.#options.compression, records)
    // Uncompressed, the batch goes on living in it.
    if (bytes.buffer !== records.buffer) this.#options.pool.give(memory)
    return { ...plain, append, bytes, from }
  }
}
