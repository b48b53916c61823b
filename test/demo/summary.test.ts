import { expect, test } from 'vitest'

import type { UpsertedRecord } from '../../src/demo/decoded-events.ts'
import type { DemoResult, TopicResult } from '../../src/demo/rehearse.ts'
import { summarize } from '../../src/demo/summary.ts'
import { TopicReplay } from '../../src/demo/topic-replay.ts'
import type { Replicated } from '../../src/domain/resource.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const [PHOTOS] = LISTING_SETS

function topic(resource: Replicated, parts: number): TopicResult {
  const replay = new TopicReplay(resource)
  replay.counts.set('SNAPSHOT', 3)
  for (const key of ['1', '2', '3']) replay.latest.set(key, upserted(key))
  const comparison = { records: 3, parts, differences: [] }
  return { resource, expected: { SNAPSHOT: 3, UPDATED: 0 }, replay, comparison }
}

function result(...[first, ...others]: readonly TopicResult[]): DemoResult {
  return {
    topics: [first ?? topic(LISTINGS, 0), topic(PHOTOS, 41), topic(ACCOUNTS, 0), ...others],
    onlyTouched: 1,
    requests: 7,
    faults: { fired: 2, planned: 2 },
    seconds: 1,
  }
}

function upserted(key: string): UpsertedRecord {
  return {
    key,
    change: 'SNAPSHOT',
    modificationTimestamp: null,
    observedAt: '2024-02-03T08:00:00.000Z',
    volatileFields: {},
    content: { fields: {}, customFields: {}, maskedFields: [], unmappedFields: {} },
  }
}

test('it is equal if every count is the expected one and no field differs', () => {
  const { text, equal } = summarize(result())
  expect(equal).toBe(true)
  expect(text).toContain(
    'Equal, field by field: all 3 listings, all 3 sets of photos (41 photos), all 3 accounts; after 1.0 s.',
  )
  expect(text).toMatch(/^ +listings +listing-photos +accounts$/m)
  expect(text).toMatch(/^SNAPSHOT +3 +3 +3 +\S/m)
})

test('a difference in any field makes it unequal; the first ten are shown', () => {
  const differences = Array.from({ length: 12 }, (_, i) => ({
    key: `key-${i}`,
    field: 'City',
    problem: 'lost',
  }))
  const comparison = { records: 3, parts: 0, differences }
  const { text, equal } = summarize(result({ ...topic(LISTINGS, 0), comparison }))
  expect(equal).toBe(false)
  expect(text.match(/listings key-\d+ City: lost/g)).toHaveLength(10)
  expect(text).toContain('and 2 more')
  expect(text).toContain('NOT EQUAL: listings: mismatches 12, not 0.')
})

test.each([
  ['an event too few', (replay: TopicReplay) => replay.counts.set('SNAPSHOT', 2)],
  ['an event of a kind that nobody expects', (replay: TopicReplay) => replay.counts.set('REPUBLISHED', 1)],
  ['a record too few', (replay: TopicReplay) => replay.latest.delete('3')],
  ['a duplicate', (replay: TopicReplay) => replay.duplicates.push('1: the same content twice')],
  ['a record out of order', (replay: TopicReplay) => replay.disorder.push('1: tombstone')],
])('%s in any topic makes it unequal', (_, spoil) => {
  for (const at of [0, 1, 2]) {
    const spoilt = result()
    const { replay, resource } = spoilt.topics[at] ?? topic(LISTINGS, 0)
    spoil(replay)
    const { text, equal } = summarize(spoilt)
    expect(equal).toBe(false)
    expect(text).toContain(`NOT EQUAL: ${resource.name}: `)
  }
})

test('a planned fault that never happened makes it unequal: nothing was shown to survive it', () => {
  expect(summarize({ ...result(), faults: { fired: 1, planned: 2 } }).equal).toBe(false)
})
