import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { allOf, readFilter } from '../../src/domain/sparkql.ts'
import { parseSparkql } from '../../src/simulator/sparkql/parser.ts'
import { SparkqlError } from '../../src/simulator/sparkql/sparkql-error.ts'
import { arbitraryFilter } from '../simulator/sparkql/arbitrary-filter.ts'
import { filterText } from '../simulator/sparkql/filter-text.ts'

describe('what a filter names', () => {
  test.each([
    [`MlsId Eq '2024' And PropertyType Ne 'A','B'`, ['MlsId', 'PropertyType']],
    [
      `"Remarks"."Public, long (old)" Eq 'x' Or ListPrice Gt 3.5`,
      ['"Remarks"."Public, long (old)"', 'ListPrice'],
    ],
    [`year(OnMarketDate) Ge 2024 and not (City eq 'O\\'Fallon (west)')`, ['OnMarketDate', 'City']],
    [`ModificationTimestamp Bt 2026-05-02T14:00:00Z,2026-05-02T15:00:00-05:00`, ['ModificationTimestamp']],
    [`ListPrice Gt -1 Add 2 Or ListPrice Eq NULL Or PoolYN Eq true`, ['ListPrice', 'PoolYN']],
  ])('%s', (filter, fields) => {
    expect(readFilter(filter)).toMatchObject({ fields })
  })

  test.each([
    ["A Eq 'x'", 0, false],
    ["A Eq 'x' Or B Eq 'y'", 0, true],
    ["A Eq 'or' And B Eq 'y'", 0, false],
    ["A Eq 'x' And (B Eq 'y' Or C Eq 'z')", 1, false],
    ["(A Eq 'x') oR ((B Eq 'y' Or C Eq 'z') And D Eq 1)", 2, true],
    ["tolower(trim(A)) Eq 'x'", 0, false],
    ["A Gt 1Or B Eq 'y'", 0, true],
    ["A Eq NULLOr B Eq 'x'Or C Eq 2026-05-02T14:00:00Z", 0, true],
  ])('how %s is built', (filter, depth, hasAlternatives) => {
    expect(readFilter(filter)).toMatchObject({ depth, hasAlternatives })
  })

  test.each([
    ["City Eq 'Fargo", 9, /text that begins here has no end/],
    ["City Eq 'it\\'", 9, /no end/],
    ["(City Eq 'x' Or (City Eq 'y')", 1, /not closed/],
    ["City Eq 'x') Or (City Eq 'y'", 12, /closed here that was not opened/],
    ['"Remarks".Public Eq 1', 1, /"Group"\."Field"/],
    ["City = 'x'", 6, /no such character/],
    ["City\nEq 'x'", 5, /no such character/],
    ["'x' Eq 'y'", 1, /names no field/],
    ['  ', 1, /names no field/],
    ['PropertyType Eq', 14, /value is missing behind/],
    ["A Eq 'x' And", 10, /missing behind/],
    ["A Eq 'x' Or (Not)", 14, /missing behind/],
    ["A Eq 'x',", 9, /missing behind/],
    ['A Gt 1 Add', 8, /missing behind/],
    ['A Eq Eq 1', 3, /missing behind/],
    ["Or A Eq 'x'", 1, /missing before/],
    ["Eq 'x' And A Eq 1", 1, /missing before/],
    ['Bogus', 1, /has no operator/],
    ["A Eq 'x' And Bogus", 14, /has no operator/],
    ["(Bogus Or A Eq 'x')", 2, /has no operator/],
    ["A Eq 'x' And (B Add 1)", 14, /has no operator/],
  ])('what is wrong with %s is named by its place, and not quoted', (filter, at, problem) => {
    expect(readFilter(filter)).toEqual({ at, problem: expect.stringMatching(problem) })
  })
})

describe('an expression that lacks a part', () => {
  test.each([
    'now() Lt A',
    '(A Add 1) Mul 2 Eq -(3)',
    'Not (Not A Eq 1)',
    'A Eq 1 Not B Eq 2',
    'A Add 3eq4',
    '(A Eq 1)And(B Bt 1,2)',
    'TRUE Eq true',
  ])('%s lacks none', (filter) => {
    expect(readFilter(filter)).toHaveProperty('fields')
  })

  const part = fc.constantFrom(...`A B 'x' 3 Eq eq Bt And Or Not ( ) , - Add now NULL true`.split(' '))
  const parts = fc.array(part, { maxLength: 9 }).map((list) => list.join(' '))

  test('is nothing that the grammar takes: what is refused here, the simulator refuses, too', () => {
    const filter = fc.oneof(arbitraryFilter.map(filterText), parts)
    fc.assert(
      fc.property(filter, (text) => {
        const shape = readFilter(text)
        // Without a field, it chooses nothing.
        if (!('problem' in shape) || shape.problem === 'It names no field.') return
        expect(() => parseSparkql(text)).toThrow(SparkqlError)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('filters are joined', () => {
  test.each([
    [[], ''],
    [['', ''], ''],
    [['A Eq 1 Or B Eq 2', ''], 'A Eq 1 Or B Eq 2'],
    [['A Eq 1', 'B Eq 2'], 'A Eq 1 And B Eq 2'],
    [['A Eq 1 Or B Eq 2', 'C Eq 3'], '(A Eq 1 Or B Eq 2) And C Eq 3'],
    [['Not A Eq 1', 'C Gt 3', 'C Lt 9'], 'Not A Eq 1 And C Gt 3 And C Lt 9'],
    [['A Eq 1 And (B Eq 2 Or B Eq 3)', 'C Gt 3'], 'A Eq 1 And (B Eq 2 Or B Eq 3) And C Gt 3'],
  ])('%j', (filters, joined) => {
    expect(allOf(...filters)).toBe(joined)
  })

  const comparison = fc
    .tuple(fc.constantFrom('A', 'B', '"G (x"."F or"'), fc.constantFrom("'it\\'s (or'", '3', 'NULL'))
    .map(([field, value]) => `${field} Eq ${value}`)
  const { filter } = fc.letrec<{ filter: string; expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      comparison,
      tie('filter').map((inner) => `(${inner})`),
    ),
    filter: fc
      .tuple(
        tie('expression'),
        fc.array(fc.tuple(fc.constantFrom('And', 'Or'), tie('expression')), { maxLength: 2 }),
      )
      .map(([first, rest]) => [first, ...rest.map(([joint, next]) => `${joint} ${next}`)].join(' ')),
  }))

  test('so that no Or of one tears the others apart, with one level of parentheses more at most', () => {
    fc.assert(
      fc.property(fc.array(filter, { minLength: 2, maxLength: 4 }), (filters) => {
        const shapes = filters.map((text) => readFilter(text))
        const joined = readFilter(allOf(...filters))
        expect(joined).toMatchObject({ hasAlternatives: false })
        const levels = shapes.map((shape) =>
          'depth' in shape ? shape.depth + Number(shape.hasAlternatives) : Number.NaN,
        )
        expect(joined).toMatchObject({ depth: Math.max(...levels) })
      }),
    )
  })
})
