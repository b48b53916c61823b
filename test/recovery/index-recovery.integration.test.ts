import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'

import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts'
import { instant, type Instant } from '../../src/domain/instant.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { rebuildIndex } from '../../src/recovery/index-recovery.ts'
import { transactionalId } from '../../src/publisher/take-over.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import type { KeyIndex } from '../../src/replication/ports.ts'
import type { FeedIdentity } from '../../src/domain/feed-state.ts'
import type { IndexEntry } from '../../src/domain/index-entry.ts'
import { untilReadable } from '../fixtures/end-offsets.ts'
import { indexEntry } from '../fixtures/index-entry.ts'
import { keyRecord, ScriptedSource, sourceRecord } from '../fixtures/scripted-source.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { withAdmin, type Admin } from '../fixtures/kafka-admin.ts'
import {
  deletion,
  KEYS,
  keysOf,
  now,
  openIndex,
  page,
  showing,
  snapshotOf,
  TestFeed,
} from '../publisher/test-feed.ts'

const never = new AbortController().signal

/** What the topic is the source of; a confirmation moves the rest. */
type Facts = Omit<IndexEntry, 'observedAt' | 'request'>

async function factsOf(index: KeyIndex): Promise<ReadonlyMap<string, Facts>> {
  const facts = new Map<string, Facts>()
  for await (const batch of index.entries(LISTINGS.name)) {
    for (const [key, { observedAt: _, request: __, ...rest }] of batch) facts.set(key, rest)
  }
  return facts
}

/** What a rebuild gives. */
async function truth(feed: TestFeed): Promise<ReadonlyMap<string, Facts>> {
  await using folder = await tempFolder()
  await using index = await openIndex(folder.path)
  await using started = await feed.start(index)
  expect(started.recovery.kind).toBe('rebuilt')
  return await factsOf(index)
}

/** Starts on the folder, and expects that the index ends as a rebuild would have it. */
async function recover(feed: TestFeed, folder: string, at?: Instant) {
  const expected = await truth(feed)
  const before = keysOf(await feed.read(feed.names.data(LISTINGS)))
  await using index = await openIndex(folder)
  await using started = await feed.start(index, at === undefined ? {} : { now: () => at })
  expect(await factsOf(index)).toEqual(expected)
  expect(await index.verify()).toBe(true)
  expect(index.state()?.nextOffsets).toEqual(started.extent.nextOffsets)
  expect(keysOf(await feed.read(feed.names.data(LISTINGS)))).toEqual(before)
  return started.recovery
}

describe('an index that can be used', () => {
  test('is used as it is when it is equal to the topics (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    expect(await recover(feed, folder.path)).toEqual({ kind: 'current' })
  })

  test('is brought forward by the tail that it has not seen: upserts, deletes, restored keys (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    {
      // Killed between commit and index, four times.
      await using instance = await feed.takeOver()
      const commit = async (changes: Parameters<typeof page>[0]): Promise<void> => {
        await instance.publisher.commit(page(changes), never)
      }
      await commit(await feed.upserts(['k1', 'new1'], { City: 'Fargo' }))
      await commit([deletion('k2'), deletion('k3')])
      await commit(await feed.upserts(['k3'], { City: 'Minot' }))
      await commit([])
    }
    expect(await recover(feed, folder.path)).toEqual({ kind: 'tail', records: 7 })
    expect(await recover(feed, folder.path)).toEqual({ kind: 'current' })
  })

  test('steps over what a killed writer left open (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    await using killed = await TransactionalProducer.open(
      feed.cluster,
      transactionalId(feed.names),
      {},
      never,
    )
    const transaction = await killed.begin(never)
    const record = { key: 'lost', value: Buffer.from('whatever'), headers: [] }
    await transaction.send([{ topic: feed.names.data(LISTINGS), partition: 0, records: [record] }], never)
    expect(await recover(feed, folder.path)).toEqual({ kind: 'current' })
  })
})

