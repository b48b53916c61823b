import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonBigInteger, toJsonText } from '../../src/listing/json.ts'
import { parseJsonText } from '../../src/spark/json-text.ts'

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

  test('digits in a string stay a string', () => {
    const text = '{"Id":"20260102030405000001000000","Remarks":"call: 12345678901234567890"}'
    expect(toJsonText(parseJsonText(text))).toBe(text)
  })

  test.each(['', '{"a":', '<html>', 'undefined'])('%j is refused', (text) => {
    expect(() => parseJsonText(text)).toThrow(SyntaxError)
  })
})
