import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'

import { requireRegistered } from '../../src/events/registry/schema-look.ts'
import { subjectName } from '../../src/events/registry/subject-name.ts'
import { requireUnaltered } from '../../src/feed/topics.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { withAdmin, type Admin } from '../fixtures/kafka-admin.ts'
import { openIndex, snapshotOf, TestFeed } from './test-feed.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const never = new AbortController().signal

function look(feed: TestFeed): Promise<void> {
  return requireUnaltered(feed.cluster, feed, feed.topics, never)
}

function setPolicy(topic: string, policy: string): (admin: Admin) => Promise<void> {
  return async (admin) => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'cleanup.policy', value: policy }],
        },
      ],
    })
  }
}

test('a real broker tells of partitions, policies and topics that changed under a feed', async () => {
  await using feed = await TestFeed.open()
  await look(feed)
  await withAdmin(setPolicy(feed.names.checkpoints, 'delete'))
  const refused = (topic: string): object => ({
    code: 'TOPIC_MISCONFIGURED',
    message: expect.stringContaining(topic),
  })
  await expect
    .poll(() => look(feed).catch((error: unknown) => error))
    .toMatchObject(refused(feed.names.checkpoints))
  await withAdmin(setPolicy(feed.names.checkpoints, 'compact'))
  await expect.poll(() => look(feed).catch((error: unknown) => error)).toBeUndefined()
  await withAdmin((admin) => admin.deleteTopics({ topics: [feed.names.control] }))
  await expect
    .poll(() => look(feed).catch((error: unknown) => error))
    .toMatchObject({ code: 'TOPIC_MISSING' })
})

test('keys in the wrong partition are recognised when the index is rebuilt, by whatever command (R6)', async () => {
  await using feed = await TestFeed.open()
  await using folder = await tempFolder()
  await snapshotOf(feed, folder.path)
  const topic = feed.names.data({ name: LISTINGS.name })
  await withAdmin(async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] })
  })
  await expect.poll(() => feed.cluster.partitionCount(topic, never)).toBe(6)
  for (const restart of [false, true]) {
    await using other = await tempFolder()
    await using index = await openIndex(other.path)
    await expect(feed.start(index, { restart })).rejects.toMatchObject({
      code: 'TOPIC_KEYS_MISPLACED',
      exitCode: 2,
      message: expect.stringContaining(topic),
    })
  }
})

test('a real registry gives back what was registered: nothing is taken for lost', async () => {
  await using feed = await TestFeed.open()
  const schemas = [...feed.schemas.values()].flatMap((versions) => versions.schemasInUse())
  const { upserted, deleted } = LISTINGS.events
  const topic = feed.names.data(LISTINGS)
  const subjects = [deleted, upserted].map((name) => subjectName(topic, name))
  expect(schemas.map(({ subject }) => subject)).toEqual(subjects)
  expect(await requireRegistered(feed.registry, schemas, never)).toEqual([])
})
