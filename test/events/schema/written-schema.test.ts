import { describe, expect, test } from 'vitest'

import { compileType } from '../../../src/events/schema/compile-type.ts'
import { evolve } from '../../../src/events/schema/event-schema.ts'
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
})
