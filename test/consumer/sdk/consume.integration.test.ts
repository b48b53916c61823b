import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  consumeListings,
  type Change,
  type ChangeOrCaughtUp,
  type ConsumerOptions,
  type ListingDeleted,
  type ListingUpserted,
  type Trouble,
} from '../../../src/index.ts'
import { wholeValue } from '../../../src/kafka/outgoing-record.ts'
import type { KafkaRecord } from '../../../src/kafka/read-topic.ts'
import { readWholeTopic } from '../../../src/kafka/read-topic.ts'
import { NEVER } from '../../events/sample.ts'
import { withAdmin } from '../../fixtures/kafka-admin.ts'
import { testStack } from '../../fixtures/test-stack.ts'
import { ListingTopic } from './listing-topic.ts'

type Seen = ChangeOrCaughtUp<ListingUpserted, ListingDeleted>
type ListingChange = Change<ListingUpserted, ListingDeleted>

const run = promisify(execFile)
let shared: ListingTopic

beforeAll(async () => {
  shared = await ListingTopic.open()
  await shared.write([
    ['k1', { City: 'Moab', ListPrice: 100_000 }],
    ['k2', { City: 'Provo' }],
    ['k3', { City: 'Logan' }],
  ])
  await shared.write([['ghost', { City: 'Nowhere' }]], 'abort')
  await shared.write([
    ['k1', { City: 'Moab', ListPrice: 90_000 }],
    ['k2', null],
  ])
})

afterAll(async () => {
  await shared[Symbol.asyncDispose]()
})

/** All up to `caught-up`. */
async function past(topic: ListingTopic, over: Partial<ConsumerOptions> = {}): Promise<ListingChange[]> {
  const seen: ListingChange[] = []
  for await (const change of consumeListings({ ...topic.options, ...over })) {
    if (change.type === 'caught-up') break
    seen.push(change)
  }
  return seen
}

/** So many changes, of which the last one is not acknowledged. */
async function some(topic: ListingTopic, count: number, over: Partial<ConsumerOptions>): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const change of consumeListings({ ...topic.options, ...over })) {
    seen.push(change)
    if (seen.length === count) break
  }
  return seen
}

const keysOf = (changes: readonly Seen[]): readonly string[] =>
  changes.map((change) => (change.type === 'caught-up' ? '–' : change.key))

async function lettersOf(topic: ListingTopic, name: string): Promise<readonly KafkaRecord[]> {
  const letters: KafkaRecord[] = []
  for await (const { records } of readWholeTopic(topic.cluster, name, NEVER)) letters.push(...records)
  return letters
}

async function newLetters(topic: ListingTopic): Promise<string> {
  const name = `${topic.prefix}-letters-${Math.random().toString(36).slice(2)}`
  await topic.cluster.createTopics([{ name, partitions: 2, configs: {} }], NEVER)
  return name
}

/** Those of one partition, and a place for what does not belong there. */
async function singlePartition(): Promise<ListingTopic> {
  return await ListingTopic.open({ partitions: 1 })
}

describe('what a reader of a topic gets', () => {
  test('is every committed change in order by key, and no aborted one (R1)', async () => {
    const seen = await past(shared)
    const of = (key: string): readonly string[] =>
      seen.filter((one) => one.key === key).map(({ type }) => type)
    expect(of('k1')).toEqual(['upserted', 'upserted'])
    expect(of('k2')).toEqual(['upserted', 'deleted'])
    expect(of('k3')).toEqual(['upserted'])
    expect(seen).toHaveLength(5)
  })

  test('is an upsert with its event, its place and its times', async () => {
    const change = (await past(shared)).findLast(({ key }) => key === 'k1')
    expect(change).toMatchObject({
      type: 'upserted',
      key: 'k1',
      topic: shared.topic,
      partition: shared.partitionOf('k1'),
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      observedAt: '2026-05-02T10:05:00.000Z',
    })
    if (change?.type !== 'upserted') throw new Error('no upsert')
    expect(change.nextOffset).toBe(change.offset + 1)
    expect(change.event.listing?.standardFields).toMatchObject({ City: 'Moab', ListPrice: 90_000 })
  })

  test('is a delete with its tombstone as one change (R13)', async () => {
    const change = (await past(shared)).find(({ type }) => type === 'deleted')
    expect(change).toMatchObject({
      key: 'k2',
      event: { listingKey: 'k2', reason: 'NOT_IN_SOURCE' },
      deletedAt: '2026-05-03T11:00:00.000Z',
      lastModificationTimestamp: '2026-05-02T10:00:00.000Z',
    })
    expect(change?.nextOffset).toBe(change!.offset + 2)
  })

  test('is, where compaction has left a tombstone alone, a delete with what its headers tell', async () => {
    await using topic = await singlePartition()
    await topic.append(topic.recordsOf(['k1', null]).slice(1))
    const [change] = await past(topic)
    expect(change).toMatchObject({
      type: 'deleted',
      event: null,
      deletedAt: '2026-05-03T11:00:00.000Z',
      lastModificationTimestamp: '2026-05-02T10:00:00.000Z',
    })
  })

  test('is, from a topic that was compacted, the last change of each key', async () => {
    const configs = {
      'cleanup.policy': 'compact',
      'segment.ms': '1',
      'min.cleanable.dirty.ratio': '0.01',
      'delete.retention.ms': '3600000',
    }
    await using topic = await ListingTopic.open({ partitions: 1, configs })
    for (let round = 0; round < 5; round += 1) {
      await topic.write(['a', 'b', 'c'].map((key) => [key, { City: `city ${round}` }]))
    }
    await topic.write([['b', null]])
    await topic.write([['d', { City: 'last' }]])
    await expect
      .poll(async () => (await past(topic)).filter(({ offset }) => offset < 15).length, {
        timeout: 60_000,
        interval: 1_000,
      })
      .toBe(0)
    const seen = await past(topic)
    expect(
      seen.map((change) => [change.key, change.type, change.type === 'deleted' && change.event]),
    ).toEqual([
      ['a', 'upserted', false],
      ['c', 'upserted', false],
      ['b', 'deleted', null],
      ['d', 'upserted', false],
    ])
  })

  test('is only what comes later, from the end on', async () => {
    await using topic = await singlePartition()
    await topic.write([['old', {}]])
    const seen: string[] = []
    for await (const change of consumeListings({ ...topic.options, from: 'end' })) {
      if (change.type === 'caught-up') await topic.write([['new', {}]])
      else {
        seen.push(change.key)
        break
      }
    }
    expect(seen).toEqual(['new'])
  })
})

