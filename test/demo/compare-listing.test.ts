import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  compareListing,
  type Comparison,
  type Difference,
  type SourceField,
} from '../../src/demo/compare-listing.ts'
import type { Members, UpsertedListing } from '../../src/demo/decoded-events.ts'

const KEY = '20240117093015123456000000'

const FIELDS: ReadonlyMap<string, SourceField> = new Map([
  ['City', { type: 'Character', multiSelect: false }],
  ['ListPrice', { type: 'Decimal', multiSelect: false }],
  ['Longitude', { type: 'Decimal', multiSelect: false }],
  ['BedsTotal', { type: 'Integer', multiSelect: false }],
  ['PoolYN', { type: 'Boolean', multiSelect: false }],
  ['CloseDate', { type: 'Date', multiSelect: false }],
  ['OnMarketDate', { type: 'Date', multiSelect: false }],
  ['StatusChangeTimestamp', { type: 'Datetime', multiSelect: false }],
  ['Cooling', { type: 'Character', multiSelect: true }],
  ['ClosePrice', { type: 'Decimal', multiSelect: false }],
  ['DaysOnMarket', { type: 'Integer', multiSelect: false }],
  ['ModificationTimestamp', { type: 'Datetime', multiSelect: false }],
])

const SOURCE_FIELDS: Members = {
  City: 'Björkö',
  ListPrice: 345_000,
  Longitude: ' -96.5',
  BedsTotal: '3',
  PoolYN: false,
  CloseDate: null,
  OnMarketDate: '2024-01-17',
  StatusChangeTimestamp: '2024-02-01T10:00:00Z',
  Cooling: { 'Window Unit(s)': true, 'Central Air': true },
  ClosePrice: '********',
  DaysOnMarket: 12,
  ModificationTimestamp: '2024-02-02T10:00:00Z',
  BrandNew: { any: ['thing', 1] },
}

const STANDARD_FIELDS: Members = {
  City: 'Björkö',
  ListPrice: 345_000,
  Longitude: -96.5,
  BedsTotal: 3,
  PoolYN: false,
  CloseDate: null,
  OnMarketDate: '2024-01-17',
  StatusChangeTimestamp: '2024-02-01T10:00:00.000Z',
  Cooling: ['Central Air', 'Window Unit(s)'],
  ClosePrice: null,
}

const EVENT: UpsertedListing = {
  listingKey: KEY,
  change: 'SNAPSHOT',
  modificationTimestamp: '2024-02-02T10:00:00.000Z',
  observedAt: '2024-02-03T08:00:00.000Z',
  volatileFields: { DaysOnMarket: 12 },
  listing: {
    standardFields: STANDARD_FIELDS,
    customFields: {},
    maskedFields: ['ClosePrice'],
    unmappedFields: { BrandNew: '{"any":["thing",1]}', '$.Extra': '[true]' },
  },
}

const SAME_DAY = Date.UTC(2024, 1, 3, 20)
const NEXT_DAY = Date.UTC(2024, 1, 4, 1)

function compare(overrides: Partial<Comparison> = {}): readonly Difference[] {
  return compareListing({
    source: source({}),
    event: EVENT,
    fields: FIELDS,
    volatileFields: new Set(['DaysOnMarket']),
    renderedAt: SAME_DAY,
    ...overrides,
  })
}

function source(fields: Members, members: Members = {}): Members {
  return {
    Id: KEY,
    ResourceUri: `/v1/listings/${KEY}`,
    LastCachedTimestamp: null,
    StandardFields: { ...SOURCE_FIELDS, ...fields },
    Extra: [true],
    ...members,
  }
}

function event(listing: Partial<UpsertedListing['listing']>): UpsertedListing {
  return { ...EVENT, listing: { ...EVENT.listing, ...listing } }
}

function fieldsOf(differences: readonly Difference[]): readonly string[] {
  return differences.map(({ field }) => field)
}

describe('an event that says what the source says', () => {
  test('has no difference, whatever the type of its fields', () => {
    expect(compare()).toEqual([])
  })

  test('may lack a field that the source shows as null', () => {
    const { CloseDate: _, ...standardFields } = STANDARD_FIELDS
    expect(compare({ event: event({ standardFields }) })).toEqual([])
  })

  test('may have an older timestamp: a mere touch publishes nothing (R5)', () => {
    expect(compare({ source: source({ ModificationTimestamp: '2024-02-09T00:00:00Z' }) })).toEqual([])
  })

  test('may have the volatile fields of an earlier day (R5)', () => {
    expect(compare({ source: source({ DaysOnMarket: 13 }), renderedAt: NEXT_DAY })).toEqual([])
  })

  test('keeps a value that does not fit its type among the unmapped ones (R12)', () => {
    const ill = { BedsTotal: 'three', OnMarketDate: '2026-02-31', ListPrice: { from: 1 } }
    const { BedsTotal: _, OnMarketDate: __, ListPrice: ___, ...standardFields } = STANDARD_FIELDS
    const unmappedFields = Object.fromEntries(
      Object.entries(ill).map(([name, value]) => [name, JSON.stringify(value)]),
    )
    const told = event({
      standardFields,
      unmappedFields: { ...EVENT.listing.unmappedFields, ...unmappedFields },
    })
    expect(compare({ source: source(ill), event: told })).toEqual([])
    expect(fieldsOf(compare({ source: source(ill) }))).toEqual(expect.arrayContaining(Object.keys(ill)))
  })
})

