import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { lagOfGroup, LagWatch } from '../../../src/consumer/lag/lag-watch.ts'
import { connectKafka, type KafkaCluster } from '../../../src/kafka/cluster.ts'
import type { OutgoingRecord } from '../../../src/kafka/outgoing-record.ts'
import { TransactionalProducer } from '../../../src/kafka/transactional-producer.ts'
import { testStack, uniqueTopicPrefix } from '../../fixtures/test-stack.ts'
import { commitOffsets, ConsoleConsumer, StockConsumer, stockLag } from './groups.ts'

const never = new AbortController().signal
let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await connectKafka({ brokers: testStack().brokers, clientId: uniqueTopicPrefix() }, never)
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
})

async function newTopic(partitions = 1): Promise<string> {
  const name = `${uniqueTopicPrefix()}.listings`
  await cluster.createTopics([{ name, partitions, configs: { 'cleanup.policy': 'compact' } }], never)
  return name
}

/** Stock kafkajs cannot read zstd. */
function openProducer(topic: string): Promise<TransactionalProducer> {
  return TransactionalProducer.open(cluster, topic, { compression: 'none' }, never)
}

function records(count: number): readonly OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: Buffer.from(`v${i}`), headers: [] }))
}

async function transaction(
  producer: TransactionalProducer,
  topic: string,
  count: number,
  end: 'commit' | 'abort' | 'open' = 'commit',
  partition = 0,
): Promise<void> {
  const open = await producer.begin(never)
  await open.send([{ topic, partition, records: records(count) }], never)
  if (end !== 'open') await open[end](never)
}

async function lagOf(group: string, topic: string) {
  const lag = await lagOfGroup(cluster, { group, topics: [topic] }, never)
  if (lag === undefined) throw new Error(`${group} has committed nothing`)
  return lag
}

describe('a group that has read everything', () => {
  test('has no lag behind the marker, aborted records and an open transaction, where stock tools count them', async () => {
    const topic = await newTopic()
    const group = `${topic}.connect`
    await using producer = await openProducer(topic)
    await transaction(producer, topic, 100)
    // As Kafka Connect does: one above the last record that it has handled.
    await commitOffsets(cluster, group, topic, [100])
    expect(await stockLag(group, topic, never)).toBe(1)
    expect(await lagOf(group, topic)).toMatchObject({ behind: 0, exact: true, verdict: 'ok' })

    await transaction(producer, topic, 108, 'abort')
    await expect.poll(() => stockLag(group, topic, never), { timeout: 30_000 }).toBe(110)
    expect(await lagOf(group, topic)).toMatchObject({ behind: 0, exact: true, behindMs: 0, catchUpMs: 0 })

    await using other = await openProducer(`${topic}.other`)
    await transaction(other, topic, 100, 'open')
    expect(await stockLag(group, topic, never)).toBe(210)
    expect(await lagOf(group, topic)).toMatchObject({ behind: 0, exact: true, oldestUnreadAt: null })
  })

  test.each([
    ["kafkajs's own consumer", (group: string, topic: string) => StockConsumer.start(group, topic)],
    ['the console consumer', (group: string, topic: string) => new ConsoleConsumer(group, topic)],
  ])('is told with its members: %s', async (_, start) => {
    const topic = await newTopic()
    const group = `${topic}.members`
    await using producer = await openProducer(topic)
    await transaction(producer, topic, 30)
    await using consumer = await start(group, topic)
    await consumer.seen(30)
    await expect
      .poll(() => lagOfGroup(cluster, { group, topics: [topic] }, never), { timeout: 30_000 })
      .toMatchObject({ members: 1, behind: 0, verdict: 'ok' })
  })

  test('is told without its members if it is of the new protocol, which shows none (KIP-848)', async () => {
    const topic = await newTopic()
    const group = `${topic}.new`
    await using producer = await openProducer(topic)
    await transaction(producer, topic, 30)
    await using consumer = new ConsoleConsumer(group, topic, ['group.protocol=consumer'])
    await consumer.seen(30)
    await expect
      .poll(() => lagOfGroup(cluster, { group, topics: [topic] }, never), { timeout: 30_000 })
      .toMatchObject({ members: null, behind: 0, verdict: 'ok' })
  })
})

describe('a group that is behind', () => {
  test('lacks the committed records alone, and is as old as the oldest of them', async () => {
    const topic = await newTopic(3)
    const group = `${topic}.behind`
    await using producer = await openProducer(topic)
    await transaction(producer, topic, 10)
    const before = Date.now()
    await transaction(producer, topic, 20, 'abort')
    await transaction(producer, topic, 5)
    await transaction(producer, topic, 7, 'commit', 1)
    await commitOffsets(cluster, group, topic, [8, 7])
    const lag = await lagOf(group, topic)
    expect(lag).toMatchObject({ behind: 2 + 5, exact: true, verdict: 'stopped', members: 0 })
    expect(lag.oldestUnreadAt).toBeLessThanOrEqual(before)
    expect(lag.topics[0]?.partitions).toMatchObject([
      { partition: 0, committed: 8, behind: 7, verdict: 'stopped' },
      { partition: 1, committed: 7, behind: 0, verdict: 'ok' },
    ])
  })

  test('is told of partitions that it has committed nothing of', async () => {
    const topic = await newTopic(2)
    const group = `${topic}.half`
    await using producer = await openProducer(topic)
    await transaction(producer, topic, 3)
    await transaction(producer, topic, 3, 'commit', 1)
    await commitOffsets(cluster, group, topic, [3, null])
    expect(await lagOf(group, topic)).toMatchObject({ behind: 0, topics: [{ uncommitted: 1 }] })
  })

  test('by more than a few MiB is estimated from samples, within a tenth here, and says so', async () => {
    const topic = await newTopic()
    const group = `${topic}.far`
    await using producer = await openProducer(topic)
    const value = Buffer.alloc(40_000, 'x')
    for (let round = 0; round < 8; round += 1) {
      for (const end of ['commit', 'abort'] as const) {
        const open = await producer.begin(never)
        const many = Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value, headers: [] }))
        await open.send([{ topic, partition: 0, records: many }], never)
        await open[end](never)
      }
    }
    await commitOffsets(cluster, group, topic, [0])
    const { behind, exact } = await lagOf(group, topic)
    expect(exact).toBe(false)
    expect(behind).toBeGreaterThan(360)
    expect(behind).toBeLessThan(440)
  })
})

describe('in a row of looks', () => {
  test('a group is rewound, stops, goes on and is ok', async () => {
    const topic = await newTopic()
    const group = `${topic}.moves`
    await using producer = await openProducer(topic)
    await transaction(producer, topic, 50)
    const watch = new LagWatch({ cluster, topics: [topic], groups: [group] })
    const look = async () => (await watch.look(never)).groups[0]
    await commitOffsets(cluster, group, topic, [51])
    expect(await look()).toMatchObject({ verdict: 'ok', behind: 0, rate: null })
    await commitOffsets(cluster, group, topic, [10])
    expect(await look()).toMatchObject({ verdict: 'rewound', behind: 40, rate: null })
    await commitOffsets(cluster, group, topic, [30])
    const moved = await look()
    expect(moved).toMatchObject({ verdict: 'rewound', behind: 20 })
    expect(moved?.rate).toBeGreaterThan(0)
    expect(moved?.catchUpMs).toBeGreaterThan(0)
    await commitOffsets(cluster, group, topic, [51])
    expect(await look()).toMatchObject({ verdict: 'ok', behind: 0, catchUpMs: 0 })
  })
})
