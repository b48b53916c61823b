import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { PageSize } from '../../src/spark/page-size.ts'

/** Walks so many rows, of which some spoil each page that holds them; answers the slices that were asked for. */
function walked(rows: number, most: number, broken: ReadonlySet<number>) {
  const size = new PageSize(most, 2)
  const alone: number[] = []
  let asked = 0
  for (let at = 0; at < rows;) {
    const { limit } = size
    asked += 1
    const slice = Array.from({ length: Math.min(limit, rows - at) }, (_, i) => at + i)
    const bad = slice.filter((row) => broken.has(row))
    if (bad.length > 0) {
      size.failed(limit)
      if (!size.isSmallest(limit)) continue
      alone.push(...slice)
    }
    size.passed(limit)
    at += limit
  }
  return { alone, asked }
}

describe('the size of pages', () => {
  test('is the largest one while all can be read', () => {
    expect(walked(5_000, 1_000, new Set())).toEqual({ alone: [], asked: 5 })
  })

  test('one row that spoils its page costs some twenty requests, and no row but its neighbour is read alone', () => {
    const { alone, asked } = walked(5_000, 1_000, new Set([1_777]))
    expect(alone).toContain(1_777)
    expect(alone.length).toBeLessThanOrEqual(2)
    expect(asked).toBeLessThan(5 + 20)
  })

  test('comes to its end whatever rows are broken, and each of them is read alone (R12)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.uniqueArray(fc.nat(199), { maxLength: 30 }),
        (most, broken) => {
          const { alone, asked } = walked(200, most, new Set(broken))
          expect(alone).toEqual(expect.arrayContaining(broken))
          expect(asked).toBeLessThan(200 / most + 1 + 16 * (broken.length + 1))
        },
      ),
    )
  })
})