describe('a reader ends', () => {
  test('when its signal aborts, without an error, and leaves no group behind', async () => {
    const stop = new AbortController()
    const seen: Seen[] = []
    for await (const change of consumeListings({ ...shared.options, signal: stop.signal })) {
      seen.push(change)
      if (change.type === 'caught-up') stop.abort()
    }
    expect(seen).toHaveLength(6)
    await withAdmin(async (admin) => {
      const { groups } = await admin.listGroups()
      expect(groups.filter(({ groupId }) => groupId.startsWith(shared.prefix))).toEqual([])
    })
  })

  test.for([undefined, 'group'])(
    'and lets its process end, in a group of its own or none: %s',
    async (group) => {
      const options = { ...shared.options, ...(group === undefined ? {} : { groupId: shared.newGroup() }) }
      const script = join(import.meta.dirname, 'loop-process.ts')
      const { stdout } = await run(process.execPath, ['--no-warnings', script, JSON.stringify(options)], {
        timeout: 30_000,
      })
      expect(stdout.trim().split('\n')).toHaveLength(6)
    },
  )

  test('while it waits for changes, when it is disposed of', async () => {
    await using topic = await singlePartition()
    const changes = consumeListings(topic.options)
    const iterator = changes[Symbol.asyncIterator]()
    expect(await iterator.next()).toEqual({ done: false, value: { type: 'caught-up' } })
    const waiting = iterator.next()
    await changes[Symbol.asyncDispose]()
    expect(await waiting).toMatchObject({ done: true })
  })

  test('before it began, with options that make no sense', () => {
    const wrong = { ...shared.options, brokers: [], commitIntervalMs: -1 }
    expect(() => consumeListings(wrong)).toThrow(
      /brokers[\s\S]*commitIntervalMs|commitIntervalMs[\s\S]*brokers/,
    )
  })

  test('with an error at a topic that is not there', async () => {
    const options = { ...shared.options, prefix: `${shared.prefix}-none` }
    await expect(past(shared, options)).rejects.toMatchObject({ code: 'CONSUMER_TOPIC_MISSING' })
  })
})

describe('a group', () => {
  test('goes on at what was not acknowledged: the change at which the loop was left comes again', async () => {
    await using topic = await singlePartition()
    await topic.write([
      ['k1', {}],
      ['k2', null],
      ['k3', {}],
    ])
    const groupId = topic.newGroup()
    expect(keysOf(await some(topic, 2, { groupId }))).toEqual(['k1', 'k2'])
    expect(keysOf(await some(topic, 2, { groupId }))).toEqual(['k2', 'k3'])
    // A delete covers its tombstone: what comes after it is no delete.
    expect(keysOf(await some(topic, 2, { groupId }))).toEqual(['k3', '–'])
  })

  test('that has read everything is not behind by stock arithmetic: what it commits passes the markers', async () => {
    await using topic = await singlePartition()
    await topic.write([['k1', {}]])
    await topic.write([['ghost', {}]], 'abort')
    const groupId = topic.newGroup()
    await past(topic, { groupId })
    const [{ end } = { end: -1 }] = await topic.cluster.topicOffsets(topic.topic, NEVER)
    await withAdmin(async (admin) => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic.topic] })
      expect(found?.partitions.map(({ offset }) => Number(offset))).toEqual([end])
    })
  })

  test('that begins at the end has that committed, so that nothing is missed while nobody reads', async () => {
    await using topic = await singlePartition()
    await topic.write([['old', {}]])
    const groupId = topic.newGroup()
    expect(await past(topic, { groupId, from: 'end' })).toEqual([])
    await topic.write([['new', {}]])
    expect(keysOf(await past(topic, { groupId, from: 'end' }))).toEqual(['new'])
  })

  test('whose place is not in the log any more is not moved in silence', async () => {
    await using topic = await singlePartition()
    await topic.write([
      ['k1', {}],
      ['k2', {}],
    ])
    const groupId = topic.newGroup()
    await withAdmin((admin) =>
      admin.setOffsets({ groupId, topic: topic.topic, partitions: [{ partition: 0, offset: '1000' }] }),
    )
    await expect(past(topic, { groupId })).rejects.toMatchObject({
      code: 'CONSUMER_OFFSET_LOST',
      topic: topic.topic,
      partition: 0,
      offset: 1000,
    })
    expect(keysOf(await past(topic, { groupId, onLostOffset: 'beginning' }))).toEqual(['k1', 'k2'])
    // Chosen once is enough: it is committed.
    await topic.write([['k3', {}]])
    expect(keysOf(await past(topic, { groupId }))).toEqual(['k3'])
  })
})

