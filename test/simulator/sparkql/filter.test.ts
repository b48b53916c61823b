import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { compileFilter } from '../../../src/simulator/sparkql/filter.ts'
import { matches, refusal, SAMPLES } from './sample.ts'
import type { Sample } from './sample.ts'

const ROW: Sample = {
  City: String.raw`O'Fallon\East`,
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
    String.raw`City Eq 'O\'Fallon\East'`,
    "City Ne 'Fargo'",
    String.raw`City Eq 'Fargo','O\'Fallon\East'`,
    "City Eq 'O?Fallon*'",
    "City Eq 'O??Fallon*'",
    "Not City Eq 'Fargo'",
    'Beds Eq 3',
    'Beds Bt 3,4',
    'Beds Ne 1,2',
    'Price Gt 350000',
    'Price Le 3.500005E5',
    'Price Eq 1,350000.5',
    'Pool Eq true',
    'Day Ge 2026-05-02',
    'Day Lt 2026-05-03T00:00:00Z',
    // The day as it is written, whatever its zone.
    'Day Eq 2026-05-02T23:59:59-11:00',
    'Day Eq 2026-05-02T00:00:00+14:00',
    'Day Eq now()',
    'Day Bt days(-1),now()',
    'At Gt 2026-05-02',
    'At Bt 2026-05-02T14:03:09Z,2026-05-02T14:03:09Z',
    'At Eq 2026-05-02T09:03:09-05:00',
    'At Eq 2026-05-02T08:03:09',
    'At Eq now()',
    "View Eq 'Lake'",
    "View Ne 'Prairie'",
    "View Eq 'C*'",
    "tolower(View) Eq 'lake'",
    "all(View) Ne 'Lake'",
    "all(View) Eq 'Lake','City Lights'",
    '"Main Info"."Lot # 1" Eq \'B\'',
    "Beds Eq 1 And Pool Eq true Or City Ne 'Fargo'",
    "Pool Eq true And (Beds Eq 1 Or City Ne 'Fargo')",
    'Beds Add 2 Mul 5 Eq 13',
    'Beds Mod 2 Eq 1 And Beds Div 2 Eq 1 And -Beds Div 2 Eq -2',
  ])('%s', (filter) => {
    expect(matches(filter, ROW)).toBe(true)
  })
})

describe('a filter that does not match', () => {
  test.each([
    "City Eq 'Fargo'",
    "City Eq 'o?fallon*'",
    'Beds Gt 3',
    'At Gt 2026-05-02T14:03:09Z',
    "View Eq 'Prairie'",
    "all(View) Eq 'Lake'",
    'Beds Eq NULL',
    'Beds Div 0 Eq 0',
    'Beds Eq 1 And (Pool Eq true Or Price Gt 1)',
    // Without a zone it is the source's own, six hours behind.
    'At Ge 2026-05-02T14:03:09',
    'Day Eq 2026-05-03T00:00:00Z',
  ])('%s', (filter) => {
    expect(matches(filter, ROW)).toBe(false)
  })
})

test('a day is its first moment where the source is, as the same day with midnight behind it', () => {
  for (const [At, after] of [
    ['2025-11-01T05:59:59Z', false],
    ['2025-11-01T06:00:00Z', false],
    ['2025-11-01T06:00:01Z', true],
  ] as const) {
    expect(matches('At Gt 2025-11-01', { At })).toBe(after)
    expect(matches('At Gt 2025-11-01T00:00:00', { At })).toBe(after)
    expect(matches('At Gt 2025-11-01T00:00:00-06:00', { At })).toBe(after)
  }
})

test('stamps are compared by whole seconds', () => {
  expect(matches('At Gt 2026-05-02T14:03:08.999Z', ROW)).toBe(true)
  expect(matches('At Gt 2026-05-02T14:03:09.000Z', ROW)).toBe(false)
  expect(matches('At Lt 2026-05-02T14:03:09.999Z', ROW)).toBe(false)
})

describe.each([
  ['no value', null],
  ['a masked value', '********'],
  ['a value of another type', [{ a: 1 }]],
])('%s', (_, value) => {
  test.each([
    ['Price', '1'],
    ['Beds', '1'],
    ['Day', '2026-05-02'],
    ['At', '2026-05-02T14:03:09Z'],
  ])('of %s lies in no range and equals nothing', (field, bound) => {
    const row = { [field]: value }
    expect(matches(`${field} Lt ${bound} Or ${field} Ge ${bound}`, row)).toBe(false)
    expect(matches(`${field} Bt ${bound},${bound}`, row)).toBe(false)
    expect(matches(`${field} Eq ${bound}`, row)).toBe(false)
    expect(matches(`${field} Ne ${bound}`, row)).toBe(true)
    expect(matches(`Not ${field} Eq ${bound}`, row)).toBe(true)
  })

  test.each(['City', 'Beds', 'Pool', 'Day', 'At', 'View'])('of %s is NULL if there is none', (field) => {
    const row = { [field]: value }
    expect(matches(`${field} Eq NULL`, row)).toBe(value === null)
    expect(matches(`${field} Ne NULL`, row)).toBe(value !== null)
  })

  test('makes a calculation that equals nothing either', () => {
    expect(matches('Price Add 1 Lt 5 Or Price Add 1 Ge 5', { Price: value })).toBe(false)
    expect(matches("tolower(City) Eq '*'", { City: value })).toBe(false)
    expect(matches('year(Day) Gt 1 Or year(At) Gt 1', { Day: value, At: value })).toBe(false)
    expect(matches('year(Day) Eq NULL', { Day: value })).toBe(value === null)
  })
})

