import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import { on, once } from 'node:events'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { connectKafka } from '../../src/kafka/cluster.ts'
import type { KafkaCluster, TopicSpec } from '../../src/kafka/cluster.ts'
import type { OutgoingRecord } from '../../src/kafka/outgoing-record.ts'
import { KafkaCommitUnknown, KafkaEpochError } from '../../src/kafka/errors.ts'
import { followTopics, readTopic } from '../../src/kafka/read-topic.ts'
import type { KafkaRecord } from '../../src/kafka/read-topic.ts'
import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts'
import type { ProducerOptions } from '../../src/kafka/transactional-producer.ts'
import { plainRecord } from '../fixtures/plain-record.ts'
import { readTopic as readWithConsole } from '../fixtures/read-topic.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { endOffsets, untilReadable } from '../fixtures/end-offsets.ts'

const never = new AbortController().signal
const clientId = uniqueTopicPrefix()
let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await connectKafka({ brokers: testStack().brokers, clientId }, never)
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
})

async function newTopic(spec: Partial<TopicSpec> = {}): Promise<string> {
  const name = `${uniqueTopicPrefix()}.listings`
  await cluster.createTopics([{ name, partitions: 1, configs: {}, ...spec }], never)
  return name
}

function openProducer(id: string, options: ProducerOptions = {}): Promise<TransactionalProducer> {
  return TransactionalProducer.open(cluster, id, options, never)
}

function record(key: string, value: string | Buffer | null = key): OutgoingRecord {
  return { key, value: typeof value === 'string' ? Buffer.from(value) : value, headers: [] }
}

async function readAll(topic: string): Promise<readonly KafkaRecord[]> {
  const offsets = await cluster.topicOffsets(topic, never)
  const ranges = offsets.map(({ beginning, end }, partition) => ({ partition, from: beginning, to: end }))
  const records: KafkaRecord[] = []
  for await (const batch of readTopic(cluster, { topic, ranges }, never)) {
    records.push(...batch.records.map(plainRecord))
  }
  return records
}

/**
 * What became of the transactions of the id that is named as the topic. A commit is answered before its records are
 * below the last stable offset; once a new producer's first `begin` is answered, everything is decided (R2).
 */
async function settled(topic: string): Promise<readonly KafkaRecord[]> {
  await using producer = await openProducer(topic)
  await producer.begin(never)
  return await readAll(topic)
}

async function settledKeys(topic: string): Promise<readonly string[]> {
  return (await settled(topic)).map(({ key }) => String(key))
}

/** Random, so that no codec makes it small. */
function noise(bytes: number): Buffer {
  return randomBytes(bytes)
}

