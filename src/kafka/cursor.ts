import type { FetchedPartition, FetchedRecord } from 'kafkajs/src/cluster/index.js'

import { committedRecords } from './committed-records.ts'
import { parseOffset } from './offset.ts'

const FIRST_MAX_BYTES = 1024 * 1024
const GROWN_MAX_BYTES = 64 * 1024 * 1024

export interface KafkaRecord {
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly key: Buffer | null
  /** Null is a tombstone. */
  readonly value: Buffer | null
  /** The last one of a repeated name; headers without a value are left out. */
  readonly headers: Readonly<Record<string, Buffer>>
}

export interface RecordBatch {
  readonly topic: string
  readonly partition: number
  /** In order of offset; may be empty. Buffers share one fetched block: copy what is to be kept. */
  readonly records: readonly KafkaRecord[]
  /** Everything below this offset was read, control and aborted records included. */
  readonly nextOffset: number
  /** The first offset from where the block was asked for, below `nextOffset`, that compaction has taken; null if none. */
  readonly firstMissing: () => number | null
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

  /** Takes a fetched block; undefined if it brought the reading no further. */
  accept({ messages, abortedTransactions, lastStableOffset }: FetchedPartition): RecordBatch | undefined {
    const next = endOfBatches(messages)
    this.stableEnd = parseOffset(lastStableOffset)
    if (next <= this.position) {
      const complete = this.end === Infinity && parseOffset(lastStableOffset) <= this.position
      if (complete) this.movedAt = performance.now()
      // A batch that compaction has emptied stands before one that exceeds the limit: only a larger answer gets past it.
      else this.maxBytes = Math.min(this.maxBytes * 4, GROWN_MAX_BYTES)
      return undefined
    }
    const first = this.position
    this.position = next
    this.maxBytes = FIRST_MAX_BYTES
    this.movedAt = performance.now()
    return {
      topic: this.topic,
      partition: this.partition,
      nextOffset: Math.min(next, this.end),
      firstMissing: () => firstMissing(messages, first, Math.min(next, this.end)),
      records: committedRecords(messages, abortedTransactions)
        .map(kafkaRecord)
        // A block begins with the whole batch that holds the position, and may go beyond the end.
        .filter(({ offset }) => offset >= first && offset < this.end),
    }
  }
}

/** The offset after the last batch that came whole; compaction may have taken its last records. */
function endOfBatches(messages: readonly FetchedRecord[]): number {
  const last = messages.at(-1)
  return last === undefined
    ? -1
    : parseOffset(last.batchContext.firstOffset) + last.batchContext.lastOffsetDelta + 1
}

/** Control and aborted records are in the log: only what is nowhere is missing. */
function firstMissing(messages: readonly FetchedRecord[], from: number, to: number): number | null {
  let expected = from
  for (const message of messages) {
    const offset = parseOffset(message.offset)
    if (offset < expected) continue
    if (offset > expected) break
    expected += 1
  }
  return expected < to ? expected : null
}

function kafkaRecord({ offset, timestamp, key, value, headers }: FetchedRecord): KafkaRecord {
  const kept: [string, Buffer][] = []
  for (const [name, header] of Object.entries(headers)) {
    const last = Array.isArray(header) ? header.at(-1) : header
    if (last !== null && last !== undefined) kept.push([name, last])
  }
  return {
    offset: parseOffset(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: Object.fromEntries(kept),
  }
}
