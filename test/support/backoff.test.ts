import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { waitAfter, type Backoff } from '../../src/support/backoff.ts'

const backoff: fc.Arbitrary<Backoff> = fc
  .tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 3_600_000 }))
  .map(([baseMs, more]) => ({ baseMs, capMs: baseMs + more }))
const failures = fc.nat(2_000)
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const asked = fc.option(fc.nat(7_200_000), { nil: undefined })

/** Just below it lies every wait. */
function upperEnd(of: Backoff, failed: number): number {
  return waitAfter(of, failed, undefined, () => 1)
}

test('a wait lies between nothing and its upper end, however many failures there were', () => {
  fc.assert(
    fc.property(backoff, failures, chance, (of, failed, random) => {
      const wait = waitAfter(of, failed, undefined, () => random)
      expect(wait).toBeGreaterThanOrEqual(0)
      expect(wait).toBeLessThan(upperEnd(of, failed))
    }),
  )
})

test('a wait is never shorter than the other side asked for, and no longer for its asking', () => {
  fc.assert(
    fc.property(backoff, failures, chance, asked, (of, failed, random, retryAfterMs) => {
      const wait = waitAfter(of, failed, retryAfterMs, () => random)
      expect(wait).toBe(
        Math.max(
          retryAfterMs ?? 0,
          waitAfter(of, failed, undefined, () => random),
        ),
      )
    }),
  )
})

test('the upper end doubles with every failure until it is the cap, and stays there', () => {
  fc.assert(
    fc.property(backoff, failures, (of, failed) => {
      expect(upperEnd(of, 0)).toBe(of.baseMs)
      expect(upperEnd(of, failed + 1)).toBe(Math.min(of.capMs, 2 * upperEnd(of, failed)))
      expect(upperEnd(of, 5_000)).toBe(of.capMs)
    }),
  )
})

test('waits are spread over all of it: those who failed together come back apart', () => {
  const of = { baseMs: 1_000, capMs: 60_000 }
  const waits = [0, 0.25, 0.5, 0.75].map((random) => waitAfter(of, 2, undefined, () => random))
  expect(waits).toEqual([0, 1_000, 2_000, 3_000])
})
