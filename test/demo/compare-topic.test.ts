import { expect, test } from 'vitest'

import { compareTopic } from '../../src/demo/compare-topic.ts'
import type { Members, UpsertedRecord } from '../../src/demo/decoded-events.ts'
import { sourceRecords } from '../../src/demo/source-records.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { foundCollections } from '../../src/simulator/found-collections.ts'
import { Simulator } from '../../src/simulator/simulator.ts'

const simulator = new Simulator({ listings: 100, collections: await foundCollections() })
const [PHOTOS] = LISTING_SETS

function emptyEvent(key: string): UpsertedRecord {
  return {
    key,
    change: 'SNAPSHOT',
    modificationTimestamp: null,
    observedAt: '2026-01-01T00:00:00.000Z',
    volatileFields: {},
    content: { fields: {}, customFields: {}, maskedFields: [], unmappedFields: {} },
  }
}

test.each([LISTINGS, ACCOUNTS, PHOTOS])(
  'of $name, a record that only one side has is a difference, and every field of the others is compared',
  (resource) => {
    const sources = [...sourceRecords(simulator, resource)]
    const [first, ...others] = sources.map(({ Id }) => Id)
    const latest = new Map([first ?? '', 'gone'].map((key) => [key, emptyEvent(key)]))
    const { records, differences } = compareTopic(simulator, resource, latest)
    expect(records).toBe(sources.length)
    const whole = differences.filter(({ field }) => field === resource.events.content)
    expect(whole.map(({ key }) => key)).toEqual([...others, 'gone'])
    const ofFirst = differences.filter(({ key }) => key === first).map(({ field }) => field)
    const { Id: _, ResourceUri: __, StandardFields: fields, ...members }: Members = sources[0] ?? {}
    const shown = Object.entries({ ...members, ...Object(fields) }).filter(([, value]) => value !== null)
    const topmost = new Set(ofFirst.map((field) => field.replace(/^\$\./, '').replace(/[.[].*/, '')))
    expect(topmost).toEqual(new Set(shown.map(([name]) => name)))
  },
)

test('a set is that of the listings that say when theirs changed, its parts are counted, also when all are gone', () => {
  const stamps = simulator.truth().listings
  const sets = [...sourceRecords(simulator, PHOTOS)]
  const stamped = [...stamps].filter(([, fields]) => fields['PhotosChangeTimestamp'] !== null)
  expect(sets.map(({ Id }) => Id)).toEqual(stamped.map(([key]) => key))
  const counts = stamped.map(([, fields]) => Number(fields['PhotosCount']))
  expect(compareTopic(simulator, PHOTOS, new Map()).parts).toBe(counts.reduce((sum, count) => sum + count))

  const [cleared = ''] = sets
    .filter(({ Photos }) => Array.isArray(Photos) && Photos.length > 0)
    .map(({ Id }) => Id)
  simulator.listings.apply({ action: 'media', part: 'photos', change: 'clear', keys: [cleared] })
  const after = [...sourceRecords(simulator, PHOTOS)]
  expect(after).toHaveLength(sets.length)
  expect(after.find(({ Id }) => Id === cleared)).toEqual({ Id: cleared, Photos: [] })
})
