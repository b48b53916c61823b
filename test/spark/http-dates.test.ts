import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../src/domain/instant.ts'
import { parseHttpDate, parseRetryAfter } from '../../src/spark/http-dates.ts'

const NOW = instant(Date.parse('2026-05-02T14:00:00Z'))

describe('parseHttpDate', () => {
  test('reads what it is sent, to the second', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        const seconds = Math.floor(date.getTime() / 1000) * 1000
        expect(parseHttpDate(date.toUTCString())).toBe(seconds)
      }),
    )
  })

  test.each([undefined, '', '0', '2026-05-02T14:00:00Z', 'Sat, 02 Foo 2026 14:00:00 GMT'])(
    '%j is no date',
    (text) => {
      expect(parseHttpDate(text)).toBeNull()
    },
  )
})

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    [' 17 ', 17_000],
    ['Sat, 02 May 2026 14:00:30 GMT', 30_000],
    ['Sat, 02 May 2026 13:59:00 GMT', 0],
    ['99999999999999999999', 3_600_000],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    [undefined, undefined],
  ])('%j means %j ms', (text, ms) => {
    expect(parseRetryAfter(text, NOW)).toBe(ms)
  })

  test('a date is counted from the given time', () => {
    expect(parseRetryAfter('Sat, 02 May 2026 14:00:30 GMT', instant(NOW - 60_000))).toBe(90_000)
  })
})
