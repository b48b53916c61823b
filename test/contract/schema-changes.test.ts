import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { evolve } from '../../src/events/schema/event-schema.ts'
import { schemaChanges } from '../../src/contract/schema-changes.ts'
import { described, FIELDS, SCHEMA_OPTIONS, listingSchema } from '../events/sample.ts'
import { readMemberSchema } from '../events/members.ts'

const FIRST = listingSchema(FIELDS)

function kinds(from: string, to: string): readonly (readonly [string, string])[] {
  return schemaChanges(from, to).map(({ kind, field }) => [kind, field] as const)
}

/** The schema with one of its texts replaced, as somebody else might have registered it. */
function edited(from: string, to: string): string {
  const text = FIRST.replace(from, to)
  expect(text).not.toBe(FIRST)
  return text
}

describe('what changed between two schemas', () => {
  test('nothing between a schema and itself', () => {
    expect(schemaChanges(FIRST, FIRST)).toEqual([])
  })

  test('an added field is told with type and meaning', () => {
    const next = evolve(FIRST, [...FIELDS, described('Sauna', 'Boolean')], SCHEMA_OPTIONS)
    expect(schemaChanges(FIRST, next)).toEqual([
      {
        kind: 'added',
        field: 'listing.standardFields.Sauna',
        text: 'listing.standardFields.Sauna: field added, boolean?: Sauna label. Type at the source: Boolean.',
      },
    ])
  })

  test('a retyped field is told once, with the name of its second field', () => {
    const next = evolve(FIRST, [described('BedsTotal', 'Decimal')], SCHEMA_OPTIONS)
    const [change, ...others] = schemaChanges(FIRST, next)
    expect(others).toEqual([])
    expect(change).toMatchObject({ kind: 'retyped', field: 'listing.standardFields.BedsTotal' })
    expect(change?.text).toContain('got a second field BedsTotal_double, double?')
  })

  test('a field of another name is one added and, backwards, one removed', () => {
    const next = evolve(FIRST, [...FIELDS, described('Sauna', 'Boolean')], SCHEMA_OPTIONS)
    expect(kinds(next, FIRST)).toEqual([['removed', 'listing.standardFields.Sauna']])
  })

  test('what our own versions never do is told too: another type, default, doc', () => {
    const field = '"name":"City","type":["null","string"],"default":null'
    expect(kinds(FIRST, edited(field, '"name":"City","type":["null","long"],"default":null'))).toEqual([
      ['type', 'listing.standardFields.City'],
    ])
    expect(kinds(FIRST, edited(field, '"name":"City","type":["null","string"],"default":"x"'))).toEqual([
      ['default', 'listing.standardFields.City'],
    ])
    expect(kinds(FIRST, edited('City label', 'Town'))).toEqual([['doc', 'listing.standardFields.City']])
  })

  test('a field of the objects in a list is told by its path', () => {
    const before = readMemberSchema('MemberUpserted')
    const label = '{"name":"Label","type":["null","string"],"default":null},'
    const next = before.replace(/(?=\{ "name": "(Address|Latitude)")/g, label)
    expect(kinds(before, next)).toEqual([
      ['added', 'member.fields.Emails[].Label'],
      ['added', 'member.fields.Addresses[].Position.Label'],
    ])
  })

  test('a new symbol of an enum is named', () => {
    const next = edited('"UPDATED","RESTORED"', '"UPDATED","RESTORED","MERGED"')
    expect(schemaChanges(FIRST, next)).toEqual([
      { kind: 'type', field: 'change', text: 'change: type enum UpsertChange? has new symbols: MERGED' },
    ])
  })

  test('another set of volatile fields is a change', () => {
    const next = evolve(FIRST, FIELDS, { ...SCHEMA_OPTIONS, volatileFields: ['DaysOnMarket'] })
    const added = kinds(FIRST, next)
    expect(added).toContainEqual(['volatile', 'listing.standardFields'])
    expect(schemaChanges(FIRST, next).at(-1)?.text).toContain('volatile fields are now DaysOnMarket')
  })

  test('it is said of every change of the metadata, whatever it is: no change exactly if the text is the same', () => {
    const type = fc.constantFrom('Character', 'Integer', 'Decimal', 'Boolean', 'Date', 'Datetime')
    const name = fc.constantFrom('City', 'BedsTotal', 'ListPrice', 'Cooling', 'NewOne', 'NewTwo')
    const fields = fc.array(fc.tuple(name, type, fc.boolean()), { maxLength: 8 })
    fc.assert(
      fc.property(fields, (drawn) => {
        const next = evolve(
          FIRST,
          drawn.map(([field, kind, several]) => described(field, kind, several)),
          SCHEMA_OPTIONS,
        )
        const changes = schemaChanges(FIRST, next)
        expect(changes.length === 0).toBe(next === FIRST)
      }),
    )
  })
})
