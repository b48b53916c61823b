import { describe, expect, test } from 'vitest'

import type { TopicDescription, TopicSpec } from '../../src/kafka/cluster.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import { ensureTopics, requireUnaltered, type FeedTopics } from '../../src/feed/topics.ts'
import { topicNames } from '../../src/feed/topic-names.ts'

const never = new AbortController().signal
const names = topicNames('mls')
const SETTINGS = {
  names,
  resources: RESOURCES,
  withRows: RESOURCES,
  partitions: 3,
  replicationFactor: undefined,
  create: true,
}

/** Topics of a cluster; `between` acts after the look and before the creation, which leaves alone what is there. */
class ScriptedTopics {
  readonly topics = new Map<string, TopicDescription>()
  between: () => void = () => undefined

  describeTopics(asked: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return Promise.resolve(new Map([...this.topics].filter(([name]) => asked.includes(name))))
  }

  createTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.between()
    for (const { name, partitions, configs } of specs) {
      if (!this.topics.has(name)) this.put(name, { partitions, configs })
    }
    return Promise.resolve()
  }

  put(name: string, over: Partial<TopicDescription> = {}): void {
    const known = this.topics.get(name) ?? { name, partitions: 3, replicationFactor: 1, configs: {} }
    this.topics.set(name, { ...known, ...over, configs: { ...known.configs, ...over.configs } })
  }
}

const COMPACT = { 'cleanup.policy': 'compact' }

describe('topics that somebody else makes between look and creation are checked by what they are', () => {
  test('partitions are counted, not assumed (R6)', async () => {
    const cluster = new ScriptedTopics()
    cluster.between = () => cluster.put('mls.listings', { partitions: 6, configs: COMPACT })
    const { partitions } = await ensureTopics(cluster, SETTINGS, never)
    expect(partitions.get('listings')).toBe(6)
  })

  test.each([
    ['mls.listings', { configs: { 'cleanup.policy': 'delete' } }, 'cleanup.policy=delete'],
    ['mls.checkpoints', { partitions: 2, configs: COMPACT }, '2 partitions'],
    ['mls.control', { partitions: 1, configs: COMPACT }, 'cleanup.policy=compact'],
    ['mls.holds', { partitions: 1, configs: { 'cleanup.policy': 'delete' } }, 'cleanup.policy=delete'],
    ['mls.holds', { partitions: 2, configs: COMPACT }, '2 partitions'],
    ['mls.dead-letters', { partitions: 1, configs: { 'cleanup.policy': 'delete' } }, 'cleanup.policy=delete'],
  ] as const)('%s made with %o is refused', async (name, made, words) => {
    const cluster = new ScriptedTopics()
    cluster.between = () => cluster.put(name, made)
    await expect(ensureTopics(cluster, SETTINGS, never)).rejects.toMatchObject({
      code: 'TOPIC_MISCONFIGURED',
      exitCode: 2,
      message: expect.stringContaining(words),
    })
  })

  test('how long deletes are remembered follows the topic (R9)', async () => {
    const cluster = new ScriptedTopics()
    const configs = { ...COMPACT, 'delete.retention.ms': '3600000' }
    cluster.between = () => cluster.put('mls.listings', { configs })
    expect(await ensureTopics(cluster, SETTINGS, never)).toMatchObject({ deleteRetention: 3_600_000 })
  })
})

async function opened(): Promise<[ScriptedTopics, FeedTopics]> {
  const cluster = new ScriptedTopics()
  const topics = await ensureTopics(cluster, SETTINGS, never)
  await requireUnaltered(cluster, SETTINGS, topics, never)
  return [cluster, topics]
}

describe('a topic altered under a running feed is named', () => {
  test.each([
    ['mls.listings', { partitions: 6 }, 'TOPIC_PREFIX'],
    ['mls.listings', { configs: { 'cleanup.policy': 'delete' } }, 'cleanup.policy=delete'],
    ['mls.listings', { configs: { 'cleanup.policy': 'compact,delete' } }, 'cleanup.policy=compact,delete'],
    ['mls.listings', { configs: { 'min.insync.replicas': '2' } }, 'min.insync.replicas=2'],
    ['mls.listing-rows', { partitions: 6 }, 'Delete this topic'],
    ['mls.listing-rows', { configs: { 'cleanup.policy': 'delete' } }, 'cleanup.policy=delete'],
    ['mls.checkpoints', { partitions: 2 }, '2 partitions'],
    ['mls.checkpoints', { configs: { 'cleanup.policy': 'delete' } }, 'cleanup.policy=delete'],
    ['mls.control', { partitions: 2 }, '2 partitions'],
    ['mls.dead-letters', { partitions: 3 }, '3 partitions'],
  ])('%s with %o', async (name, change, words) => {
    const [cluster, topics] = await opened()
    cluster.put(name, change)
    await expect(requireUnaltered(cluster, SETTINGS, topics, never)).rejects.toMatchObject({
      code: 'TOPIC_MISCONFIGURED',
      message: expect.stringMatching(new RegExp(`${name}.*${words}`)),
    })
  })

  test.each(['mls.listings', 'mls.listing-rows', 'mls.checkpoints', 'mls.control', 'mls.dead-letters'])(
    'deleted: %s',
    async (name) => {
      const [cluster, topics] = await opened()
      cluster.topics.delete(name)
      await expect(requireUnaltered(cluster, SETTINGS, topics, never)).rejects.toMatchObject({
        code: 'TOPIC_MISSING',
        message: expect.stringContaining(name),
      })
    },
  )
})

describe('what the brokers make of the topics is told', () => {
  test.each([
    [{ configs: { 'compression.type': 'lz4' } }, 'info', 'compression.type=lz4'],
    [{ configs: { 'max.message.bytes': '262144' } }, 'warn', 'max.message.bytes=262144'],
    [{ replicationFactor: 3, configs: { 'min.insync.replicas': '1' } }, 'warn', 'min.insync.replicas=1'],
    [{ configs: { 'unclean.leader.election.enable': 'true' } }, 'warn', 'unclean.leader.election.enable'],
    [{ configs: { 'message.timestamp.type': 'LogAppendTime' } }, 'info', 'LogAppendTime'],
    [{ configs: { 'delete.retention.ms': '60000' } }, 'warn', 'delete.retention.ms=60000'],
  ])('%o', async (made, level, words) => {
    const cluster = new ScriptedTopics()
    const quiet = await ensureTopics(cluster, SETTINGS, never)
    expect(quiet.remarks).toEqual([])
    cluster.put('mls.listings', made)
    const { remarks } = await ensureTopics(cluster, SETTINGS, never)
    expect(remarks).toEqual([{ topic: 'mls.listings', level, text: expect.stringContaining(words) }])
  })
})
