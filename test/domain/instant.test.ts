import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { parseInstant } from '../../src/domain/instant.ts'

describe('a datetime of the source', () => {
  test('has the same instant with and without a fraction: the form without one has a short cut', () => {
    const part = (max: number): fc.Arbitrary<string> =>
      fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
    const whole = fc
      .tuple(fc.integer({ min: 0, max: 9999 }), part(13), part(32), part(25), part(61), part(61))
      .map(([y, mo, d, h, mi, s]) => `${String(y).padStart(4, '0')}-${mo}-${d}T${h}:${mi}:${s}`)
    fc.assert(
      fc.property(whole, (text) => parseInstant(`${text}Z`) === parseInstant(`${text}.000Z`)),
      { numRuns: 3_000 },
    )
  })

  test('whose characters are changed has none, or is read as by the long way', () => {
    const changed = fc
      .tuple(fc.nat(19), fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }))
      .map(
        ([at, character]) =>
          `2024-05-02T14:03:09Z`.slice(0, at) + character + `2024-05-02T14:03:09Z`.slice(at + 1),
      )
    fc.assert(
      fc.property(changed, (text) => {
        if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) {
          expect(parseInstant(text)).toBe(parseInstant(text.replace('Z', '.0Z')))
        } else expect(parseInstant(text)).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['2024-05-02T14:03:09Z', Date.UTC(2024, 4, 2, 14, 3, 9)],
    ['2024-05-02T14:03:09.123Z', Date.UTC(2024, 4, 2, 14, 3, 9, 123)],
    ['2024-05-02T14:03Z', Date.UTC(2024, 4, 2, 14, 3)],
    ['2024-02-29T00:00:00+02:00', Date.UTC(2024, 1, 28, 22)],
    ['2023-02-29T00:00:00Z', undefined],
    ['2024-05-02T14:03:09', undefined],
    ['2024-05-02', undefined],
    ['0000-12-31T23:59:59Z', undefined],
  ])('%s', (text, ms) => {
    expect(parseInstant(text)).toBe(ms)
  })
})
