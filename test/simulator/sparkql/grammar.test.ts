import { describe, expect, test } from 'vitest'

import { parseSparkql } from '../../../src/simulator/sparkql/parser.ts'
import { matches, refusal } from './sample.ts'

describe('the grammar takes', () => {
  test.each([
    '',
    ' \t ',
    'Beds Eq 1',
    'Beds EQ 1 AND Beds nE 2 oR Beds gt 3',
    'Beds Eq 1 Not Beds Eq 2',
    'Not Beds Eq 1',
    'Not (Not Beds Eq 1)',
    'Beds Eq 1 And (Not Beds Eq 2)',
    'Not(Beds Eq 1)Or Beds Eq 2',
    'Beds Eq 1And Beds Eq 2',
    '((Beds Eq 1) Or (Beds Eq 2)) And (Beds Ne 3)',
    '((Beds)) Eq 1',
    'Beds Eq (((1)))',
    'Beds Eq (1,2)',
    'Beds Eq -(5)',
    'Beds Eq --5',
    'Beds Eq 1 sub -1',
    '-Beds Eq 1',
    '(Beds Add 1) Mul 2 Eq 4 And Beds Eq 1',
    '1 Add Beds Eq 2',
    '(Beds Add (5 Mul 5)) Eq ((3 Add 2) Mul (1 Add 1))',
    '((Beds Add (5 Mul 5)) Eq ((3 Add 2) Mul (1 Add 1))) And Beds Eq 5',
    'Beds Bt 1,2',
    'Price Bt 1,2.5',
    'Price Eq 1.5,2,-3',
    'Price Eq 9.0E-6,1.0e8',
    "City Eq 'And Or Not Eq'",
    String.raw`City Eq 'it\'s'`,
    "City Eq ''",
    'Pool Eq true',
    'Day Eq null',
    'Day Eq Null',
    'At Bt days(-7),now()',
    'At Bt days(-7),2026-05-02',
    'Day Eq days(1),days(2)',
    "City Eq 'a',tolower('B')",
    'At Eq now ( )',
    '"Main Info"."Lot # 1" Eq NULL',
    'time(At) Eq 10:22',
    'At Gt 2026-05-02T10:22',
    'At Gt 2026-05-02T10:22Z',
    'At Gt 2026-05-02T10:22+01:00',
    'At Gt 2026-05-02T10:22:15.11+0100',
    'At Gt 2026-05-02T10:22:15.111111-01:00',
  ])('%s', (filter) => {
    expect(refusal(filter)).toBeUndefined()
  })
})

describe('the grammar refuses, and names the token:', () => {
  test.each([
    ['Beds Eq 1 And Not Beds Eq 2', 'Not'],
    ['Beds Eq 1 Or Not Beds Eq 2', 'Not'],
    ['Not Not Beds Eq 1', 'Not'],
    ['Beds Eq 1 Not Not Beds Eq 2', 'Not'],
    ['Day Eq 2026-05-02,2026-05-03', ','],
    ['Day Eq days(1),2026-05-03', '2026-05-03'],
    ['Pool Eq true,false', ','],
    ['Beds Eq 1,NULL', 'NULL'],
    ['Beds Eq NULL,1', ','],
    ['Price Eq 1e5', 'e'],
    ['Price Eq 1.0E+5', 'E'],
    ['Pool Eq TRUE', 'TRUE'],
    ['Pool Eq True', 'True'],
    ['Day Eq nULL', ''],
    ['Nullable Eq 1', 'Null'],
    ['beds Eq 1', 'Eq'],
    ['4Beds Eq 1', 'Beds'],
    ['Beds IsLike 1', 'IsLike'],
    ['Beds Eq Price', 'Price'],
    ['Eq Eq 1', 'Eq'],
    ['Beds And 1', 'And'],
    ['Beds Eq', ''],
    ['Eq 1', 'Eq'],
    ['Beds 1', '1'],
    ['And Beds Eq 1', 'And'],
    ['Beds Eq 1 Beds Eq 2', 'Beds'],
    ['Beds Eq 1 And', ''],
    ['Beds Eq 1,', ''],
    ['Beds Eq 1-1', '-1'],
    ['Beds Eq (1,2),3', ','],
    ['Beds Eq 1 Add 2,3', ''],
    ['Beds Eq -(1,2)', ''],
    ['Beds Bt 1', ''],
    ['Beds Bt (1),2', '('],
    ['Beds Bt 1,2,3', ','],
    ["City Bt 'a','b'", "'a'"],
    ['Pool Bt true,false', 'true'],
    ['(Beds Eq 1', ''],
    ['Beds Eq 1)', ')'],
    ['(Beds Eq 1) Add 1 Eq 2', 'Add'],
    ['Beds Add (Beds Eq 1) Eq 1', 'Eq'],
    ["City Eq 'it''s'", "'s'"],
    ["City Eq 'open", "'open"],
    [String.raw`City Eq \'a\'`, String.raw`\'a\'`],
    ['Beds Eq 1\nAnd Beds Eq 2', '\nAnd Beds Eq 2'],
    ['Beds Eq 1;', ';'],
    ['At Eq NOW()', 'NOW'],
    ['At Eq now(', ''],
    ['Day Eq days(-(1))', '-'],
    ['Day Eq days(1 Add 1)', 'Add'],
    ["City Eq tolower(trim('a'))", 'trim'],
    ['tolower((City)) Eq 1', '('],
    ['"G"."F" Eq 1', '"G"."F" Eq 1'],
    ['"Main.Info"."Lot" Eq 1', '"Main.Info"."Lot" Eq 1'],
    ['"Main Info"."$Lot" Eq 1', '"Main Info"."$Lot" Eq 1'],
    ['""."" Eq 1', '""."" Eq 1'],
    ['"Main Info"."Lot"."Sub" Eq 1', '."Sub" Eq 1'],
  ])('%s', (filter, token) => {
    expect(refusal(filter)).toEqual([1040, token])
  })
})

