import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { compileFilter } from '../../../src/simulator/sparkql/filter.ts'
import { parseSparkql } from '../../../src/simulator/sparkql/parser.ts'
import { SparkqlError } from '../../../src/simulator/sparkql/sparkql-error.ts'
import { arbitraryFilter } from './arbitrary-filter.ts'
import { filterText } from './filter-text.ts'
import { matches, SAMPLES } from './sample.ts'
import type { Sample } from './sample.ts'

test('a tree that is written down is read as the same tree', () => {
  fc.assert(
    fc.property(arbitraryFilter, (links) => {
      expect(parseSparkql(filterText(links))).toEqual(links)
    }),
    { numRuns: 500 },
  )
})

/** What filters are made of, so that chance comes further than to the first letter. */
const WORDS =
  `Location radius polygon wkt Beds City At Day View all now days tolower year regex cast Eq Ne Gt Bt And Or Not Add Div ( ) , - " ' \\ 1 2.5
  'a*' '[' true NULL 2026-05-02 9999-99-99 10:22 2026-05-02T10:22`.split(/\s+/)
const pieces = fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary', maxLength: 3 })))

const cells: fc.Arbitrary<Sample> = fc.record({
  City: fc.constantFrom('Fargo', '', '********', null, 7),
  Beds: fc.constantFrom(0, -3, 2.5, 1e300, '3', '********', null),
  Day: fc.constantFrom('2026-05-02', '2026-02-30', 'soon', '********', null),
  At: fc.constantFrom('2026-05-02T14:03:09Z', 'soon', null),
  Location: fc.constantFrom({ Latitude: 46, Longitude: -100 }, { Latitude: null }, null, '********'),
  View: fc.constantFrom({ Lake: true }, {}, null, '********', 'Lake'),
})

test('whatever stands in a filter, it is compiled or refused with a code and a token, and a row fits it or not', () => {
  const text = fc.oneof(
    pieces.map((parts) => parts.join(' ')),
    pieces.map((parts) => parts.join('')),
    arbitraryFilter.map(filterText),
  )
  fc.assert(
    fc.property(text, cells, (filter, row) => {
      try {
        expect([true, false]).toContain(compileFilter(filter, SAMPLES).matches(row))
      } catch (error) {
        if (!(error instanceof SparkqlError)) throw error
        expect([1040, 1041]).toContain(error.code)
        expect(error.problem).toMatchObject({ token: expect.any(String), status: 'Fatal' })
      }
    }),
    { numRuns: 2000 },
  )
})

/** A filter beside what it means. */
interface Meant {
  readonly text: string
  readonly fits: (beds: number | null) => boolean
}

function known(text: string, fits: (beds: number) => boolean): Meant {
  return { text, fits: (beds) => beds !== null && fits(beds) }
}

const bound = fc.integer({ min: -3, max: 3 })
const bounds = fc.tuple(bound, bound)
const meantComparison: fc.Arbitrary<Meant> = fc.oneof(
  bound.map((n) => known(`Beds Eq ${n}`, (beds) => beds === n)),
  bound.map((n) => ({ text: `Beds Ne ${n}`, fits: (beds: number | null) => beds !== n })),
  bound.map((n) => known(`Beds Gt ${n}`, (beds) => beds > n)),
  bound.map((n) => known(`Beds Ge ${n}`, (beds) => beds >= n)),
  bound.map((n) => known(`Beds Lt ${n}`, (beds) => beds < n)),
  bound.map((n) => known(`Beds Le ${n}`, (beds) => beds <= n)),
  fc.constant({ text: 'Beds Eq NULL', fits: (beds: number | null) => beds === null }),
  bounds.map(([a, b]) => known(`Beds Bt ${a},${b}`, (beds) => beds >= a && beds <= b)),
  bounds.map((list) => known(`Beds Eq ${list.join(',')}`, (beds) => list.includes(beds))),
  bounds.map(([a, b]) => known(`Beds Mul ${a} Add 1 Gt ${b}`, (beds) => beds * a + 1 > b)),
)

/** `Or` between `And` and `Not`, with groups in these levels; 64 comparisons at most. */
function meant(levels: number): fc.Arbitrary<Meant> {
  const term =
    levels === 0
      ? meantComparison
      : fc.oneof(
          meantComparison,
          meant(levels - 1).map(({ text, fits }) => ({ text: `(${text})`, fits })),
        )
  const factors = fc.array(fc.tuple(fc.boolean(), term), { minLength: 1, maxLength: 2 })
  return fc.array(factors, { minLength: 1, maxLength: 2 }).map((alternatives) => {
    // No Not behind Or, and at the beginning at the top alone, where no other one is lost for it.
    const plain = alternatives.map((list, i) =>
      list.map(([not, one], j) => [not && (j > 0 || (i === 0 && levels === 2)), one] as const),
    )
    const text = plain
      .map((list) =>
        list.map(([not, one], j) => `${not ? 'Not ' : j > 0 ? 'And ' : ''}${one.text}`).join(' '),
      )
      .join(' Or ')
    const fits = (beds: number | null): boolean =>
      plain.some((list) => list.every(([not, one]) => one.fits(beds) !== not))
    return { text, fits }
  })
}

test('And, Or, Not and parentheses fit the rows that logic says, And binding tighter', () => {
  fc.assert(
    fc.property(meant(2), fc.option(bound), ({ text, fits }, beds) => {
      expect(matches(text, { Beds: beds })).toBe(fits(beds))
    }),
    { numRuns: 1000 },
  )
})