describe('a difference is reported once, with its field', () => {
  test.each([
    ['text', { City: 'Bjorko' }],
    ['a decimal', { ListPrice: 345_000.5 }],
    ['an integer that came as text', { BedsTotal: 4 }],
    ['a boolean', { PoolYN: true }],
    ['a day', { OnMarketDate: '2024-01-18' }],
    ['an instant', { StatusChangeTimestamp: '2024-02-01T10:00:01.000Z' }],
    ['a list that lacks an option', { Cooling: ['Central Air'] }],
    ['a list that is not sorted', { Cooling: ['Window Unit(s)', 'Central Air'] }],
    ['a value that got lost', { City: null }],
    ['a value where the source has null', { CloseDate: '2024-01-01' }],
    ['a value where the source shows a mask', { ClosePrice: 1 }],
    ['a field that the source does not have', { Invented: 'x' }],
  ])('%s', (_, change) => {
    const differences = compare({ event: event({ standardFields: { ...STANDARD_FIELDS, ...change } }) })
    expect(fieldsOf(differences)).toEqual(Object.keys(change))
    expect(differences[0]?.key).toBe(KEY)
  })

  test.each<[string, Partial<UpsertedListing['listing']>, string]>([
    ['a mask that is not marked', { maskedFields: [] }, 'ClosePrice'],
    ['a mark without a mask', { maskedFields: ['ClosePrice', 'City'] }, 'City'],
    ['an unknown field that was dropped', { unmappedFields: { '$.Extra': '[true]' } }, 'BrandNew'],
    [
      'an unknown field with another value',
      { unmappedFields: { '$.Extra': '[true]', BrandNew: '{"any":["thing",2]}' } },
      'BrandNew',
    ],
    ['a further member that was dropped', { unmappedFields: { BrandNew: '{"any":["thing",1]}' } }, '$.Extra'],
    [
      'an unmapped field that the source does not have',
      { unmappedFields: { ...EVENT.listing.unmappedFields, Old: '1' } },
      'Old',
    ],
    [
      'a fitting value kept as if it did not fit',
      {
        standardFields: { ...STANDARD_FIELDS, City: null },
        unmappedFields: { ...EVENT.listing.unmappedFields, City: '"Björkö"' },
      },
      'City',
    ],
    ['a custom field that was not asked for', { customFields: { '"A"."B"': 1 } }, '"A"."B"'],
  ])('%s', (_, change, field) => {
    const found = fieldsOf(compare({ event: event(change) }))
    expect(new Set(found)).toEqual(new Set([field]))
  })

  test('a timestamp newer than the source has, or none', () => {
    for (const modificationTimestamp of ['2024-02-02T10:00:01.000Z', null]) {
      expect(fieldsOf(compare({ event: { ...EVENT, modificationTimestamp } }))).toEqual([
        'ModificationTimestamp',
      ])
    }
  })

  test('a volatile field that differs on the same day, runs ahead, or is missing', () => {
    const ahead = { ...EVENT, volatileFields: { DaysOnMarket: 14 } }
    expect(fieldsOf(compare({ source: source({ DaysOnMarket: 13 }) }))).toEqual(['DaysOnMarket'])
    expect(fieldsOf(compare({ event: ahead, renderedAt: NEXT_DAY }))).toEqual(['DaysOnMarket'])
    expect(fieldsOf(compare({ event: { ...EVENT, volatileFields: {} } }))).toEqual(['DaysOnMarket'])
    expect(fieldsOf(compare({ source: source({ DaysOnMarket: null }) }))).toEqual(['DaysOnMarket'])
  })

  test("another listing's event", () => {
    expect(fieldsOf(compare({ event: { ...EVENT, listingKey: '2' } }))).toEqual(['Id'])
  })
})

test('no field of the source can take another value unnoticed', () => {
  const names = Object.keys(SOURCE_FIELDS).filter((name) => name !== 'ModificationTimestamp')
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      const other = JSON.parse(JSON.stringify(value))
      fc.pre(!saysTheSame(SOURCE_FIELDS[name], other))
      expect(compare({ source: source({ [name]: other }) })).not.toEqual([])
    }),
  )
})

/** Values of the source that mean the same: numbers as text, options in any order. */
function saysTheSame(a: unknown, b: unknown): boolean {
  const plain = (value: unknown): string => {
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) {
      return String(Number(value))
    }
    if (typeof value === 'object' && value !== null) {
      const parts = Array.isArray(value) ? value.map((item) => JSON.stringify(item)) : Object.keys(value)
      return JSON.stringify(parts.toSorted())
    }
    return JSON.stringify(value)
  }
  return plain(a) === plain(b)
}
