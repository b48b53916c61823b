import type { AbortedTransaction } from './committed-batches.ts'
import { FetchedBlock } from './fetched-block.ts'
import { readLogBatches } from './log-batch.ts'

const FIRST_MAX_BYTES = 1024 * 1024
const GROWN_MAX_BYTES = 64 * 1024 * 1024

/** What a broker answered of one partition. */
export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Batches one behind the other, the last of them maybe cut. */
  readonly batches: Buffer
}

/** Where a partition's reading stands. */
export class Cursor {
  readonly topic: string
  readonly partition: number
  readonly end: number
  position: number
  maxBytes = FIRST_MAX_BYTES
  /** Last stable offset, as the last answer told it: so far can be read now. */
  stableEnd = Infinity
  /** When it last moved, or had nothing to wait for. By the monotonic clock. */
  movedAt = performance.now()

  constructor(topic: string, partition: number, from: number, end: number) {
    this.topic = topic
    this.partition = partition
    this.position = from
    this.end = end
  }

  get done(): boolean {
    return this.position >= this.end
  }

  /** Moves behind what was fetched; undefined if that brought the reading no further. @throws {KafkaError} KAFKA_BATCH_DAMAGED */
  accept({ batches: bytes, aborted, lastStableOffset }: FetchedPartition): FetchedBlock | undefined {
    const batches = readLogBatches(bytes, this)
    // The offset after the last batch that came whole; compaction may have taken its last records, or all of them.
    const next = (batches.at(-1)?.lastOffset ?? -1) + 1
    this.stableEnd = lastStableOffset
    if (next <= this.position) {
      const complete = this.end === Infinity && lastStableOffset <= this.position
      if (complete) this.movedAt = performance.now()
      // A batch that exceeds the limit came in part: only a larger answer gets past it.
      else this.maxBytes = Math.min(this.maxBytes * 4, GROWN_MAX_BYTES)
      return undefined
    }
    const range = { from: this.position, to: Math.min(next, this.end) }
    this.position = next
    this.maxBytes = FIRST_MAX_BYTES
    this.movedAt = performance.now()
    return new FetchedBlock(this, range, batches, aborted)
  }
}
