import { expect, test } from 'vitest'

import { compareFeed } from '../../src/demo/compare-feed.ts'
import type { UpsertedListing } from '../../src/demo/decoded-events.ts'
import { Simulator } from '../../src/simulator/simulator.ts'

function emptyEvent(listingKey: string): UpsertedListing {
  return {
    listingKey,
    change: 'SNAPSHOT',
    modificationTimestamp: null,
    observedAt: '2026-01-01T00:00:00.000Z',
    volatileFields: {},
    listing: { standardFields: {}, customFields: {}, maskedFields: [], unmappedFields: {} },
  }
}

test('a listing that only one side has is a difference, and every field of the others is compared', () => {
  const simulator = new Simulator({ listings: 3 })
  const [first = '', ...others] = simulator.truth().listings.keys()
  const latest = new Map([first, 'gone'].map((key) => [key, emptyEvent(key)]))
  const { listings, differences } = compareFeed(simulator, latest)
  expect(listings).toBe(3)
  const whole = differences.filter(({ field }) => field === 'listing')
  expect(whole.map(({ key }) => key)).toEqual([...others, 'gone'])
  const ofFirst = new Set(differences.filter(({ key }) => key === first).map(({ field }) => field))
  const shown = Object.entries(simulator.truth().listings.get(first)!).filter(([, value]) => value !== null)
  expect(ofFirst).toEqual(new Set(['$.DisplayCompliance', ...shown.map(([name]) => name)]))
})
