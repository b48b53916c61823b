import { randomBytes } from 'node:crypto'

import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'

import { withAdmin } from '../fixtures/kafka-admin.ts'
import { readTopic } from '../fixtures/read-topic.ts'
import { LiveFeed } from './live-feed.ts'

const LIMIT = 65_536
/** Does not compress, so that its letter needs several parts, and its page is read on a thread of its own. */
const NOISE = randomBytes(300_000).toString('base64')

async function makeTopic(topic: string, policy: string): Promise<void> {
  const configs = { 'cleanup.policy': policy, 'max.message.bytes': String(LIMIT) }
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  await withAdmin(async (admin) => {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] })
  })
}

async function raise(topic: string): Promise<void> {
  const configEntries = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'max.message.bytes', value: '1048588' },
  ]
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }
  await withAdmin(async (admin) => {
    await admin.alterConfigs({ validateOnly: false, resources: [resource] })
  })
}

test('a listing above what the topic takes is a dead letter, in parts that its topic takes, written once and settled when the limit is raised (R12)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 12, seed: 98 } })
  const [large = '', noisy = '', fits = ''] = feed.keys()
  const letters = feed.topic.replace(/listings$/, 'dead-letters')
  await makeTopic(feed.topic, 'compact')
  await makeTopic(letters, 'compact,delete')
  const set = (key: string, PublicRemarks: string): void => {
    feed.simulator.listings.apply({ action: 'set', keys: [key], fields: { PublicRemarks } })
  }
  set(large, 'x'.repeat(100_000))
  set(noisy, NOISE)
  set(fits, NOISE.slice(0, 50_000))

  expect(await feed.done('snapshot')).toContain('10 published, 2 dead_lettered')
  const written = await readTopic(letters, { atLeast: 1 }, AbortSignal.timeout(60_000))
  expect(written.length).toBeGreaterThan(5)
  const listed = (await feed.done('dead-letters', 'list', '--json', '--raw')).split('\n')
  const found = listed.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(new Set(found.map(({ key }) => key))).toEqual(new Set([large, noisy]))
  expect(found).toHaveLength(2)
  for (const letter of found) {
    expect(letter['reason']).toContain(`max.message.bytes=${LIMIT} of topic ${feed.topic}`)
    const remarks = letter['key'] === noisy ? NOISE : 'x'.repeat(100_000)
    expect(letter).toMatchObject({ record: { StandardFields: { PublicRemarks: remarks } } })
  }

  expect(await feed.done('snapshot')).toContain('12 unchanged')
  expect(await readTopic(letters, { atLeast: 1 }, AbortSignal.timeout(60_000))).toHaveLength(written.length)

  await raise(feed.topic)
  expect(await feed.done('snapshot')).toContain('2 published')
  expect(await feed.done('dead-letters', 'list', '--json')).toBe('')
  expect(await feed.size()).toBe(12)
}, 240_000)
