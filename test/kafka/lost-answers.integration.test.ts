/** What becomes of a send whose answers get lost or are refusals, partition by partition (docs/kafka.md §13). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { connectKafka, type KafkaCluster } from '../../src/kafka/cluster.ts'
import type { OutgoingRecord } from '../../src/kafka/outgoing-record.ts'
import { readWholeTopic } from '../../src/kafka/read-topic.ts'
import { RecordSender } from '../../src/kafka/record-sender.ts'
import { TransactionalProducer, type ProducerOptions } from '../../src/kafka/transactional-producer.ts'
import { API, startKafkaProxy, type Fate, type KafkaProxy } from '../fixtures/kafka-proxy.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'

const never = new AbortController().signal
const PARTITIONS = [0, 1, 2]
const NOT_LEADER = 6
const NOT_ENOUGH_REPLICAS_AFTER_APPEND = 20
const OUT_OF_ORDER_SEQUENCE = 45
let direct: KafkaCluster
let proxy: KafkaProxy
let proxied: KafkaCluster

beforeAll(async () => {
  const [broker = ''] = testStack().brokers
  direct = await connectKafka({ brokers: [broker], clientId: 'lost-answers' }, never)
  proxy = await startKafkaProxy(broker)
  proxied = await connectKafka({ brokers: [proxy.broker], clientId: 'lost-answers-proxied' }, never)
})

afterAll(async () => {
  await proxied[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await direct[Symbol.asyncDispose]()
})

async function newTopic(): Promise<string> {
  const name = `${uniqueTopicPrefix()}.listings`
  await direct.createTopics([{ name, partitions: PARTITIONS.length, configs: {} }], never)
  return name
}

function record(key: string): OutgoingRecord {
  return { key, value: Buffer.from(key), headers: [] }
}

/** Two records to each partition. */
function appendsTo(topic: string, round: number) {
  return PARTITIONS.map((partition) => ({
    topic,
    partition,
    records: [record(`${partition}-${round}-a`), record(`${partition}-${round}-b`)],
  }))
}

/** Keys by partition, once everything is decided. */
async function settled(topic: string): Promise<readonly (readonly string[])[]> {
  {
    await using next = await TransactionalProducer.open(direct, topic, {}, never)
    await next.begin(never)
  }
  const keys: string[][] = PARTITIONS.map(() => [])
  for await (const { partition, records } of readWholeTopic(direct, topic, never)) {
    keys[partition]?.push(...records.map(({ key }) => String(key)))
  }
  return keys
}

/** Of the rounds from 0 on. */
function keysOf(rounds: number): readonly (readonly string[])[] {
  return PARTITIONS.map((partition) =>
    Array.from({ length: rounds }, (_, n) => [`${partition}-${n}-a`, `${partition}-${n}-b`]).flat(),
  )
}

/** The given fates for the first requests of that kind; then everything passes. Answers how many there were. */
function fates(apiKey: number, ...given: readonly Fate[]): { readonly asked: () => number } {
  let asked = 0
  proxy.judge = (key) => {
    if (key !== apiKey) return 'pass'
    asked += 1
    return given[asked - 1] ?? 'pass'
  }
  return { asked: () => asked }
}

const open = (topic: string, options: ProducerOptions = {}) =>
  TransactionalProducer.open(proxied, topic, { requestTimeoutMs: 1_000, ...options }, never)

