import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { keysRequired } from '../../src/replication/completeness.ts'

describe('keys that a complete walk must have shown (R7)', () => {
  test.each([
    { counted: 0, select: 'everything', required: 0 },
    { counted: 9_999, select: 'everything', required: 9_999 },
    { counted: 10_000, select: 'everything', required: 9_999 },
    { counted: 25_000, select: 'everything', required: 24_998 },
    { counted: 999, select: 'keys', required: 999 },
    { counted: 1_000, select: 'keys', required: 999 },
    { counted: 5_500, select: 'keys', required: 5_495 },
  ] as const)('$counted counted, walk of $select: $required', ({ counted, select, required }) => {
    expect(keysRequired(counted, select)).toBe(required)
  })

  test('a walk of keys alone is allowed more than a walk of records, and neither more than it says', () => {
    fc.assert(
      fc.property(fc.nat(5_000_000), (counted) => {
        const missingRecords = counted - keysRequired(counted, 'everything')
        const missingKeys = counted - keysRequired(counted, 'keys')
        return (
          missingRecords <= missingKeys &&
          missingRecords <= counted * 0.0001 &&
          missingKeys <= counted * 0.001
        )
      }),
    )
  })
})
