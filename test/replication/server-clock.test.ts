import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, type Instant } from '../../src/domain/instant.ts'
import { ServerClock } from '../../src/replication/server-clock.ts'
import { SERVER_TIME } from '../fixtures/scripted-source.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const OVERLAP_MS = 20 * MINUTE_MS
const after = (ms: number): Instant => instant(SERVER_TIME + ms)

/** Answers that came a second apart, by a local clock that is so far off. */
function clockAfter(skews: readonly number[], localOff = 0, overlap = OVERLAP_MS): ServerClock {
  const clock = new ServerClock(overlap)
  for (const [i, skew] of skews.entries()) {
    clock.note(after(i * SECOND_MS + skew), after(i * SECOND_MS + localOff))
  }
  return clock
}

describe('the latest time that the signs bear out (R4)', () => {
  test.each([
    [24 * 60 * MINUTE_MS, MINUTE_MS],
    [OVERLAP_MS, MINUTE_MS],
    [MINUTE_MS, 3 * SECOND_MS],
    [0, 0],
  ])('has a tolerance far below an overlap of %i ms', (overlap, tolerance) => {
    expect(new ServerClock(overlap).tolerance).toBe(tolerance)
  })

  const skew = fc.integer({ min: -59 * MINUTE_MS, max: 59 * MINUTE_MS })

  test('is never above the truth by more than the tolerance while one sign of them is right', () => {
    fc.assert(
      fc.property(
        fc.array(skew, { maxLength: 7 }),
        fc.oneof(
          fc.constant({ local: 0, right: false }),
          fc.record({ local: skew, right: fc.constant(true) }),
        ),
        fc.nat({ max: 7 }),
        (skews, { local, right }, place) => {
          const all = right ? skews.toSpliced(place, 0, 0) : skews
          const clock = clockAfter(all, local)
          const now = after(all.length * SECOND_MS)
          expect(clock.latest(instant(now + local))).toBeLessThanOrEqual(now + clock.tolerance)
        },
      ),
    )
  })

  test('is at least the truth while none of them is behind', () => {
    const forward = fc.nat({ max: 59 * MINUTE_MS })
    fc.assert(
      fc.property(fc.array(forward, { maxLength: 8 }), (skews) => {
        const now = after(skews.length * SECOND_MS)
        expect(clockAfter(skews).latest(now)).toBeGreaterThanOrEqual(now)
      }),
    )
  })

  test('forgets an answer that was behind after eight others', () => {
    const behind = -30 * MINUTE_MS
    const now = after(9 * SECOND_MS)
    expect(clockAfter([behind, 0, 0, 0, 0, 0, 0, 0]).latest(now)).toBeLessThan(now)
    expect(clockAfter([behind, 0, 0, 0, 0, 0, 0, 0, 0]).latest(now)).toBe(now + MINUTE_MS)
  })

  test('stands still where the local clock does, and goes back where it does', () => {
    const clock = new ServerClock(OVERLAP_MS)
    for (let i = 0; i < 8; i += 1) clock.note(after(i * MINUTE_MS), SERVER_TIME)
    expect(clock.latest(SERVER_TIME)).toBe(after(MINUTE_MS))
    expect(clock.latest(after(-MINUTE_MS))).toBe(SERVER_TIME)
  })
})

describe('the time at which an answer was given (R6, R9)', () => {
  test('is its Date where the others agree, whatever the local clock says', () => {
    const skew = fc.integer({ min: -59 * MINUTE_MS, max: 59 * MINUTE_MS })
    fc.assert(
      fc.property(skew, fc.integer({ min: 2, max: 8 }), (local, answers) => {
        const clock = clockAfter(
          Array.from({ length: answers }, () => 0),
          local,
        )
        const date = after((answers - 1) * SECOND_MS)
        expect(clock.observed(date, instant(date + local))).toBe(date)
      }),
    )
  })

  test.each([59 * MINUTE_MS, -59 * MINUTE_MS])('is not moved by one answer that is %i ms off', (off) => {
    const clock = clockAfter([0, 0, 0, off])
    const now = after(3 * SECOND_MS)
    expect(Math.abs(clock.observed(instant(now + off), now) - now)).toBeLessThanOrEqual(MINUTE_MS)
    expect(clock.observed(now, now)).toBe(now)
  })

  test('is what the others say where it has no Date', () => {
    expect(clockAfter([0, 0], 30 * MINUTE_MS).observed(null, after(31 * MINUTE_MS))).toBe(after(MINUTE_MS))
    expect(new ServerClock(OVERLAP_MS).observed(null, SERVER_TIME)).toBe(SERVER_TIME)
  })

  test('says how far the clocks are apart', () => {
    expect(clockAfter([0, 0, 59 * MINUTE_MS], -10 * MINUTE_MS).ahead(SERVER_TIME)).toBe(10 * MINUTE_MS)
    expect(new ServerClock(OVERLAP_MS).ahead(SERVER_TIME)).toBe(0)
  })
})
