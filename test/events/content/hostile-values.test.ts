import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { deadLetterParts } from '../../../src/events/content/dead-letter.ts'
import type { JsonObject, JsonValue } from '../../../src/domain/json.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { Fixture, KEY, listing } from '../sample.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await Fixture.open()
})
afterAll(() => fixture[Symbol.asyncDispose]())

function nested(levels: number): JsonValue {
  let value: JsonValue = 1
  for (let depth = 0; depth < levels; depth += 1) value = [value]
  return value
}

describe('values that a common reader does not take (R12)', () => {
  test('stand in unmappedFields as escaped text, standard fields as well as custom ones', () => {
    const custom = (value: JsonValue): JsonObject => ({ CustomFields: [{ Main: [{ G: [{ F: value }] }] }] })
    const read = fixture.content(
      listing(
        {
          City: 'one\u0000two',
          CloseDate: '0000-01-01',
          StatusChangeTimestamp: '9999-12-31T23:59:59-01:00',
          ListPrice: Number.POSITIVE_INFINITY,
          Cooling: { 'Central\u0000Air': true },
          'na\u0000me': 1,
        },
        custom('a\u0000b'),
      ),
    )
    expect(Object.values(read.standardFields).every((value) => value === null)).toBe(true)
    expect(read.customFields).toEqual({})
    expect(read.unmappedFields).toEqual({
      '"G"."F"': String.raw`"a\u0000b"`,
      City: String.raw`"one\u0000two"`,
      CloseDate: '"0000-01-01"',
      Cooling: String.raw`{"Central\u0000Air":true}`,
      ListPrice: '1e999',
      StatusChangeTimestamp: '"9999-12-31T23:59:59-01:00"',
      [String.raw`na\u0000me`]: '1',
    })
  })

  test('stand in volatileFields as JSON text', () => {
    const read = (value: JsonValue) => ({
      ...fixture.encode(listing({ DaysOnMarket: value })).volatileFields,
    })
    expect(read(Number.POSITIVE_INFINITY)).toEqual({ DaysOnMarket: '1e999' })
    expect(read('a\u0000b')).toEqual({ DaysOnMarket: String.raw`"a\u0000b"` })
    expect(read('lone \ud800')).toEqual({ DaysOnMarket: String.raw`"lone \ud800"` })
  })
})

describe('values nested deeper than readers can follow', () => {
  test.each([101, 5_000, 200_000])('%d levels are a dead letter, whole (R12)', (levels) => {
    for (const body of [
      listing({ Unheard: nested(levels) }),
      listing({ DaysOnMarket: nested(levels) }),
      listing({}, { Further: nested(levels) }),
      listing({}, { CustomFields: [{ Main: [{ G: [{ F: nested(levels) }] }] }] }),
    ]) {
      const result = fixture.encoder.encode(LISTINGS, body)
      expect(result).toMatchObject({ kind: 'unencodable', reason: expect.stringContaining('100 levels') })
      const letter = { key: KEY, reason: '', body: body.body }
      expect(deadLetterParts(letter).parts.length).toBeGreaterThan(0)
      expect(deadLetterParts({ ...letter, key: null }).key).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  test('a hundred levels are published', () => {
    const { unmappedFields } = fixture.content(listing({ Unheard: nested(100) }))
    expect(unmappedFields['Unheard']).toBe(`${'['.repeat(100)}1${']'.repeat(100)}`)
  })
})
