import { expect, test } from 'vitest'

import { MarketDay } from '../../src/demo/market-day.ts'
import { Simulator } from '../../src/simulator/simulator.ts'

test('the expected events account for every listing that is there in the end, and for every one that is not', () => {
  const simulator = new Simulator({ listings: 400, seed: 3 })
  const before = simulator.truth().listings
  const day = new MarketDay(simulator.listings)
  day.busyMorning()
  day.quietAfternoon()
  const after = simulator.truth().listings
  const { SNAPSHOT = 0, CREATED = 0, UPDATED = 0, ListingDeleted = 0, tombstone } = day.expected
  expect(SNAPSHOT).toBe(before.size)
  expect(SNAPSHOT + CREATED - ListingDeleted).toBe(after.size)
  expect(tombstone).toBe(ListingDeleted)
  const different = [...after].filter(
    ([key, fields]) => before.has(key) && contentOf(fields) !== contentOf(before.get(key)),
  )
  // A listing may change in both rounds, and one that changed in the first may be gone after the second.
  expect(UPDATED).toBeGreaterThanOrEqual(different.length)
  expect(UPDATED).toBeLessThanOrEqual(different.length * 2 + ListingDeleted)
  expect(day.touched).toBeGreaterThan(0)
})

function contentOf(fields: Readonly<Record<string, unknown>> | undefined): string {
  const { ModificationTimestamp: _, NotYetInMetadata: __, ...content } = fields ?? {}
  return JSON.stringify(content)
}
