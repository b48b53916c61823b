import type { ResourceDescription } from '../../domain/resource.ts'
import { Cursor } from '../../kafka/cursor.ts'
import type { RecordBatch } from '../../kafka/read-topic.ts'
import { OffsetTracker } from './offset-tracker.ts'
import { RecordFolder, type ChangeRecords } from './record-folder.ts'

/** What comes out of a queue: a change, or that nothing more was found up to an offset. */
export type QueueItem = ChangeRecords | { readonly passed: number }

export interface PartitionStart {
  readonly topic: string
  readonly partition: number
  readonly position: number
  /** By the group; null: nothing. */
  readonly committed: number | null
  /** Where the partition ended when the reader began. */
  readonly end: number
}

/** Of records and their share of a block, beside their contents. */
const RECORD_OVERHEAD_BYTES = 200

/** What was read of one partition and nobody has taken yet. */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly tracker: OffsetTracker
  readonly committed: number | null
  cursor: Cursor
  /** Up to there it has to be handled before the reader has caught up. */
  end: number
  readonly #folder: RecordFolder
  #items: QueueItem[] = []
  #taken = 0
  #bytes = 0

  constructor(start: PartitionStart, resource: ResourceDescription, onChange: () => void) {
    this.topic = start.topic
    this.partition = start.partition
    this.end = start.end
    this.committed = start.committed
    this.cursor = new Cursor(start.topic, start.partition, start.position, Infinity)
    this.tracker = new OffsetTracker(start.position, onChange)
    this.#folder = new RecordFolder(resource)
  }

  /** Of what waits here. */
  get bytes(): number {
    return this.#bytes
  }

  get hasItems(): boolean {
    return this.#items.length > 0
  }

  /** Whether the brokers have taken its position for one in the log. */
  get isHeardOf(): boolean {
    return this.cursor.stableEnd < Infinity
  }

  get isCaughtUp(): boolean {
    return this.isHeardOf && this.tracker.position >= this.end
  }

  add(batch: RecordBatch): void {
    this.#addChanges(this.#folder.take(batch))
    // While a delete is held back, a reader has to go on at that.
    if (!this.#folder.holds) this.#items.push({ passed: batch.nextOffset })
  }

  /** True if there was something: a delete without a tombstone, as of the end of what can be read. */
  flushAtEnd(): boolean {
    if (!this.#folder.holds || this.cursor.position < this.cursor.stableEnd) return false
    this.#addChanges(this.#folder.flush())
    this.#items.push({ passed: this.cursor.position })
    return true
  }

  /** Reading goes on at another place; what waits here comes before it. */
  restart(position: number, end: number): void {
    this.#addChanges(this.#folder.flush())
    this.#items.push({ passed: position })
    this.cursor = new Cursor(this.topic, this.partition, position, Infinity)
    this.end = end
  }

  /** The next one, which is not here any more then. */
  take(): QueueItem | undefined {
    const item = this.#items[this.#taken]
    if (item === undefined) return undefined
    this.#taken += 1
    if (this.#taken === this.#items.length) {
      this.#items = []
      this.#taken = 0
    }
    if ('record' in item) this.#bytes -= bytesOf(item)
    return item
  }

  #addChanges(changes: readonly ChangeRecords[]): void {
    for (const change of changes) {
      this.#items.push(change)
      this.#bytes += bytesOf(change)
    }
  }
}

function bytesOf({ record }: ChangeRecords): number {
  return RECORD_OVERHEAD_BYTES + (record.value?.length ?? 0)
}
