import { createHash } from 'node:crypto'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { AvroBytes } from '../../../src/consumer/rebuild/decode/avro-bytes.ts'
import {
  parseRecordType,
  withoutNull,
  type AvroRecordType,
  type AvroType,
} from '../../../src/consumer/rebuild/decode/avro-type.ts'
import { RowDecoder } from '../../../src/consumer/rebuild/decode/row-decoder.ts'
import { TableColumns } from '../../../src/consumer/rebuild/decode/table-columns.ts'
import type { ColumnValue, Table } from '../../../src/consumer/rebuild/store.ts'
import { StoredContent } from '../../../src/consumer/verify/stored-content.ts'
import type { ResourceDescription } from '../../../src/domain/resource.ts'
import { compileType } from '../../../src/events/schema/compile-type.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { RESOURCES, SUBRESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { listingSchema } from '../../events/sample.ts'
import { valuesOf } from '../rebuild/avro-arbitrary.ts'
import { fieldDescription, LISTING_FIELDS } from '../rebuild/listing-fields.ts'

type Members = Readonly<Record<string, unknown>>

const KEY = 'k'
/**
 * As they are, and as custom fields have them. No others that JSON has to escape: JSON.parse of V8 13.6 now and then takes such a
 * name for one with backslashes that an object had before, as those of other tests have.
 */
const NAMES = fc.oneof(fc.stringMatching(/^[a-zé]{1,5}$/), fc.constant('"General"."Guest House SqFt"'))
const ROOMY = { maxColumns: 2_000, maxNameBytes: 63 }
const WITH_KEY = [...LISTING_FIELDS, fieldDescription({ name: 'ListingKey', type: 'Character' })]
const CASES: readonly (readonly [string, ResourceDescription, string])[] = [
  ['listings with fields of all kinds', LISTINGS, listingSchema(WITH_KEY)],
  ...[...RESOURCES.slice(1), ...SUBRESOURCES].map(
    (resource) => [resource.name, resource, readSchemaFile(resource.events.upserted)] as const,
  ),
]

/** A row as a store has it, and the digest that its event's record has. */
interface Stored {
  readonly table: Table
  readonly row: readonly ColumnValue[]
  readonly digest: string
}

