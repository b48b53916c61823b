import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { LISTINGS } from '../../src/resources/listings.ts'
import { TOURS } from '../fixtures/resources.ts'
import { countedRange, keysRequired } from '../../src/replication/completeness.ts'

describe('keys that a complete walk must have shown (R7)', () => {
  test.each([
    { counted: 0, range: 'settled', required: 0 },
    { counted: 9_999, range: 'settled', required: 9_999 },
    { counted: 10_000, range: 'settled', required: 9_999 },
    { counted: 25_000, range: 'settled', required: 24_998 },
    { counted: 999, range: 'all', required: 999 },
    { counted: 1_000, range: 'all', required: 999 },
    { counted: 5_500, range: 'all', required: 5_495 },
  ] as const)('$counted of $range counted: $required', ({ counted, range, required }) => {
    expect(keysRequired(counted, range)).toBe(required)
  })

  test('what is in motion is left out of the count of a walk of records, if they have a stamp to go by', () => {
    expect(countedRange(LISTINGS, 'everything')).toBe('settled')
    expect(countedRange(LISTINGS, 'keys')).toBe('all')
    expect(countedRange(TOURS, 'everything')).toBe('all')
    expect(countedRange(TOURS, 'keys')).toBe('all')
  })

  test('where all is counted more is allowed than where only what is settled is, and neither more than it says', () => {
    fc.assert(
      fc.property(fc.nat(5_000_000), (counted) => {
        const missingRecords = counted - keysRequired(counted, 'settled')
        const missingKeys = counted - keysRequired(counted, 'all')
        return (
          missingRecords <= missingKeys &&
          missingRecords <= counted * 0.0001 &&
          missingKeys <= counted * 0.001
        )
      }),
    )
  })
})
