import { KafkaOffsetSeenBefore } from '../kafka/errors.ts'
import { chunksOf, type OutgoingRecord } from '../kafka/chunks.ts'
import type { Appended, Transaction } from '../kafka/transactional-producer.ts'
import { TopicTruncatedError } from '../feed/feed-errors.ts'

/** What one call of `send` is given, so that a slow link is seen between two of them. */
const MAX_SEND_BYTES = 512 * 1024

export interface DataTopicEnd {
  /** Full name. */
  readonly topic: string
  /** Of each partition, after the last transaction. */
  readonly nextOffsets: readonly number[]
}

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
  { topic, nextOffsets }: DataTopicEnd,
  byPartition: ReadonlyMap<number, readonly OutgoingRecord[]>,
  signal: AbortSignal,
  goOn: () => void = () => undefined,
): Promise<ReadonlyMap<number, Appended>> {
  const appended = new Map<number, Appended>()
  const failures: unknown[] = []
  let truncated: TopicTruncatedError | undefined
  const judge = (partition: number, baseOffset: number): void => {
    const end = nextOffsets[partition] ?? 0
    if (baseOffset >= end) return
    const detail = `took records at offset ${baseOffset}, but the checkpoint was written when it ended at ${end}`
    truncated ??= new TopicTruncatedError(topic, partition, detail)
  }
  await Promise.all(
    [...byPartition].map(async ([partition, records]) => {
      try {
        for (const chunk of chunksOf(records, MAX_SEND_BYTES)) {
          const before = appended.get(partition)
          if (before !== undefined) goOn()
          const sent = await transaction.send(topic, partition, chunk, signal)
          appended.set(partition, joined(before, sent))
          judge(partition, sent.baseOffset)
        }
      } catch (error) {
        failures.push(error)
        if (error instanceof KafkaOffsetSeenBefore) judge(partition, error.baseOffset)
      }
    }),
  )
  if (truncated !== undefined) throw truncated
  if (failures.length > 0) throw failures[0]
  return appended
}

function joined(before: Appended | undefined, sent: Appended): Appended {
  if (before === undefined) return sent
  return { ...sent, baseOffset: before.baseOffset, offsets: [...before.offsets, ...sent.offsets] }
}