describe('the content of a stored row', () => {
  test.each(CASES)(
    'has the digest of the event that it was made from, and no changed one has it, of %s',
    (_, resource, schema) => {
      fc.assert(
        fc.property(eventsOf(resource, schema), fc.nat(), (event, at) => {
          const stored = store(resource, schema, event, ROOMY)
          const { table, row, digest } = stored
          expect(hasDigest(resource, schema, stored)).toBe(true)
          // As a server keeps JSON: members in another order.
          const reordered = row.map((value, i) => (table.columns[i]?.type === 'json' ? turned(value) : value))
          expect(hasDigest(resource, schema, { ...stored, row: reordered })).toBe(true)
          const places = contentPlaces(resource, table)
          const place = places[at % places.length]!
          const changed = row.map((value, i) => (i === place ? other(table.columns[i]!.type, value) : value))
          expect(hasDigest(resource, schema, { table, row: changed, digest })).toBe(false)
        }),
        { numRuns: 30 },
      )
    },
  )

  test('has its digest where the store had no room for columns of all fields', () => {
    const schema = CASES[0]![2]
    fc.assert(
      fc.property(eventsOf(LISTINGS, schema), (event) => {
        const stored = store(LISTINGS, schema, event, { ...ROOMY, maxColumns: 16 })
        expect(stored.table.columns.length).toBeLessThanOrEqual(16)
        expect(hasDigest(LISTINGS, schema, stored)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  test.each([
    ['the key itself', KEY],
    ['null', null],
    ['something else', 'other'],
  ])('has its digest whatever the source says in its own field of the key: %s', (_, ListingKey) => {
    const schema = CASES[0]![2]
    const event = plainEvent({ standardFields: { ListingKey } })
    expect(hasDigest(LISTINGS, schema, store(LISTINGS, schema, event, ROOMY))).toBe(true)
  })

  test('has its digest although a masked volatile field is named among the masked ones, which is no content (R5)', () => {
    const schema = CASES[0]![2]
    const content = plainEvent({ maskedFields: ['ACharacter'] })
    const published = plainEvent({
      maskedFields: ['ACharacter', 'DaysOnMarket'],
      volatileFields: { DaysOnMarket: '********' },
    })
    const stored = store(LISTINGS, schema, published, ROOMY)
    expect(hasDigest(LISTINGS, schema, { ...stored, digest: digestOf(LISTINGS, schema, content) })).toBe(true)
  })

  test('is another one with a value that no column of its type holds, or with JSON that is none', () => {
    const schema = CASES[0]![2]
    const stored = store(LISTINGS, schema, plainEvent({}), ROOMY)
    const changes: Readonly<Record<string, readonly (ColumnValue | undefined)[]>> = {
      ACharacter: [1, undefined],
      AInteger: ['1', 0.5, 2 ** 53],
      ABoolean: [2],
      ADate: ['2026-02-30', '2026-2-3', '10000-01-01', 'x'],
      ADatetime: ['2026-02-03', '2026-02-03T00:00:00Z', 'x'],
      Cooling: ['[1]', '{}', 'x', '["a"'],
      MaskedFields: [null, '{}', 'null'],
      UnmappedFields: [null, '[]', '{"a":1}', 'x'],
      CustomFields: ['[]', '{"a":{"b":1}}'],
    }
    for (const [name, values] of Object.entries(changes)) {
      const place = stored.table.columns.findIndex((column) => column.name === name)
      expect(place, name).toBeGreaterThan(0)
      for (const value of values) {
        const row = stored.row.map((one, i) => (i === place ? value : one))
        expect(hasDigest(LISTINGS, schema, { ...stored, row }), `${name} ${String(value)}`).toBe(false)
      }
    }
  })
})

function hasDigest(
  resource: ResourceDescription,
  text: string,
  {
    table,
    row,
    digest,
  }: Pick<Stored, 'table' | 'digest'> & { readonly row: readonly (ColumnValue | undefined)[] },
): boolean {
  const source = { resource, keyColumn: resource.keyField }
  return new StoredContent(source, { id: 7, text }, table).has(digest, row, KEY)
}

/** As a rebuild stores it. */
function store(resource: ResourceDescription, schema: string, event: Members, limits: typeof ROOMY): Stored {
  const source = { resource, keyColumn: resource.keyField }
  const columns = new TableColumns(source, limits)
  const decoder = new RowDecoder(source, { id: 7, type: parseRecordType(schema) }, columns)
  const bytes = compileType(schema).type.toBuffer(event)
  const avro = new AvroBytes(bytes)
  avro.enter(0, bytes.length)
  const digest = digestOf(resource, schema, event)
  const row = decoder.decode(avro, { key: KEY, digest })
  return { table: columns.table(), row, digest }
}

/** Of the content as the publisher takes it. */
function digestOf({ events }: ResourceDescription, schema: string, event: Members): string {
  const types = Object.values(compileType(schema).named)
  const content = (event[events.content] ?? {}) as Members
  const type = types.find(
    (one) =>
      one.typeName === 'record' &&
      'fields' in one &&
      (one.fields as { name: string }[]).some(({ name }) => name === events.fields) &&
      (one.fields as { name: string }[]).some(({ name }) => name === 'maskedFields'),
  )
  return createHash('sha256').update(type!.toBuffer(content)).digest('hex').slice(0, 32)
}

/** Events as the publisher makes them: of the given key, with the content there, and maps in order (R5). */
function eventsOf({ events, keyField }: ResourceDescription, schema: string): fc.Arbitrary<Members> {
  const type = parseRecordType(schema)
  const content = heldRecord(type, events.content)
  const fields = heldRecord(content, events.fields)
  const envelope = type.fields.filter(({ name }) => name !== events.content)
  const record = (of: AvroRecordType): fc.Arbitrary<Members> => valuesOf(of, NAMES) as fc.Arbitrary<Members>
  return fc
    .tuple(record({ ...type, fields: envelope }), record(content), record(fields), fc.boolean())
    .map(([event, own, source, named]) => {
      const inner = keyField in source ? { ...source, [keyField]: named ? KEY : null } : source
      const whole = { ...own, [events.fields]: inner }
      return { ...event, volatileFields: {}, [events.key]: KEY, [events.content]: inOrder(content, whole) }
    })
}

function heldRecord(type: AvroRecordType, field: string): AvroRecordType {
  const held = withoutNull(type.fields.find(({ name }) => name === field)!.type).type
  if (held.kind !== 'record') throw new Error(`${field} is no record`)
  return held
}

/** Maps sorted by their names, and no minus zero. */
function inOrder(type: AvroType, value: unknown): unknown {
  const held = withoutNull(type).type
  if (value === null || value === undefined) return value
  if (value === 0) return 0
  if (held.kind === 'array') return (value as unknown[]).map((item) => inOrder(held.of, item))
  if (held.kind === 'map') {
    const entries = Object.entries(value as Members).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([name, member]) => [name, inOrder(held.of, member)]))
  }
  if (held.kind === 'record') {
    const { fields } = held
    return Object.fromEntries(
      fields.map(({ name, type: of }) => [name, inOrder(of, (value as Members)[name])]),
    )
  }
  if (held.kind === 'union' && Array.isArray(value)) return value.map((item) => (item === 0 ? 0 : item))
  return value
}

function contentPlaces({ events }: ResourceDescription, { columns }: Table): readonly number[] {
  return [...columns.keys()].filter((place) => columns[place]!.field.startsWith(`${events.content}.`))
}

/** JSON with the members of its objects the other way round. */
function turned(value: ColumnValue): ColumnValue {
  if (typeof value !== 'string') return value
  return JSON.stringify(JSON.parse(value), (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toReversed())
      : inner,
  )
}

function other(type: Table['columns'][number]['type'], value: ColumnValue): ColumnValue {
  switch (type) {
    case 'text':
      return `${String(value ?? '')}x`
    case 'integer':
    case 'real':
      return value === 1 ? 2 : 1
    case 'boolean':
      return value === 1 ? 0 : 1
    case 'date':
      return value === '1999-12-31' ? '2000-01-01' : '1999-12-31'
    case 'timestamp':
      return value === '1999-12-31T00:00:00.000Z' ? '2000-01-01T00:00:00.000Z' : '1999-12-31T00:00:00.000Z'
    case 'json':
      return value === '["flipped"]' ? '[]' : '["flipped"]'
  }
}

/** An upsert of a listing, as avsc takes it. */
function plainEvent({ standardFields = {}, maskedFields = [], volatileFields = {} }: Members): Members {
  return {
    listingKey: KEY,
    change: 'CREATED',
    modificationTimestamp: null,
    observedAt: 0,
    passId: null,
    volatileFields,
    listing: { standardFields, customFields: {}, maskedFields, unmappedFields: {} },
  }
}
