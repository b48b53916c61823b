/** Single questions to kafkajs's admin client, and what its answers mean. */
import kafkajs, { type ITopicMetadata } from 'kafkajs'

import { kafkaUnreachable, protocolTypeOf } from './client-failure.ts'

/** kafkajs swallows what the brokers said to a metadata question, and then stumbles over the missing answer. */
export async function answered<T>(ask: () => Promise<T>, doing: string): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw kafkaUnreachable(doing, 'no broker answered', error, null)
  }
}

export function hasLeaders(topic: ITopicMetadata | undefined): boolean {
  return (
    topic !== undefined &&
    topic.partitions.every(({ leader, partitionErrorCode }) => leader >= 0 && partitionErrorCode === 0)
  )
}

export function refuseUnlessExisting(error: unknown): void {
  const parts: readonly unknown[] = error instanceof kafkajs.KafkaJSAggregateError ? error.errors : [error]
  const refusal = parts.find((part) => protocolTypeOf(part) !== 'TOPIC_ALREADY_EXISTS')
  if (refusal !== undefined) throw refusal
}