test.each([
  '"Main Info"."Lot"',
  '"Main \'Info\'"."Lot$ #@"',
  '" a "." b "',
  '"Garage Type"."1"',
  '"Details"."@R08T$ ` #"',
])('a field of the MLS may be called %s', (name) => {
  const [link] = parseSparkql(`${name} Eq 1`)
  expect(link?.term).toMatchObject({ left: { kind: 'field', name } })
})

describe('a limit is passed with 1041, after all that is not valid:', () => {
  const list = (count: number): string => Array.from({ length: count }, (_, i) => i).join(',')
  const expressions = (count: number): string => Array(count).fill('Beds Ne 9').join(' And ')
  const nested = (levels: number): string => 'tolower('.repeat(levels) + 'City' + ')'.repeat(levels)

  test.each([
    ['values in a list', 200, (n: number) => `Beds Eq ${list(n)}`],
    ['expressions', 75, expressions],
    ['levels of parentheses', 2, (n: number) => `${'('.repeat(n)}Beds Eq 1${')'.repeat(n)}`],
    ['functions in each other', 5, (n: number) => `${nested(n)} Eq 'fargo'`],
    ['wildcards', 3, (n: number) => `City Eq '${'a*b?'.repeat(2).slice(0, 2 * n)}','x'`],
    ['days', 365_000, (n: number) => `Day Gt days(${n})`],
    ['days back', 365_000, (n: number) => `Day Gt weekdays(-${n})`],
  ])('%s, of which there are %i', (_, limit, filter) => {
    expect(refusal(filter(limit))).toBeUndefined()
    expect(refusal(filter(limit + 1))?.[0]).toBe(1041)
    expect(refusal(`${filter(limit + 1)} And`)?.[0]).toBe(1040)
  })

  test('arguments of a function, even of one that there is not', () => {
    expect(refusal(`Beds Eq bogus(${list(201)})`)?.[0]).toBe(1041)
    expect(refusal(`Beds Eq bogus(${list(200)})`)?.[0]).toBe(1040)
  })

  test('parentheses without end and calculations without end, however the filter goes on', () => {
    expect(refusal('('.repeat(100_000))?.[0]).toBe(1041)
    expect(refusal(`Beds Eq ${'-'.repeat(100_000)}1`)?.[0]).toBe(1041)
    expect(refusal(`Beds Eq 1${' Add 1'.repeat(100_000)}`)?.[0]).toBe(1041)
    expect(refusal('tolower('.repeat(100_000))?.[0]).toBe(1041)
  })
})

describe('And binds tighter than Or, and Not stands before one term:', () => {
  const T = 'Beds Eq 1'
  const F = 'Beds Eq 2'
  const D = 'Hidden Eq 3'
  test.each([
    [`${F} Or ${T} And ${F}`, false],
    [`${T} Or ${F} And ${F}`, true],
    [`${T} And ${F} Or ${T}`, true],
    [`${T} Not ${F}`, true],
    [`${T} Not ${T}`, false],
    [`${F} Not ${F}`, false],
    [`${F} Not ${T} Or ${T}`, true],
    [`Not ${F} And ${F}`, false],
    [`Not (${F} Or ${T})`, false],
    [`Not (${F} And ${T})`, true],
    [`${T} Not (${F} Or ${F}) And (${F} Or ${T})`, true],
    [`${T} Not (${T} And ${F})`, true],
    [`${T} And ((${T} And ${F}) Or ${F}) Or ${F}`, false],
    [`(${F} Or ${T}) And (${F} Or ${T})`, true],
    [`Not (Not ${T})`, true],
    [`${T} Not (Not ${F})`, false],
    // The vendor's parser loses the innermost.
    [`Not (Not (Not ${T}))`, true],
    [`Not (Not (Not ${F}))`, false],
    // What is dropped leaves its conjunction behind.
    [`${D} And ${F}`, false],
    [`${D} Or ${F}`, false],
    [`${D} Or ${T}`, true],
    [`${D} And ${D}`, true],
    [`Not ${D}`, true],
    [`${F} And ${D} Or ${T}`, true],
    [`${F} Or ${D} And ${T}`, false],
    [`${T} Or ${D} And ${F}`, true],
    [`${F} Or (${D} And ${T})`, true],
    [`${F} Or (${D} And ${F})`, false],
    [`${T} Not ${D} And ${F}`, false],
    [`${T} Not (${D} And ${F})`, true],
    [`${T} Not (${D} And ${T})`, false],
    [`${T} And (${D} Or ${D})`, true],
  ])('%s is %s', (filter, expected) => {
    expect(matches(filter, { Beds: 1 })).toBe(expected)
  })
})