describe('an index that cannot be used is rebuilt from the topics, and nothing is published', () => {
  test('when it is dated in the future, so that nobody knows how old it is (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    let writtenAt: Instant
    {
      await using index = await openIndex(folder.path)
      writtenAt = index.state()!.writtenAt
    }
    expect(await recover(feed, folder.path, instant(writtenAt - 60_000))).toEqual({ kind: 'current' })
    expect(await recover(feed, folder.path, instant(writtenAt - 60_001))).toEqual({
      kind: 'rebuilt',
      records: KEYS.length,
      why: 'it was written later than it is now, by the clock of this host',
    })
  })

  test('when it is half of delete.retention.ms old, by the setting of the topic itself (R2)', async () => {
    await using feed = await TestFeed.open({ 'cleanup.policy': 'compact', 'delete.retention.ms': '60000' })
    expect(feed.topics.deleteRetention).toBe(60_000)
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    let writtenAt: Instant
    {
      await using index = await openIndex(folder.path)
      writtenAt = index.state()!.writtenAt
    }
    expect(await recover(feed, folder.path, instant(writtenAt + 29_999))).toEqual({ kind: 'current' })
    expect(await recover(feed, folder.path, instant(writtenAt + 30_000))).toEqual({
      kind: 'rebuilt',
      records: KEYS.length,
      why: 'it is older than half of delete.retention.ms',
    })
  })

  test('when it is missing (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    await rm(join(folder.path, 'index'), { recursive: true })
    expect(await recover(feed, folder.path)).toMatchObject({ kind: 'rebuilt', records: KEYS.length })
  })

  test.each<readonly [string, (feed: FeedIdentity) => FeedIdentity]>([
    ['generation', (feed) => ({ ...feed, generation: feed.generation + 1 })],
    ['cluster', (feed) => ({ ...feed, clusterId: 'another' })],
    ['topic prefix', (feed) => ({ ...feed, prefix: 'another' })],
    ['host', (feed) => ({ ...feed, source: { ...feed.source, host: 'elsewhere.example' } })],
    ['MLS', (feed) => ({ ...feed, source: { ...feed.source, mlsId: 'another' } })],
    ['partition count', (feed) => ({ ...feed, partitions: { listings: 5 } })],
  ])('when it is of another %s (R2)', async (_, foreign) => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    {
      await using index = await openIndex(folder.path)
      const { nextOffsets } = index.state()!
      await index.reset(foreign(feed.identity(1)), now())
      await putGhost(index, nextOffsets)
    }
    expect(await recover(feed, folder.path)).toMatchObject({
      kind: 'rebuilt',
      why: 'it belongs to another feed, cluster, source or generation',
    })
  })

  test('when it is ahead of the topic (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    {
      await using index = await openIndex(folder.path)
      const [first = 0, ...others] = index.state()!.nextOffsets['listings']!
      await putGhost(index, { listings: [first + 1, ...others] })
    }
    expect(await recover(feed, folder.path)).toMatchObject({
      kind: 'rebuilt',
      why: 'it is ahead of topic listings',
    })
  })

  test('or brought forward, whichever byte of its files is flipped: it ends as the topics say (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    const pristine = join(folder.path, 'index')
    const files = (await readdir(pristine)).filter((name) => /\.(log|ldb)$|^MANIFEST|^CURRENT$/.test(name))
    const kinds: string[] = []
    for (const name of files) {
      const bytes = await readFile(join(pristine, name))
      for (const part of [0.05, 0.5, 0.8, 0.99]) {
        if (bytes.length === 0) continue
        await using copy = await tempFolder()
        await cp(pristine, join(copy.path, 'index'), { recursive: true })
        const flipped = Buffer.from(bytes)
        flipped[Math.floor(flipped.length * part)]! ^= 0xff
        await writeFile(join(copy.path, 'index', name), flipped)
        kinds.push((await recover(feed, copy.path)).kind)
      }
    }
    expect(kinds).toContain('rebuilt')
  })

  test('and a rebuild that is interrupted is gone on with (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    {
      await using index = await openIndex(folder.path)
      await using instance = await feed.takeOver()
      const rebuilding = rebuildIndex(
        {
          cluster: feed.cluster,
          names: feed.names,
          resources: RESOURCES,
          index,
          feed: feed.identity(1),
          extent: instance.extent,
          now,
          onProgress: () => {
            throw new Error('stopped')
          },
        },
        never,
      )
      await expect(rebuilding).rejects.toThrow('stopped')
      const known = (await factsOf(index)).size
      expect(known).toBeGreaterThan(0)
      expect(known).toBeLessThan(KEYS.length)
    }
    expect(await recover(feed, folder.path)).toMatchObject({ kind: 'tail' })
  })

  test('or compaction has dropped a tombstone that it never saw: no ghost, and no truncation either (R2)', async () => {
    await using feed = await TestFeed.open({
      'cleanup.policy': 'compact',
      'delete.retention.ms': '1',
      'segment.ms': '1',
      'min.cleanable.dirty.ratio': '0.01',
    })
    await using folder = await tempFolder()
    await using old = await tempFolder()
    await snapshotOf(feed, folder.path)
    await cp(folder.path, old.path, { recursive: true })
    const others = Array.from({ length: 20 }, (_, n) => `other${n}`)
    {
      await using instance = await feed.takeOver()
      await instance.publisher.commit(page(KEYS.map((key) => deletion(key))), never)
      // New segments: the cleaner leaves the last one as it is, and drops tombstones when it comes by again.
      await expect
        .poll(
          async () => {
            await instance.publisher.commit(page(await feed.upserts(others)), never)
            const left = keysOf(await feed.read(feed.names.data(LISTINGS)))
            return left.filter((key) => KEYS.some((old) => old === key))
          },
          { timeout: 100_000, interval: 2_000 },
        )
        .toEqual([])
    }
    expect(await recover(feed, old.path)).toMatchObject({ kind: 'rebuilt' })
    const offsets = await feed.cluster.topicOffsets(feed.names.data(LISTINGS), never)
    expect(offsets.map(({ beginning }) => beginning)).toEqual([0, 0, 0])
  }, 150_000)
})

