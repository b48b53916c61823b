import type { OutgoingRecord } from './chunks.ts'

export interface Appended {
  /** Offset of each record, in the order given. */
  readonly offsets: readonly number[]
  readonly baseOffset: number
  /** One above the last record. The commit's marker takes this offset, so the next record lies above it. */
  readonly nextOffset: number
}

/** An open transaction. Void after `commit` or `abort`, or when anything failed. */
export interface Transaction {
  /**
   * Appends the records in order; resolves when all in-sync replicas have them. Several partitions may be sent to at
   * once. Bounds, retries and errors are those of the producer.
   */
  send(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    signal: AbortSignal,
  ): Promise<Appended>
  /** Rejects with `KafkaCommitUnknown` whatever went wrong. Without records it asks the broker nothing. */
  commit(signal: AbortSignal): Promise<void>
  abort(signal: AbortSignal): Promise<void>
}
