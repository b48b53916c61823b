import { env } from 'node:process'

import { expect, test } from 'vitest'

import { handleListings } from '../../../src/index.ts'
import { NEVER } from '../../events/sample.ts'
import { TortureCluster } from '../../torture/cluster.ts'
import { ListingTopic } from './listing-topic.ts'

/** Three of them take minutes to come and go: ask for them after a change of how groups or leaders are followed. */
const BROKERS = Number(env['LISTINGSTREAM_TEST_BROKERS'] ?? 1)

test('leaders and the coordinator may move, by a restart or by a crash: a group waits, and misses nothing', async () => {
  await using cluster = await TortureCluster.start(BROKERS, () => undefined, NEVER)
  await using topic = await ListingTopic.open({ brokers: cluster.directBrokers, replicationFactor: BROKERS })
  const stop = new AbortController()
  const seen = new Map<string, number>()
  const options = {
    ...topic.options,
    brokers: cluster.directBrokers,
    groupId: topic.newGroup(),
    sessionTimeoutMs: 10_000,
    heartbeatIntervalMs: 500,
    commitIntervalMs: 200,
    signal: stop.signal,
  }
  const handling = [0, 1].map(() =>
    handleListings(options, async ({ key }) => void seen.set(key, (seen.get(key) ?? 0) + 1)),
  )
  const written: string[] = []
  const writeSome = async (): Promise<void> => {
    const keys = Array.from({ length: 30 }, (_, at) => `k${written.length + at}`)
    await topic.write(keys.map((key) => [key, {}]))
    written.push(...keys)
  }
  const allSeen = async (): Promise<void> => {
    await expect.poll(() => seen.size, { timeout: 60_000 }).toBe(written.length)
  }
  await writeSome()
  await allSeen()
  for (let broker = 0; broker < BROKERS; broker += 1) {
    if (broker % 2 === 0) await cluster.killBroker(broker, NEVER)
    else await cluster.stopBroker(broker, NEVER)
    // The others go on meanwhile.
    if (BROKERS > 1) await writeSome()
    await cluster.startBroker(broker, NEVER)
    await cluster.ready(NEVER)
    await writeSome()
    await allSeen()
  }
  stop.abort()
  await Promise.all(handling)
  expect([...seen.keys()].toSorted()).toEqual(written.toSorted())
}, 400_000)
