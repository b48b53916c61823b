import { TopicTruncatedError } from '../feed/feed-errors.ts'
import { KafkaOffsetSeenBefore } from '../kafka/errors.ts'
import type { OutgoingRecord } from '../kafka/outgoing-record.ts'
import type { Append, SendOptions, Transaction } from '../kafka/transaction.ts'
import { InvariantViolation } from '../support/errors.ts'

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
 * Sends to all partitions of all the topics at once, and answers for each topic in its place. A topic that was made anew under a
 * running process takes records like any other, and only their offsets tell (R2).
 *
 * @throws {TopicTruncatedError} if an offset lies below where the topic ended; before any other failure
 * @throws the first failure of a send
 */
export async function appendData(
  transaction: Pick<Transaction, 'send'>,
  topics: readonly TopicAppend[],
  signal: AbortSignal,
  options?: SendOptions,
): Promise<readonly AppendedOffsets[]> {
  const appends = topics.flatMap(({ topic, nextOffsets, byPartition }) =>
    [...byPartition].map(([partition, records]): Append => ({
      topic,
      partition,
      records,
      end: nextOffsets[partition] ?? 0,
    })),
  )
  if (appends.length === 0) return topics.map(() => new Map())
  try {
    const appended = await transaction.send(appends, signal, options)
    return topics.map(({ topic }) => {
      const ours = appends.flatMap((append, i) => {
        if (append.topic !== topic) return []
        return [[append.partition, requireAll(append, appended[i]?.offsets)] as const]
      })
      return new Map(ours)
    })
  } catch (error) {
    throw truncation(error, appends) ?? error
  }
}

function requireAll({ topic, records }: Append, offsets: readonly number[] = []): readonly number[] {
  if (offsets.length === records.length) return offsets
  throw new InvariantViolation(`${offsets.length} of ${records.length} records have an offset in ${topic}.`)
}

/** Where offsets below its end prove that a topic was made anew. */
function truncation(error: unknown, appends: readonly Append[]): TopicTruncatedError | undefined {
  if (!(error instanceof KafkaOffsetSeenBefore)) return undefined
  const { topic, partition, baseOffset } = error
  const { end = 0 } = appends.find((append) => append.topic === topic && append.partition === partition) ?? {}
  if (baseOffset >= end) return undefined
  const detail = `took records at offset ${baseOffset}, but the checkpoint was written when it ended at ${end}`
  return new TopicTruncatedError(topic, partition, detail)
}