describe('a record that cannot be read', () => {
  async function poisoned(value: (good: Buffer) => Buffer): Promise<ListingTopic> {
    const topic = await singlePartition()
    await topic.write([['k1', {}]])
    const [record] = topic.recordsOf(['bad', { City: 'Moab' }])
    await topic.append([{ ...record!, value: value(wholeValue(record!.value!)) }])
    await topic.write([['k2', {}]])
    return topic
  }
  const cut = (good: Buffer): Buffer => good.subarray(0, good.length - 3)
  const unknownSchema = (good: Buffer): Buffer => {
    const other = Buffer.from(good)
    other.writeUInt32BE(0x7fff_fff0, 1)
    return other
  }

  test.for([
    ['cut', cut],
    ['of an unknown schema', unknownSchema],
  ] as const)('because it is %s ends the reading with its place, and comes again', async ([, value]) => {
    await using topic = await poisoned(value)
    const groupId = topic.newGroup()
    for (const first of ['k1', undefined]) {
      const seen: string[] = []
      const reading = async (): Promise<void> => {
        for await (const change of consumeListings({ ...topic.options, groupId })) {
          if (change.type !== 'caught-up') seen.push(change.key)
        }
      }
      await expect(reading()).rejects.toMatchObject({
        code: 'CONSUMER_UNREADABLE',
        topic: topic.topic,
        partition: 0,
        offset: 2,
      })
      expect(seen).toEqual(first === undefined ? [] : [first])
    }
  })

  test('goes raw to the dead letters, if that is chosen, and the reading goes on', async () => {
    await using topic = await poisoned(cut)
    const deadLetter = await newLetters(topic)
    const groupId = topic.newGroup()
    expect(keysOf(await past(topic, { groupId, onUnreadable: { deadLetter } }))).toEqual(['k1', 'k2'])
    const [original] = (await lettersOf(topic, topic.topic)).filter(({ key }) => String(key) === 'bad')
    const letters = await lettersOf(topic, deadLetter)
    expect(letters).toHaveLength(1)
    expect(letters[0]).toMatchObject({ key: original?.key, value: original?.value })
    const headers = Object.entries(letters[0]!.headers).map(([name, text]) => [name, String(text)])
    expect(Object.fromEntries(headers)).toMatchObject({
      ...Object.fromEntries(Object.entries(original!.headers).map(([name, text]) => [name, String(text)])),
      'dead-letter-topic': topic.topic,
      'dead-letter-partition': '0',
      'dead-letter-offset': '2',
      'dead-letter-group': groupId,
      'dead-letter-reason': expect.stringContaining('cut or garbled'),
    })
  })

  test('needs a topic for it that is there before the first one', async () => {
    const onUnreadable = { deadLetter: `${shared.prefix}-none` }
    await expect(past(shared, { onUnreadable })).rejects.toMatchObject({
      code: 'CONSUMER_DEAD_LETTER_TOPIC',
      message: expect.not.stringContaining('TOPICS_CREATE'),
    })
  })
})

describe('a registry that is away', () => {
  test('is waited for, and nothing is passed over', async () => {
    let refusals = 4
    const { registryUrl } = testStack()
    const server = createServer((request, response) => {
      refusals -= 1
      if (refusals >= 0) return void response.writeHead(503).end()
      const path = (request.url ?? '').replace('/base', '')
      fetch(registryUrl + path)
        .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
        .catch(() => response.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`
    const troubles: Trouble[] = []
    try {
      const seen = await past(shared, { registry, onTrouble: (trouble) => troubles.push(trouble) })
      expect(seen).toHaveLength(5)
    } finally {
      server.close()
      server.closeAllConnections()
    }
    expect(troubles.map(({ what }) => what)).toEqual(['registry', 'registry', 'registry', 'registry'])
  })
})