describe('a transaction', () => {
  test('committed records are read, aborted ones never (R1)', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    for (const [key, end] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'commit'],
      ['d', 'abort'],
      ['e', 'abort'],
    ] as const) {
      const transaction = await producer.begin(never)
      await transaction.send([{ topic, partition: 0, records: [record(key)] }], never)
      await transaction[end](never)
    }
    expect(await settledKeys(topic)).toEqual(['a', 'c'])
    const console = await readWithConsole(topic, { atLeast: 2 }, never)
    expect(console.map(({ key }) => String(key))).toEqual(['a', 'c'])
  })

  test('key, value, headers, timestamp and tombstones arrive as they were sent', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    const timestamp = 1_700_000_000_123
    const records: OutgoingRecord[] = [
      {
        key: 'ü',
        value: Buffer.from([0, 1, 255]),
        headers: [
          { name: 'digest', value: Buffer.from([9, 0]) },
          { name: 'id', value: 'x' },
        ],
        timestamp,
      },
      { key: Buffer.from([0, 0, 0, 0]), value: null, headers: [], timestamp },
      { key: null, value: Buffer.alloc(0), headers: [{ name: 'empty', value: '' }], timestamp },
    ]
    await transaction.send([{ topic, partition: 0, records }], never)
    await transaction.commit(never)
    expect(await settled(topic)).toEqual([
      {
        offset: 0,
        timestamp,
        key: Buffer.from('ü'),
        value: Buffer.from([0, 1, 255]),
        headers: { digest: Buffer.from([9, 0]), id: Buffer.from('x') },
      },
      { offset: 1, timestamp, key: Buffer.from([0, 0, 0, 0]), value: null, headers: {} },
      { offset: 2, timestamp, key: null, value: Buffer.alloc(0), headers: { empty: Buffer.alloc(0) } },
    ])
  })

  test.each(['none', 'gzip', 'zstd'] as const)(
    'what is compressed with %s can be read by others',
    async (compression) => {
      const topic = await newTopic()
      await using producer = await openProducer(topic, { compression })
      const transaction = await producer.begin(never)
      await transaction.send([{ topic, partition: 0, records: [record('k', 'v'.repeat(5_000))] }], never)
      await transaction.commit(never)
      const [read] = await readWithConsole(topic, { atLeast: 1 }, never)
      expect(read?.value?.length).toBe(5_000)
      expect(await settledKeys(topic)).toEqual(['k'])
    },
  )

  test('offsets are those in the log, and the marker of a commit takes one (R2)', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const first = await producer.begin(never)
    expect(await first.send([{ topic, partition: 0, records: [record('a'), record('b')] }], never)).toEqual([
      { offsets: [0, 1], baseOffset: 0, nextOffset: 2 },
    ])
    expect(await first.send([{ topic, partition: 0, records: [record('c')] }], never)).toMatchObject([
      { baseOffset: 2, nextOffset: 3 },
    ])
    await first.commit(never)
    const second = await producer.begin(never)
    expect(await second.send([{ topic, partition: 0, records: [record('d')] }], never)).toMatchObject([
      { baseOffset: 4, nextOffset: 5 },
    ])
    await second.commit(never)
    expect((await settled(topic)).map(({ offset }) => offset)).toEqual([0, 1, 2, 4])
  })

  test('more than one call can hold arrives whole and in order, on several partitions at once (R6)', async () => {
    const topic = await newTopic({ partitions: 3 })
    await using producer = await openProducer(topic)
    const records = Array.from({ length: 300 }, (_, n) => record(String(n), noise(8_000)))
    const transaction = await producer.begin(never)
    const appended = await transaction.send(
      [0, 1, 2].map((partition) => ({ topic, partition, records })),
      never,
    )
    await transaction.commit(never)
    const expected = records.map(({ key }) => key)
    for (const [partition, { offsets }] of appended.entries()) {
      const read: KafkaRecord[] = []
      const ranges = [{ partition, from: 0, to: 300 }]
      for await (const batch of readTopic(cluster, { topic, ranges }, never)) read.push(...batch.records)
      expect(read.map(({ key }) => String(key))).toEqual(expected)
      expect(read.map(({ offset }) => offset)).toEqual(offsets)
    }
  })

  test('what was left open when the producer is disposed of is aborted at once', async () => {
    const topic = await newTopic()
    {
      await using producer = await openProducer(topic)
      const transaction = await producer.begin(never)
      await transaction.send([{ topic, partition: 0, records: [record('a')] }], never)
    }
    // One record and the marker: nothing holds back the readers.
    await expect.poll(() => endOffsets(cluster, topic, never)).toEqual([2])
    expect(await settledKeys(topic)).toEqual([])
  })
})

