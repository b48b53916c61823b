import { KafkaError } from '../../kafka/errors.ts'
import { ConsumerTopicMissing } from './consumer-errors.ts'

/** That the topic is missing, as it is to be said to whoever reads it: settings that make topics are the publisher's. */
export function inOwnWords(error: unknown, topic: string): unknown {
  const isMissing = error instanceof KafkaError && error.code === 'KAFKA_TOPIC_MISSING'
  return isMissing ? new ConsumerTopicMissing(topic, error) : error
}
