import { expect, test } from 'vitest'

import { MarketDay } from '../../src/demo/market-day.ts'
import { sourceRecords } from '../../src/demo/source-records.ts'
import type { Replicated } from '../../src/domain/resource.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { foundCollections } from '../../src/simulator/found-collections.ts'
import { Simulator } from '../../src/simulator/simulator.ts'

const [PHOTOS] = LISTING_SETS
const REPLICATED = [LISTINGS, PHOTOS, ACCOUNTS]

type Contents = ReadonlyMap<string, string>

/** Of each record, without its stamp. */
function contents(simulator: Simulator, resource: Replicated): Contents {
  const records = [...sourceRecords(simulator, resource)]
  return new Map(
    records.map(({ Id, ...record }) => {
      const text = (name: string, value: unknown): unknown =>
        name === 'ModificationTimestamp' || name === 'NotYetInMetadata' ? undefined : value
      return [Id, JSON.stringify(record, text)]
    }),
  )
}

function changed(before: Contents, after: Contents): readonly string[] {
  return [...after].filter(([key, text]) => before.has(key) && before.get(key) !== text).map(([key]) => key)
}

test.each([1, 2, 3])(
  'the expected events account for every record that changed, came or went, by seed %i',
  async (seed) => {
    const simulator = new Simulator({ listings: 200, seed, collections: await foundCollections() })
    const day = new MarketDay(simulator, REPLICATED)
    const states = [REPLICATED.map((resource) => contents(simulator, resource))]
    for (const happen of [() => day.busyMorning(), () => day.quietAfternoon(), () => day.evening()]) {
      happen()
      states.push(REPLICATED.map((resource) => contents(simulator, resource)))
    }
    for (const [i, resource] of REPLICATED.entries()) {
      const [first, morning, afternoon, evening] = states.map((state): Contents => state[i] ?? new Map())
      if (!first || !morning || !afternoon || !evening) throw new Error('A state is missing.')
      const expected = day.expected(resource)
      const { CREATED = 0, RESTORED = 0, tombstone = 0 } = expected
      const gone = [...morning.keys()].filter((key) => !afternoon.has(key))
      const back = [...evening.keys()].filter((key) => !afternoon.has(key))
      const updated = [
        ...changed(first, morning),
        ...changed(morning, afternoon),
        ...changed(afternoon, evening),
      ]
      expect(expected).toMatchObject({ SNAPSHOT: first.size, UPDATED: updated.length })
      expect({ tombstone, RESTORED }).toEqual({ tombstone: gone.length, RESTORED: back.length })
      expect(first.size + CREATED + RESTORED - tombstone).toBe(evening.size)
      expect(expected['deleted']).toBe(resource === PHOTOS ? 0 : tombstone)
      // Every kind of event is there.
      expect(Math.min(CREATED, RESTORED, tombstone, updated.length)).toBeGreaterThan(0)
    }
    expect(day.onlyTouched).toBeGreaterThan(0)
  },
)