describe('a producer that failed', () => {
  test('an older producer of the same id is fenced and of no more use (R3)', async () => {
    const topic = await newTopic()
    await using older = await openProducer(topic)
    await using newer = await openProducer(topic)
    const lost = await older.begin(never)
    await lost.send([{ topic, partition: 0, records: [record('lost')] }], never)
    const kept = await newer.begin(never)

    await expect(lost.send([{ topic, partition: 0, records: [record('lost too')] }], never)).rejects.toThrow(
      KafkaEpochError,
    )
    await expect(lost.commit(never)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_UNUSABLE' })
    await expect(older.begin(never)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_UNUSABLE' })

    await kept.send([{ topic, partition: 0, records: [record('kept')] }], never)
    await kept.commit(never)
    expect(await settledKeys(topic)).toEqual(['kept'])
  })

  test('a commit after having been fenced is reported as unknown, with the reason (R3)', async () => {
    const topic = await newTopic()
    await using older = await openProducer(topic)
    await using newer = await openProducer(topic)
    const lost = await older.begin(never)
    await lost.send([{ topic, partition: 0, records: [record('lost')] }], never)
    await newer.begin(never)
    const error: unknown = await lost.commit(never).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(KafkaCommitUnknown)
    expect(error).toMatchObject({ code: 'KAFKA_COMMIT_UNKNOWN', cause: expect.any(KafkaEpochError) })
    expect(await settledKeys(topic)).toEqual([])
  })

  test.each([
    ['never sent', 'cut before', [[]]],
    ['sent on a connection that then breaks', 'cut after', [[], ['a', 'b']]],
    ['answered, and the answer is lost', 'hold answer', [['a', 'b']]],
  ] as const)(
    'a commit that is %s is unknown, and wholly there or not at all once the next producer has begun (R3)',
    async (_, fault, outcomes) => {
      const topic = await newTopic({ partitions: 2 })
      {
        using faults = endTxnFault(fault)
        await using producer = await openProducer(topic, { requestTimeoutMs: 1_000 })
        const transaction = await producer.begin(never)
        await transaction.send([{ topic, partition: 0, records: [record('a')] }], never)
        await transaction.send([{ topic, partition: 1, records: [record('b')] }], never)
        await expect(transaction.commit(never)).rejects.toThrow(KafkaCommitUnknown)
        expect(faults.injected()).toBe(1)
        await expect(producer.begin(never)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_UNUSABLE' })
      }
      expect(outcomes).toContainEqual((await settledKeys(topic)).toSorted())
    },
  )

  test('a record that the topic refuses names the setting and hides the rest of the transaction (R12)', async () => {
    const topic = await newTopic()
    {
      await using producer = await openProducer(topic)
      const transaction = await producer.begin(never)
      await transaction.send([{ topic, partition: 0, records: [record('small')] }], never)
      await expect(
        transaction.send([{ topic, partition: 0, records: [record('large', noise(1_500_000))] }], never),
      ).rejects.toMatchObject({
        code: 'KAFKA_RECORD_TOO_LARGE',
        retryable: false,
        message: expect.stringContaining('max.message.bytes'),
      })
      await expect(transaction.commit(never)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_UNUSABLE' })
    }
    await expect.poll(() => endOffsets(cluster, topic, never)).toEqual([2])
    expect(await settledKeys(topic)).toEqual([])
  })

  test('a failure on one partition ends the sending to the others', async () => {
    const topic = await newTopic({ partitions: 2 })
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    const many = Array.from({ length: 40 }, () => record('k', noise(500_000)))
    let more = 0
    const sending = transaction.send(
      [
        { topic, partition: 0, records: [record('large', noise(1_500_000))] },
        { topic, partition: 1, records: many },
      ],
      never,
      { goOn: () => void (more += 1) },
    )
    await expect(sending).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE' })
    expect(more).toBe(0)
    await expect(transaction.send([{ topic, partition: 1, records: many }], never)).rejects.toMatchObject({
      code: 'KAFKA_PRODUCER_UNUSABLE',
    })
  })

  test.each([
    ['a topic', '-none', 0],
    ['a partition', '', 7],
  ])('%s that does not exist is missed at once, not after a minute', async (_, suffix, partition) => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    const begun = performance.now()
    await expect(
      transaction.send([{ topic: `${topic}${suffix}`, partition, records: [record('a')] }], never),
    ).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_MISSING',
    })
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  test('a commit around a send that is still on its way is refused and nothing is published (R1)', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    const sending = transaction
      .send([{ topic, partition: 0, records: [record('a')] }], never)
      .catch((error: unknown) => error)
    await expect(transaction.commit(never)).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    await sending
    await producer[Symbol.asyncDispose]()
    expect(await settledKeys(topic)).toEqual([])
  })

  test('a transaction ends once: a second end is refused and does not disturb the first', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    await transaction.send([{ topic, partition: 0, records: [record('a')] }], never)
    const committing = transaction.commit(never)
    await expect(transaction.abort(never)).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    await committing
    await (await producer.begin(never)).abort(never)
    expect(await settledKeys(topic)).toEqual(['a'])
  })

  test('an aborted signal rejects with its reason and ends the use of the producer', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    await transaction.send([{ topic, partition: 0, records: [record('a')] }], never)
    await expect(transaction.commit(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
    await expect(producer.begin(never)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_UNUSABLE' })
    await producer[Symbol.asyncDispose]()
    expect(await settledKeys(topic)).toEqual([])
  })
})

describe('reading', () => {
  test('ends at the last stable offset, before a transaction that is still open (R2)', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const first = await producer.begin(never)
    await first.send([{ topic, partition: 0, records: [record('a')] }], never)
    await first.commit(never)
    await untilReadable(cluster, topic, never)
    await using other = await openProducer(`${topic}-other`)
    const open = await other.begin(never)
    await open.send([{ topic, partition: 0, records: [record('open')] }], never)
    expect(await endOffsets(cluster, topic, never)).toEqual([2])
    expect(await settledKeys(topic)).toEqual(['a'])
  })

  test('an offset that the log no longer has is an error that names the place, not a new beginning (R2)', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    await transaction.send([{ topic, partition: 0, records: [record('a'), record('b'), record('c')] }], never)
    await transaction.commit(never)
    await withAdmin(async (admin) => {
      await admin.fetchTopicMetadata({ topics: [topic] })
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
    })
    const outOfRange = { code: 'KAFKA_OFFSET_OUT_OF_RANGE', topic, partition: 0 }
    await expect(drain(topic, 0, 4)).rejects.toMatchObject(outOfRange)
    await expect(drain(topic, 9, 4)).rejects.toMatchObject(outOfRange)
    await expect(drain(topic, 2, 4)).resolves.toBe(1)
  })

  test('an end that never comes is an error after the time allowed', async () => {
    const topic = await newTopic()
    await expect(drain(topic, 0, 1, { stallTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'KAFKA_READ_STALLED',
      retryable: true,
    })
  })

  test("the caller's own time is no standstill", async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const publish = async (): Promise<void> => {
      const transaction = await producer.begin(never)
      await transaction.send([{ topic, partition: 0, records: [record('k')] }], never)
      await transaction.commit(never)
    }
    await publish()
    let records = 0
    let later = Promise.resolve()
    // The second record comes a while after the caller, slower than the time allowed, has asked for more.
    for await (const batch of readTopic(
      cluster,
      { topic, ranges: [{ partition: 0, from: 0, to: 3 }], stallTimeoutMs: 1_000 },
      never,
    )) {
      if (records === 0 && batch.records.length > 0) {
        await delay(1_200)
        later = delay(200).then(publish)
      }
      records += batch.records.length
    }
    await later
    expect(records).toBe(2)
  })

  test('nothing is fetched while the caller works (R14)', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    const records = Array.from({ length: 30 }, (_, n) => record(String(n), noise(100_000)))
    await transaction.send([{ topic, partition: 0, records }], never)
    await transaction.commit(never)
    const sockets: Socket[] = []
    using _ = watchSockets((socket) => void sockets.push(socket))
    const received = (): number => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
    let batches = 0
    for await (const batch of readTopic(
      cluster,
      { topic, ranges: [{ partition: 0, from: 0, to: 31 }] },
      never,
    )) {
      batches += 1
      const before = received()
      expect(before).toBeGreaterThan(0)
      await delay(100)
      expect(received()).toBe(before)
      expect(batch.records.length).toBeLessThan(30)
    }
    expect(batches).toBeGreaterThan(1)
  })

  test('a compacted topic is read to its end, with the last record of every key (R2)', async () => {
    const configs = {
      'cleanup.policy': 'compact',
      'segment.ms': '1',
      'min.cleanable.dirty.ratio': '0.01',
      'delete.retention.ms': '0',
    }
    const topic = await newTopic({ configs })
    await using producer = await openProducer(topic)
    const publish = async (...records: OutgoingRecord[]): Promise<void> => {
      const transaction = await producer.begin(never)
      await transaction.send([{ topic, partition: 0, records }], never)
      await transaction.commit(never)
    }
    for (let round = 0; round < 5; round += 1) {
      await publish(...Array.from({ length: 20 }, (_, key) => record(`k${key}`, `v${round}`)))
    }
    await publish(record('k3', null))
    await publish(record('last'))
    // The cleaner wakes up every 15 s, and leaves the last segments as they are.
    await expect
      .poll(async () => (await readAll(topic)).filter(({ offset }) => offset < 80).length, {
        timeout: 50_000,
        interval: 500,
      })
      .toBe(0)
    const latest = new Map(
      (await settled(topic)).map(({ key, value }) => [String(key), value === null ? null : String(value)]),
    )
    for (let key = 0; key < 20; key += 1) {
      expect(latest.get(`k${key}`) ?? null).toBe(key === 3 ? null : 'v4')
    }
    expect(latest.get('last')).toBe('last')
  })

  test('whoever follows a topic gets what is committed later, until the signal aborts', async () => {
    const topic = await newTopic({ partitions: 2 })
    await using producer = await openProducer(topic)
    const publish = async (partition: number, key: string): Promise<void> => {
      const transaction = await producer.begin(never)
      await transaction.send([{ topic, partition, records: [record(key)] }], never)
      await transaction.commit(never)
    }
    await publish(0, 'before')
    const stop = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const batch of followTopics(cluster, { topics: [topic], from: 'beginning' }, stop.signal)) {
        seen.push(...batch.records.map(({ key }) => String(key)))
      }
    })()
    await expect.poll(() => seen).toEqual(['before'])
    await publish(1, 'after')
    await expect.poll(() => seen).toEqual(['before', 'after'])
    const aborted = performance.now()
    stop.abort(new Error('enough'))
    await expect(following).rejects.toThrow('enough')
    expect(performance.now() - aborted).toBeLessThan(1_000)
  })

  test('no consumer group is used, so none is left behind', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    await transaction.send([{ topic, partition: 0, records: [record('a')] }], never)
    await transaction.commit(never)
    const ranges = [{ partition: 0, from: 0, to: 2 }]
    for await (const batch of readTopic(cluster, { topic, ranges }, never)) {
      expect(batch.records).toHaveLength(1)
      await withAdmin(async (admin) => {
        const { groups } = await admin.listGroups()
        const described = await admin.describeGroups(groups.map(({ groupId }) => groupId))
        const members = described.groups.flatMap((group) => group.members)
        expect(members.filter((member) => member.clientId === clientId)).toEqual([])
      })
    }
  })

  test('a broken connection is made anew and nothing is read twice or missed', async () => {
    const topic = await newTopic()
    await using producer = await openProducer(topic)
    const transaction = await producer.begin(never)
    await transaction.send(
      [
        {
          topic,
          partition: 0,
          records: Array.from({ length: 40 }, (_, n) => record(String(n), noise(100_000))),
        },
      ],
      never,
    )
    await transaction.commit(never)
    const sockets: Socket[] = []
    using _ = watchSockets((socket) => void sockets.push(socket))
    const keys: string[] = []
    let batches = 0
    for await (const batch of readTopic(
      cluster,
      { topic, ranges: [{ partition: 0, from: 0, to: 41 }] },
      never,
    )) {
      keys.push(...batch.records.map(({ key }) => String(key)))
      batches += 1
      if (batches === 1) for (const socket of sockets) socket.destroy(new Error('cut'))
    }
    expect(batches).toBeGreaterThan(1)
    expect(keys).toEqual(Array.from({ length: 40 }, (_, n) => String(n)))
  })
})

