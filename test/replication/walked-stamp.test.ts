import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { formatStamp, parseStamp } from '../../src/replication/walked-stamp.ts'

describe('the stamp of a walked key', () => {
  test('is read from its note as it was', () => {
    const stamps = fc.oneof(
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      fc.integer({ min: -3e9, max: 3e9 }).map((seconds) => seconds * 1000),
    )
    fc.assert(
      fc.property(fc.option(stamps.map(instant)), (stamp) => {
        expect(parseStamp(formatStamp(stamp))).toBe(stamp)
      }),
      { numRuns: 1_000 },
    )
  })

  test('is its milliseconds, as earlier versions wrote it', () => {
    for (const ms of [0, -1, 999, 1000, 2 ** 31 * 1000, 1_760_000_000_000]) {
      expect(formatStamp(instant(ms))).toBe(String(ms))
    }
  })

  test.each(['x', '1 ', '--1', '1e3', '12345678901234567', '١'])('is not read from %j (R7)', (note) => {
    expect(() => parseStamp(note)).toThrow(expect.objectContaining({ code: 'LEDGER_DAMAGED' }))
  })
})
