import { expect, test } from 'vitest'

import { partitionFor } from '../../src/kafka/partition.ts'
import { withAdmin } from '../fixtures/kafka-admin.ts'
import { uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveFeed } from './live-feed.ts'

test('partitions added to a topic are refused by every start, and both ways out that are named work (R6)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 30 } })
  await feed.done('snapshot')
  await withAdmin(async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic: feed.topic, count: 6 }] })
  })
  const refused = await feed.run(['update'])
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('[TOPIC_MISCONFIGURED]') })
  expect(refused.stderr).toMatch(/6 partitions.*delete this topic.*snapshot --restart.*TOPIC_PREFIX/)

  const before = await feed.size()
  const restarted = await feed.run(['snapshot', '--restart'])
  expect(restarted).toMatchObject({ code: 2, stderr: expect.stringContaining('[TOPIC_KEYS_MISPLACED]') })
  expect(restarted.stderr).toMatch(/of 6.*delete this topic.*snapshot --restart.*TOPIC_PREFIX/)
  expect(await feed.size()).toBe(before)

  const TOPIC_PREFIX = uniqueTopicPrefix()
  expect(await feed.run(['snapshot'], { TOPIC_PREFIX, DATA_DIR: `${feed.folder}/other` })).toMatchObject({
    code: 0,
  })

  await withAdmin((admin) => admin.deleteTopics({ topics: [feed.topic] }))
  await expect.poll(() => feed.topics(), { timeout: 30_000 }).not.toContain(feed.topic)
  const refilled = await feed.run(['snapshot', '--restart'], { KAFKA_PARTITIONS: '6' })
  expect(refilled.code).toBe(0)
  const events = await feed.read()
  expect(feed.check(events)).toEqual(CLEAN)
  expect(events).toHaveLength(30)
  for (const { key, partition } of events) expect(partition).toBe(partitionFor(key, 6))
  expect((await feed.run(['index', 'check'])).code).toBe(0)
}, 240_000)
