import { KafkaOffsetSeenBefore } from '../kafka/errors.ts'
import { chunksOf, type OutgoingRecord } from '../kafka/chunks.ts'
import type { Transaction } from '../kafka/transaction.ts'
import { TopicTruncatedError } from '../feed/feed-errors.ts'

/** What one call of `send` is given, so that a slow link is seen between two of them. */
const MAX_SEND_BYTES = 512 * 1024

/** What a transaction adds to one topic of events or rows. */
export interface TopicAppend {
  /** Full name. */
  readonly topic: string
  /** Of each partition, after the last transaction. */
  readonly nextOffsets: readonly number[]
  readonly byPartition: ReadonlyMap<number, readonly OutgoingRecord[]>
}

/** Offsets of the records, by partition and in their order. */
export type AppendedOffsets = ReadonlyMap<number, readonly number[]>

/**
 * Sends to all partitions at once, and hears them all before any failure is told: a topic that was made anew under a running
 * process takes records like any other, and only their offsets tell (R2). A repetition might not see it, behind the records
 * of this transaction.
 *
 * @param goOn asked before each further call; what it throws is a failure of the send
 * @throws {TopicTruncatedError} if an offset lies below where the topic ended; before any other failure
 * @throws the first failure of a send
 */
export async function appendData(
  transaction: Pick<Transaction, 'send'>,
  append: TopicAppend,
  signal: AbortSignal,
  goOn: () => void,
): Promise<AppendedOffsets> {
  const appended = new Map<number, readonly number[]>()
  const failures: unknown[] = []
  await Promise.all(
    [...append.byPartition].map(async ([partition, records]) => {
      try {
        appended.set(partition, await appendTo(transaction, append, partition, records, signal, goOn))
      } catch (error) {
        failures.push(error)
      }
    }),
  )
  const truncated = failures.find((error) => error instanceof TopicTruncatedError)
  if (truncated !== undefined) throw truncated
  if (failures.length > 0) throw failures[0]
  return appended
}

async function appendTo(
  transaction: Pick<Transaction, 'send'>,
  { topic, nextOffsets }: TopicAppend,
  partition: number,
  records: readonly OutgoingRecord[],
  signal: AbortSignal,
  goOn: () => void,
): Promise<readonly number[]> {
  const end = nextOffsets[partition] ?? 0
  const requireAbove = (baseOffset: number): void => {
    if (baseOffset >= end) return
    const detail = `took records at offset ${baseOffset}, but the checkpoint was written when it ended at ${end}`
    throw new TopicTruncatedError(topic, partition, detail)
  }
  const appended: number[] = []
  for (const chunk of chunksOf(records, MAX_SEND_BYTES)) {
    if (appended.length > 0) goOn()
    try {
      const { baseOffset, offsets } = await transaction.send(topic, partition, chunk, signal)
      requireAbove(baseOffset)
      appended.push(...offsets)
    } catch (error) {
      if (error instanceof KafkaOffsetSeenBefore) requireAbove(error.baseOffset)
      throw error
    }
  }
  return appended
}
