import { expect, test } from 'vitest'

import { connectKafka } from '../../src/kafka/cluster.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'

test('a topic has as many partitions as are wanted, whoever else adds some, and never fewer than it had', async () => {
  const signal = AbortSignal.timeout(60_000)
  await using cluster = await connectKafka({ brokers: testStack().brokers, clientId: 'test' }, signal)
  const topic = `${uniqueTopicPrefix()}.feeds`
  await cluster.createTopics([{ name: topic, partitions: 2, configs: {} }], signal)
  await Promise.all([1, 2, 3].map(() => cluster.growTopic(topic, 5, signal)))
  await expect.poll(() => cluster.partitionCount(topic, signal)).toBe(5)
  await cluster.growTopic(topic, 3, signal)
  expect(await cluster.partitionCount(topic, signal)).toBe(5)
  const missing = cluster.growTopic(`${topic}.not-there`, 3, signal)
  await expect(missing).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' })
})
