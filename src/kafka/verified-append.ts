import type { RecordMetadata } from 'kafkajs'

import { KafkaError, KafkaOffsetSeenBefore } from './errors.ts'

/**
 * Offset of the batch's first record, if the reply is proof that just this batch was appended now (docs/kafka.md §1.3, §11).
 *
 * @throws {KafkaOffsetSeenBefore} if it is not above `lastOffset`
 * @throws {KafkaError} KAFKA_APPEND_UNVERIFIED, retryable, for any other reply
 */
export function verifiedBaseOffset(
  reply: readonly RecordMetadata[],
  topic: string,
  partition: number,
  lastOffset: number,
): number {
  const [only] = reply
  if (
    only?.topicName === topic &&
    only.partition === partition &&
    only.errorCode === 0 &&
    reply.length === 1
  ) {
    const baseOffset = Number(only.baseOffset)
    if (Number.isSafeInteger(baseOffset) && baseOffset >= 0) {
      if (baseOffset > lastOffset) return baseOffset
      throw new KafkaOffsetSeenBefore(topic, partition, baseOffset, lastOffset)
    }
  }
  throw new KafkaError(
    `The broker's reply does not prove that the records for ${topic}, partition ${partition} were appended. The transaction is repeated with a new producer.`,
    { code: 'KAFKA_APPEND_UNVERIFIED' },
  )
}
