import { stripTypeScriptTypes } from 'node:module'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { EventError } from '../../src/events/event-error.ts'
import { evolve } from '../../src/events/schema/event-schema.ts'
import { typescriptTypes } from '../../src/contract/typescript-types.ts'
import { eventRecords } from '../../src/domain/resource.ts'
import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { OPEN_HOUSES } from '../../src/resources/openhouses.ts'
import { MEMBERS, readMemberSchema } from '../events/members.ts'
import { described, FIELDS, SCHEMA_OPTIONS, listingSchema } from '../events/sample.ts'

function typesOf(...schemas: readonly string[]): string {
  return typescriptTypes({ schemas, resources: [], comment: 'test' })
}

function types(...schemas: readonly object[]): string {
  return typesOf(...schemas.map((schema) => JSON.stringify(schema)))
}

describe('TypeScript types of a schema', () => {
  test('each kind of standard field has the type that a reader gets, null included', () => {
    const text = typesOf(listingSchema(FIELDS))
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
    const first = listingSchema(FIELDS)
    const text = typesOf(evolve(first, [described('City', 'Boolean')], SCHEMA_OPTIONS))
    expect(text).toContain('  readonly City: string | null\n')
    expect(text).toContain('  readonly City_boolean: boolean | null\n')
  })

  test("the source's own text cannot end a comment or break its line", () => {
    const field = { ...described('City', 'Character'), label: 'Town */ export const x = 1\n// City' }
    const text = typesOf(listingSchema([field]))
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

  test('an enum that two schemas have is one type, with the symbols of both', () => {
    const paint = (name: string, ...symbols: readonly string[]) => ({
      type: 'record',
      name,
      fields: [{ name: 'colour', type: { type: 'enum', name: 'Colour', symbols } }],
    })
    const text = types(paint('Wall', 'RED', 'BLUE'), paint('Door', 'RED', 'BLUE'))
    expect(text.split('export type Colour =')).toHaveLength(2)
    const later = types(paint('Wall', 'RED'), paint('Door', 'BLUE', 'RED'))
    expect(later).toContain("export type Colour = 'RED' | 'BLUE'\n")
    const record = { type: 'record', name: 'Colour', fields: [] }
    expect(() => types(record, paint('Door', 'BLUE'))).toThrow('Colour')
    expect(() => types(paint('Door', 'BLUE'), record)).toThrow('Colour')
  })

  test('of two resources have what those share once: no name is exported twice', () => {
    const resources = [ACCOUNTS, OPEN_HOUSES]
    const schemas = [...resources.flatMap((resource) => eventRecords(resource)), 'PassMarker'].map(
      readSchemaFile,
    )
    const text = typescriptTypes({ schemas, resources, comment: 'test' })
    const names = [...text.matchAll(/^export type (\w+)/gm)].map(([, name]) => name)
    expect(names).toEqual([...new Set(names)])
    expect(names).toEqual(
      expect.arrayContaining(['AccountEvent', 'OpenHouseEvent', 'UpsertChange', 'PassMarker']),
    )
    expect(codeLeft(text)).toBe('')
  })

  test('objects and lists of them are types of their own; the two events of a resource are one union', () => {
    const schemas = ['MemberUpserted', 'MemberDeleted'].map(readMemberSchema)
    const text = typescriptTypes({ schemas, resources: [MEMBERS], comment: 'test' })
    for (const member of [
      'Locale: MemberLocale | null',
      'Emails: readonly MemberEmail[] | null',
      'Phones: readonly MemberPhone[]',
      'Billing: MemberAddress | null',
    ]) {
      expect(text).toContain(`  readonly ${member}\n`)
    }
    expect(text).toContain('export type MemberEvent = MemberUpserted | MemberDeleted\n')
    expect(codeLeft(text)).toBe('')
  })

  test('a type that no event has is an error that names it', () => {
    const odd = { type: 'record', name: 'Odd', fields: [{ name: 'x', type: 'bytes' }] }
    expect(() => types(odd)).toThrow(EventError)
    expect(() => types(odd)).toThrow('bytes')
  })
})

describe('types of a schema that a registry made up', () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      'x; export const y = 1',
      "a'; import 'evil'; type b = '",
      '*/ export const x = 1 /*',
      '**//',
      'a\nb',
      '\u2028process.exit()',
      '"',
      '\\',
      '`${1}`',
      '__proto__',
      'Readonly',
      'string',
      'constructor',
      '',
      'A = 1; type B',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('Listing', 'City', 'Colour'),
  )
  const { type } = fc.letrec<{ type: unknown }>((tie) => ({
    type: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('null', 'string', 'int', 'double'),
      hostile,
      fc.record({
        type: fc.constant('enum'),
        name: hostile,
        symbols: fc.array(hostile, { maxLength: 3 }),
        doc: hostile,
      }),
      fc.record({ type: fc.constant('array'), items: tie('type') }),
      fc.record({ type: fc.constant('map'), values: tie('type') }),
      fc.array(tie('type'), { maxLength: 3 }),
      fc.record({
        type: fc.constant('record'),
        name: hostile,
        doc: hostile,
        fields: fc.array(fc.record({ name: hostile, type: tie('type'), doc: hostile }), { maxLength: 3 }),
      }),
    ),
  }))

  test('always parse and declare types alone, or are refused with EVENT_UNREADABLE', () => {
    let written = 0
    fc.assert(
      fc.property(
        fc.constantFrom('Listing', 'Paint', 'x y'),
        fc.array(fc.tuple(hostile, type), { maxLength: 4 }),
        hostile,
        (name, members, doc) => {
          const fields = members.map(([member, inner]) => ({ name: member, type: inner, doc }))
          let text: string
          try {
            text = types({ type: 'record', name, doc, fields })
          } catch (error) {
            expect(error).toBeInstanceOf(EventError)
            return
          }
          written += 1
          expect(codeLeft(text)).toBe('')
        },
      ),
      { numRuns: 1_000 },
    )
    expect(written).toBeGreaterThan(50)
  })

  test('names that are none and text that would end a literal are quoted', () => {
    const text = types({
      type: 'record',
      name: 'Paint',
      fields: [{ name: 'a: 1; b', type: { type: 'enum', name: 'Colour', symbols: ["R' | any", 'BLUE'] } }],
    })
    expect(text).toContain('  readonly "a: 1; b": Colour\n')
    expect(text).toContain(`export type Colour = "R' | any" | 'BLUE'\n`)
  })

  test('nested without end are refused, not followed', () => {
    const deep = `${'{"type":"array","items":'.repeat(20_000)}"string"${'}'.repeat(20_000)}`
    const schema = `{"type":"record","name":"Paint","fields":[{"name":"x","type":${deep}}]}`
    expect(() => typesOf(schema)).toThrow(EventError)
  })
})

/** What a TypeScript parser leaves once types and comments are gone: code. Throws on text that does not parse. */
function codeLeft(text: string): string {
  const untyped = stripTypeScriptTypes(text)
  return untyped
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\/\/.*$/gm, '')
    .trim()
}
