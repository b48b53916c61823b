import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'

import { readTopic } from './read-topic.ts'
import { testStack, uniqueTopicPrefix } from './test-stack.ts'

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index))

test('the console consumer returns every byte of what was committed, and nothing that was aborted', async ({
  signal,
}) => {
  const topic = `${uniqueTopicPrefix()}.records`
  const kafka = new Kafka({ brokers: [...testStack().brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 })
  try {
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    await producer.connect()
    const aborted = await producer.transaction()
    await aborted.send({ topic, messages: [{ key: 'aborted', value: 'aborted' }] })
    await aborted.abort()
    const committed = await producer.transaction()
    await committed.send({
      topic,
      messages: [
        { key: everyByte, value: everyByte, headers: { bytes: everyByte, text: 'a:b,c\td\n' } },
        { key: 'gone', value: null },
        { key: null, value: Buffer.alloc(0) },
      ],
    })
    await committed.commit()
  } finally {
    await producer.disconnect()
    await admin.disconnect()
  }

  expect(await readTopic(topic, { atLeast: 3 }, signal)).toEqual([
    {
      partition: 0,
      offset: 2,
      headers: { bytes: everyByte, text: Buffer.from('a:b,c\td\n') },
      key: everyByte,
      value: everyByte,
    },
    { partition: 0, offset: 3, headers: {}, key: Buffer.from('gone'), value: null },
    { partition: 0, offset: 4, headers: {}, key: null, value: Buffer.alloc(0) },
  ])
})