test('credentials that the broker does not take are refused at once, naming their settings', async () => {
  const sasl = { mechanism: 'plain', username: 'nobody', password: 'nothing' } as const
  await expect(connectKafka({ brokers: testStack().brokers, clientId, sasl }, never)).rejects.toMatchObject({
    code: 'KAFKA_UNAUTHORIZED',
    retryable: false,
    message: expect.stringContaining('KAFKA_SASL_MECHANISM'),
  })
})

describe('topics', () => {
  test('are created with their settings once, and described', async () => {
    const name = `${uniqueTopicPrefix()}.listings`
    const configs = { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '86400000' }
    const create = (partitions: number): Promise<void> =>
      cluster.createTopics([{ name, partitions, configs }], never)
    await Promise.all([create(3), create(3)])
    // One that exists is left as it is.
    await create(5)
    const described = await cluster.describeTopics([name, `${name}-none`], never)
    expect([...described.keys()]).toEqual([name])
    expect(described.get(name)).toMatchObject({ partitions: 3, replicationFactor: 1, configs })
  })

  test('an existing topic among new ones does not keep those from being created', async () => {
    const old = await newTopic()
    const fresh = `${old}-new`
    const specs = [old, fresh].map((name) => ({ name, partitions: 2, configs: {} }))
    await cluster.createTopics(specs, never)
    expect((await cluster.describeTopics([fresh], never)).get(fresh)?.partitions).toBe(2)
  })

  test('a setting that the broker refuses is an error', async () => {
    const spec = { name: uniqueTopicPrefix(), partitions: 1, configs: { 'cleanup.policy': 'wrong' } }
    await expect(cluster.createTopics([spec], never)).rejects.toMatchObject({ code: 'KAFKA_REJECTED' })
  })

  test('questions that follow each other share one connection, which does not outlive them by much', async () => {
    const topics = [await newTopic(), await newTopic({ partitions: 3 })] as const
    // A leader that is just being made refuses, and its connection is given up.
    for (const topic of topics) await cluster.topicOffsets(topic, never)
    const sockets: Socket[] = []
    using _ = watchSockets((socket) => void sockets.push(socket))
    await using asking = await connectKafka({ brokers: testStack().brokers, clientId }, never)
    expect(await asking.partitionCount(topics[1], never)).toBe(3)
    expect((await asking.topicOffsets(topics[0], never)).length).toBe(1)
    expect((await asking.describeTopics(topics, never)).size).toBe(2)
    expect(await asking.topicOffsets(topics[1], never)).toHaveLength(3)
    expect(sockets.length).toBe(1)
    await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true), 10_000)
    // The next one makes its own.
    expect(await asking.partitionCount(topics[0], never)).toBe(1)
  })

  test('that come after the end are refused, and open no connection, which nobody would close', async () => {
    const topic = await newTopic()
    const asking = await connectKafka({ brokers: testStack().brokers, clientId }, never)
    await asking[Symbol.asyncDispose]()
    const sockets: Socket[] = []
    using _ = watchSockets((socket) => void sockets.push(socket))
    const closed = { code: 'KAFKA_CLOSED', retryable: false }
    await expect(asking.topicOffsets(topic, never)).rejects.toMatchObject(closed)
    await expect(asking.ask('Looking', never, (admin) => admin.listTopics())).rejects.toMatchObject(closed)
    await expect(TransactionalProducer.open(asking, topic, {}, never)).rejects.toMatchObject(closed)
    expect(sockets).toEqual([])
  })

  test('questions that are asked at once do not disturb each other', async () => {
    const topics = [await newTopic(), await newTopic(), `${uniqueTopicPrefix()}.none`] as const
    const counts = await Promise.allSettled(topics.map((topic) => cluster.partitionCount(topic, never)))
    expect(counts).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: expect.objectContaining({ code: 'KAFKA_TOPIC_MISSING' }) },
    ])
  })

  test('a topic that is deleted fails the questions for it, and those for no other', async () => {
    const [kept, doomed] = [await newTopic(), await newTopic()]
    await using asking = await connectKafka({ brokers: testStack().brokers, clientId }, never)
    await asking.topicOffsets(kept, never)
    await asking.topicOffsets(doomed, never)
    await cluster.ask('Deleting', never, (admin) => admin.deleteTopics({ topics: [doomed] }))
    await vi.waitFor(async () => {
      // Both over the connection that was asked for both.
      expect((await asking.topicOffsets(kept, never)).length).toBe(1)
      expect([...(await asking.describeTopics([doomed, kept], never)).keys()]).toEqual([kept])
    }, 10_000)
    await expect(asking.topicOffsets(doomed, never)).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' })
  })

  test('the offsets of a topic that does not exist are missed at once, and it is not created', async () => {
    const name = uniqueTopicPrefix()
    await expect(endOffsets(cluster, name, never)).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' })
    expect((await cluster.describeTopics([name], never)).size).toBe(0)
  })
})

