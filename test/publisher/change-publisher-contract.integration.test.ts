import { expect } from 'vitest'

import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { HoldLog } from '../../src/feed/hold-log.ts'
import { readWaitingLetters } from '../../src/feed/dead-letter-log.ts'
import { API } from '../fixtures/kafka-proxy.ts'
import { endOffsets } from '../fixtures/end-offsets.ts'
import { changePublisherContract, CONTRACT_RESOURCES } from './change-publisher-contract.ts'
import { TestFeed } from './test-feed.ts'
import { throughProxy } from './through-proxy.ts'

const never = new AbortController().signal
/** So long an outage is waited out within one call. */
const PATIENCE_MS = 1_500

changePublisherContract('KafkaPublisher', async () => {
  await using parts = new AsyncDisposableStack()
  const feed = parts.use(await TestFeed.open(undefined, CONTRACT_RESOURCES))
  const { proxy, cluster } = parts.use(await throughProxy(feed))
  const producer = { transactionTimeoutMs: 60_000, operationTimeoutMs: PATIENCE_MS }
  const { publisher } = parts.use(await feed.takeOver({ cluster, producer }))
  const owned = parts.move()

  /** A commit is answered before its records can be read. Markers of aborted transactions lie above. */
  const readable = async (topic: string, ends: readonly number[]): Promise<void> => {
    await expect
      .poll(async () => (await endOffsets(feed.cluster, topic, never)).every((end, i) => end >= ends[i]!))
      .toBe(true)
  }

  const holdLog = new HoldLog({
    cluster: feed.cluster,
    topic: feed.names.holds,
    schemas: new WriterSchemas(feed.registry),
  })

  return {
    publisher,
    holds: () => holdLog.known(never),
    reader: holdLog,
    upsert: (key) => feed.upsert(key),
    async records(resource) {
      const topic = feed.names.data(resource)
      await readable(topic, publisher.nextOffsets(resource.name))
      return (await feed.read(topic)).map(({ key, value, partition, offset }) => ({
        key: String(key),
        partition,
        offset,
        isTombstone: value === null,
      }))
    },
    async state() {
      const log = feed.newLog()
      await log.refresh(never)
      return log.state()
    },
    async letters() {
      const letters = await readWaitingLetters(feed, never)
      return letters
        .map(({ topic, name }) => `${topic.slice(feed.names.prefix.length + 1)}/${name}`)
        .toSorted()
    },
    breakDown() {
      proxy.judge = (apiKey) => (apiKey === API.produce ? 'cut' : 'pass')
    },
    recover() {
      proxy.judge = () => 'pass'
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
})
