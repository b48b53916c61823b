import { afterAll, beforeAll, expect, test } from 'vitest'

import { connectKafka, type KafkaCluster } from '../../src/kafka/cluster.ts'
import { readWholeTopic } from '../../src/kafka/read-topic.ts'
import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { openIndex, showing, snapshotOf, TestFeed, KEYS } from '../publisher/test-feed.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'

const never = new AbortController().signal
let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await connectKafka({ brokers: testStack().brokers, clientId: 'codecs' }, never)
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
})

/** Compressible, but no codec gets it into one block. */
function text(n: number): string {
  return Array.from({ length: 5_000 }, (_, i) => `listing ${n} line ${i * n}`).join('\n')
}

test.each(['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'what a topic with compression.type=%s makes of the batches is read back to the byte',
  async (codec) => {
    const topic = `${uniqueTopicPrefix()}.listings`
    await cluster.createTopics(
      [{ name: topic, partitions: 1, configs: { 'compression.type': codec } }],
      never,
    )
    const values = Array.from({ length: 12 }, (_, n) => text(n))
    {
      await using producer = await TransactionalProducer.open(cluster, topic, {}, never)
      const transaction = await producer.begin(never)
      const records = values.map((value, n) => ({ key: `k${n}`, value: Buffer.from(value), headers: [] }))
      await transaction.send([{ topic, partition: 0, records }], never)
      await transaction.commit(never)
    }
    await using after = await TransactionalProducer.open(cluster, topic, {}, never)
    await after.begin(never)
    const read: string[] = []
    for await (const { records } of readWholeTopic(cluster, topic, never)) {
      read.push(...records.map(({ value }) => String(value)))
    }
    expect(read).toEqual(values)
  },
)

test.each(['snappy', 'lz4'])(
  'a feed whose topics are compressed with %s by the broker is brought back after the index was lost (R2)',
  async (codec) => {
    await using feed = await TestFeed.open({ 'cleanup.policy': 'compact', 'compression.type': codec })
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    await using other = await tempFolder()
    await using index = await openIndex(other.path)
    await using started = await feed.start(index, { source: showing(KEYS) })
    expect(started.recovery).toMatchObject({ kind: 'rebuilt', records: KEYS.length })
    const { counts } = await runSnapshot(started.feed, LISTINGS, never)
    expect(counts).toMatchObject({ published: 0, unchanged: KEYS.length })
  },
)
