import avsc from 'avsc'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { evolve } from '../../../src/events/schema/event-schema.ts'
import { described, FIELDS, SCHEMA_OPTIONS, listingSchema } from '../sample.ts'

interface Field {
  readonly name: string
  readonly type: unknown
  readonly default: unknown
  readonly doc: string
  readonly sourceField?: string
}

/** Of `StandardFields`. */
function standardFields(schema: string): Field[] {
  const at = (record: { fields: { name: string; type: unknown[] }[] }, name: string) =>
    record.fields.find((field) => field.name === name)!.type[1] as typeof record
  return at(at(JSON.parse(schema), 'listing'), 'standardFields').fields as unknown as Field[]
}

function names(schema: string): string[] {
  return standardFields(schema).map(({ name }) => name)
}

function eachRecord(schema: unknown, visit: (record: { name: string; fields: Field[] }) => void): void {
  if (typeof schema !== 'object' || schema === null) return
  const record = schema as { type?: unknown; name: string; fields: Field[] }
  if (record.type === 'record') visit(record)
  Object.values(schema).forEach((member) => eachRecord(member, visit))
}

describe('schema of ListingUpserted', () => {
  const schema = listingSchema(FIELDS)

  test('standard fields are typed from the metadata, sorted by name (docs/replication.md, "Events")', () => {
    expect(standardFields(schema).map(({ name, type }) => [name, type])).toEqual([
      ['BedsTotal', ['null', 'long']],
      ['City', ['null', 'string']],
      ['CloseDate', ['null', { type: 'int', logicalType: 'date' }]],
      ['Cooling', ['null', { type: 'array', items: 'string' }]],
      ['GarageYN', ['null', 'boolean']],
      ['ListPrice', ['null', 'double']],
      ['ListingKey', ['null', 'string']],
      ['StatusChangeTimestamp', ['null', { type: 'long', logicalType: 'timestamp-millis' }]],
    ])
  })

  test('its bytes do not depend on the order of the metadata', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...FIELDS], { minLength: FIELDS.length }), (fields) => {
        expect(listingSchema(fields)).toBe(schema)
      }),
      { numRuns: 20 },
    )
  })

  test('avsc compiles it, and the content comes last', () => {
    const type = avsc.Type.forSchema(JSON.parse(schema), { wrapUnions: false }) as avsc.types.RecordType
    expect(type.fields.at(-1)?.name).toBe('listing')
  })

  test('every field but the key has a default and a doc', () => {
    eachRecord(JSON.parse(schema), (record) => {
      for (const field of record.fields) {
        expect(field.doc, field.name).toBeTruthy()
        if (field.name !== 'listingKey') expect(field.default, field.name).toBeDefined()
      }
    })
  })

  test('a field that cannot be one is left out: illegal name, __proto__, two types for one name', () => {
    const fields = [
      ...['Lot Size', '1stFloor', 'Größe', '__proto__', ''].map((name) => described(name, 'Character')),
      described('Twice', 'Integer'),
      described('Twice', 'Integer'),
      described('Torn', 'Integer'),
      described('Torn', 'Decimal'),
      described('WaterFrontYN', 'Boolean'),
      described('WaterfrontYN', 'Boolean'),
    ]
    expect(names(listingSchema(fields))).toEqual(['Twice', 'WaterFrontYN', 'WaterfrontYN'])
  })

  test('a doc says what the metadata says: label, type, list, property types', () => {
    const view = { ...described('View', 'Character', true), label: 'The view', shownFor: ['Land (B)', 'C'] }
    const silent = { ...described('Odd', ''), shownFor: [] }
    const [odd, known] = standardFields(listingSchema([view, silent]))
    expect(known?.doc).toBe(
      'The view. Type at the source: Character, several values, from a list. Property types: Land (B), C.',
    )
    expect(odd?.doc).toBe('Odd label. Type at the source: not said.')
  })

  test('a type that nobody documented is text', () => {
    const [field] = standardFields(listingSchema([described('Odd', 'Geography')]))
    expect(field?.type).toEqual(['null', 'string'])
  })
})

