import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { FieldKind } from '../../../src/events/schema/field-kind.ts'
import { compileType } from '../../../src/events/schema/compile-type.ts'
import { fit } from '../../../src/events/content/field-value.ts'
import { JsonBigInteger, type JsonValue } from '../../../src/domain/json.ts'
import { growth } from '../../fixtures/growth.ts'

const FITS: readonly (readonly [FieldKind, JsonValue, unknown])[] = [
  ['string', '', ''],
  ['string', 'Grün 🏡', 'Grün 🏡'],
  ['long', 2 ** 53 - 2, 2 ** 53 - 2],
  ['long', -(2 ** 52), -(2 ** 52)],
  ['long', 3, 3],
  ['long', ' -12 ', -12],
  ['double', 2.5, 2.5],
  ['double', '50000.0', 50_000],
  ['double', ' -116.3237', -116.3237],
  ['double', '123456789012345', 123_456_789_012_345],
  ['boolean', false, false],
  ['date', '1970-01-02', 1],
  ['date', '2024-02-29', 19_782],
  ['date', '0001-01-01', -719_162],
  ['timestamp', '1970-01-01T00:00:01Z', 1000],
  ['timestamp', '2024-05-02T16:03:09.5+02:00', Date.UTC(2024, 4, 2, 14, 3, 9, 500)],
  ['array', { 'Forced Air': true, 'Central Air': true }, ['Central Air', 'Forced Air']],
  ['array', ['b', 'a'], ['a', 'b']],
  ['array', 'Single', ['Single']],
  ['array', {}, []],
  ['date', '9999-12-31', 2_932_896],
  ['timestamp', '0001-01-01T00:00:00Z', -62_135_596_800_000],
  ['timestamp', '9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ['timestamp', '9999-12-31T23:59:59+01:00', 253_402_297_199_000],
]

const MISFITS: readonly (readonly [FieldKind, JsonValue])[] = [
  ['string', 58_103],
  ['string', true],
  ['string', { Pool: true }],
  ['string', 'half \ud800 a pair'],
  ['long', 2 ** 53 - 1],
  // avsc writes 4503599627370496.
  ['long', -(2 ** 52) - 1],
  ['long', 2.5],
  ['long', '2.5'],
  ['long', ''],
  ['long', '1234567890123456'],
  ['long', new JsonBigInteger('9007199254740993')],
  ['double', Number.POSITIVE_INFINITY],
  ['double', '1e5'],
  ['double', '.5'],
  ['double', '1234567890123456'],
  ['double', '0.1234567890123456'],
  ['boolean', 'true'],
  ['boolean', 1],
  ['date', '2023-02-29'],
  ['date', '2024-13-01'],
  ['date', '2024-05-02T00:00:00Z'],
  ['date', 0],
  ['timestamp', '2024-02-30T10:00:00Z'],
  ['timestamp', '2024-05-02T25:00:00Z'],
  ['timestamp', '2024-05-02T10:00:00'],
  ['timestamp', 0],
  ['array', { Pool: true, Tennis: false }],
  ['array', ['a', 1]],
  ['array', { 'bad \udc00': true }],
  // What PostgreSQL's text does not take.
  ['string', 'one\u0000two'],
  ['array', 'one\u0000two'],
  ['array', ['a', 'one\u0000two']],
  ['array', { 'one\u0000two': true }],
  // What Python's datetime does not take: fastavro ends with an OverflowError or a ValueError.
  ['date', '0000-12-31'],
  ['timestamp', '0000-12-31T23:59:59Z'],
  ['timestamp', '0001-01-01T00:00:00+00:01'],
  ['timestamp', '9999-12-31T23:59:59-01:00'],
  ['timestamp', '9999-12-31T24:00:00Z'],
]

describe('values of typed fields (R12)', () => {
  test.for(FITS)('%s holds %j', ([kind, value, expected]) => {
    expect(fit(kind, value)).toEqual(expected)
  })

  test.for(MISFITS)('%s does not hold %j', ([kind, value]) => {
    expect(fit(kind, value)).toBeUndefined()
  })

  test('both zeros are one number: they would differ in their Avro bytes', () => {
    expect(Object.is(fit('double', -0), 0)).toBe(true)
    expect(Object.is(fit('long', '-0'), 0)).toBe(true)
  })

  test('an integer that is held is read as it was, and the next ones are not held (R12)', () => {
    const { type } = compileType('"long"')
    const [smallest, largest] = [-(2 ** 52), 2 ** 53 - 2]
    const near = (edge: number) => fc.integer({ min: -50, max: 50 }).map((n) => edge + n)
    fc.assert(
      fc.property(fc.oneof(near(smallest), near(largest), fc.maxSafeInteger()), (integer) => {
        const held = fit('long', integer)
        if (integer < smallest || integer > largest) expect(held).toBeUndefined()
        else expect(type.fromBuffer(type.toBuffer(held))).toBe(integer)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ['blanks', (n: number) => ' '.repeat(n)],
    ['a number between blanks', (n: number) => `${' '.repeat(n)}1${' '.repeat(n)}x`],
    ['digits', (n: number) => '1'.repeat(n)],
    ['points', (n: number) => '.'.repeat(n)],
    ['a stamp with a long fraction', (n: number) => `2024-05-02T10:00:00.${'0'.repeat(n)}`],
  ])('time grows with the length alone: %s', (_what, textOf) => {
    const kinds: readonly FieldKind[] = ['string', 'long', 'double', 'date', 'timestamp', 'array']
    const all = (text: string) => kinds.map((kind) => fit(kind, text))
    // 32 times as many characters: a quadratic scan would take a thousand times as long.
    expect(growth(textOf(20_000), textOf(640_000), all)).toBeLessThan(320)
  })

  test('a decimal text is held without loss', () => {
    const digits = fc.integer({ min: 0, max: 999_999_999_999_999 })
    fc.assert(
      fc.property(digits, fc.integer({ min: 1, max: 14 }), (number, point) => {
        const text = String(number).padStart(15, '0')
        const decimal = `${text.slice(0, point)}.${text.slice(point)}`
        const held = fit('double', decimal)
        expect(Number(held).toFixed(15 - point)).toBe(decimal.replace(/^0+(?=\d)/, ''))
      }),
    )
  })
})
