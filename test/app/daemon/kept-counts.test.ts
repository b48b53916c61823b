import { expect, test, vi } from 'vitest'

import { KeptCounts } from '../../../src/app/daemon/kept-counts.ts'

const never = new AbortController().signal

test('a count is given at once, made anew when it is worth its work, and one that fails keeps the one before', async () => {
  let now = 0
  let live = 0
  let fails = false
  const counts = new KeptCounts(() => now)
  const feed = {
    async liveRecords() {
      if (fails) throw new Error('the index is closed')
      // So long does it take.
      now += 1_000
      live += 1
      return { count: live, why: null, byResource: { listings: live } }
    },
    openLetters: async () => [],
  }
  expect(counts.of(feed, never).liveRecords).toMatchObject({ count: null, why: 'it is being counted' })
  await vi.waitUntil(() => counts.of(feed, never).liveRecords.count === 1)
  expect(counts.of(feed, never).deadLetters).toEqual({ count: 0, why: null })
  now += 19_000
  counts.of(feed, never)
  await Promise.resolve()
  expect(live).toBe(1)
  now += 1_000
  await vi.waitUntil(() => counts.of(feed, never).liveRecords.count === 2)
  now += 60_000
  fails = true
  counts.of(feed, never)
  await Promise.resolve()
  expect(counts.of(feed, never).liveRecords.count).toBe(2)
})
