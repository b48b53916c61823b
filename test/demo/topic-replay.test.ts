import { expect, test } from 'vitest'

import { TopicReplay, type ReplayedRecord } from '../../src/demo/topic-replay.ts'
import type { ResourceDescription } from '../../src/domain/resource.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const KEY = '20240117093015123456000000'
let eventNumber = 0

function upsert(change: string, digest: string): ReplayedRecord {
  const value = {
    listingKey: KEY,
    change,
    modificationTimestamp: null,
    observedAt: '2024-02-03T08:00:00.000Z',
    volatileFields: {},
    listing: { standardFields: {}, customFields: {}, maskedFields: [], unmappedFields: {} },
  }
  return record({ digest, decoded: { name: 'ListingUpserted', value } })
}

function deletion(): ReplayedRecord {
  return record({ decoded: { name: 'ListingDeleted', value: { listingKey: KEY } } })
}

function record(overrides: Partial<ReplayedRecord>): ReplayedRecord {
  eventNumber += 1
  return { key: KEY, eventId: `event-${eventNumber}`, digest: 'none', decoded: null, ...overrides }
}

function replayOf(...records: readonly ReplayedRecord[]): TopicReplay {
  return replayAs(LISTINGS, records)
}

function replayAs(resource: ResourceDescription, records: readonly ReplayedRecord[]): TopicReplay {
  const replay = new TopicReplay(resource)
  for (const each of records) replay.add(each)
  replay.finish()
  return replay
}

test('the last event of each key counts, and a deleted key is gone (R13)', () => {
  const changed = replayOf(upsert('SNAPSHOT', 'a'), upsert('UPDATED', 'b'))
  expect(changed.latest.get(KEY)?.change).toBe('UPDATED')
  const deleted = replayOf(upsert('SNAPSHOT', 'a'), deletion(), record({}))
  expect(deleted.latest.size).toBe(0)
  expect(Object.fromEntries(deleted.counts)).toEqual({ SNAPSHOT: 1, deleted: 1, tombstone: 1 })
  expect([changed, deleted].flatMap(({ duplicates, disorder }) => [...duplicates, ...disorder])).toEqual([])
})

test('the same content twice in a row is a duplicate (R5)', () => {
  expect(replayOf(upsert('SNAPSHOT', 'a'), upsert('UPDATED', 'a')).duplicates).toHaveLength(1)
})

test('content that comes back after another, or after a delete, is none', () => {
  const back = [upsert('SNAPSHOT', 'a'), upsert('UPDATED', 'b'), upsert('UPDATED', 'a')]
  const restored = [upsert('SNAPSHOT', 'a'), deletion(), record({}), upsert('RESTORED', 'a')]
  expect(replayOf(...back).duplicates).toEqual([])
  expect(replayOf(...restored).duplicates).toEqual([])
})

test('an event id that comes twice is a duplicate, whatever the content (R1)', () => {
  const first = upsert('SNAPSHOT', 'a')
  expect(replayOf(first, { ...upsert('UPDATED', 'b'), eventId: first.eventId }).duplicates).toHaveLength(1)
})

test.each([
  ['a tombstone without its ListingDeleted', [upsert('SNAPSHOT', 'a'), record({})]],
  ['a ListingDeleted without its tombstone', [upsert('SNAPSHOT', 'a'), deletion()]],
  ['an upsert between the two', [upsert('SNAPSHOT', 'a'), deletion(), upsert('RESTORED', 'a')]],
  ['a delete of what was never there', [deletion(), record({})]],
  ['an event under the key of another', [{ ...upsert('SNAPSHOT', 'a'), key: '1' }]],
])('%s is out of order (R13)', (_, records) => {
  expect(replayOf(...records).disorder).toHaveLength(1)
})

test('a set goes by a tombstone alone, which ends one that is there (R13)', () => {
  const [photos] = LISTING_SETS
  const replaced = (digest: string): ReplayedRecord => {
    const content = { fields: { Photos: [] }, maskedFields: [], unmappedFields: {} }
    const value = { ...Object(upsert('SNAPSHOT', digest).decoded?.value), photoSet: content }
    return record({ digest, decoded: { name: 'ListingPhotosReplaced', value } })
  }
  const right = replayAs(photos, [replaced('a'), replaced('b'), record({}), replaced('b')])
  expect(right.disorder).toEqual([])
  expect(right.latest.size).toBe(1)
  expect(replayAs(photos, [replaced('a'), record({})]).latest.size).toBe(0)
  expect(replayAs(photos, [record({})]).disorder).toHaveLength(1)
  expect(replayAs(photos, [replaced('a'), record({}), record({})]).disorder).toHaveLength(1)
})
