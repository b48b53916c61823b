import { expect, test } from 'vitest'

import { page, TestFeed } from './test-feed.ts'

const never = new AbortController().signal

test('a topic that is made anew under a running process stops it, and nothing is published to it (R2)', async () => {
  await using feed = await TestFeed.open()
  const keys = Array.from({ length: 30 }, (_, n) => `2024${String(n).padStart(22, '0')}`)
  await using instance = await feed.takeOver()
  await instance.publisher.commit(page(await feed.upserts(keys)), never)
  await feed.remakeListings()
  const changed = page(await feed.upserts(keys, { City: 'Fargo' }))
  await expect(instance.publisher.commit(changed, never)).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED' })
  expect(await feed.settled()).toEqual([])
})
