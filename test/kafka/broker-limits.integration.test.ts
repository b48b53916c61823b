import { randomBytes } from 'node:crypto'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { connectKafka, type KafkaCluster } from '../../src/kafka/cluster.ts'
import { TransactionalProducer, type ProducerOptions } from '../../src/kafka/transactional-producer.ts'
import { API, startKafkaProxy } from '../fixtures/kafka-proxy.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'

const never = new AbortController().signal
let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await connectKafka({ brokers: testStack().brokers, clientId: 'limits' }, never)
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
})

async function newTopic(configs: Readonly<Record<string, string>>): Promise<string> {
  const name = `${uniqueTopicPrefix()}.listings`
  await cluster.createTopics([{ name, partitions: 1, configs }], never)
  return name
}

/** Random values, so that no codec makes them small. */
async function send(
  topic: string,
  count: number,
  bytes: number,
  options: ProducerOptions = {},
  through: KafkaCluster = cluster,
): Promise<readonly number[]> {
  await using producer = await TransactionalProducer.open(through, topic, options, never)
  const transaction = await producer.begin(never)
  const records = Array.from({ length: count }, (_, n) => ({
    key: `k${n}`,
    value: randomBytes(bytes),
    headers: [],
  }))
  const [appended] = await transaction.send([{ topic, partition: 0, records }], never)
  await transaction.commit(never)
  return appended!.offsets
}

test.each([
  ['max.message.bytes', { 'max.message.bytes': '65536' }],
  [
    'max.message.bytes, recompressed by the broker',
    { 'max.message.bytes': '65536', 'compression.type': 'snappy' },
  ],
  ['segment.bytes', { 'segment.bytes': '1048576', 'max.message.bytes': '262144' }],
])('batches are cut to what the topic takes: %s', async (_, configs) => {
  const topic = await newTopic(configs)
  expect(await send(topic, 600, 1_000)).toEqual(Array.from({ length: 600 }, (_, n) => n))
})

test('a record that the topic does not take is named with its size, the setting and its value', async () => {
  const topic = await newTopic({ 'max.message.bytes': '65536' })
  await expect(send(topic, 1, 100_000)).rejects.toMatchObject({
    code: 'KAFKA_RECORD_TOO_LARGE',
    message: expect.stringMatching(
      new RegExp(`${topic}.*max\\.message\\.bytes=65536.*"k0".*100\\d\\d\\d bytes`),
    ),
  })
})

test('replicas that are missing are not called a cluster that does not answer', async () => {
  const topic = await newTopic({})
  const [broker = ''] = testStack().brokers
  await using proxy = await startKafkaProxy(broker)
  await using through = await connectKafka({ brokers: [proxy.broker], clientId: 'limits' }, never)
  // NOT_ENOUGH_REPLICAS. A single broker never says so of itself: it asks for no more replicas than a topic has.
  proxy.judge = (apiKey) => (apiKey === API.produce ? { errorCode: 19 } : 'pass')
  await expect(send(topic, 1, 10, { operationTimeoutMs: 1_500 }, through)).rejects.toMatchObject({
    code: 'KAFKA_NOT_ENOUGH_REPLICAS',
    retryable: true,
    message: expect.stringMatching(/min\.insync\.replicas.*NOT_ENOUGH_REPLICAS/),
  })
})

test('a transaction timeout that the brokers do not allow is refused with both settings and values', async () => {
  const topic = await newTopic({})
  await expect(send(topic, 1, 10, { transactionTimeoutMs: 900_001 })).rejects.toMatchObject({
    code: 'KAFKA_TRANSACTION_TIMEOUT_REFUSED',
    exitCode: 2,
    message: expect.stringMatching(
      /KAFKA_TRANSACTION_TIMEOUT.*900001.*transaction\.max\.timeout\.ms.*900000/,
    ),
  })
})
