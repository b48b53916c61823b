import { describe, expect, test } from 'vitest'

import { handleListings, type ChangeHandler, type HandlerOptions } from '../../../src/index.ts'
import { readWholeTopic } from '../../../src/kafka/read-topic.ts'
import { sleep } from '../../../src/support/abort.ts'
import { NEVER } from '../../events/sample.ts'
import { withAdmin } from '../../fixtures/kafka-admin.ts'
import { startKafkaProxy } from '../../fixtures/kafka-proxy.ts'
import { testStack } from '../../fixtures/test-stack.ts'
import { ListingTopic } from './listing-topic.ts'

type Handler = ChangeHandler<{ readonly key: string; readonly offset: number }>

const QUICK = { backoff: { baseMs: 1, capMs: 5 }, commitIntervalMs: 200 }

/** Until all is handled that was there at the start. */
async function handleAll(
  topic: ListingTopic,
  over: Partial<HandlerOptions>,
  handler: Handler,
): Promise<void> {
  const stop = new AbortController()
  const options = { ...topic.options, ...QUICK, ...over, signal: stop.signal, onCaughtUp: () => stop.abort() }
  await handleListings(options, handler)
}

async function topicOf(partitions: number, ...keys: readonly string[]): Promise<ListingTopic> {
  const topic = await ListingTopic.open({ partitions })
  await topic.write(keys.map((key) => [key, {}]))
  return topic
}

/** As the coordinator has it. */
async function stateOf(groupId: string): Promise<string | undefined> {
  let state: string | undefined
  await withAdmin(async (admin) => {
    state = (await admin.describeGroups([groupId])).groups[0]?.state
  })
  return state
}

describe('a handler', () => {
  test('is called for several keys at a time, and for one key in order and never twice at once', async () => {
    const keys = ['a', 'b', 'c', 'd'].flatMap((key) => [key, key, key])
    await using topic = await topicOf(2, ...keys)
    const running = new Set<string>()
    const order = new Map<string, number[]>()
    let most = 0
    await handleAll(topic, { concurrency: 3 }, async ({ key, offset }) => {
      expect(running.has(key)).toBe(false)
      running.add(key)
      most = Math.max(most, running.size)
      await new Promise((resolve) => setImmediate(resolve))
      order.set(key, [...(order.get(key) ?? []), offset])
      running.delete(key)
    })
    expect(most).toBe(3)
    for (const offsets of order.values()) expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
    expect([...order.values()].flat()).toHaveLength(12)
  })

  test('that fails is tried again, and holds up its own key alone', async () => {
    await using topic = await topicOf(1, 'bad', 'bad', 'good')
    const calls: string[] = []
    await handleAll(topic, { concurrency: 1 }, async ({ key, offset }, ...[{ attempt }]) => {
      calls.push(`${key}@${offset} ${attempt}`)
      if (key === 'bad' && attempt < 4) throw new Error('not yet')
    })
    expect(calls.filter((call) => call.startsWith('bad'))).toEqual([
      'bad@0 1',
      'bad@0 2',
      'bad@0 3',
      'bad@0 4',
      'bad@1 1',
      'bad@1 2',
      'bad@1 3',
      'bad@1 4',
    ])
    expect(calls.indexOf('good@2 1')).toBeLessThan(calls.indexOf('bad@1 4'))
  })

  test('that fails for good ends it all; what was not handled comes again, what was does not', async () => {
    await using topic = await topicOf(1, 'a', 'bad', 'c')
    const groupId = topic.newGroup()
    const failing: Handler = async ({ key }) => {
      if (key === 'bad') throw new Error('never')
    }
    await expect(handleAll(topic, { groupId, attempts: 3 }, failing)).rejects.toMatchObject({
      code: 'CONSUMER_HANDLER_FAILED',
      topic: topic.topic,
      offset: 1,
      cause: { message: 'never' },
    })
    const again: string[] = []
    await handleAll(topic, { groupId }, async ({ key }) => void again.push(key))
    expect(again[0]).toBe('bad')
    expect(again).not.toContain('a')
  })

  test('that fails for good leaves a dead letter, if that is chosen, and the change is done with', async () => {
    await using topic = await topicOf(1, 'a', 'bad', 'c')
    await topic.write([['bad', null]])
    const deadLetter = `${topic.prefix}-letters`
    await topic.cluster.createTopics([{ name: deadLetter, partitions: 1, configs: {} }], NEVER)
    const groupId = topic.newGroup()
    const done: string[] = []
    await handleAll(topic, { groupId, attempts: 2, onFailure: { deadLetter } }, async ({ key }) => {
      if (key === 'bad') throw new Error('never')
      done.push(key)
    })
    expect(done).toEqual(['a', 'c'])
    const letters: string[] = []
    for await (const { records } of readWholeTopic(topic.cluster, deadLetter, NEVER)) {
      for (const { key, value, headers } of records) {
        const told = ['dead-letter-offset', 'dead-letter-attempts', 'dead-letter-reason'].map((name) =>
          String(headers[name]),
        )
        letters.push([String(key), value === null ? 'tombstone' : 'event', ...told].join(' '))
      }
    }
    expect(letters).toEqual([
      'bad event 1 2 Error: never',
      'bad event 4 2 Error: never',
      'bad tombstone 5 2 Error: never',
    ])
    await handleAll(topic, { groupId }, async ({ key }) => {
      throw new Error(`${key} came again`)
    })
  })

  test('that runs when it is told to stop may end, and its change is done with', async () => {
    await using topic = await topicOf(1, 'a', 'b')
    const groupId = topic.newGroup()
    const stop = new AbortController()
    const done: string[] = []
    const options = { ...topic.options, ...QUICK, groupId, signal: stop.signal, concurrency: 1 }
    await handleListings(options, async ({ key }, { signal }) => {
      stop.abort()
      await sleep(50, signal)
      done.push(key)
    })
    expect(done).toEqual(['a'])
    const again: string[] = []
    await handleAll(topic, { groupId }, async ({ key }) => void again.push(key))
    expect(again).toEqual(['b'])
  })

  test('that does not end in time is told so by its own signal, and its change comes again', async () => {
    await using topic = await topicOf(1, 'a')
    const groupId = topic.newGroup()
    const stop = new AbortController()
    const options = { ...topic.options, ...QUICK, groupId, signal: stop.signal, stopTimeoutMs: 100 }
    let toldSo = false
    await handleListings(options, async (_, { signal }) => {
      stop.abort()
      await sleep(60_000, signal).catch((error: unknown) => {
        toldSo = true
        throw error
      })
    })
    expect(toldSo).toBe(true)
    const again: string[] = []
    await handleAll(topic, { groupId }, async ({ key }) => void again.push(key))
    expect(again).toEqual(['a'])
  })
})

