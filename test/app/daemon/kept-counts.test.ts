import { expect, test, vi } from 'vitest'

import { KeptCounts, KeptLetters } from '../../../src/app/daemon/kept-counts.ts'
import { instant } from '../../../src/domain/instant.ts'

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

const LETTER = {
  topic: 'spark.listings',
  name: '20260502140309000000000001',
  key: null,
  reason: 'it has no key',
  passId: 'pass-1',
  at: instant(0),
  bytes: 2,
  offset: 0,
  settledAt: null,
}

test('of many feeds, dead letters are counted each half minute at most', async () => {
  let now = 0
  let waiting = 1
  const letters = new KeptLetters(() => now)
  const feed = { openLetters: async () => Array.from({ length: waiting }, () => LETTER) }
  expect(letters.of(feed, never)).toBeNull()
  await vi.waitUntil(() => letters.of(feed, never) === 1)
  waiting = 2
  now += 29_999
  letters.of(feed, never)
  await Promise.resolve()
  expect(letters.of(feed, never)).toBe(1)
  now += 1
  await vi.waitUntil(() => letters.of(feed, never) === 2)
})
