import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'

import { rangesOf } from '../../src/feed/read-at.ts'

test('ranges hold every offset once, in order, begin and end at one, and are never more than allowed', () => {
  const offsets = array(integer({ min: 0, max: 100_000 }), { maxLength: 200 }).map((list) =>
    [...new Set(list)].sort((a, b) => a - b),
  )
  assert(
    property(offsets, integer({ min: 1, max: 10 }), integer({ min: 2, max: 5_000 }), (wanted, most, gap) => {
      const ranges = rangesOf(wanted, most, gap)
      expect(ranges.length).toBeLessThanOrEqual(most)
      const held = ranges.map(({ from, to }) => wanted.filter((offset) => offset >= from && offset < to))
      expect(held.flat()).toEqual(wanted)
      for (const [i, { from, to }] of ranges.entries()) {
        expect([held[i]?.at(0), held[i]?.at(-1)]).toEqual([from, to - 1])
        const before = ranges[i - 1]
        if (before !== undefined) expect(from - (before.to - 1)).toBeGreaterThanOrEqual(gap)
      }
    }),
  )
})

test('the longest gaps are the ones that are left out', () => {
  expect(rangesOf([5, 100, 5_000, 5_001, 90_000], 2, 50)).toEqual([
    { from: 5, to: 5_002 },
    { from: 90_000, to: 90_001 },
  ])
})