describe('a rebalance', () => {
  const TIMING = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 6_000, heartbeatIntervalMs: 200 }

  test('waits for a handler that runs, so that nobody else begins with its key', async () => {
    await using topic = await topicOf(2, 'a', 'b', 'c', 'd', 'e', 'f')
    const groupId = topic.newGroup()
    const stop = new AbortController()
    const shared = { ...topic.options, ...QUICK, ...TIMING, groupId, signal: stop.signal }
    const log: string[] = []
    const began = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const slow = handleListings({ ...shared, concurrency: 1 }, async ({ key }) => {
      if (log.length > 0) return
      log.push(`${key} begun`)
      began.resolve()
      await ended.promise
      log.push(`${key} done`)
    })
    await began.promise
    const joined = Promise.withResolvers<void>()
    const other = handleListings({ ...shared, onCaughtUp: () => joined.resolve() }, async () => {
      log.push('other')
    })
    await expect.poll(() => stateOf(groupId), { timeout: 20_000 }).toBe('PreparingRebalance')
    expect(log).toHaveLength(1)
    ended.resolve()
    await joined.promise
    stop.abort()
    await Promise.all([slow, other])
    expect(log.slice(0, 2)).toEqual([log[0], log[0]?.replace('begun', 'done')])
  })

  test('that waited too long aborts the handler', async () => {
    await using topic = await topicOf(1, 'a')
    const stop = new AbortController()
    const shared = { ...topic.options, ...QUICK, ...TIMING, groupId: topic.newGroup(), signal: stop.signal }
    const began = Promise.withResolvers<void>()
    const reasons: unknown[] = []
    let tries = 0
    const done = Promise.withResolvers<void>()
    const handler: Handler = async (_, { signal }) => {
      tries += 1
      if (tries > 1) return done.resolve()
      began.resolve()
      await sleep(60_000, signal).catch((error: unknown) => {
        reasons.push(error)
        throw error
      })
    }
    const first = handleListings(shared, handler)
    await began.promise
    const second = handleListings(shared, handler)
    await done.promise
    stop.abort()
    await Promise.all([first, second])
    expect(reasons).toMatchObject([{ code: 'KAFKA_PARTITIONS_REVOKED' }])
  })
})

describe('a cluster that is away', () => {
  test('for longer than a session is waited out, and nothing is missed', async () => {
    await using topic = await topicOf(2, 'a', 'b')
    const [broker = ''] = testStack().brokers
    await using proxy = await startKafkaProxy(broker)
    const stop = new AbortController()
    const seen = new Set<string>()
    const groupId = topic.newGroup()
    const handling = handleListings(
      {
        ...topic.options,
        ...QUICK,
        brokers: [proxy.broker],
        groupId,
        sessionTimeoutMs: 6_000,
        rebalanceTimeoutMs: 6_000,
        heartbeatIntervalMs: 500,
        signal: stop.signal,
      },
      async ({ key }) => void seen.add(key),
    )
    await expect.poll(() => seen.size, { timeout: 20_000 }).toBe(2)
    proxy.judge = () => 'cut'
    await topic.write([['c', {}]])
    await expect.poll(() => stateOf(groupId), { timeout: 30_000 }).toBe('Empty')
    proxy.judge = () => 'pass'
    await topic.write([['d', {}]])
    await expect.poll(() => [...seen].toSorted(), { timeout: 30_000 }).toEqual(['a', 'b', 'c', 'd'])
    stop.abort()
    await handling
  })
})
