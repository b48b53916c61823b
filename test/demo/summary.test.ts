import { expect, test } from 'vitest'

import type { GroupLag } from '../../src/consumer/lag/group-lag.ts'
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
  return {
    resource,
    expected: { SNAPSHOT: 3, UPDATED: 0 },
    replay,
    comparison,
    store: { rows: 3, comparison },
  }
}

function result(...[first, ...others]: readonly TopicResult[]): DemoResult {
  return {
    topics: [first ?? topic(LISTINGS, 0), topic(PHOTOS, 41), topic(ACCOUNTS, 0), ...others],
    reading: { resource: LISTINGS, group: 'demo-reader', changes: 3, lag: LAG },
    onlyTouched: 1,
    requests: 7,
    faults: { fired: 2, planned: 2 },
    seconds: 1,
  }
}

const LAG: GroupLag = {
  group: 'demo-reader',
  members: 1,
  verdict: 'ok',
  behind: 0,
  exact: true,
  oldestUnreadAt: null,
  behindMs: 0,
  rate: null,
  catchUpMs: 0,
  deletes: { state: 'safe', leftMs: null },
  topics: [],
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

test('a change that the subscriber was not given makes it unequal, and its lag is told beside what others show', () => {
  const { reading } = result()
  expect(summarize(result()).text).toContain(
    'Group demo-reader was given 3 changes of listings meanwhile; it is 0 records behind.',
  )
  const { text, equal } = summarize({ ...result(), reading: { ...reading, changes: 2 } })
  expect(equal).toBe(false)
  expect(text).toContain('NOT EQUAL: changes given to a subscriber 2, not 3.')
})

test.each([
  ['a row too few', { rows: 2, differences: [] }, 'listings: in SQLite 2, not 3'],
  [
    'a value that differs',
    { rows: 3, differences: [{ key: '1', field: 'City', problem: 'lost' }] },
    'listings: mismatches 1, not 0',
  ],
])('%s in the rebuilt store makes it unequal', (_, { rows, differences }, told) => {
  const first = topic(LISTINGS, 0)
  const store = { rows, comparison: { ...first.comparison, differences } }
  const { text, equal } = summarize(result({ ...first, store }))
  expect(equal).toBe(false)
  expect(text).toContain(`NOT EQUAL: ${told}.`)
})

test('a planned fault that never happened makes it unequal: nothing was shown to survive it', () => {
  expect(summarize({ ...result(), faults: { fired: 1, planned: 2 } }).equal).toBe(false)
})
