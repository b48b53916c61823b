import { describe, expect, test } from 'vitest'

import { readCustomFields } from '../../../src/events/content/custom-fields.ts'
import { JsonBigInteger, type JsonValue } from '../../../src/domain/json.ts'

function main(...groups: readonly JsonValue[]): JsonValue {
  return [{ Main: groups, Details: [] }]
}

describe('custom fields (docs/spark-api.md §4.1)', () => {
  test('a field is keyed by group and name in quotes, whatever they contain', () => {
    const read = readCustomFields(
      main({ 'Remarks & "Misc"': [{ 'Lot # / Block': '12 / 3' }] }, { Tax: [{ 'Ceiling (ft)': 8.5 }] }),
    )
    expect(read?.values).toEqual([
      ['"Remarks & "Misc""."Lot # / Block"', '12 / 3'],
      ['"Tax"."Ceiling (ft)"', 8.5],
    ])
  })

  test('a field that occurs more than once, even in both categories, becomes a sorted list (R5)', () => {
    const forwards = [{ Main: [{ G: [{ F: 'b' }, { F: 'a' }] }], Details: [{ G: [{ F: true }, { F: 2 }] }] }]
    const backwards = [
      { Details: [{ G: [{ F: 2 }, { F: true }] }], Main: [{ G: [{ F: 'a', H: null }, { F: 'b' }] }] },
    ]
    expect(readCustomFields(forwards)?.values).toEqual([['"G"."F"', [true, 2, 'a', 'b']]])
    expect(readCustomFields(backwards)).toEqual(readCustomFields(forwards))
  })

  test('a multi-select becomes the sorted list of its options, and joins one that is repeated', () => {
    expect(readCustomFields(main({ G: [{ F: { River: true, Lake: true } }, { F: 'Aïn' }] }))?.values).toEqual(
      [['"G"."F"', ['Aïn', 'Lake', 'River']]],
    )
  })

  test('a masked field is null in its place and named (R12)', () => {
    expect(readCustomFields(main({ G: [{ F: '********' }, { H: 1 }] }))).toEqual({
      values: [
        ['"G"."F"', null],
        ['"G"."H"', 1],
      ],
      masked: ['"G"."F"'],
      unmapped: [],
    })
  })

  test('null is no value', () => {
    expect(readCustomFields(main({ G: [{ F: null }] }))?.values).toEqual([])
  })

  test.for<readonly [JsonValue, string]>([
    [{ b: 1, a: { c: 2 } }, '{"a":{"c":2},"b":1}'],
    [new JsonBigInteger('12345678901234567890'), '12345678901234567890'],
    ['lone \ud83c', '"lone \\ud83c"'],
    [[['nested']], '[["nested"]]'],
  ])('%j is kept as JSON text (R12)', ([value, expected]) => {
    const read = readCustomFields(main({ G: [{ F: value }] }))
    expect(read).toEqual({ values: [], masked: [], unmapped: [['"G"."F"', expected]] })
  })

  test('a repeated field with one value that fits nowhere is kept whole, in an order of its own', () => {
    const values = main({ G: [{ F: 'b' }, { F: { x: 1 } }] })
    const turned = main({ G: [{ F: { x: 1 } }, { F: 'b' }] })
    expect(readCustomFields(values)?.unmapped).toEqual([['"G"."F"', '["b",{"x":1}]']])
    expect(readCustomFields(turned)).toEqual(readCustomFields(values))
  })

  test.for<readonly [JsonValue]>([
    [{ Main: [] }],
    ['text'],
    [['text']],
    [[{ Main: 'text' }]],
    [[{ Main: [{ G: 1 }] }]],
    [[{ Main: [{ G: ['text'] }] }]],
  ])('%j is another shape', ([value]) => {
    expect(readCustomFields(value)).toBeUndefined()
  })
})