describe('the next version', () => {
  const first = listingSchema(FIELDS)

  test('is the same text when there is nothing new', () => {
    expect(evolve(first, FIELDS.slice(2), SCHEMA_OPTIONS)).toBe(first)
    expect(
      evolve(
        first,
        FIELDS.map((field) => ({ ...field, label: 'other' })),
        SCHEMA_OPTIONS,
      ),
    ).toBe(first)
  })

  test('has the earlier fields in their order and new ones behind, sorted', () => {
    const fields = [described('Zoning', 'Character'), described('Acres', 'Decimal')]
    expect(names(evolve(first, fields, SCHEMA_OPTIONS))).toEqual([...names(first), 'Acres', 'Zoning'])
  })

  test('gives a retyped field a second one, and both say so', () => {
    const second = evolve(
      first,
      [described('BedsTotal', 'Decimal'), described('City', 'Character', true)],
      SCHEMA_OPTIONS,
    )
    const added = standardFields(second).slice(names(first).length)
    expect(added).toMatchObject([
      { name: 'BedsTotal_double', type: ['null', 'double'], default: null, sourceField: 'BedsTotal' },
      { name: 'City_array', type: ['null', { type: 'array', items: 'string' }], sourceField: 'City' },
    ])
    const old = standardFields(second).find(({ name }) => name === 'BedsTotal')
    expect(old?.type).toEqual(['null', 'long'])
    expect(old?.doc).toContain('BedsTotal_double')
    expect(added[0]?.doc).toContain('BedsTotal')
    expect(evolve(second, [described('BedsTotal', 'Integer')], SCHEMA_OPTIONS)).toBe(second)
    expect(evolve(second, [described('BedsTotal', 'Decimal')], SCHEMA_OPTIONS)).toBe(second)
  })

  test('does not take the name of a field that the source itself has', () => {
    const twin = evolve(first, [described('BedsTotal_double', 'Character')], SCHEMA_OPTIONS)
    expect(evolve(twin, [described('BedsTotal', 'Decimal')], SCHEMA_OPTIONS)).toBe(twin)
  })

  test('keeps what a later version of the program added to the envelope', () => {
    const parsed = JSON.parse(first)
    parsed.fields.splice(1, 0, { name: 'later', type: ['null', 'string'], default: null, doc: 'Later.' })
    const next = JSON.parse(evolve(JSON.stringify(parsed), [described('Acres', 'Decimal')], SCHEMA_OPTIONS))
    expect(next.fields.map(({ name }: Field) => name)).toContain('later')
    expect(next.fields.at(-1).name).toBe('listing')
  })

  test('can read, and be read by, every earlier one, whatever the metadata does (FULL_TRANSITIVE)', () => {
    const field = fc.record({
      name: fc.constantFrom('City', 'BedsTotal', 'View', 'View_array', 'Bad Name'),
      type: fc.constantFrom('Character', 'Integer', 'Decimal', 'Boolean', 'Date', 'Datetime'),
      multiSelect: fc.boolean(),
    })
    const metadata = fc.array(field, { maxLength: 5 })
    fc.assert(
      fc.property(fc.array(metadata, { minLength: 2, maxLength: 4 }), (history) => {
        const versions: string[] = []
        for (const fields of history) {
          const next = fields.map(({ name, type, multiSelect }) => described(name, type, multiSelect))
          versions.push(evolve(versions.at(-1) ?? null, next, SCHEMA_OPTIONS))
        }
        const types = versions.map((text) => avsc.Type.forSchema(JSON.parse(text), { wrapUnions: false }))
        for (const reader of types) for (const writer of types) reader.createResolver(writer)
      }),
      { numRuns: 60 },
    )
  })
})
