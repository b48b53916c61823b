import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { JsonValue } from '../../src/domain/json.ts'
import type { FieldType } from '../../src/simulator/api/field-type.ts'
import { compileFilter, type FieldResolution } from '../../src/simulator/api/sparkql-filter.ts'
import { SparkqlError } from '../../src/simulator/api/sparkql-lexer.ts'

type Sample = Readonly<Record<string, JsonValue>>

const TYPES: Readonly<Record<string, FieldType>> = {
  City: 'Character',
  Beds: 'Integer',
  Price: 'Decimal',
  Pool: 'Boolean',
  Day: 'Date',
  At: 'Datetime',
  View: 'Character',
  '"Main Info"."Lot # 1"': 'Character',
}

function resolve(name: string): FieldResolution<Sample> {
  const type = TYPES[name]
  if (type === undefined) return name === 'Hidden' ? 'dropped' : 'refused'
  return {
    type,
    multiSelect: name === 'View',
    value: (row) => row[name] ?? null,
    seconds: (row) => (typeof row[name] === 'string' ? Math.floor(Date.parse(row[name]) / 1000) : null),
  }
}

function matches(filter: string, row: Sample): boolean {
  return compileFilter(filter, resolve).matches(row)
}

function codeOf(filter: string): number | undefined {
  try {
    compileFilter(filter, resolve)
  } catch (error) {
    if (error instanceof SparkqlError) return error.code
    throw error
  }
  return undefined
}

const ROW: Sample = {
  City: "O'Fallon\\East",
  Beds: 3,
  Price: 350_000.5,
  Pool: true,
  Day: '2026-05-02',
  At: '2026-05-02T14:03:09Z',
  View: { Lake: true, 'City Lights': true },
  '"Main Info"."Lot # 1"': 'B',
}

describe('a filter that matches', () => {
  test.each([
    "City Eq 'O\\'Fallon\\\\East'",
    "City Ne 'Fargo'",
    "City Eq 'Fargo','O\\'Fallon\\\\East'",
    "City Eq 'O?Fallon*'",
    "Not City Eq 'Fargo'",
    'Beds Eq 3',
    'Beds eQ 3',
    'Beds Bt 3,4',
    'Price Gt 350000',
    'Price Le 3.500005e5',
    'Pool Eq true',
    'Day Ge 2026-05-02',
    'Day Lt 2026-05-03T00:00:00Z',
    'At Gt 2026-05-02',
    'At Bt 2026-05-02T14:03:09Z,2026-05-02T14:03:09Z',
    'At Eq 2026-05-02T09:03:09-05:00',
    "View Eq 'Lake'",
    "View Ne 'Prairie'",
    '"Main Info"."Lot # 1" Eq \'B\'',
    "Beds Eq 1 And Pool Eq true Or City Ne 'Fargo'",
    "Pool Eq true And (Beds Eq 1 Or City Ne 'Fargo')",
    "Pool Eq true Not City Eq 'Fargo'",
  ])('%s', (filter) => {
    expect(matches(filter, ROW)).toBe(true)
  })
})

describe('a filter that does not match', () => {
  test.each([
    "City Eq 'Fargo'",
    'Beds Gt 3',
    'At Gt 2026-05-02T14:03:09Z',
    "View Eq 'Prairie'",
    'Beds Eq NULL',
    'Beds Eq 1 And (Pool Eq true Or Price Gt 1)',
    // Without a zone it is the source's own, six hours behind.
    'At Ge 2026-05-02T14:03:09',
  ])('%s', (filter) => {
    expect(matches(filter, ROW)).toBe(false)
  })
})

test('stamps are compared by whole seconds', () => {
  expect(matches('At Gt 2026-05-02T14:03:08.999Z', ROW)).toBe(true)
  expect(matches('At Gt 2026-05-02T14:03:09.000Z', ROW)).toBe(false)
  expect(matches('At Lt 2026-05-02T14:03:09.999Z', ROW)).toBe(false)
})

test('null and masked values are in no range', () => {
  expect(matches('Price Lt 1 Or Price Ge 1', { Price: null })).toBe(false)
  expect(matches('Price Lt 1 Or Price Ge 1', { Price: '********' })).toBe(false)
  expect(matches('Price Eq NULL', { Price: null })).toBe(true)
})

test.each([
  ['Foo Eq 1', 1040],
  ["City Gt 'A'", 1040],
  ['Pool Gt false', 1040],
  ['Beds Gt NULL', 1040],
  ["Beds Eq 'three'", 1040],
  ['Beds Bt 1', 1040],
  ['Beds Gt 1,2', 1040],
  ['Beds Eq', 1040],
  ['Beds Eq 1 Beds Eq 2', 1040],
  ["City Eq 'open", 1040],
  ["City Eq 'it''s'", 1040],
  ['At Gt 2026-02-30T00:00:00Z', 1040],
  ['At Gt 2026-05-02T14:03:09+00:00Z', 1040],
  ['(Beds Eq 1', 1040],
  ['((Beds Eq 1))', 1041],
  [`Beds Eq ${Array.from({ length: 201 }, (_, i) => i).join(',')}`, 1041],
  [Array.from({ length: 76 }, (_, i) => `Beds Eq ${i}`).join(' Or '), 1041],
  ["City Eq '*a*b*c*'", 1041],
])('%.60s is refused with %i', (filter, code) => {
  expect(codeOf(filter)).toBe(code)
})

test('200 values and 75 expressions are within the limits', () => {
  expect(codeOf(`Beds Eq ${Array.from({ length: 200 }, (_, i) => i).join(',')}`)).toBeUndefined()
  expect(codeOf(Array.from({ length: 75 }, (_, i) => `Beds Eq ${i}`).join(' Or '))).toBeUndefined()
})

test('a dropped field leaves a wider filter and is named', () => {
  const { matches: wider, problems } = compileFilter('Beds Eq 3 And Hidden Gt 7', resolve)
  expect(wider({ Beds: 3 })).toBe(true)
  expect(wider({ Beds: 4 })).toBe(false)
  expect(problems.map(({ token, status }) => [token, status])).toEqual([['Hidden', 'Dropped']])
  expect(compileFilter('Not Hidden Eq 1', resolve).matches({})).toBe(true)
})

test('any string can be asked for once quotes and backslashes are escaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (city) => {
      const escaped = city.replaceAll(/[\\'*?]/g, '\\$&')
      expect(matches(`City Eq '${escaped}'`, { City: city })).toBe(true)
      expect(matches(`City Eq '${escaped}'`, { City: `${city}x` })).toBe(false)
    }),
  )
})

test('And, Or and Not follow the laws of logic, And binding tighter', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3), (beds, a, b, c) => {
      const row = { Beds: beds }
      const [A, B, C] = [a === beds, b === beds, c === beds]
      expect(matches(`Beds Eq ${a} Or Beds Eq ${b} And Not Beds Eq ${c}`, row)).toBe(A || (B && !C))
      expect(matches(`(Beds Eq ${a} Or Beds Eq ${b}) And Beds Ne ${c}`, row)).toBe((A || B) && !C)
      expect(matches(`Not (Beds Eq ${a} And Beds Eq ${b})`, row)).toBe(!A || !B)
    }),
  )
})
