import { expect, test } from 'vitest'

import type { DemoResult } from '../../src/demo/rehearse.ts'
import { summarize } from '../../src/demo/summary.ts'
import { TopicReplay } from '../../src/demo/topic-replay.ts'

function result(overrides: Partial<DemoResult> = {}): DemoResult {
  const replay = new TopicReplay()
  replay.counts.set('SNAPSHOT', 3)
  for (const key of ['1', '2', '3']) replay.latest.set(key, upserted(key))
  return {
    expected: { SNAPSHOT: 3, UPDATED: 0 },
    replay,
    comparison: { listings: 3, differences: [] },
    touched: 1,
    requests: 7,
    faults: { fired: 2, planned: 2 },
    seconds: 1,
    ...overrides,
  }
}

function upserted(listingKey: string): ReturnType<TopicReplay['latest']['get']> & {} {
  return {
    listingKey,
    change: 'SNAPSHOT',
    modificationTimestamp: null,
    observedAt: '2024-02-03T08:00:00.000Z',
    volatileFields: {},
    listing: { standardFields: {}, customFields: {}, maskedFields: [], unmappedFields: {} },
  }
}

test('it is equal if every count is the expected one and no field differs', () => {
  const { text, equal } = summarize(result())
  expect(equal).toBe(true)
  expect(text).toContain('Equal: all 3 listings')
})

test('a difference in any field makes it unequal; the first ten are shown', () => {
  const differences = Array.from({ length: 12 }, (_, i) => ({
    key: `key-${i}`,
    field: 'City',
    problem: 'lost',
  }))
  const { text, equal } = summarize(result({ comparison: { listings: 3, differences } }))
  expect(equal).toBe(false)
  expect(text.match(/key-\d+ City: lost/g)).toHaveLength(10)
  expect(text).toContain('and 2 more')
})

test.each([
  ['an event too few', (replay: TopicReplay) => replay.counts.set('SNAPSHOT', 2)],
  ['an event of a kind that nobody expects', (replay: TopicReplay) => replay.counts.set('RESTORED', 1)],
  ['a listing too few', (replay: TopicReplay) => replay.latest.delete('3')],
  ['a duplicate', (replay: TopicReplay) => replay.duplicates.push('1: the same content twice')],
  ['a record out of order', (replay: TopicReplay) => replay.disorder.push('1: tombstone')],
])('%s makes it unequal', (_, spoil) => {
  const spoilt = result()
  spoil(spoilt.replay)
  const { text, equal } = summarize(spoilt)
  expect(equal).toBe(false)
  expect(text).toContain('NOT EQUAL')
})

test('a planned fault that never happened makes it unequal: nothing was shown to survive it', () => {
  expect(summarize(result({ faults: { fired: 1, planned: 2 } })).equal).toBe(false)
})
