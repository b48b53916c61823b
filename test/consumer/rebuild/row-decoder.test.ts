import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { AvroBytes } from '../../../src/consumer/rebuild/decode/avro-bytes.ts'
import { parseRecordType } from '../../../src/consumer/rebuild/decode/avro-type.ts'
import { RowDecoder } from '../../../src/consumer/rebuild/decode/row-decoder.ts'
import { TableColumns } from '../../../src/consumer/rebuild/decode/table-columns.ts'
import type { RebuiltResource } from '../../../src/consumer/rebuild/rebuilt-resource.ts'
import type { Column, ColumnValue } from '../../../src/consumer/rebuild/store.ts'
import type { ResourceDescription } from '../../../src/domain/resource.ts'
import { compileReadableType, compileType } from '../../../src/events/schema/compile-type.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { RESOURCES, SUBRESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { listingSchema } from '../../events/sample.ts'
import { valuesOf } from './avro-arbitrary.ts'
import { fieldDescription, LISTING_FIELDS } from './listing-fields.ts'

const LIMITS = { maxColumns: 2_000, maxNameBytes: 63 }
const CASES: readonly (readonly [string, ResourceDescription, string])[] = [
  ['listings with fields of all kinds', LISTINGS, listingSchema(LISTING_FIELDS)],
  ...[...RESOURCES.slice(1), ...SUBRESOURCES].map(
    (resource) => [resource.name, resource, readSchemaFile(resource.events.upserted)] as const,
  ),
]

describe('a row that is read from Avro bytes', () => {
  test.each(CASES)('has what avsc reads, of %s', (_name, resource, schema) => {
    const { decoder, columns } = decoderOf(resource, schema)
    const { type } = compileType(schema)
    const readable = compileReadableType(schema)
    fc.assert(
      fc.property(valuesOf(parseRecordType(schema)), (value) => {
        const avro = type.toBuffer(value)
        const expected = readable.fromBuffer(avro) as Members
        const key = String(expected[resource.events.key])
        expect(told(columns(), decode(decoder, avro, key))).toEqual(reference(columns(), expected))
      }),
    )
  })

  test('is refused if its bytes are cut, or more than a value', () => {
    const { decoder } = decoderOf(LISTINGS, CASES[0]![2])
    const { type } = compileType(CASES[0]![2])
    fc.assert(
      fc.property(valuesOf(parseRecordType(CASES[0]![2])), fc.nat(), (value, at) => {
        const avro = type.toBuffer(value)
        const cut = avro.subarray(0, at % avro.length)
        expect(() => decode(decoder, cut, 'k')).toThrow(expect.objectContaining({ code: 'EVENT_UNREADABLE' }))
        expect(() => decode(decoder, Buffer.concat([avro, Buffer.of(0)]), 'k')).toThrow(
          expect.objectContaining({ code: 'EVENT_UNREADABLE' }),
        )
      }),
    )
  })

  test('has no column for what a store has no room for: it is in UnmappedFields, as JSON text', () => {
    const fields = Array.from({ length: 30 }, (_, i) =>
      fieldDescription({ name: `Field${String(i).padStart(2, '0')}`, type: 'Integer' }),
    )
    const schema = listingSchema(fields)
    const { decoder, columns } = decoderOf(LISTINGS, schema, { ...LIMITS, maxColumns: 25 })
    expect(columns().length).toBeLessThanOrEqual(25)
    const standardFields = Object.fromEntries(fields.map(({ name }, i) => [name, i]))
    const avro = compileType(schema).type.toBuffer(
      event({ standardFields, unmappedFields: { Odd: '"value"' } }),
    )
    const row = told(columns(), decode(decoder, avro, 'k'))
    const unmapped = JSON.parse(String(row['UnmappedFields'])) as Record<string, string>
    for (const [name, value] of Object.entries(standardFields)) {
      expect(row[name] ?? JSON.parse(unmapped[name]!)).toBe(value)
    }
    expect(unmapped['Odd']).toBe('"value"')
  })

  test('says once what the key is, and keeps a field of its name that says something else', () => {
    const schema = listingSchema([fieldDescription({ name: 'ListingKey', type: 'Character' })])
    const { decoder, columns } = decoderOf(LISTINGS, schema)
    const read = (ListingKey: string | null): Record<string, unknown> => {
      const avro = compileType(schema).type.toBuffer(event({ standardFields: { ListingKey } }))
      return told(columns(), decode(decoder, avro, 'k'))
    }
    expect(columns().filter(({ name }) => name.startsWith('ListingKey'))).toHaveLength(1)
    expect(read('k')).toMatchObject({ ListingKey: 'k', UnmappedFields: '{}' })
    expect(read(null)).toMatchObject({ ListingKey: 'k', UnmappedFields: '{}' })
    expect(read('other')).toMatchObject({ ListingKey: 'k', UnmappedFields: '{"ListingKey":"\\"other\\""}' })
  })
})

type Members = Readonly<Record<string, unknown>>

/** What a row says of the record beside the event. */
const ORIGIN = { headers: { digest: '0123456789abcdef0123456789abcdef' }, schemaId: 7 }

function decoderOf(resource: ResourceDescription, schema: string, limits = LIMITS) {
  const source: RebuiltResource = { resource, keyColumn: resource.keyField }
  const columns = new TableColumns(source, limits)
  const decoder = new RowDecoder(source, { id: ORIGIN.schemaId, type: parseRecordType(schema) }, columns)
  return { decoder, columns: () => columns.table().columns }
}

function decode(decoder: RowDecoder, avro: Buffer, key: string): readonly ColumnValue[] {
  // Not at the begin of its block, as it lies in one.
  const bytes = new AvroBytes(Buffer.concat([Buffer.from('xyz'), avro, Buffer.from('é')]))
  bytes.enter(3, 3 + avro.length)
  return decoder.decode(bytes, { key, digest: ORIGIN.headers.digest })
}

function told(columns: readonly Column[], values: readonly ColumnValue[]): Record<string, unknown> {
  expect(values).toHaveLength(columns.length)
  return Object.fromEntries(columns.map(({ name }, i) => [name, values[i]]))
}

/** From the event as avsc reads it, by the fields that the columns name. */
function reference(columns: readonly Column[], event: Members): Record<string, unknown> {
  return Object.fromEntries(
    columns.map(({ name, type, field }) => {
      let value: unknown = { ...event, ...ORIGIN }
      for (const step of field.split('.')) value = (value as Members | null)?.[step] ?? null
      if (type === 'json' && value !== null) return [name, JSON.stringify(withoutNulls(value))]
      return [name, typeof value === 'boolean' ? Number(value) : value === 0 ? 0 : value]
    }),
  )
}

/** Records without their members that are null; avsc has a class for each record, and plain objects for maps. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
  const isMap = Object.getPrototypeOf(value) === Object.prototype
  const members = Object.entries(value).filter(([, inner]) => isMap || inner !== null)
  return Object.fromEntries(members.map(([name, inner]) => [name, withoutNulls(inner)]))
}

/** An upsert of a listing, as avsc takes it. */
function event({ standardFields, unmappedFields = {} }: Record<string, object>): object {
  return {
    listingKey: 'k',
    change: 'CREATED',
    modificationTimestamp: null,
    observedAt: 0,
    passId: null,
    volatileFields: {},
    listing: { standardFields, customFields: {}, maskedFields: [], unmappedFields },
  }
}
