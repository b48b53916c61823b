import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { instant, type Instant } from '../../src/domain/instant.ts'
import type { TimeSlice } from '../../src/domain/pass.ts'
import {
  firstHalf,
  firstSlice,
  secondOf,
  sliceBehind,
  sliceOfSecond,
} from '../../src/replication/time-slices.ts'

const BEGIN = Date.UTC(2026, 4, 2)
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const second = (n: number): Instant => instant(BEGIN + n * 1_000)

describe('the slices of a window', () => {
  test.each([
    [HOUR_MS, [null]],
    [DAY_MS, [null]],
    [DAY_MS + 1_000, [DAY_MS, null]],
    [3 * DAY_MS + HOUR_MS, [DAY_MS, 2 * DAY_MS, 3 * DAY_MS, null]],
  ])('of %i ms are of a day at most; the last has no end', (length, ends) => {
    const cuts = { now: instant(BEGIN + length), owed: [] }
    let slice = firstSlice(instant(BEGIN), cuts)
    const until = [slice.until]
    while (slice.until !== null) {
      slice = sliceBehind(slice.after, slice.until, cuts)
      until.push(slice.until)
    }
    expect(until).toEqual(ends.map((end) => (end === null ? null : BEGIN + end)))
  })

  test('begin with the whole second that the window begins in', () => {
    const { after } = firstSlice(instant(BEGIN + 1_750), { now: second(9), owed: [] })
    expect(after).toBe(second(1))
  })

  test('grow to twice the one before', () => {
    expect(sliceBehind(second(3), second(7), { now: second(99), owed: [] })).toEqual({
      after: second(7),
      until: second(15),
    })
  })

  test('are halved to whole seconds, and never below one', () => {
    expect(firstHalf({ after: second(0), until: second(5) }, second(9))?.until).toBe(second(2))
    expect(firstHalf({ after: second(0), until: null }, instant(second(5) - 1))?.until).toBe(second(2))
    expect(firstHalf({ after: second(0), until: second(1) }, second(9))).toBeUndefined()
    expect(firstHalf({ after: second(9), until: null }, second(10))).toBeUndefined()
    expect(firstHalf({ after: second(9), until: null }, second(2))).toBeUndefined()
  })

  test('hold every second of the window once, whatever cannot be read, and those that are owed by themselves (R4)', () => {
    const pattern = fc.record({
      length: fc.integer({ min: 1, max: 200 }),
      failing: fc.uniqueArray(fc.integer({ min: 1, max: 199 }), { maxLength: 30 }),
      owed: fc.uniqueArray(fc.integer({ min: -5, max: 199 }), { maxLength: 10 }),
    })
    fc.assert(
      fc.property(pattern, ({ length, failing, owed }) => {
        const now = second(length)
        const bad = new Set(failing.filter((n) => n < length).map(second))
        const read: TimeSlice[] = []
        const left = owed.map(second)
        let slice = firstSlice(second(0), { now, owed: left })
        for (;;) {
          if (![...bad].some((one) => holds(slice, one))) {
            read.push(slice)
            if (slice.until === null) break
          } else {
            const half = firstHalf(slice, now)
            if (half !== undefined) {
              slice = half
              continue
            }
            if (slice.until === null) return
            left.push(slice.until)
          }
          slice = sliceBehind(slice.after, slice.until, { now, owed: left })
        }
        for (let n = 1; n <= length + 2; n += 1) {
          const holding = read.filter((one) => holds(one, second(n))).length
          const owing = left.filter((one) => holds(sliceOfSecond(one), second(n))).length
          expect([n, holding + owing]).toEqual([n, 1])
        }
        expect(new Set(left)).toEqual(new Set([...owed.map(second), ...bad]))
      }),
      { numRuns: 500 },
    )
  })
})

function holds({ after, until }: TimeSlice, at: Instant): boolean {
  return at > after && (until === null || at <= until)
}

test('a time lies in its own second', () => {
  expect(secondOf(instant(BEGIN + 999))).toBe(BEGIN)
  expect(secondOf(second(7))).toBe(second(7))
})
