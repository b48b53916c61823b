import { KafkaError, KafkaOffsetSeenBefore } from './errors.ts'
import type { PartitionAnswer } from './produce-request.ts'

/** A batch that was asked for: how many answers there must be to it, and where it may not lie. */
interface Place {
  readonly topic: string
  readonly partition: number
  /** Of the partition's last record that is known. */
  readonly lastOffset: number
}

/**
 * Offset of the batch's first record, if the answers to its partition are proof that just this batch was appended (docs/kafka.md
 * §1.3, §11).
 *
 * @throws {KafkaOffsetSeenBefore} if it is not above `lastOffset`
 * @throws {KafkaError} KAFKA_APPEND_UNVERIFIED, retryable, for any other answer
 */
export function verifiedBaseOffset(
  answers: readonly PartitionAnswer[],
  { topic, partition, lastOffset }: Place,
): number {
  const [only] = answers
  if (only?.topic === topic && only.partition === partition && only.errorCode === 0 && answers.length === 1) {
    const { baseOffset } = only
    if (Number.isSafeInteger(baseOffset) && baseOffset >= 0) {
      if (baseOffset > lastOffset) return baseOffset
      throw new KafkaOffsetSeenBefore(topic, partition, baseOffset, lastOffset)
    }
  }
  throw unverified(topic, partition)
}

export function unverified(topic: string, partition: number, cause?: unknown): KafkaError {
  return new KafkaError(
    `The broker's reply does not prove that the records for ${topic}, partition ${partition} were appended. The transaction is repeated with a new producer.`,
    { code: 'KAFKA_APPEND_UNVERIFIED', cause },
  )
}
