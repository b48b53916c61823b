import { isUtf8 } from 'node:buffer'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { DEEPEST_JSON, endOfString, skipValue, skipWhitespace } from '../../src/support/json-bytes.ts'
import { damage, damaged, recordJson, valueJson } from '../events/content/record-text.ts'
import { KEY } from '../events/sample.ts'

const OPENINGS = Buffer.from('[{')

/** Whether the walker takes all of it as one value, blanks around it left out. */
function isWalked(bytes: Buffer): boolean {
  const end = skipValue(bytes, skipWhitespace(bytes, 0))
  return end >= 0 && skipWhitespace(bytes, end) === bytes.length
}

/** Whether it could be nested deeper than the walk goes, however it was damaged. */
function mayBeDeep(bytes: Buffer): boolean {
  return bytes.filter((byte) => OPENINGS.includes(byte)).length > DEEPEST_JSON
}

function isParsed(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}

const record = recordJson({
  key: KEY,
  fields: [
    ['City', 'string'],
    ['BedsTotal', 'long'],
  ],
  isNested: true,
})
const bytes = fc
  .tuple(fc.oneof(valueJson, record), fc.array(damage, { maxLength: 2 }))
  .map(([text, hurts]) => hurts.reduce(damaged, Buffer.from(text)))

describe('the walk over JSON', () => {
  test('takes what JSON.parse takes, and nothing else', () => {
    fc.assert(
      fc.property(bytes, (some) => {
        fc.pre(isUtf8(some) && !mayBeDeep(some))
        expect(isWalked(some)).toBe(isParsed(some))
      }),
      { numRuns: 3_000 },
    )
  })

  test.each([
    '',
    ' ',
    '{',
    '[',
    '"',
    '"a',
    '"a\\',
    '"\\u12',
    '-',
    '0.',
    '1e',
    '1e+',
    'tru',
    'fals',
    'nul',
    '{"a"',
    '{"a":',
    '01',
    '-01',
    '+1',
    '.5',
    '1.e5',
    '0x1',
    'NaN',
    'Infinity',
    'True',
    'nulls',
    '1 2',
    '[1,]',
    '[,1]',
    '{,}',
    '{"a":1,}',
    '{a:1}',
    "'a'",
    '{"a":1 "b":2}',
    '[1}',
    '{"a":1]',
    '"\\x"',
    '"\\u00g0"',
    '"\u0000"',
    '"\n"',
    '"\u001f"',
    '\ufeff1',
    '\u00a01',
    '1\u00a0',
    '\u000b1',
    '1\f',
    '//1',
    '[1]]',
    '}',
    '\\"a"',
  ])('does not take %j', (text) => {
    expect(isParsed(Buffer.from(text))).toBe(false)
    expect(isWalked(Buffer.from(text))).toBe(false)
  })

  test.each([
    '0',
    '-0',
    '0.0',
    '1E+05',
    '1e-999',
    '1e999',
    'true',
    'false',
    'null',
    '""',
    '"\\u0000\\"\\/"',
    '"\u007f\u2028"',
    '[]',
    '[ ]',
    '{}',
    '{\t}',
    ' [ 1 , 2 ] ',
    '{ "a" : { } , "a" : [ ] }',
    '{"":""}',
    '\r\n1\t ',
    '"\ud83c\udfe1é"',
  ])('takes %j', (text) => {
    expect(isParsed(Buffer.from(text))).toBe(true)
    expect(isWalked(Buffer.from(text))).toBe(true)
  })

  test('ends where the value ends, whatever stands behind it', () => {
    expect(skipValue(Buffer.from('x{"a":[1,"}"]}]'), 1)).toBe(14)
    expect(skipValue(Buffer.from('12,'), 0)).toBe(2)
    expect(endOfString(Buffer.from('"a\\"b"c"'), 1)).toBe(5)
  })

  test('goes down so far, and no further', () => {
    const nested = (levels: number) => Buffer.from('['.repeat(levels) + ']'.repeat(levels))
    expect(isWalked(nested(DEEPEST_JSON))).toBe(true)
    expect(isWalked(nested(DEEPEST_JSON + 1))).toBe(false)
    expect(skipValue(Buffer.from('{"a":'.repeat(200_000)), 0)).toBe(-1)
    expect(isWalked(Buffer.from(`${'{"a":'.repeat(DEEPEST_JSON)}1${'}'.repeat(DEEPEST_JSON)}`))).toBe(true)
  })
})
