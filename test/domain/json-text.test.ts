import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonBigInteger, toJsonText } from '../../src/domain/json.ts'
import { growth } from '../fixtures/growth.ts'
import { parseJsonText } from '../../src/domain/json-text.ts'

describe('parseJsonText', () => {
  test('text comes back as it was, whatever the JSON (R12)', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ value })
        expect(toJsonText(parseJsonText(text))).toBe(text)
      }),
    )
  })

  test('an integer keeps every digit, wherever it stands (R12)', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.constantFrom('', ' ', '\n\t'), fc.nat(40), (n, blank, before) => {
        const pad = '0'.repeat(before)
        const read = parseJsonText(`{"pad":"${pad}","a":${blank}${n},"b":[${blank}${n},${n}]}`)
        expect(toJsonText(read)).toBe(`{"pad":"${pad}","a":${n},"b":[${n},${n}]}`)
      }),
    )
  })

  test('the shortest integer that needs it keeps its digits, at whatever place of the text (R12)', () => {
    for (let before = 0; before < 40; before += 1) {
      const text = `{"pad":"${'x'.repeat(before)}","n":-9007199254740991}`
      expect(toJsonText(parseJsonText(text))).toBe(text)
      expect(parseJsonText(text)).toMatchObject({ n: new JsonBigInteger('-9007199254740991') })
    }
  })

  test.each([
    ['9007199254740990', 9_007_199_254_740_990],
    ['-9007199254740990', -9_007_199_254_740_990],
    ['9007199254740991', new JsonBigInteger('9007199254740991')],
    ['-9007199254740991', new JsonBigInteger('-9007199254740991')],
    ['9007199254740992.0', 9_007_199_254_740_992],
    ['46.812500000000000000', 46.8125],
  ])('%s is read as %o', (text, value) => {
    expect(parseJsonText(`{"n":${text}}`)).toEqual({ n: value })
  })

  test.each([
    ['a string of digits', (n: number) => `{"a":"${'1'.repeat(n)}"}`],
    ['numbers behind one another without a break', (n: number) => `{"a":"x${'1'.repeat(n)}"}`],
    ['runs just too short', (n: number) => `{"a":"${'123456789012345x'.repeat(n / 16)}"}`],
    ['runs that are no numbers', (n: number) => `{"a":"${'x12345678901234567890'.repeat(n / 21)}"}`],
    ['a number of many digits', (n: number) => `{"a":${'1'.repeat(n)}}`],
  ])('time grows with the length alone: %s', (_what, textOf) => {
    // Eight times the length: eight times the time, sixty-four times if it were quadratic.
    expect(growth(textOf(50_000), textOf(400_000), parseJsonText)).toBeLessThan(32)
  })

  test('a long integer is found wherever other digits stand before it (R12)', () => {
    const digits = fc.stringMatching(/^[0-9]{0,40}$/)
    fc.assert(
      fc.property(fc.array(digits), digits, (strings, last) => {
        const text = `[${strings.map((one) => `"${one}"`).join(',')},9007199254740993,"x${last}"]`.replace(
          '[,',
          '[',
        )
        expect(toJsonText(parseJsonText(text))).toBe(text)
      }),
    )
  })

  test('digits in a string stay a string', () => {
    const text = '{"Id":"20260102030405000001000000","Remarks":"call: 12345678901234567890"}'
    expect(toJsonText(parseJsonText(text))).toBe(text)
  })

  test.each(['', '{"a":', '<html>', 'undefined'])('%j is refused', (text) => {
    expect(() => parseJsonText(text)).toThrow(SyntaxError)
  })
})
