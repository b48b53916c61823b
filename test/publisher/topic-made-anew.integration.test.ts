import { expect, test } from 'vitest'

import { LISTINGS } from '../../src/resources/listings.ts'
import { page, TestFeed } from './test-feed.ts'

const never = new AbortController().signal

test('a topic that is made anew under a running process stops it, and nothing is published to it (R2)', async () => {
  await using feed = await TestFeed.open()
  const keys = Array.from({ length: 30 }, (_, n) => `2024${String(n).padStart(22, '0')}`)
  await using instance = await feed.takeOver()
  await instance.publisher.commit(page(await feed.upserts(keys)), never)
  await feed.remakeTopic()
  const changed = page(await feed.upserts(keys, { City: 'Fargo' }))
  await expect(instance.publisher.commit(changed, never)).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
  expect(await feed.settled({ restart: true })).toEqual([])
})

test('no later start takes a topic made anew for the old one, though the aborted records reach beyond the checkpoint (R2)', async () => {
  await using feed = await TestFeed.open()
  const keys = Array.from({ length: 30 }, (_, n) => `2024${String(n).padStart(22, '0')}`)
  {
    await using instance = await feed.takeOver()
    await instance.publisher.commit(page(await feed.upserts(keys.slice(0, 3))), never)
    await feed.remakeTopic()
    const all = page(await feed.upserts(keys))
    const error: unknown = await instance.publisher.commit(all, never).catch((refused: unknown) => refused)
    expect(error).toMatchObject({ code: 'TOPIC_TRUNCATED' })
    // It would be why it could not be noted.
    expect(error).not.toHaveProperty('cause')
  }
  const truncated = {
    code: 'TOPIC_TRUNCATED',
    message: expect.stringContaining(feed.names.data(LISTINGS)),
  }
  for (let start = 1; start <= 2; start += 1) await expect(feed.takeOver()).rejects.toMatchObject(truncated)
  {
    // A restart that commits nothing is no new generation yet.
    await using _ = await feed.takeOver({ restart: true })
  }
  await expect(feed.takeOver()).rejects.toMatchObject(truncated)
  {
    await using restarted = await feed.takeOver({ restart: true })
    await restarted.publisher.commit(page(await feed.upserts(keys)), never)
  }
  await using instance = await feed.takeOver()
  expect(instance.state).toMatchObject({ generation: 2 })
  expect(await feed.settled()).toHaveLength(keys.length)
})
