import { describe, expect, test } from 'vitest'

import { EventError } from '../../src/events/event-error.ts'
import { evolve, listingSchema } from '../../src/events/listing-schema.ts'
import { typescriptTypes } from '../../src/events/typescript-types.ts'
import { described, FIELDS, SCHEMA_OPTIONS } from './sample.ts'

function types(...schemas: readonly object[]): string {
  return typescriptTypes(
    schemas.map((schema) => JSON.stringify(schema)),
    'test',
  )
}

describe('TypeScript types of a schema', () => {
  test('each kind of standard field has the type that a reader gets, null included', () => {
    const text = typescriptTypes([listingSchema(FIELDS, SCHEMA_OPTIONS)], 'test')
    for (const member of [
      'City: string | null',
      'BedsTotal: number | null',
      'ListPrice: number | null',
      'GarageYN: boolean | null',
      'CloseDate: DateText | null',
      'StatusChangeTimestamp: InstantText | null',
      'Cooling: readonly string[] | null',
    ]) {
      expect(text).toContain(`  readonly ${member}\n`)
    }
    expect(text).toContain('/** City label. Type at the source: Character. */\n  readonly City')
  })

  test('a second field of a retyped one stands beside it', () => {
    const first = listingSchema(FIELDS, SCHEMA_OPTIONS)
    const text = typescriptTypes([evolve(first, [described('City', 'Boolean')], SCHEMA_OPTIONS)], 'test')
    expect(text).toContain('  readonly City: string | null\n')
    expect(text).toContain('  readonly City_boolean: boolean | null\n')
  })

  test("the source's own text cannot end a comment or break its line", () => {
    const field = { ...described('City', 'Character'), label: 'Town */ export const x = 1\n// City' }
    const text = typescriptTypes([listingSchema([field], SCHEMA_OPTIONS)], 'test')
    expect(text).toContain('  /** Town * / export const x = 1 // City.')
    expect(text.split('\n').filter((line) => line.startsWith('// '))).toEqual(['// test'])
  })

  test('a named type is declared once and then used by its name', () => {
    const colour = { type: 'enum', name: 'Colour', symbols: ['RED', 'BLUE'] }
    const text = types({
      type: 'record',
      name: 'Paint',
      fields: [
        { name: 'first', type: colour },
        { name: 'second', type: ['null', 'listingstream.Colour'] },
      ],
    })
    expect(text.split("export type Colour = 'RED' | 'BLUE'\n")).toHaveLength(2)
    expect(text).toContain('readonly second: Colour | null\n')
  })

  test('a type that no event has is an error that names it', () => {
    const odd = { type: 'record', name: 'Odd', fields: [{ name: 'x', type: 'bytes' }] }
    expect(() => types(odd)).toThrow(EventError)
    expect(() => types(odd)).toThrow('"bytes"')
  })
})
