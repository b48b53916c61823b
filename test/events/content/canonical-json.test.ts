import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { canonicalJson, safeName } from '../../../src/events/content/canonical-json.ts'
import { JsonBigInteger, toJsonText, type JsonValue } from '../../../src/domain/json.ts'
import { jsonValue, shuffled } from '../arbitrary-json.ts'

describe('canonical JSON text', () => {
  test('the order of members does not matter (R5)', () => {
    fc.assert(
      fc.property(
        jsonValue.chain(shuffled),
        ([value, other]) => canonicalJson(value) === canonicalJson(other),
      ),
    )
  })

  test('it is read back as what was written', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value)
      }),
    )
  })

  test('big integers keep their digits, and numbers beyond a double stay numbers (R12)', () => {
    expect(canonicalJson({ b: new JsonBigInteger('9007199254740993'), a: Infinity, c: -Infinity })).toBe(
      '{"a":1e999,"b":9007199254740993,"c":-1e999}',
    )
  })

  test('names that UTF-8 cannot hold are escaped, all others stay', () => {
    expect(safeName('a\ud800')).toBe(String.raw`a\ud800`)
    expect(safeName('Größe "🏡"')).toBe('Größe "🏡"')
  })

  test('a name with a NUL, which PostgreSQL does not take, is escaped', () => {
    expect(safeName('a\u0000b')).toBe(String.raw`a\u0000b`)
  })

  test('a value may be nested as deep as anybody likes: no stack is used up', () => {
    let value: JsonValue = 1
    for (let depth = 0; depth < 100_000; depth += 1) value = depth % 2 === 0 ? [value] : { a: value }
    const text = `${'{"a":['.repeat(50_000)}1${']}'.repeat(50_000)}`
    expect(canonicalJson(value) === text).toBe(true)
    expect(toJsonText(value) === text).toBe(true)
  })
})
