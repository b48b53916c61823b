import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { paceOf, type Sample } from '../../../src/consumer/lag/pace.ts'
import { gravest, speedOf, verdictOf } from '../../../src/consumer/lag/verdict.ts'
import { instant } from '../../../src/domain/instant.ts'

/** One a second: what is committed, and the end. */
function samples(
  ...places: readonly (readonly [committed: number, end: number, unread?: number])[]
): Sample[] {
  return places.map(([committed, end, unread = end - committed], i) => {
    return { at: instant(i * 1000), committed, end, unread }
  })
}

/** One in so many seconds, of a topic that ends far ahead. */
function every(seconds: number, ...committed: readonly number[]): Sample[] {
  return samples(...committed.map((offset) => [offset, 1000] as const)).map((sample) => {
    return { ...sample, at: instant(sample.at * seconds) }
  })
}

const NINE_STILL = Array.from({ length: 9 }, () => 0)

describe('the verdict on a group', () => {
  test.each([
    ['has read everything', samples([10, 10]), 'ok'],
    ['has a marker before it for good', samples([9, 10, 0], [9, 10, 0]), 'ok'],
    ['had read everything within the window', samples([10, 10], [10, 15], [10, 20]), 'ok'],
    ['gains ground', samples([0, 50], [20, 60], [45, 70]), 'ok'],
    ['keeps its distance', samples([0, 50], [10, 60]), 'ok'],
    ['falls back in every look', samples([0, 50], [5, 60], [10, 80]), 'slow'],
    ['has caught breath once', samples([0, 50], [5, 70], [40, 80], [41, 130]), 'ok'],
    ['has not committed yet, for as long as it was seen', samples([5, 50], [5, 50], [5, 60]), 'unknown'],
    ['pauses as long as it did between its commits', every(2, 0, 0, 20, 20, 20, 40, 40), 'ok'],
    ['pauses longer than ever', every(2, 0, 20, 40, 40, 40, 40), 'stalled'],
    ['pauses after a few short pauses only', every(1, 0, 1, 2, 3, 4, 5, 6, 6, 6, 6), 'ok'],
    ['commits once a minute, within ten seconds', every(2, 0, 0, 0, 0, 0, 0), 'unknown'],
    ['commits once a minute, within a watch of a look every 5 s', every(5, ...NINE_STILL, 0), 'unknown'],
    ['does not move in ten looks a minute apart', every(60, ...NINE_STILL, 0), 'stalled'],
    ['was set back', samples([40, 50], [0, 50], [30, 50]), 'rewound'],
    ['was seen once', samples([5, 50]), 'unknown'],
  ])('that %s', (_, seen, verdict) => {
    expect(verdictOf(seen, 1)).toBe(verdict)
    // Who shows no members is not called stopped.
    expect(verdictOf(seen, null)).toBe(verdict)
  })

  test('that does not move and has no members is that it stopped, at the first look', () => {
    expect(verdictOf(samples([5, 50]), 0)).toBe('stopped')
    expect(verdictOf(samples([5, 50], [5, 50]), 0)).toBe('stopped')
    expect(verdictOf(samples([5, 50], [6, 50]), 0)).toBe('ok')
  })

  test('has no threshold: everything ten times as large is the same', () => {
    const place = fc
      .tuple(fc.nat(1000), fc.nat(1000))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 1, maxLength: 10 }),
        fc.constantFrom(null, 0, 3),
        (places, members) => {
          const large = places.map(([committed, end]) => [committed * 10, end * 10] as const)
          expect(verdictOf(samples(...large), members)).toBe(verdictOf(samples(...places), members))
        },
      ),
    )
  })

  test('that commits at its own steady interval is not that it stalls, however often it is looked at', () => {
    fc.assert(
      fc.property(
        fc.record({
          interval: fc.integer({ min: 1, max: 119 }),
          step: fc.integer({ min: 1, max: 60 }),
          phase: fc.nat(118),
          looks: fc.integer({ min: 1, max: 60 }),
        }),
        ({ interval, step, phase, looks }) => {
          const committed = Array.from({ length: looks }, (_, i) => Math.floor((i * step + phase) / interval))
          const all = every(step, ...committed)
          for (let count = 1; count <= looks; count += 1) {
            const seen = all.slice(0, count)
            expect(verdictOf(seen.slice(-10), 1, paceOf(seen))).not.toBe('stalled')
          }
        },
      ),
    )
  })

  test('that commits more seldom than once in two minutes is learned from its pauses', () => {
    const tenMinutes = Array.from({ length: 40 }, (_, minute) => Math.floor(minute / 10))
    const all = every(60, ...tenMinutes)
    const verdicts = all.map((_, i) =>
      verdictOf(all.slice(0, i + 1).slice(-10), 1, paceOf(all.slice(0, i + 1))),
    )
    expect(verdicts.slice(0, 20)).toContain('stalled')
    expect(verdicts.slice(20)).not.toContain('stalled')
    const silent = every(60, ...tenMinutes, ...Array.from({ length: 3 }, () => 3))
    expect(verdictOf(silent.slice(-10), 1, paceOf(silent))).toBe('stalled')
  })

  test('of several is the gravest', () => {
    expect(gravest(['ok', 'slow', 'stalled', 'unknown'])).toBe('stalled')
    expect(gravest([])).toBe('ok')
  })
})

describe('the speed of a group', () => {
  test('counts records and not offsets', () => {
    // A half of the offsets are markers and aborted records.
    const seen = samples([0, 100, 50], [20, 100, 40])
    expect(speedOf(seen)).toEqual({ rate: 10, gain: 10 })
  })

  test('gains nothing on what comes as fast', () => {
    expect(speedOf(samples([0, 100], [20, 120]))).toEqual({ rate: 20, gain: 0 })
  })

  test('is that since it was set back, and not known before the next look', () => {
    expect(speedOf(samples([90, 100], [10, 100]))).toBeNull()
    expect(speedOf(samples([90, 100], [10, 100], [40, 100]))).toMatchObject({ rate: 30 })
    expect(speedOf(samples([90, 100]))).toBeNull()
  })
})
