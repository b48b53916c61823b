import { committedBatches, type AbortedTransaction } from './committed-batches.ts'
import { hasGaps, plainRecords, type LogBatch, type LogPlace } from './log-batch.ts'
import { readLogRecords, type KafkaRecord, type LogRecord } from './log-record.ts'

export interface RecordBatch<Of extends KafkaRecord = KafkaRecord> {
  readonly topic: string
  readonly partition: number
  /** In order of offset; may be empty. Buffers share one fetched block: copy what is to be kept. */
  readonly records: readonly Of[]
  /** Everything below this offset was read, control and aborted records included. */
  readonly nextOffset: number
  /** The first offset from where the block was asked for, below `nextOffset`, that compaction has taken; null if none. */
  readonly firstMissing: () => number | null
}

/** The whole batches of an answer for one partition, as the broker sent them. */
export class FetchedBlock {
  readonly #place: LogPlace
  readonly #from: number
  readonly #to: number
  readonly #batches: readonly LogBatch[]
  readonly #aborted: readonly AbortedTransaction[]

  /** @param range from where on it was asked for, and up to where it is wanted and was read */
  constructor(
    place: LogPlace,
    range: { readonly from: number; readonly to: number },
    batches: readonly LogBatch[],
    aborted: readonly AbortedTransaction[],
  ) {
    this.#place = place
    this.#from = range.from
    this.#to = range.to
    this.#batches = batches
    this.#aborted = aborted
  }

  /** @throws {KafkaError} KAFKA_BATCH_DAMAGED */
  async decode(): Promise<RecordBatch<LogRecord>> {
    const committed = new Set(await committedBatches(this.#batches, this.#aborted))
    // Aborted ones need no decompressing, unless their gaps are asked for.
    const wanted = this.#batches.filter(
      (batch) => this.#isWanted(batch) && (committed.has(batch) || hasGaps(batch)),
    )
    const read = await Promise.all(
      wanted.map(async (batch) => [batch, readLogRecords(batch, await plainRecords(batch))] as const),
    )
    const byBatch = new Map(read)
    return {
      topic: this.#place.topic,
      partition: this.#place.partition,
      nextOffset: this.#to,
      firstMissing: () => this.#firstMissing(byBatch),
      records: read.flatMap(([batch, records]) => (committed.has(batch) ? this.#within(batch, records) : [])),
    }
  }

  /** It begins with the whole batch that holds its first offset, and may go beyond the end. */
  #isWanted({ baseOffset, lastOffset }: LogBatch): boolean {
    return lastOffset >= this.#from && baseOffset < this.#to
  }

  #within({ baseOffset, lastOffset }: LogBatch, records: readonly LogRecord[]): readonly LogRecord[] {
    if (baseOffset >= this.#from && lastOffset < this.#to) return records
    return records.filter(({ offset }) => offset >= this.#from && offset < this.#to)
  }

  /** Control and aborted records are in the log: only what is nowhere is missing. */
  #firstMissing(read: ReadonlyMap<LogBatch, readonly LogRecord[]>): number | null {
    let expected = this.#from
    for (const batch of this.#batches) {
      if (batch.lastOffset < expected) continue
      if (batch.baseOffset > expected) break
      if (!hasGaps(batch)) {
        expected = batch.lastOffset + 1
        continue
      }
      for (const { offset } of read.get(batch) ?? []) {
        if (offset > expected) break
        if (offset === expected) expected += 1
      }
      if (expected <= batch.lastOffset) break
    }
    return expected < this.#to ? expected : null
  }
}
