import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'

import { decodeState } from '../../src/feed/decode-state.ts'
import type { Checkpoint } from '../../src/feed/state-records.ts'
import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { connectKafka } from '../../src/kafka/cluster.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import { API, startKafkaProxy, type Fate } from '../fixtures/kafka-proxy.ts'
import { ScriptedSource, sourceRecord } from '../fixtures/scripted-source.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { keysOf, now, openIndex, TestFeed } from './test-feed.ts'

const never = new AbortController().signal
/** Each request with records, on the one connection that there is. */
const PRODUCE_MS = 600
const TIMEOUT_MS = 2_000

test('a page whose sends outlast the transaction timeout is published in parts, each with its checkpoint, nothing twice (R1, R11)', async () => {
  await using feed = await TestFeed.open()
  const [broker = ''] = testStack().brokers
  await using proxy = await startKafkaProxy(broker)
  await using cluster = await connectKafka({ brokers: [proxy.broker], clientId: feed.names.prefix }, never)
  await using folder = await tempFolder()
  await using index = await openIndex(folder.path)
  // Each of them a batch of its own, and so a request more for its partition.
  const keys = Array.from({ length: 18 }, (_, n) => `2024${String(n).padStart(22, '0')}`)
  const records = keys.map((key) => sourceRecord(key, { City: randomBytes(260_000).toString('base64') }))
  const source = new ScriptedSource({ walks: [[{ records }]], counts: [keys.length], records }, now())
  const producer = { transactionTimeoutMs: TIMEOUT_MS, compression: 'none' as const }
  await using started = await feed.start(index, { cluster, source, producer })
  proxy.judge = async (apiKey): Promise<Fate> => {
    if (apiKey === API.produce) await delay(PRODUCE_MS)
    return 'pass'
  }

  const { counts, walked } = await runSnapshot(started.feed, LISTINGS, never)

  expect({ walked, published: counts.published }).toEqual({ walked: 18, published: 18 })
  proxy.judge = () => 'pass'
  expect(keysOf(await feed.settled()).toSorted()).toEqual(keys)
  const checkpoints = await readCheckpoints(feed)
  const published = checkpoints.map(({ progress }) => progress.counts.published)
  expect(checkpoints.map(({ seq }) => seq)).toEqual(checkpoints.map((_, i) => i + 1))
  expect(published.length, 'parts and the end of the pass').toBeGreaterThan(2)
  expect(published).toEqual(published.toSorted((a, b) => a - b))
  const [first] = checkpoints
  expect(first?.progress).toMatchObject({ state: 'running', token: '', page: 0, walked: 0 })
  expect(checkpoints.at(-1)?.progress).toMatchObject({ state: 'completed', walked: 18 })
}, 180_000)

async function readCheckpoints(feed: TestFeed): Promise<readonly Checkpoint[]> {
  const schemas = new WriterSchemas(feed.registry)
  const found: Checkpoint[] = []
  for (const { value } of await feed.read(feed.names.checkpoints)) {
    const state = value === null ? undefined : await decodeState(value, schemas, never)
    if (state?.kind === 'checkpoint') found.push(state.checkpoint)
  }
  return found
}