test('a process that closed what it used ends by itself', async () => {
  const topic = await newTopic()
  const script = join(import.meta.dirname, 'exit-script.ts')
  const child = spawn(process.execPath, [script, testStack().brokers.join(','), topic], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let output = ''
  let closedAt = 0
  for await (const [chunk] of on(child.stdout, 'data', { close: ['end'] })) {
    output += String(chunk)
    if (output.includes('closed')) closedAt = performance.now()
  }
  expect(await exited).toEqual([0, null])
  expect(output).toBe('read 1\nclosed\n')
  expect(performance.now() - closedAt).toBeLessThan(2_000)
})

/** Does something to the first request that ends a transaction, on sockets that are opened while it is in use. */
function endTxnFault(
  fault: 'cut before' | 'cut after' | 'hold answer',
): Disposable & { readonly injected: () => number } {
  const END_TXN = 26
  let injected = 0
  const watch = (socket: Socket): void => {
    const write = socket.write.bind(socket)
    const faulty = (data: string | Uint8Array, ...rest: unknown[]): boolean => {
      const isEndTxn = Buffer.isBuffer(data) && data.length > 6 && data.readInt16BE(4) === END_TXN
      if (!isEndTxn || injected > 0) return Reflect.apply(write, socket, [data, ...rest])
      injected += 1
      const cut = (): void => void socket.destroy(new Error('cut'))
      switch (fault) {
        case 'cut before':
          cut()
          return false
        case 'cut after':
          return write(data, cut)
        case 'hold answer':
          socket.pause()
          return write(data)
      }
    }
    // Connecting sets `write` back.
    socket.once('connect', () => Object.assign(socket, { write: faulty }))
  }
  const watching = watchSockets(watch)
  return { injected: () => injected, [Symbol.dispose]: () => watching[Symbol.dispose]() }
}

/** Shows every socket that is opened from now on. */
function watchSockets(onSocket: (socket: Socket) => void): Disposable {
  const listener = (message: unknown): void => onSocket((message as { readonly socket: Socket }).socket)
  channel('net.client.socket').subscribe(listener)
  return {
    [Symbol.dispose]: () => {
      channel('net.client.socket').unsubscribe(listener)
    },
  }
}

async function drain(topic: string, from: number, to: number, options = {}): Promise<number> {
  let records = 0
  const ranges = [{ partition: 0, from, to }]
  for await (const batch of readTopic(cluster, { topic, ranges, ...options }, never))
    records += batch.records.length
  return records
}

async function withAdmin(
  work: (admin: ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>) => Promise<void>,
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...testStack().brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.disconnect()
  }
}
