import type { OutgoingRecord } from './outgoing-record.ts'

export interface Place {
  readonly topic: string
  readonly partition: number
}

/** Records of one partition. */
export interface Append extends Place {
  /** At least one; appended in this order. */
  readonly records: readonly OutgoingRecord[]
  /**
   * Where the partition ended: records that come to lie below were appended to a topic that was made anew.
   *
   * @default 0
   */
  readonly end?: number
}

export interface Appended {
  /** Offset of each record, in the order given. */
  readonly offsets: readonly number[]
  readonly baseOffset: number
  /** One above the last record. The commit's marker takes this offset, so the next record lies above it. */
  readonly nextOffset: number
}

export interface SendOptions {
  /** Asked before each further batch of a partition; what it throws is a failure of the call. */
  readonly goOn?: () => void
  /** Where the next calls append: the coordinator is told of them with those of this one, in one request. */
  readonly next?: readonly Place[]
}

/** An open transaction. Void after `commit` or `abort`, or when anything failed. */
export interface Transaction {
  /**
   * Appends to all of the partitions, each of them named once, side by side; resolves when all in-sync replicas have the
   * records, with what became of each append in its place. Calls run one after the other. Bounds, retries and errors are those
   * of the producer.
   *
   * All partitions are heard before a failure is told; of several `KafkaOffsetSeenBefore` is.
   */
  send(appends: readonly Append[], signal: AbortSignal, options?: SendOptions): Promise<readonly Appended[]>
  /** Rejects with `KafkaCommitUnknown` whatever went wrong. Without records it asks the broker nothing. */
  commit(signal: AbortSignal): Promise<void>
  abort(signal: AbortSignal): Promise<void>
}