describe('the records of several partitions are in each of them once, and in order, though (R1)', () => {
  test.each<readonly [string, readonly Fate[]]>([
    ['the request is lost', ['cut']],
    ['the answer is lost', ['cut-answer']],
    ['the answer does not come', ['hold-answer']],
    ['answers are lost again and again', ['cut-answer', 'cut', 'cut-answer', 'cut']],
    ['one partition says that it has another leader, after it has appended', [{ errorCode: NOT_LEADER }]],
    ['one partition says that replicas are missing', [{ errorCode: NOT_ENOUGH_REPLICAS_AFTER_APPEND }]],
    ['a refusal is followed by a lost answer', [{ errorCode: NOT_LEADER }, 'cut-answer']],
  ])('%s', async (_, given) => {
    const topic = await newTopic()
    {
      await using producer = await open(topic)
      for (let round = 0; round < 3; round += 1) {
        const transaction = await producer.begin(never)
        const requests = fates(API.produce, ...(round === 1 ? given : []))
        const appended = await transaction.send(appendsTo(topic, round), never)
        if (round === 1) expect(requests.asked()).toBeGreaterThan(given.length)
        // Two records and a marker each time before.
        expect(appended.map(({ offsets }) => offsets)).toEqual(
          PARTITIONS.map(() => [3 * round, 3 * round + 1]),
        )
        await transaction.commit(never)
      }
    }
    expect(await settled(topic)).toEqual(keysOf(3))
  })

  test.each<Fate>(['cut', 'cut-answer'])('the request that opens the transaction is %s', async (fate) => {
    const topic = await newTopic()
    {
      await using producer = await open(topic)
      const transaction = await producer.begin(never)
      fates(API.addPartitionsToTxn, fate)
      await transaction.send(appendsTo(topic, 0), never)
      await transaction.commit(never)
    }
    expect(await settled(topic)).toEqual(keysOf(1))
  })
})

describe('a send that is given up', () => {
  test('for a sequence that the broker does not follow is unverified: another producer repeats the transaction (R1)', async () => {
    const topic = await newTopic()
    {
      await using producer = await open(topic)
      const transaction = await producer.begin(never)
      fates(API.produce, { errorCode: OUT_OF_ORDER_SEQUENCE })
      await expect(transaction.send(appendsTo(topic, 0), never)).rejects.toMatchObject({
        code: 'KAFKA_APPEND_UNVERIFIED',
        repeatable: true,
      })
      await expect(transaction.commit(never)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_UNUSABLE' })
    }
    expect(await settled(topic)).toEqual(keysOf(0))
  })

  test('without an answer does not abort around what may still arrive: the next producer ends the transaction (KIP-890)', async () => {
    const topic = await newTopic()
    const abandoned: unknown[] = []
    let ends = 0
    {
      const onAbandoned = (error: unknown): void => void abandoned.push(error)
      await using producer = await open(topic, { operationTimeoutMs: 1_500, onAbandoned })
      const transaction = await producer.begin(never)
      await transaction.send(appendsTo(topic, 0), never)
      proxy.judge = (key) => {
        if (key === API.endTxn) ends += 1
        return key === API.produce ? 'cut-answer' : 'pass'
      }
      await expect(transaction.send(appendsTo(topic, 1), never)).rejects.toMatchObject({
        code: 'KAFKA_UNREACHABLE',
      })
    }
    expect(ends).toBe(0)
    expect(abandoned).toMatchObject([{ code: 'KAFKA_UNREACHABLE' }])
    proxy.judge = () => 'pass'
    expect(await settled(topic)).toEqual(keysOf(0))
  })

  test('where each record has its answer is aborted at once', async () => {
    const topic = await newTopic()
    const requests = fates(API.endTxn)
    {
      await using producer = await open(topic)
      const transaction = await producer.begin(never)
      await transaction.send(appendsTo(topic, 0), never)
    }
    expect(requests.asked()).toBe(1)
    expect(await settled(topic)).toEqual(keysOf(0))
  })

  test('tells of a topic that was made anew before anything else that failed (R2)', async () => {
    const topic = await newTopic()
    await using producer = await open(topic)
    const transaction = await producer.begin(never)
    // One partition fails for good; the others lie below where they ended.
    fates(API.produce, { errorCode: OUT_OF_ORDER_SEQUENCE })
    const appends = appendsTo(topic, 0).map((append) => ({ ...append, end: 100 }))
    await expect(transaction.send(appends, never)).rejects.toMatchObject({
      code: 'KAFKA_APPEND_UNVERIFIED',
      topic,
      baseOffset: 0,
    })
  })
})

describe('a send outside of transactions', () => {
  test.each<Fate>(['cut', 'cut-answer', { errorCode: NOT_LEADER }])(
    'whose request is %j has each record at least once',
    async (fate) => {
      const topic = await newTopic()
      {
        await using sender = new RecordSender(proxied)
        fates(API.produce, fate)
        await sender.send(
          topic,
          appendsTo(topic, 0).flatMap(({ records }) => records),
          never,
        )
      }
      const keys = (await settled(topic)).flat()
      expect([...new Set(keys)].toSorted()).toEqual(keysOf(1).flat().toSorted())
    },
  )
})