describe('a topic that is shorter than the checkpoint says', () => {
  test('stops the start and is named when it was made anew; a restart fills it (R2)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    const topic = feed.names.data(LISTINGS)
    await feed.remakeTopic()

    await expect(feed.takeOver()).rejects.toMatchObject({
      code: 'TOPIC_TRUNCATED',
      message: expect.stringContaining(topic),
    })
    await using index = await openIndex(folder.path)
    await using started = await feed.start(index, { restart: true, source: showing(KEYS) })
    expect(started.state).toMatchObject({ generation: 2 })
    expect(started.recovery).toMatchObject({ kind: 'rebuilt', records: 0 })
    await runSnapshot(started.feed, LISTINGS, never)
    expect(keysOf(await feed.settled()).toSorted()).toEqual(KEYS)
  })

  test('stops the start when its beginning was deleted; a restart publishes what is missing and nothing twice, and a purge removes what is gone (R2, R9)', async () => {
    await using feed = await TestFeed.open()
    await using folder = await tempFolder()
    await snapshotOf(feed, folder.path)
    const topic = feed.names.data(LISTINGS)
    await untilReadable(feed.cluster, topic, never)
    const before = await feed.read(topic)
    const [cut] = before
    const offset = String(cut!.offset + 1)
    await withAdmin(async (admin) => {
      // A broker deletes no records of a topic that is only compacted.
      await setPolicy(admin, topic, 'compact,delete')
      await admin.fetchTopicMetadata({ topics: [topic] })
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: cut!.partition, offset }] })
      await setPolicy(admin, topic, 'compact')
    })
    const truncated = {
      code: 'TOPIC_TRUNCATED',
      message: expect.stringContaining(`${topic}, partition ${cut!.partition} begins at offset ${offset}`),
    }
    await expect(feed.takeOver()).rejects.toMatchObject(truncated)
    await expect(feed.takeOver()).rejects.toMatchObject(truncated)

    // Meanwhile the source has lost k-gone, and has something new.
    const gone = String(before.find(({ offset: at }) => at > cut!.offset)!.key)
    const shown = [...KEYS.filter((key) => key !== gone), 'new']
    const records = shown.map((key) => sourceRecord(key))
    const walks = [[{ records }], [{ records: shown.map(keyRecord) }]]
    const script = { walks, counts: [shown.length, shown.length], records }
    const source = new ScriptedSource(script, now())
    {
      await using index = await openIndex(folder.path)
      await using started = await feed.start(index, { restart: true, source })
      expect(started.recovery).toMatchObject({ kind: 'rebuilt', records: KEYS.length - 1 })
      const { counts } = await runSnapshot(started.feed, LISTINGS, never)
      expect(counts).toMatchObject({ published: 2, unchanged: KEYS.length - 2 })
      const { progress } = await runPurge(started.feed, LISTINGS, PLAIN_PASS, never)
      expect(progress.deletes).toMatchObject({ emitted: 1, held: 0 })
    }
    const live = new Map((await feed.settled()).map(({ key, value }) => [String(key), value !== null]))
    const left = [...live].filter(([, isLive]) => isLive).map(([key]) => key)
    expect(left.toSorted()).toEqual(shown.toSorted())
    // The new generation knows where the topic begins.
    expect(await recover(feed, folder.path)).toEqual({ kind: 'current' })
  })
})

async function putGhost(index: KeyIndex, nextOffsets: Readonly<Record<string, readonly number[]>>) {
  const puts = new Map([[recordKey('ghost'), indexEntry()]])
  await index.apply({ parts: [{ resource: LISTINGS.name, puts, drops: [] }], nextOffsets, at: now() })
}

async function setPolicy(admin: Admin, topic: string, policy: string): Promise<void> {
  const configEntries = [
    { name: 'cleanup.policy', value: policy },
    { name: 'retention.ms', value: '-1' },
  ]
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  })
}
