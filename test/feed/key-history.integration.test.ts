import { afterAll, beforeAll, expect, test } from 'vitest'

import { recordKey } from '../../src/domain/record-key.ts'
import { lastRecordsOf } from '../../src/feed/key-history.ts'
import { connectKafka, type KafkaCluster } from '../../src/kafka/cluster.ts'
import { partitionFor } from '../../src/kafka/partition.ts'
import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'

const never = new AbortController().signal
const KEY = recordKey('20260502140309000000000001')
const PARTITIONS = 2
const OWN = partitionFor(KEY, PARTITIONS)
let cluster: KafkaCluster
let topic: string
/** Between two records of the key. */
const OTHERS = 300

beforeAll(async () => {
  cluster = await connectKafka({ brokers: testStack().brokers, clientId: 'key-history' }, never)
  topic = `${uniqueTopicPrefix()}.listings`
  await cluster.createTopics([{ name: topic, partitions: PARTITIONS, configs: {} }], never)
  await using producer = await TransactionalProducer.open(cluster, topic, {}, never)
  for (let n = 0; n < 4; n += 1) {
    const value = n === 3 ? null : Buffer.from(`version ${n}`)
    const own = { key: KEY, value, headers: [{ name: 'digest', value: `${n}` }] }
    const others = Array.from({ length: OTHERS }, (_, i) => {
      return { key: `other ${i}`, value: Buffer.from('x'), headers: [] }
    })
    const transaction = await producer.begin(never)
    const records = [own, ...others]
    const other = { topic, partition: 1 - OWN, records: others }
    await transaction.send([{ topic, partition: OWN, records }, other], never)
    // One that nobody may see.
    if (n === 1) {
      await transaction.commit(never)
      const aborted = await producer.begin(never)
      await aborted.send([{ topic, partition: OWN, records: [own] }], never)
      await aborted.abort(never)
    } else {
      await transaction.commit(never)
    }
  }
  await using after = await TransactionalProducer.open(cluster, topic, {}, never)
  await after.begin(never)
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
})

function textOf({ value }: { readonly value: Buffer | null }): string | null {
  return value === null ? null : String(value)
}

test('the last records of a key come newest first, with their headers; aborted ones do not', async () => {
  const { records, partition, isCut } = await lastRecordsOf(cluster, topic, KEY, { most: 9 }, never)
  expect(partition).toBe(OWN)
  expect(records.map(textOf)).toEqual([null, 'version 2', 'version 1', 'version 0'])
  expect(records.map(({ headers }) => headers.get('digest'))).toEqual(['3', '2', '1', '0'])
  expect(isCut).toBe(false)
})

test('so many as are wanted, from before an offset, and no further back than is allowed', async () => {
  const [newest, second] = (await lastRecordsOf(cluster, topic, KEY, { most: 2 }, never)).records
  expect([newest, second].map((record) => textOf(record!))).toEqual([null, 'version 2'])
  const before = second!.offset + 1
  const one = await lastRecordsOf(cluster, topic, KEY, { most: 1, before }, never)
  expect(one.records.map(textOf)).toEqual(['version 2'])
  const cut = await lastRecordsOf(cluster, topic, KEY, { most: 9, mostOffsets: 2 * OTHERS + 10 }, never)
  expect(cut.records.map(textOf)).toEqual([null, 'version 2'])
  expect(cut.isCut).toBe(true)
})

test('a key that is not there, and one of an empty topic, have none', async () => {
  expect(await lastRecordsOf(cluster, topic, recordKey('9'), { most: 1 }, never)).toMatchObject({
    records: [],
    isCut: false,
  })
  const empty = `${uniqueTopicPrefix()}.listings`
  await cluster.createTopics([{ name: empty, partitions: 1, configs: {} }], never)
  expect((await lastRecordsOf(cluster, empty, KEY, { most: 1 }, never)).records).toEqual([])
})