test('a masked text is not found by its asterisks', () => {
  expect(matches(String.raw`City Eq '\*\*\*\*\*\*\*\*'`, { City: '********' })).toBe(false)
  expect(matches("City Eq '*'", { City: '********' })).toBe(false)
})

describe('wildcards', () => {
  test.each([
    ["'Far*'", 'Fargo', true],
    ["'Far*'", 'Far', true],
    ["'*o'", 'Fargo', true],
    ["'F?rgo'", 'Fargo', true],
    // Also no character at all.
    ["'Fa?rgo'", 'Fargo', true],
    ["'F?go'", 'Fargo', false],
    ["'f*'", 'Fargo', false],
    ["'F.*'", 'Fargo', false],
    [String.raw`'5\*'`, '5*', true],
    [String.raw`'5\*'`, '55', false],
    [String.raw`'5\**'`, '5*5', true],
    ["'a*'", 'a\nb', true],
  ])('City Eq %s with %j: %s', (pattern, City, expected) => {
    expect(matches(`City Eq ${pattern}`, { City })).toBe(expected)
    expect(matches(`City Ne ${pattern}`, { City })).toBe(!expected)
    expect(matches(`City Eq 'x',${pattern}`, { City })).toBe(expected)
  })

  test('of all values of an expression count together', () => {
    expect(refusal("City Eq '*a','b*','c*'")).toBeUndefined()
    expect(refusal("City Eq '*a','b*','c*','?d'")).toEqual([1041, '?d'])
  })
})

describe('types that do not fit are refused:', () => {
  test.each([
    ['Foo Eq 1', 'Foo'],
    ["City Gt 'A'", 'Gt'],
    ['City Eq 1', 'City'],
    ['Pool Gt false', 'Gt'],
    ["Pool Eq 'true'", 'Pool'],
    ['Beds Gt NULL', 'Gt'],
    ["Beds Eq 'three'", 'Beds'],
    ['Beds Eq 3.0', 'Beds'],
    ['Beds Bt 1,2.5', 'Beds'],
    ['Beds Eq 1,2.5', 'Beds'],
    ['Beds Eq 1 Add 0.5', 'Beds'],
    ['Beds Gt 1,2', 'Gt'],
    ['Day Gt days(1),days(2)', 'Gt'],
    ['Beds Bt 2026-05-02,1', 'Bt'],
    ["City Eq 'a',1", 'Eq'],
    ['Day Eq days(1),1', 'Eq'],
    ['At Eq 10:22', 'At'],
    ['Beds Eq 2026-05-02', 'Beds'],
    ['Day Gt 2026-02-30', '2026-02-30'],
    ['At Gt 2026-02-30T00:00:00Z', '2026-02-30T00:00:00Z'],
    ['time(At) Gt 25:99', '25:99'],
    ['City Add 1 Eq 2', 'City'],
    ['(City) Eq 1', 'City'],
    ['-Pool Eq 1', 'Pool'],
    ["Beds Add 'x' Eq 1", "'x'"],
    ["Beds Eq 1 Add '2'", "'2'"],
    ["Beds Eq 1 Add trim('2')", 'trim'],
    ['trim(City) Add 1 Eq 2', 'trim'],
    ["City Eq -'a'", "'a'"],
    ['Day Eq -days(1)', 'days'],
    ['Beds Eq 5 Div 0', 'Div'],
    ['Beds Eq 5 Mod 0', 'Mod'],
    ['1 Eq 1', '1'],
    ['1 Add 1 Eq 2', 'Add'],
    ["tolower('A') Eq 'a'", 'tolower'],
    ["substring(View, length(Roof)) Eq 'x'", 'View'],
  ])('%s', (filter, token) => {
    expect(refusal(filter)).toEqual([1040, token])
  })
})

test('a dropped field leaves a wider filter and is named', () => {
  const { matches: wider, problems } = compileFilter('Beds Eq 3 And Hidden Gt 7', SAMPLES)
  expect(wider({ Beds: 3 })).toBe(true)
  expect(wider({ Beds: 4 })).toBe(false)
  expect(problems).toEqual([{ token: 'Hidden', status: 'Dropped', message: 'Field dropped from the filter' }])
  expect(compileFilter('tolower(Hidden) Eq 1', SAMPLES).problems).toHaveLength(1)
  expect(refusal('Hidden Eq 5 Div 0')).toEqual([1040, 'Div'])
})

test('any text without a backslash can be asked for once quotes and wildcards are escaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const city = text.replaceAll('\\', '/')
      const escaped = city.replaceAll(/['*?]/g, String.raw`\$&`)
      expect(matches(`City Eq '${escaped}'`, { City: city })).toBe(city !== '********')
      expect(matches(`City Eq '${escaped}'`, { City: `${city}x` })).toBe(false)
    }),
  )
})
