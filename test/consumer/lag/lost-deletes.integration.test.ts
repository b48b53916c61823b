import { afterAll, beforeAll, expect, test } from 'vitest'

import type { GroupLag } from '../../../src/consumer/lag/group-lag.ts'
import { lagOfGroup, LagWatch } from '../../../src/consumer/lag/lag-watch.ts'
import { connectKafka, type KafkaCluster } from '../../../src/kafka/cluster.ts'
import { readTopic } from '../../../src/kafka/read-topic.ts'
import { TransactionalProducer } from '../../../src/kafka/transactional-producer.ts'
import { sleep } from '../../../src/support/abort.ts'
import { ownBroker, type OwnBroker } from '../../fixtures/own-broker.ts'
import { commitOffsets } from './groups.ts'

const never = new AbortController().signal
const COMPACTION_LAG_MS = 1_000
const DELETE_RETENTION_MS = 10_000
let broker: OwnBroker
let cluster: KafkaCluster

beforeAll(async () => {
  broker = await ownBroker({ 'log.cleaner.backoff.ms': 100 }, never)
  cluster = await connectKafka({ brokers: broker.brokers, clientId: 'lost-deletes' }, never)
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
})

const TOPIC = 'spark.listings'
const DELETED = Array.from({ length: 5 }, (_, i) => `k${i}`)

async function write(producer: TransactionalProducer, keys: readonly string[], value: string | null) {
  const open = await producer.begin(never)
  const records = keys.map((key) => ({
    key,
    value: value === null ? null : Buffer.from(value),
    headers: [],
  }))
  await open.send([{ topic: TOPIC, partition: 0, records }], never)
  await open.commit(never)
}

/** Keys whose tombstones a reader gets that goes on from there. */
async function tombstonesFrom(offset: number): Promise<readonly string[]> {
  const [place] = await cluster.topicOffsets(TOPIC, never)
  const ranges = [{ partition: 0, from: offset, to: place?.end ?? 0 }]
  const keys: string[] = []
  for await (const { records } of readTopic(cluster, { topic: TOPIC, ranges }, never)) {
    keys.push(...records.filter(({ value }) => value === null).map(({ key }) => String(key)))
  }
  return keys
}

test('the loss of deletes that is foretold comes true by real compaction, and not before its time', async () => {
  const configs = {
    'cleanup.policy': 'compact',
    'min.compaction.lag.ms': String(COMPACTION_LAG_MS),
    'delete.retention.ms': String(DELETE_RETENTION_MS),
    'segment.ms': '500',
    'min.cleanable.dirty.ratio': '0.01',
  }
  await cluster.createTopics([{ name: TOPIC, partitions: 1, configs }], never)
  await using producer = await TransactionalProducer.open(cluster, 'lost-deletes', {}, never)
  const watch = new LagWatch({ cluster, topics: [TOPIC] })
  const look = async (group: string): Promise<GroupLag | undefined> => {
    const { groups } = await watch.look(never)
    return groups.find((lag) => lag.group === group)
  }

  await write(producer, [...DELETED, 'kept'], 'a listing')
  await commitOffsets(cluster, 'stopped', TOPIC, [7])
  await commitOffsets(cluster, 'moves-on', TOPIC, [7])
  expect(await look('stopped')).toMatchObject({ behind: 0, deletes: { state: 'safe', leftMs: null } })

  await write(producer, DELETED, null)
  const askedAt = performance.now()
  const foretold = await lagOfGroup(cluster, { group: 'stopped', topics: [TOPIC] }, never)
  expect(foretold).toMatchObject({ verdict: 'stopped', behind: 5, deletes: { state: 'will_lose' } })
  const left = foretold?.deletes.leftMs ?? 0
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(COMPACTION_LAG_MS + DELETE_RETENTION_MS)
  // Of a moment after it was asked for: a slow answer must not make the time longer than it was foretold.
  const lostFrom = askedAt + left

  // Segments are closed by what comes after them.
  let vanishedAt = 0
  for (let tick = 0; vanishedAt === 0; tick += 1) {
    await write(producer, ['kept'], `change ${tick}`)
    if ((await tombstonesFrom(7)).length < DELETED.length) vanishedAt = performance.now()
    await sleep(200, never)
  }
  expect(vanishedAt).toBeGreaterThanOrEqual(lostFrom)

  await expect
    .poll(() => look('stopped'), { timeout: 30_000 })
    .toMatchObject({
      deletes: { state: 'may_have_lost' },
    })
  await expect.poll(() => tombstonesFrom(7), { timeout: 30_000 }).toEqual([])

  // A reader that begins now has read nothing yet whose tombstone is gone.
  const [place] = await cluster.topicOffsets(TOPIC, never)
  await look('fresh')
  await commitOffsets(cluster, 'fresh', TOPIC, [0])
  const fresh = await look('fresh')
  expect(fresh).toMatchObject({ verdict: 'stopped', deletes: { state: 'will_lose' } })
  expect(fresh?.deletes.leftMs).toBeGreaterThan(0)

  // Too late: its store has the five for ever.
  await commitOffsets(cluster, 'moves-on', TOPIC, [place?.end ?? 0])
  expect(await look('moves-on')).toMatchObject({ deletes: { state: 'passed_gap' } })
  expect(await look('moves-on')).toMatchObject({ deletes: { state: 'passed_gap' } })
  // Its operator lets it begin anew.
  await commitOffsets(cluster, 'moves-on', TOPIC, [0])
  expect(await look('moves-on')).toMatchObject({ verdict: 'rewound' })
})
