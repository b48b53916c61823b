import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { isPrintable, printable, printableJson, printableLines } from '../../src/support/printable.ts'

/** What a terminal obeys or hides: C0, DEL, C1, bidi controls, separators, tags, zero width, halves of a pair. */
const HOSTILE = [
  '\u001B]52;c;ZXZpbA==\u0007',
  '\u009B2J',
  '\u0007',
  '\u0000',
  '\u007F',
  '\r\nlistingstream: all is well',
  '\u202Egnp.exe',
  '\u2066\u2069',
  '\u061C',
  '\u2028',
  '\u2029',
  '\u200B',
  '\uFEFF',
  '\u{E0041}',
  '\uD800',
  '\u0085',
  '\t',
]
const ACTS = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/u
const text = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' })), { maxLength: 6 })
  .map((parts) => parts.join(''))

describe('text from outside', () => {
  test('is one line in which nothing acts on a terminal', () => {
    fc.assert(fc.property(text, (given) => !ACTS.test(printable(given))))
  })

  test('that does nothing stays as it is: accents, other scripts, joined emoji, backslashes', () => {
    const harmless = String.raw`Fårgo · 価格 · می‌خواهم · 👩‍👩‍👧 · C:\new`
    expect(printable(harmless)).toBe(harmless)
    expect(isPrintable(harmless)).toBe(true)
  })

  test('shows what it would have done as an escape of JSON', () => {
    expect(printable('a\u001B[31mb\nc\u202Ed\u{E0041}')).toBe(String.raw`a\u001b[31mb\nc\u202ed\udb40\udc41`)
  })

  test('of lines that are ours keeps their ends alone', () => {
    expect(printableLines('a\u001B\nb\r')).toBe('a\\u001b\nb\\r')
  })
})

test('JSON text is one line in which nothing acts, and the same value, large numbers included', () => {
  fc.assert(
    fc.property(fc.record({ member: text, list: fc.array(text) }), fc.boolean(), (value, spread) => {
      const json = JSON.stringify(value, undefined, spread ? '\t' : undefined).replaceAll('\n', '\r\n')
      const shown = printableJson(json)
      expect(ACTS.test(shown)).toBe(false)
      expect(JSON.parse(shown)).toEqual(value)
    }),
  )
  expect(printableJson('{"n":\n12345678901234567890}')).toBe('{"n": 12345678901234567890}')
})
