import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { compareRecord, type Comparison, type Difference } from '../../src/demo/compare-record.ts'
import type { Members, UpsertedRecord } from '../../src/demo/decoded-events.ts'
import { sourceFields, type SourceFields } from '../../src/demo/source-fields.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const KEY = '20240117093015123456000000'

const FIELDS: SourceFields = new Map([
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

const EVENT: UpsertedRecord = {
  key: KEY,
  change: 'SNAPSHOT',
  modificationTimestamp: '2024-02-02T10:00:00.000Z',
  observedAt: '2024-02-03T08:00:00.000Z',
  volatileFields: { DaysOnMarket: 12 },
  content: {
    fields: STANDARD_FIELDS,
    customFields: {},
    maskedFields: ['ClosePrice'],
    unmappedFields: { BrandNew: '{"any":["thing",1]}', '$.Extra': '[true]' },
  },
}

const SAME_DAY = Date.UTC(2024, 1, 3, 20)
const NEXT_DAY = Date.UTC(2024, 1, 4, 1)

function compare(overrides: Partial<Comparison> = {}): readonly Difference[] {
  return compareRecord({
    resource: LISTINGS,
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

function event(content: Partial<UpsertedRecord['content']>): UpsertedRecord {
  return { ...EVENT, content: { ...EVENT.content, ...content } }
}

function fieldsOf(differences: readonly Difference[]): readonly string[] {
  return differences.map(({ field }) => field)
}

describe('an event that says what the source says', () => {
  test('has no difference, whatever the type of its fields', () => {
    expect(compare()).toEqual([])
  })

  test('may lack a field that the source shows as null', () => {
    const { CloseDate: _, ...fields } = STANDARD_FIELDS
    expect(compare({ event: event({ fields }) })).toEqual([])
  })

  test('may have an older timestamp: a mere touch publishes nothing (R5)', () => {
    expect(compare({ source: source({ ModificationTimestamp: '2024-02-09T00:00:00Z' }) })).toEqual([])
  })

  test('may have the volatile fields of an earlier day (R5)', () => {
    expect(compare({ source: source({ DaysOnMarket: 13 }), renderedAt: NEXT_DAY })).toEqual([])
  })

  test('keeps a value that does not fit its type among the unmapped ones (R12)', () => {
    const ill = { BedsTotal: 'three', OnMarketDate: '2026-02-31', ListPrice: { from: 1 } }
    const { BedsTotal: _, OnMarketDate: __, ListPrice: ___, ...fields } = STANDARD_FIELDS
    const unmappedFields = Object.fromEntries(
      Object.entries(ill).map(([name, value]) => [name, JSON.stringify(value)]),
    )
    const told = event({
      fields,
      unmappedFields: { ...EVENT.content.unmappedFields, ...unmappedFields },
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
    const differences = compare({ event: event({ fields: { ...STANDARD_FIELDS, ...change } }) })
    expect(fieldsOf(differences)).toEqual(Object.keys(change))
    expect(differences[0]?.key).toBe(KEY)
  })

  test.each<[string, Partial<UpsertedRecord['content']>, string]>([
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
      { unmappedFields: { ...EVENT.content.unmappedFields, Old: '1' } },
      'Old',
    ],
    [
      'a fitting value kept as if it did not fit',
      {
        fields: { ...STANDARD_FIELDS, City: null },
        unmappedFields: { ...EVENT.content.unmappedFields, City: '"Björkö"' },
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
    expect(fieldsOf(compare({ event: { ...EVENT, key: '2' } }))).toEqual(['Id'])
  })
})

describe('a record as deep as a hand-written schema goes', () => {
  const ACCOUNT_FIELDS = sourceFields(ACCOUNTS, { catalog: { fields: [] } })
  const account: Members = {
    Id: KEY,
    ResourceUri: `/v1/accounts/${KEY}`,
    Name: 'Ana Böhm',
    Locale: { Language: 'es', Region: null },
    Tags: ['lake', 'farm'],
    Emails: [
      { Id: '1', Address: 'ana@example.org', Primary: true },
      'no object',
      { Id: '2', Address: '********', Primary: false, Verified: 'no' },
    ],
    Phones: [],
    ModificationTimestamp: '2024-02-02T10:00:00Z',
  }
  const fields: Members = {
    Name: 'Ana Böhm',
    Locale: { Language: 'es' },
    Tags: ['farm', 'lake'],
    Emails: [
      { Id: '1', Address: 'ana@example.org', Primary: true },
      { Id: '2', Address: null, Primary: false },
    ],
    Phones: [],
    Websites: null,
  }
  const content = {
    fields,
    customFields: {},
    maskedFields: ['Emails.Address'],
    unmappedFields: { 'Emails[1]': '"no object"', 'Emails[2].Verified': '"no"' },
  }
  const compareAccount = (change: Partial<UpsertedRecord['content']>, source = account): readonly string[] =>
    fieldsOf(
      compare({
        resource: ACCOUNTS,
        fields: ACCOUNT_FIELDS,
        source,
        event: { ...EVENT, volatileFields: {}, content: { ...content, ...change } },
      }),
    )

  test('has no difference where the event says the same', () => {
    expect(compareAccount({})).toEqual([])
  })

  test.each<[string, Members, string]>([
    ['a value', { Name: 'Ana' }, 'Name'],
    ['a value of an object', { Locale: { Language: 'en' } }, 'Locale.Language'],
    ['an object', { Locale: null }, 'Locale.Language'],
    ['a list of texts that is not sorted', { Tags: ['lake', 'farm'] }, 'Tags'],
    ['an empty list that got lost', { Phones: null }, 'Phones'],
    ['a list where the source has none', { Websites: [] }, 'Websites'],
  ])('differs in %s', (_, change, field) => {
    expect(compareAccount({ fields: { ...fields, ...change } })).toEqual([field])
  })

  test('differs in a list with an item too few', () => {
    const emails = [{ Id: '1', Address: 'ana@example.org', Primary: true }]
    expect(compareAccount({ fields: { ...fields, Emails: emails } })).toContain('Emails')
    expect(compareAccount({ fields: { ...fields, Emails: null } })).toContain('Emails')
  })

  test('differs in the order of a list, and by the place of a value in it', () => {
    const source = { ...account, Emails: [{ Id: '1' }, { Id: '2' }] }
    const said = (...ids: string[]) => ({
      fields: { ...fields, Emails: ids.map((Id) => ({ Id, Address: null })) },
      maskedFields: [],
      unmappedFields: {},
    })
    expect(compareAccount(said('1', '2'), source)).toEqual([])
    expect(compareAccount(said('2', '1'), source)).toEqual(['Emails[0].Id', 'Emails[1].Id'])
    expect(compareAccount(said('1', '3'), source)).toEqual(['Emails[1].Id'])
  })

  test.each<[string, Partial<UpsertedRecord['content']>, string]>([
    ['a mask in a list that is not marked', { maskedFields: [] }, 'Emails.Address'],
    ['an item that is dropped', { unmappedFields: { 'Emails[2].Verified': '"no"' } }, 'Emails[1]'],
    [
      'an unknown field that is dropped',
      { unmappedFields: { 'Emails[1]': '"no object"' } },
      'Emails[2].Verified',
    ],
  ])('differs in %s', (_, change, field) => {
    expect(compareAccount(change)).toEqual([field])
  })

  test('may be a set, which is a list of its parts', () => {
    const [photos] = LISTING_SETS
    const source = {
      Id: KEY,
      Photos: [
        { Id: '1', Caption: 'Lake' },
        { Id: '2', Caption: '' },
      ],
    }
    const said = (...parts: Members[]) => ({
      ...EVENT,
      volatileFields: {},
      content: { ...content, fields: { Photos: parts }, maskedFields: [], unmappedFields: {} },
    })
    const differences = (event: UpsertedRecord): readonly string[] =>
      fieldsOf(
        compare({
          resource: photos,
          fields: sourceFields(photos, { catalog: { fields: [] } }),
          source,
          event,
        }),
      )
    expect(differences(said(...source.Photos))).toEqual([])
    expect(differences(said(...source.Photos.toReversed()))).toContain('Photos[0].Id')
    expect(differences(said())).toEqual(['Photos'])
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
