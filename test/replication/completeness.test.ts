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

  test('what is in motion is left out of the count, if there is a stamp to go by; of a purge nothing is, whatever it compares', () => {
    expect(countedRange(LISTINGS, 'snapshot')).toBe('settled')
    expect(countedRange(LISTINGS, 'update')).toBe('settled')
    expect(countedRange(LISTINGS, 'purge')).toBe('all')
    expect(countedRange(TOURS, 'snapshot')).toBe('all')
    expect(countedRange(TOURS, 'purge')).toBe('all')
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
