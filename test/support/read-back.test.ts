import { describe, expect, test } from 'vitest'

import type { Members, UpsertedListing } from '../../src/app/demo/decoded-events.ts'
import { readBack } from './read-back.ts'

const SOURCE = {
  Id: 'k',
  Noise: { a: 1 },
  StandardFields: {
    ModificationTimestamp: '2026-05-02T14:03:09Z',
    City: 'Fargo',
    BedsTotal: 2.5,
    ClosePrice: '********',
    DaysOnMarket: 4,
    CloseDate: '2026-02-31',
    Cooling: { Window: true, Central: true },
    Zoning: null,
  },
  CustomFields: [{ Main: [{ G: [{ F: 'b' }, { F: 'a' }] }], Details: [{ H: [{ I: 3 }] }] }],
}

function event(listing: Partial<UpsertedListing['listing']> = {}): UpsertedListing {
  return {
    listingKey: 'k',
    change: 'SNAPSHOT',
    modificationTimestamp: '2026-05-02T14:03:09.000Z',
    observedAt: '2026-05-02T15:00:00.000Z',
    volatileFields: { DaysOnMarket: 4 },
    listing: {
      standardFields: {
        City: 'Fargo',
        BedsTotal: null,
        BedsTotal_double: 2.5,
        CloseDate: null,
        Cooling: ['Central', 'Window'],
      },
      customFields: { '"G"."F"': ['a', 'b'], '"H"."I"': 3 },
      maskedFields: ['ClosePrice'],
      unmappedFields: { CloseDate: '"2026-02-31"', '$.Noise': '{"a":1}' },
      ...listing,
    },
  }
}

function problems(changed: Partial<UpsertedListing['listing']>, source: Members = SOURCE): readonly string[] {
  return readBack(source, event(changed)).problems
}

describe('reading back', () => {
  test('an event that says all of the source has no problem, and every value was looked for', () => {
    expect(readBack(SOURCE, event())).toEqual({ values: 10, problems: [] })
  })

  test.each<[string, Partial<UpsertedListing['listing']>]>([
    ['a typed value', { standardFields: { ...event().listing.standardFields, City: null } }],
    ['another typed value', { standardFields: { ...event().listing.standardFields, City: 'Moorhead' } }],
    ['a choice', { standardFields: { ...event().listing.standardFields, Cooling: ['Central'] } }],
    [
      'the value of a second field',
      { standardFields: { ...event().listing.standardFields, BedsTotal_double: null } },
    ],
    ['a mask', { maskedFields: [] }],
    ['what does not fit', { unmappedFields: { '$.Noise': '{"a":1}' } }],
    ['a further member', { unmappedFields: { CloseDate: '"2026-02-31"' } }],
    ['a custom field', { customFields: { '"G"."F"': ['a', 'b'] } }],
    ['one of the values of a custom field', { customFields: { '"G"."F"': ['a'], '"H"."I"': 3 } }],
  ])('%s that is lost is found', (_, changed) => {
    expect(problems(changed).length).toBeGreaterThan(0)
  })

  test('a value that the source does not have is found', () => {
    const { standardFields, customFields } = event().listing
    expect(problems({ standardFields: { ...standardFields, Zoning: 'R1' } })).toHaveLength(1)
    expect(problems({ customFields: { ...customFields, '"H"."J"': 1 } })).toHaveLength(1)
    expect(problems({ maskedFields: ['ClosePrice', 'City'] })).toHaveLength(1)
  })
})
