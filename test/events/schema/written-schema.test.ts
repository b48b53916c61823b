import { describe, expect, test } from 'vitest'

import {
  nestedRecord,
  parseAvroRecord,
  pathInto,
  type AvroRecord,
} from '../../../src/events/schema/avro-record.ts'
import { compileType } from '../../../src/events/schema/compile-type.ts'
import { evolve } from '../../../src/events/schema/event-schema.ts'
import { fieldTypeOf } from '../../../src/events/schema/field-type.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { RESOURCES, SUBRESOURCES } from '../../../src/resources/index.ts'
import { MEMBERS, readMemberSchema } from '../members.ts'

const WRITTEN = readMemberSchema('MemberUpserted')

function next(previous: string | null, written = WRITTEN): string {
  return evolve(previous, [], { resource: MEMBERS, volatileFields: ['Name'], written })
}

/** As an author adds fields: in the middle, and in the records that are nested. */
function later(): string {
  const field = (name: string) => ({ name, type: ['null', 'string'], default: null })
  const text = JSON.stringify(JSON.parse(WRITTEN))
  const before = (name: string) => `{"name":"${name}"`
  const added = [
    ['Active', 'Nickname'],
    ['Address', 'Label'],
    ['Latitude', 'Source'],
    ['maskedFields', 'notes'],
  ] as const
  return added.reduce(
    (schema, [name, other]) =>
      schema.replace(before(name), () => `${JSON.stringify(field(other))},${before(name)}`),
    text,
  )
}

/** Names of the fields of a record, by the record's name. */
function fieldsOf(schema: string): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {}
  JSON.stringify(JSON.parse(schema), (_, value) => {
    if (value?.type === 'record')
      found[value.name] = value.fields.map((field: { name: string }) => field.name)
    return value
  })
  return found
}

/** Fields, by their path, that the projection cannot fill. */
function unfillable(record: AvroRecord, prefix: string, known = new Set<string>()): readonly string[] {
  const found = record.fields.flatMap((field) => {
    const type = fieldTypeOf(field.type)
    if (type === undefined) return [prefix + field.name]
    if (!('record' in type)) return []
    if (typeof type.record === 'string') return known.has(type.record) ? [] : [prefix + field.name]
    return unfillable(type.record, prefix + pathInto(field), known)
  })
  known.add(record.name)
  return found
}

/** The schema of a later version of the program, with one more symbol in each enum. */
function withSymbol(schema: string, symbol = 'LATER'): string {
  return JSON.stringify(JSON.parse(schema), (_, value) =>
    value?.type === 'enum' ? { ...value, doc: 'As of later.', symbols: [...value.symbols, symbol] } : value,
  )
}

test.for([
  { resource: MEMBERS, read: readMemberSchema },
  ...[...RESOURCES, ...SUBRESOURCES].map((resource) => ({ resource, read: readSchemaFile })),
])(
  'the schema of $resource.name has fields that take values, and none for what is no content',
  ({ resource, read }) => {
    const { events, stamp, volatileFields } = resource
    const content = nestedRecord(parseAvroRecord(read(events.upserted)), events.content)
    const fields = nestedRecord(content, events.fields)
    expect(unfillable(fields, '')).toEqual([])
    const names = fields.fields.map(({ name }) => name)
    expect(names.filter((name) => name === stamp || volatileFields.includes(name))).toEqual([])
  },
)

test.for(RESOURCES.filter(({ fields }) => fields.from === 'schema'))(
  'the facts by which a person knows $name are fields of its schema',
  ({ events, facts }) => {
    const content = nestedRecord(parseAvroRecord(readSchemaFile(events.upserted)), events.content)
    const names = nestedRecord(content, events.fields).fields.map(({ name }) => name)
    expect(facts.length).toBeGreaterThan(0)
    expect(names).toEqual(expect.arrayContaining(facts.flatMap(({ fields }) => fields)))
  },
)

test('a type that the projection does not know is found wherever it is', () => {
  const schema = readMemberSchema('MemberUpserted').replace(
    /"Latitude", "type": \["null", "double"\]/,
    '"Latitude", "type": ["null", "int"]',
  )
  const fields = nestedRecord(nestedRecord(parseAvroRecord(schema), 'member'), 'fields')
  expect(unfillable(fields, '')).toEqual(['Addresses[].Position.Latitude'])
})

describe('a schema that is written by hand', () => {
  test('is registered whole, and names what is volatile by the description, not by the setting', () => {
    const first = next(null)
    const written = JSON.parse(WRITTEN)
    written.fields.at(-1).type[1].fields[0].type[1].volatile = ['LastLogin']
    expect(JSON.parse(first)).toEqual(written)
  })

  test('is the same text for the next start, and for any layout of its file', () => {
    const first = next(null)
    expect(next(first)).toBe(first)
    const turned = JSON.stringify(JSON.parse(WRITTEN), (_, value) =>
      value?.type === 'record' ? Object.fromEntries(Object.entries(value).toReversed()) : value,
    )
    expect(next(null, turned)).toBe(first)
  })

  test('gets new fields behind those that it has, at every depth', () => {
    const first = next(null)
    const second = next(first, later())
    const [before, after] = [fieldsOf(first), fieldsOf(second)]
    expect(after['MemberFields']).toEqual([...(before['MemberFields'] ?? []), 'Nickname'])
    expect(after['MemberEmail']).toEqual(['Type', 'Address', 'Primary', 'Label'])
    expect(after['MemberPosition']).toEqual(['Latitude', 'Longitude', 'Source'])
    expect(after['Member']).toEqual(['fields', 'maskedFields', 'unmappedFields', 'notes'])
    expect(next(second, later())).toBe(second)
  })

  test('keeps a field that its file has no more: each version reads every other', () => {
    const second = next(next(null), later())
    expect(next(second)).toBe(second)
    const [older, newer] = [compileType(next(null)).type, compileType(second).type]
    const value = { memberKey: 'k', member: { fields: { Emails: [{ Address: 'a' }] } } }
    const bytes = older.toBuffer(older.clone(value))
    const read = newer.fromBuffer(bytes, newer.createResolver(older))
    expect(read).toMatchObject({ member: { fields: { Emails: [{ Address: 'a', Label: null }] } } })
  })

  test('gets new symbols behind those that its enums have, and their doc with them', () => {
    const first = next(null)
    const second = next(first, withSymbol(WRITTEN))
    expect(JSON.parse(second)).toEqual(JSON.parse(withSymbol(first)))
    expect(next(second, withSymbol(WRITTEN))).toBe(second)
    // An older program goes on with what a newer one registered.
    expect(next(second)).toBe(second)
    const third = next(second, withSymbol(WRITTEN, 'OTHER'))
    expect(JSON.parse(third)).toEqual(JSON.parse(withSymbol(second, 'OTHER')))
  })

  test('keeps the symbols of an enum without a default: no reader would know what to take another one for', () => {
    const without = (schema: string) => schema.replaceAll(/,\s*"default":\s*"UNKNOWN"/g, '')
    const first = next(null, without(WRITTEN))
    expect(next(first, without(withSymbol(WRITTEN)))).toBe(first)
  })

  test('has symbols that a reader of the version before takes for UNKNOWN', () => {
    const first = next(null)
    const [older, newer] = [compileType(first).type, compileType(withSymbol(first)).type]
    const bytes = newer.toBuffer(newer.clone({ memberKey: 'k', change: 'LATER' }))
    expect(older.fromBuffer(bytes, older.createResolver(newer))).toMatchObject({ change: 'UNKNOWN' })
  })
})
