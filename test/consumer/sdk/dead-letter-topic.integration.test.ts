import { afterAll, beforeAll, expect, test } from 'vitest'

import { consumeListings, handleListings, type HandlerOptions } from '../../../src/index.ts'
import { topicNames } from '../../../src/feed/topic-names.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { NEVER } from '../../events/sample.ts'
import { withAdmin } from '../../fixtures/kafka-admin.ts'
import { uniqueTopicPrefix } from '../../fixtures/test-stack.ts'
import { ListingTopic } from './listing-topic.ts'

const QUICK = { attempts: 1, backoff: { baseMs: 1, capMs: 5 } }

let topic: ListingTopic

beforeAll(async () => {
  topic = await ListingTopic.open({ partitions: 1 })
  await topic.write([
    ['a', {}],
    ['b', {}],
  ])
})

afterAll(async () => {
  await topic[Symbol.asyncDispose]()
})

async function make(name: string, policy: string): Promise<string> {
  const configs = { 'cleanup.policy': policy }
  await topic.cluster.createTopics([{ name, partitions: 1, configs }], NEVER)
  return name
}

/** A handler that fails at each change. */
async function fail(over: Partial<HandlerOptions>, onFirst = async (): Promise<void> => {}): Promise<void> {
  const stop = new AbortController()
  const options = { ...topic.options, ...QUICK, ...over, signal: stop.signal, concurrency: 1 }
  await handleListings({ ...options, onCaughtUp: () => stop.abort() }, async ({ key }) => {
    if (key === 'a') await onFirst()
    throw new Error('never')
  })
}

/** @param why a part of the message */
async function isRefused(deadLetter: string, why: string): Promise<void> {
  const refusal = {
    code: 'CONSUMER_DEAD_LETTER_TOPIC',
    message: expect.stringContaining(why),
  }
  const handled: string[] = []
  const handler = async ({ key }: { readonly key: string }): Promise<void> => void handled.push(key)
  for (const options of [{ onFailure: { deadLetter } }, { onUnreadable: { deadLetter } }]) {
    await expect(handleListings({ ...topic.options, ...options }, handler)).rejects.toMatchObject(refusal)
  }
  const changes = consumeListings({ ...topic.options, onUnreadable: { deadLetter } })
  await expect(changes[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal)
  expect(handled).toEqual([])
}

test('dead letters do not go to a topic that is compacted, as those of any feed are', async () => {
  const other = topicNames(uniqueTopicPrefix())
  for (const [name, policy] of [
    [other.data(LISTINGS), 'compact'],
    [other.deadLetters, 'compact,delete'],
  ] as const) {
    await isRefused(await make(name, policy), 'is compacted')
  }
})

test('dead letters do not go to a topic beside the checkpoints of another feed, whatever its policy is', async () => {
  const other = topicNames(uniqueTopicPrefix())
  await make(other.control, 'delete')
  await fail({ onFailure: { deadLetter: other.control } })
  await make(other.checkpoints, 'compact')
  await isRefused(other.control, other.checkpoints)
})

test('dead letters go to a topic of their own, with points in its name or without', async () => {
  for (const name of [`${topic.prefix}-letters`, `${topic.prefix}-search.dead.letters`]) {
    const deadLetter = await make(name, 'delete')
    await fail({ onFailure: { deadLetter } })
    expect(await topic.cluster.topicOffsets(deadLetter, NEVER)).toEqual([{ beginning: 0, end: 2 }])
  }
})

test('a topic for dead letters that is not there, or not any more, is told of in words for subscribers', async () => {
  const none = `${topic.prefix}-none`
  await isRefused(none, `${none}, which is named as deadLetter, does not exist. Make a topic`)
  const deadLetter = await make(`${topic.prefix}-deleted`, 'delete')
  const deleteIt = async (): Promise<void> =>
    withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [deadLetter] })
      const isThere = async (): Promise<boolean> => (await admin.listTopics()).includes(deadLetter)
      await expect.poll(isThere).toBe(false)
    })
  await expect(fail({ onFailure: { deadLetter } }, deleteIt)).rejects.toMatchObject({
    code: 'CONSUMER_DEAD_LETTER_TOPIC',
    message: expect.stringContaining('does not exist any more'),
  })
})

test('a feed that is not there is told of in words for subscribers, too', async () => {
  const prefix = uniqueTopicPrefix()
  await expect(fail({ prefix })).rejects.toMatchObject({
    code: 'CONSUMER_TOPIC_MISSING',
    message: expect.stringContaining(`Topic ${prefix}.listings does not exist. Check brokers and prefix`),
  })
})

test('a feed whose topic is deleted while it is read is told of in the same words', async () => {
  await using doomed = await ListingTopic.open({ partitions: 1 })
  await doomed.write([['a', {}]])
  const read = async (): Promise<void> => {
    for await (const { type } of consumeListings(doomed.options)) {
      if (type === 'caught-up') await withAdmin((admin) => admin.deleteTopics({ topics: [doomed.topic] }))
    }
  }
  await expect(read()).rejects.toMatchObject({ code: 'CONSUMER_TOPIC_MISSING', topic: doomed.topic })
})
