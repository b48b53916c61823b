import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { ReaderSchemas } from '../../../src/consumer/sdk/reader-view/reader-schemas.ts'
import type { JsonObject, JsonValue } from '../../../src/domain/json.ts'
import { MASKED } from '../../../src/domain/masked.ts'
import { evolve } from '../../../src/events/schema/event-schema.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { LISTING_SETS } from '../../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { jsonObject, jsonValue } from '../../events/arbitrary-json.ts'
import { MEMBERS, readMemberSchema } from '../../events/members.ts'
import { described, FIELDS, listingSchema, SCHEMA_OPTIONS } from '../../events/sample.ts'
import {
  contentOf,
  type Content,
  fieldPaths,
  plain,
  recordOf,
  seen,
  sourceFields,
  withoutFields,
  written,
} from './schema-versions.ts'

const NESTED = [
  [MEMBERS, readMemberSchema('MemberUpserted')],
  [ACCOUNTS, readSchemaFile(ACCOUNTS.events.upserted)],
  ...LISTING_SETS.map((set) => [set, readSchemaFile(set.events.upserted)] as const),
] as const

describe('a value seen through the schema of an earlier version', () => {
  for (const [resource, schema] of NESTED) {
    const fields = sourceFields(resource, schema)

    test(`is what the publisher would have made of the record under that one: ${resource.name} (R12)`, () => {
      const later = fc.subarray([...fieldPaths(fields, 'all')])
      fc.assert(
        fc.property(recordOf(fields), later, (body, paths) => {
          const earlier = withoutFields(resource, schema, paths)
          const event = seen(resource, schema, earlier, written(resource, schema, body))
          expect(plain(event)).toEqual(plain(written(resource, earlier, body)))
        }),
        { numRuns: 40 },
      )
    })
  }

  test('also where values are masked, do not fit or have no field, at any depth, and items of lists are no objects', () => {
    const [resource, schema] = NESTED[0]
    const fields = sourceFields(resource, schema)
    const noise: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>(MASKED, 7, 'text', [], {}, [[1]], {
      b: 1,
      a: 2,
    })
    // Of a multi-select its choices are kept, not the form in which the source sent them.
    const later = fc.subarray(fieldPaths(fields, 'leaves').filter((path) => path !== 'Tags'))
    fc.assert(
      fc.property(
        recordOf(fields),
        fc.infiniteStream(fc.option(noise, { freq: 4 })),
        later,
        (body, stream, paths) => {
          const earlier = withoutFields(resource, schema, paths)
          const noisy = withNoise(body, stream)
          const event = seen(resource, schema, earlier, written(resource, schema, noisy))
          expect(plain(event)).toEqual(plain(written(resource, earlier, noisy)))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('has every value that was written, whatever the source sent (R12)', () => {
    const [resource, schema] = NESTED[0]
    const fields = sourceFields(resource, schema)
    const hostile = fc
      .tuple(
        recordOf(fields),
        jsonObject,
        fc.dictionary(fc.constantFrom(...fieldPaths(fields, 'leaves')), jsonValue),
      )
      .map(([fitting, others, wrong]) => ({
        ...fitting,
        ...others,
        ...wrong,
        Emails: emails(fitting, others),
      }))
    const later = fc.subarray([...fieldPaths(fields, 'all')])
    fc.assert(
      fc.property(hostile, later, (body, paths) => {
        const before = written(resource, schema, body)
        const after = seen(resource, schema, withoutFields(resource, schema, paths), before)
        const [from, to] = [contentOf(resource, before), contentOf(resource, after)]
        expect(to.unmappedFields).toMatchObject(from.unmappedFields)
        const added = Object.entries(to.unmappedFields).filter(([path]) => !(path in from.unmappedFields))
        const moved = added.map(([, text]) => JSON.parse(text) as unknown)
        expect(values([to['fields'], moved]).sort()).toEqual(values(from['fields']).sort())
      }),
      { numRuns: 150 },
    )
  })
})

describe('through the schema of another version', () => {
  const schema = listingSchema(FIELDS)
  const grown = evolve(
    schema,
    [...FIELDS, described('Brand', 'Character'), described('Sold', 'Date')],
    SCHEMA_OPTIONS,
  )
  const see = (reader: string, value: object, writer = grown): Content =>
    contentOf(LISTINGS, seen(LISTINGS, writer, reader, value))
  const listing = (standardFields: JsonObject): JsonObject => ({ StandardFields: standardFields })

  test('a field that came later is in unmappedFields, dates as they are read', () => {
    const value = written(
      LISTINGS,
      grown,
      listing({ City: 'Fargo', Brand: 'Hearth', Sold: '2024-05-02', X: 1 }),
    )
    const { standardFields, unmappedFields } = see(schema, value)
    expect(standardFields).toEqual({ ...nulls(schema), City: 'Fargo' })
    expect(unmappedFields).toEqual({ Brand: '"Hearth"', Sold: '"2024-05-02"', X: '1' })
    expect(Object.keys(unmappedFields)).toEqual(['Brand', 'Sold', 'X'])
  })

  test('a field that the writer did not have yet is null', () => {
    const value = written(LISTINGS, schema, listing({ City: 'Fargo', Brand: 'Hearth' }))
    const { standardFields, unmappedFields } = see(grown, value, schema)
    expect(standardFields).toEqual({ ...nulls(grown), City: 'Fargo' })
    expect(unmappedFields).toEqual({ Brand: '"Hearth"' })
  })

  describe('a field that was retyped', () => {
    const retyped = evolve(schema, [described('BedsTotal', 'Character')], SCHEMA_OPTIONS)

    test('is in unmappedFields, under the name that the source has for it, where its first type does not hold the value', () => {
      const value = written(LISTINGS, retyped, listing({ BedsTotal: '3 or 4' }))
      const { standardFields, unmappedFields } = see(schema, value, retyped)
      expect(standardFields).toEqual(nulls(schema))
      expect(unmappedFields).toEqual({ BedsTotal: '"3 or 4"' })
    })

    test('is there as the source sent it, not as one of its types has read it, for who knows neither field', () => {
      const value = written(LISTINGS, retyped, listing({ BedsTotal: '3' }))
      const before = listingSchema(FIELDS.filter(({ name }) => name !== 'BedsTotal'))
      expect(see(before, value, retyped).unmappedFields).toEqual({ BedsTotal: '"3"' })
    })

    test('is not there again where that holds it, too', () => {
      const value = written(LISTINGS, retyped, listing({ BedsTotal: '3' }))
      const { standardFields, unmappedFields } = see(schema, value, retyped)
      expect(standardFields).toEqual({ ...nulls(schema), BedsTotal: 3 })
      expect(unmappedFields).toEqual({})
    })
  })

  test('a field of another type than the reader has is null there, and in unmappedFields', () => {
    const other = listingSchema([
      ...FIELDS.filter(({ name }) => name !== 'City'),
      described('City', 'Decimal'),
    ])
    const { standardFields, unmappedFields } = see(
      other,
      written(LISTINGS, schema, listing({ City: 'Fargo' })),
      schema,
    )
    expect(standardFields).toEqual(nulls(other))
    expect(unmappedFields).toEqual({ City: '"Fargo"' })
  })

  test('numbers that the reader has a wider type for are read', () => {
    const wider = listingSchema([
      ...FIELDS.filter(({ name }) => name !== 'BedsTotal'),
      described('BedsTotal', 'Decimal'),
    ])
    const { standardFields } = see(wider, written(LISTINGS, schema, listing({ BedsTotal: 3 })), schema)
    expect(standardFields).toEqual({ ...nulls(wider), BedsTotal: 3 })
  })

  test('a symbol that the reader does not know is UNKNOWN', () => {
    const value = { ...written(LISTINGS, grown, {}), change: 'ABSORBED' }
    const later = grown.replace('"UPDATED"', '"UPDATED","ABSORBED"')
    expect(seen(LISTINGS, later, schema, value)).toMatchObject({ change: 'UNKNOWN' })
    expect(seen(LISTINGS, later, later, value)).toMatchObject({ change: 'ABSORBED' })
  })

  test('an event without content stays one', () => {
    expect(seen(LISTINGS, grown, schema, { ...written(LISTINGS, grown, {}), listing: null })).toMatchObject({
      listing: null,
    })
  })

  test('what was written with the very schema, and values of other records, are not touched', () => {
    const value = written(LISTINGS, schema, {})
    expect(seen(LISTINGS, schema, schema, value)).toBe(value)
    const deleted = readSchemaFile('ListingDeleted')
    expect(seen(LISTINGS, deleted, schema, value)).toBe(value)
  })
})

describe('a reader schema is refused', () => {
  const schema = listingSchema(FIELDS)
  const without = (name: string): string => JSON.stringify(withoutMember(JSON.parse(schema), name))
  const refusal = (...texts: readonly string[]): unknown => {
    try {
      return new ReaderSchemas(LISTINGS, texts)
    } catch (error) {
      return error
    }
  }

  test.each([
    ['that is no JSON', ['{'], 'not the JSON of an Avro record'],
    ['that is no record', ['"string"'], 'not the JSON of an Avro record'],
    [
      "that is of another resource's event",
      [readSchemaFile('AccountUpserted')],
      'AccountUpserted, but the topic of listings has ListingUpserted and ListingDeleted',
    ],
    ['that there are two of', [schema, schema], 'two reader schemas for ListingUpserted'],
    ['that has no place for the fields', [without('standardFields')], 'has no listing.standardFields'],
    ['that has no place for what it does not have', [without('unmappedFields')], 'no listing.unmappedFields'],
  ])('%s', (_, texts, message) => {
    expect(refusal(...texts)).toMatchObject({
      code: 'CONSUMER_READER_SCHEMA',
      message: expect.stringContaining(message),
    })
  })

  const meet = (reader: string): unknown => {
    try {
      return seen(LISTINGS, schema, reader, written(LISTINGS, schema, {}))
    } catch (error) {
      return error
    }
  }

  test('when it meets a value that it gives another type', () => {
    const reader = schema.replace(
      '"name":"passId","type":["null","string"]',
      '"name":"passId","type":["null","long"]',
    )
    expect(meet(reader)).toMatchObject({
      code: 'CONSUMER_READER_SCHEMA',
      message: expect.stringContaining(
        'ListingUpserted.passId a type that what was written cannot be read as: long? in the place of string?',
      ),
    })
  })

  test('when it meets a value that lacks a field without a default', () => {
    const reader = schema.replace('{"name":"passId"', '{"name":"mood","type":"string"},{"name":"passId"')
    expect(meet(reader)).toMatchObject({
      code: 'CONSUMER_READER_SCHEMA',
      message: expect.stringContaining('without a default, ListingUpserted.mood'),
    })
  })
})

function nulls(schema: string): Record<string, null> {
  const { fields } = sourceFields(LISTINGS, schema)
  return Object.fromEntries(fields.map(({ name }) => [name, null]))
}

function withoutMember(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((item) => (item as { name?: string } | null)?.name !== name)
      .map((item) => withoutMember(item, name))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutMember(member, name)]))
}

/** With masked items among those that are: then nothing tells at which place of the source's list an item stood. */
function emails(fitting: JsonObject, others: JsonObject): JsonValue {
  const items = Array.isArray(fitting['Emails']) ? (fitting['Emails'] as JsonValue[]) : []
  return [MASKED, { ...others, Address: 7 }, ...items, MASKED, ...Object.values(others)]
}

/** In the place of values, wherever the stream has something; lists also get items that are no objects. */
function withNoise(value: JsonObject, stream: Iterable<JsonValue> & Iterator<JsonValue>): JsonObject {
  const next = (): JsonValue => stream.next().value as JsonValue
  const within = (inner: JsonValue): JsonValue => {
    if (Array.isArray(inner) && inner.every((item) => typeof item === 'object')) {
      const items: JsonValue[] = inner.map(within)
      const item = next()
      // A masked item leaves no trace of its place.
      return item === null || item === MASKED || typeof item === 'object' ? items : [item, ...items]
    }
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return next() ?? inner
    return withNoise(inner as JsonObject, stream)
  }
  const members = Object.entries(value).map(([name, inner]) => [name, within(inner)] as const)
  const extra = next()
  return Object.fromEntries(extra === null ? members : [...members, ['Unheard', extra]])
}

/** All texts, numbers and booleans, in words. */
function values(value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (typeof value === 'object') return Object.values(value).flatMap(values)
  return [JSON.stringify(value)]
}
