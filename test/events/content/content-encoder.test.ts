import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import avsc from 'avsc'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { JsonBigInteger, type JsonObject } from '../../../src/domain/json.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import type { ContentEncoder } from '../../../src/replication/ports.ts'
import {
  AvroContentEncoder,
  DEFAULT_LIMIT,
  type ContentRules,
} from '../../../src/events/content/content-encoder.ts'
import type { ResourceName } from '../../../src/domain/resource.ts'
import { deadLetterParts } from '../../../src/events/content/dead-letter.ts'
import { jsonObject, jsonValue, shuffled } from '../arbitrary-json.ts'
import { member, MemberFixture, MEMBERS } from '../members.ts'
import { Fixture, described, FIELDS, KEY, listing, listingEncoder, NEVER, VOLATILE } from '../sample.ts'

const FULL: JsonObject = {
  ListingKey: KEY,
  City: 'Dunmere',
  BedsTotal: 3,
  ListPrice: '350000.50',
  GarageYN: true,
  CloseDate: '2024-05-02',
  StatusChangeTimestamp: '2024-05-01T10:00:00Z',
  Cooling: { 'Window Unit(s)': true, 'Central Air': true },
  ModificationTimestamp: '2024-05-02T14:03:09Z',
  DaysOnMarket: 12,
}

let fixture: Fixture
beforeAll(async () => {
  fixture = await Fixture.open()
})
afterAll(() => fixture[Symbol.asyncDispose]())

function digest(fields: JsonObject, others: JsonObject = {}): string {
  return fixture.encode(listing(fields, others)).digest
}

describe('a record that cannot be read', () => {
  const broken = (reason: string, bytes: string) => ({
    ...listing({}),
    broken: { reason, bytes: Buffer.from(bytes) },
  })
  test('is a dead letter with its reason; the same one again is the same (R12)', () => {
    const encoded = [broken('no JSON', '{NaN}'), broken('no JSON', '{ NaN }'), broken('too long', '')].map(
      (record) => fixture.encoder.encode(LISTINGS, record),
    )
    expect(encoded).toMatchObject([
      { kind: 'unencodable', reason: 'no JSON' },
      { kind: 'unencodable', reason: 'no JSON' },
      { kind: 'unencodable', reason: 'too long' },
    ])
    const digests = encoded.map((result) => (result.kind === 'unencodable' ? result.digest : ''))
    expect(digests[0]).toBe(digests[1])
    expect(digests[0]).not.toBe(digests[2])
  })

  test('travels as the bytes that came', () => {
    const body = Buffer.from([0x7b, 0xff, 0x7d])
    const { parts } = deadLetterParts({ key: KEY, reason: '', body })
    expect(gunzipSync(Buffer.concat(parts)).equals(body)).toBe(true)
  })
})

describe('the content record', () => {
  test('holds the standard fields as the schema types them', () => {
    expect(fixture.content(listing(FULL))).toEqual({
      standardFields: {
        ListingKey: KEY,
        City: 'Dunmere',
        BedsTotal: 3,
        ListPrice: 350_000.5,
        GarageYN: true,
        CloseDate: 19_845,
        StatusChangeTimestamp: Date.UTC(2024, 4, 1, 10),
        Cooling: ['Central Air', 'Window Unit(s)'],
      },
      customFields: {},
      maskedFields: [],
      unmappedFields: {},
    })
  })

  test('does not remember the listing before', () => {
    fixture.encode(listing(FULL))
    expect(Object.values(fixture.content(listing({ City: 'Hollin' })).standardFields)).toEqual([
      null,
      'Hollin',
      ...Array.from({ length: 6 }, () => null),
    ])
  })

  test('names masked values and leaves null in their place (R12)', () => {
    const read = fixture.content(
      listing(
        { ...FULL, CloseDate: '********', BedsTotal: '********', Unheard: '********' },
        { CustomFields: [{ Main: [{ G: [{ F: '********' }] }] }] },
      ),
    )
    expect(read.maskedFields).toEqual(['"G"."F"', 'BedsTotal', 'CloseDate', 'Unheard'])
    expect(read.standardFields).toMatchObject({ CloseDate: null, BedsTotal: null, City: 'Dunmere' })
    expect(read.customFields).toEqual({ '"G"."F"': null })
    expect(read.unmappedFields).toEqual({})
  })

  test('names what is masked in this listing, not in the one before', () => {
    const masked = (...names: readonly string[]) =>
      fixture.content(listing(Object.fromEntries(names.map((name) => [name, '********'])))).maskedFields
    expect(masked('City', 'BedsTotal')).toEqual(['BedsTotal', 'City'])
    expect(masked('City', 'BedsTotal')).toEqual(['BedsTotal', 'City'])
    expect(masked('City', 'Cooling')).toEqual(['City', 'Cooling'])
    expect(masked('City')).toEqual(['City'])
    expect(masked()).toEqual([])
  })

  test('keeps unknown fields, wrong types and further members as JSON text (R12)', () => {
    const read = fixture.content(
      listing(
        {
          City: 58_103,
          BedsTotal: new JsonBigInteger('9007199254740993'),
          CloseDate: '2023-02-29',
          ModificationTimestamp: 'yesterday',
          Photos: [{ Uri: 'u', Id: '1' }],
          'lone \ud800': '\udc00',
        },
        { Further: { Editable: true, Actions: [] }, LastCachedTimestamp: '2024-05-02T14:03:09Z' },
      ),
    )
    expect(read.unmappedFields).toEqual({
      '$.Further': '{"Actions":[],"Editable":true}',
      BedsTotal: '9007199254740993',
      City: '58103',
      CloseDate: '"2023-02-29"',
      ModificationTimestamp: '"yesterday"',
      Photos: '[{"Id":"1","Uri":"u"}]',
      'lone \\ud800': '"\\udc00"',
    })
  })

  test('keeps an Id that is not just the key once more', () => {
    const read = fixture.content(listing({}, { Id: '7' }))
    expect(read.unmappedFields).toEqual({ '$.Id': '"7"' })
  })

  test('keeps a field named __proto__', () => {
    const body = JSON.parse('{"__proto__":{"a":1},"City":"Hollin"}')
    const read = fixture.content(listing(body))
    expect(read.unmappedFields).toEqual({ '$.StandardFields.__proto__': '{"a":1}' })
    expect(read.standardFields['City']).toBe('Hollin')
  })

  test('keeps StandardFields and CustomFields of another shape whole', () => {
    const read = fixture.content({ ...listing({}), body: { StandardFields: [1], CustomFields: 'text' } })
    expect(read.unmappedFields).toEqual({ '$.StandardFields': '[1]', '$.CustomFields': '"text"' })
  })

  test.for(['CustomFields', 'CustomFieldsRaw', 'CustomFieldsExpandedRaw'])(
    'reads custom fields under %s',
    (member) => {
      const read = fixture.content(
        listing({}, { [member]: [{ Main: [{ G: [{ F: 1 }, { E: [1, 'a'] }] }] }] }),
      )
      expect(read.customFields).toEqual({ '"G"."F"': 1, '"G"."E"': [1, 'a'] })
      expect(read.unmappedFields).toEqual({})
    },
  )

  test('reads one member with custom fields and keeps the others', () => {
    const custom = [{ Main: [{ G: [{ F: 1 }] }] }]
    const read = fixture.content(listing({}, { CustomFieldsRaw: custom, CustomFields: custom }))
    expect(read.customFields).toEqual({ '"G"."F"': 1 })
    expect(Object.keys(read.unmappedFields)).toEqual(['$.CustomFieldsRaw'])
  })

  test('every value of any JSON comes back in exactly one way (R12)', () => {
    fc.assert(
      fc.property(jsonObject, (fields) => {
        const { standardFields, maskedFields, unmappedFields } = fixture.content(listing(fields))
        const typed = Object.keys(standardFields).filter((name) => standardFields[name] !== null)
        const given = Object.keys(fields).filter((name) => fields[name] !== null)
        expect([...typed, ...maskedFields, ...Object.keys(unmappedFields)].sort()).toEqual(given.sort())
        for (const [name, text] of Object.entries(unmappedFields)) {
          expect(JSON.parse(text)).toEqual(fields[name])
        }
      }),
    )
  })
})

describe('the digest (R5)', () => {
  test('does not depend on the order of JSON members', () => {
    const custom = fc.dictionary(fc.constantFrom('F', 'G', 'H'), jsonValue)
    const body = fc.record({ fields: jsonObject, extra: jsonValue, custom })
    fc.assert(
      fc.property(body.chain(shuffled), ([one, other]) => {
        const of = ({ fields, extra, custom: members }: typeof one) =>
          digest({ ...fields }, { Extra: extra, CustomFields: [{ Main: [{ Group: [members] }] }] })
        expect(of(other)).toBe(of(one))
      }),
    )
  })

  test('is 128 bits of SHA-256 over the record that the event embeds', () => {
    const { bytes, digest: found } = fixture.encode(listing(FULL))
    expect(found).toBe(createHash('sha256').update(bytes).digest('hex').slice(0, 32))
  })

  test.for<readonly [string, JsonObject, JsonObject]>([
    ['the modification timestamp', { ModificationTimestamp: '2025-01-01T00:00:00Z' }, {}],
    ['a volatile field', { DaysOnMarket: 13, CumulativeDaysOnMarket: 400 }, {}],
    ['an unknown field that is null', { Unheard: null }, {}],
    ['a member that is null', {}, { Extra: null, CustomFields: null }],
    ["the source's cache time", {}, { LastCachedTimestamp: '2025-01-01T00:00:00Z' }],
    ['the form of a decimal', { ListPrice: 350_000.5 }, {}],
  ])('does not move with %s', ([, fields, others]) => {
    expect(digest({ ...FULL, ...fields }, others)).toBe(digest(FULL))
  })

  test.for<readonly [string, JsonObject, JsonObject]>([
    ['a typed field', { City: 'Hollin' }, {}],
    ['a value that is masked now', { City: '********' }, {}],
    ['an unknown field', { Unheard: 0 }, {}],
    ['a value that no longer fits', { BedsTotal: 'three' }, {}],
    ['an empty text instead of null', { MissingBefore: '' }, {}],
    ['a custom field', {}, { CustomFields: [{ Main: [{ G: [{ F: 1 }] }] }] }],
    ['a further member', {}, { Further: { Editable: true } }],
  ])('moves with %s', ([, fields, others]) => {
    expect(digest({ ...FULL, ...fields }, others)).not.toBe(digest(FULL))
  })
})

describe('volatile fields', () => {
  test('travel as they came, sorted, outside the content', () => {
    const { volatileFields } = fixture.encode(
      listing({ DaysOnMarket: '********', CumulativeDaysOnMarket: new JsonBigInteger('9007199254740993') }),
    )
    expect(Object.entries(volatileFields)).toEqual([
      ['CumulativeDaysOnMarket', '9007199254740993'],
      ['DaysOnMarket', '********'],
    ])
  })
})

describe('masked volatile fields', () => {
  test('are named with what else is masked, and leave the digest as it is (R5, R12)', async () => {
    const masked = { ...FULL, DaysOnMarket: '********', CloseDate: '********' }
    expect(fixture.content(listing(masked)).maskedFields).toEqual(['CloseDate', 'DaysOnMarket'])
    expect(fixture.content(listing({ ...FULL, DaysOnMarket: '********' })).maskedFields).toEqual([
      'DaysOnMarket',
    ])
    // That of the same listing before it was masked, as it was published by every earlier version.
    expect(digest({ ...FULL, DaysOnMarket: '********' })).toBe(digest(FULL))
    expect(digest({ ...FULL, CloseDate: '********' })).toBe(digest(masked))
    const record = listing(masked)
    const { schemaId, digest: published } = fixture.encode(record)
    const later: ContentEncoder = listingEncoder(fixture.listingSchemas(VOLATILE))
    await later.prepare(LISTINGS, [schemaId], NEVER)
    expect(later.digestUnder(LISTINGS, record, schemaId)).toBe(published)
  })
})

describe('older schemas (R5)', () => {
  test('give the digest that was published under them, whatever became of the schema since', async () => {
    await using own = await Fixture.open(FIELDS)
    const record = listing({ ...FULL, Zoning: 'R-1', BedsTotal: 4 })
    const before = own.encode(record)
    await own.schemas.use(
      [...FIELDS, described('Zoning', 'Character'), described('BedsTotal', 'Decimal')],
      NEVER,
    )
    const after = own.encode(record)
    expect(after.schemaId).not.toBe(before.schemaId)
    expect(after.digest).not.toBe(before.digest)

    const later: ContentEncoder = listingEncoder(own.listingSchemas(VOLATILE))
    await later.prepare(LISTINGS, [before.schemaId, after.schemaId, before.schemaId], NEVER)
    expect(later.digestUnder(LISTINGS, record, before.schemaId)).toBe(before.digest)
    expect(later.digestUnder(LISTINGS, record, after.schemaId)).toBe(after.digest)
  })

  test('a retyped field keeps its old field filled while the value fits it', async () => {
    await using own = await Fixture.open()
    await own.schemas.use([described('BedsTotal', 'Decimal')], NEVER)
    expect(own.content(listing({ BedsTotal: 4 })).standardFields).toMatchObject({
      BedsTotal: 4,
      BedsTotal_double: 4,
    })
    expect(own.content(listing({ BedsTotal: 2.5 }))).toMatchObject({
      standardFields: { BedsTotal: null, BedsTotal_double: 2.5 },
      unmappedFields: {},
    })
    expect(own.content(listing({ BedsTotal: 'few' })).unmappedFields).toEqual({ BedsTotal: '"few"' })
  })

  test('another choice of volatile fields changes no listing by itself', async () => {
    await using own = await Fixture.open()
    const record = listing(FULL)
    const before = own.encode(record)
    const schemas = own.listingSchemas(['GarageYN'])
    await schemas.use(FIELDS, NEVER)
    const encoder = listingEncoder(schemas)
    await encoder.prepare(LISTINGS, [before.schemaId], NEVER)
    expect(encoder.digestUnder(LISTINGS, record, before.schemaId)).toBe(before.digest)
    const result = encoder.encode(LISTINGS, record)
    expect(result).toMatchObject({ kind: 'encoded', content: { volatileFields: { GarageYN: true } } })
  })

  test('are asked of the registry once', async () => {
    await using own = await Fixture.open()
    const { schemaId } = own.encode(listing(FULL))
    const encoder = listingEncoder(own.listingSchemas(VOLATILE))
    const asked = own.server.requests.length
    await encoder.prepare(LISTINGS, [schemaId], NEVER)
    await encoder.prepare(LISTINGS, [schemaId], NEVER)
    expect(own.server.calls().slice(asked)).toEqual([`GET /schemas/ids/${schemaId}`])
  })

  test('one that the registry lost stops the program', async () => {
    await using own = await Fixture.open()
    const missing = (own.encode(listing(FULL)).schemaId + 7) as typeof own.schemas.currentId & number
    await expect(own.encoder.prepare(LISTINGS, [missing], NEVER)).rejects.toMatchObject({
      code: 'EVENT_UNREADABLE',
      retryable: false,
    })
  })
})

describe('an encoder of several resources', () => {
  test('makes the content of each by its own schemas and limit', async () => {
    await using members = await MemberFixture.open()
    const encoder: ContentEncoder = new AvroContentEncoder(
      new Map<ResourceName, ContentRules>([
        [LISTINGS.name, { schemas: fixture.schemas, limit: { bytes: 10, setting: 'LIMIT=10' } }],
        [MEMBERS.name, { schemas: members.schemas, limit: DEFAULT_LIMIT }],
      ]),
    )
    const row = member({ Name: 'Ann Marsh' })
    expect(encoder.encode(MEMBERS, row)).toEqual(members.encoder.encode(MEMBERS, row))
    expect(encoder.encode(LISTINGS, listing(FULL))).toMatchObject({
      kind: 'unencodable',
      reason: expect.stringContaining('LIMIT=10'),
    })
    const { schemaId, digest: published } = members.encode({ Name: 'Ann Marsh' })
    expect(encoder.digestUnder(MEMBERS, row, schemaId)).toBe(published)
    expect(encoder.formerDigests?.(MEMBERS, row, schemaId)).toEqual([])
  })
})

describe('what cannot be an event', () => {
  test('a record that is too large is unencodable, with a digest of its JSON (R12)', async () => {
    await using own = await Fixture.open(FIELDS, { bytes: 200, setting: null })
    const result = own.encoder.encode(LISTINGS, listing({ City: 'x'.repeat(300) }))
    expect(result).toMatchObject({ kind: 'unencodable', reason: expect.stringContaining('200') })
    const again = own.encoder.encode(LISTINGS, listing({ City: 'x'.repeat(300) }))
    expect(again).toEqual(result)
    expect(own.encoder.encode(LISTINGS, listing({ City: 'x' })).kind).toBe('encoded')
  })

  test('a volatile field counts too: it stands in the same record (R12)', async () => {
    await using own = await Fixture.open(FIELDS, { bytes: 200, setting: null })
    const huge = listing({ DaysOnMarket: 'x'.repeat(300) })
    expect(own.encoder.encode(LISTINGS, huge)).toMatchObject({ kind: 'unencodable' })
    expect(own.encoder.encode(LISTINGS, listing({ DaysOnMarket: 'x' })).kind).toBe('encoded')
  })

  test('what has no field that it fits is named beside the content', () => {
    const record = listing({ BedsTotal: 'few', Unheard: 1, City: 'Fargo' }, { Noise: [] })
    expect(fixture.encode(record).unmapped?.toSorted()).toEqual(['$.Noise', 'BedsTotal', 'Unheard'])
    expect(fixture.encode(listing({ City: 'Fargo' })).unmapped).toEqual([])
  })

  test('a value that its type cannot hold makes the record unencodable, and the reason names it', () => {
    const { schemas } = fixture
    const other = avsc.Type.forSchema({
      type: 'record',
      name: 'Other',
      fields: [{ name: 'maskedFields', type: { type: 'array', items: 'long' } }],
    })
    const encoder = listingEncoder({
      load: async () => undefined,
      version: (id) => schemas.version(id),
      current: () => ({ ...schemas.current(), content: other }),
    })
    expect(encoder.encode(LISTINGS, listing({ City: '********' }))).toMatchObject({
      kind: 'unencodable',
      reason: expect.stringContaining('maskedFields.0'),
    })
  })

  test('a large record is encoded whole: the buffer grows', () => {
    const text = 'ü'.repeat(200_000)
    expect(fixture.content(listing({ City: text })).standardFields['City']).toBe(text)
  })
})

describe('a record whose content was made where it was read', () => {
  test('is not encoded again', async () => {
    await using own = await Fixture.open()
    const record = listing(FULL)
    const result = own.encoder.encode(LISTINGS, record)
    const made = { schemaId: own.schemas.current().id, result }
    expect(own.encoder.encode(LISTINGS, { ...record, made })).toBe(result)
  })

  test('is encoded again if another schema has become current (R5)', async () => {
    await using own = await Fixture.open()
    const record = listing({ ...FULL, Sewer: 'Public' })
    const result = own.encoder.encode(LISTINGS, record)
    const made = { schemaId: own.schemas.current().id, result }
    await own.schemas.use([...FIELDS, described('Sewer', 'Character')], NEVER)
    expect(own.encoder.encode(LISTINGS, { ...record, made })).not.toEqual(result)
    expect(own.encoder.encode(LISTINGS, { ...record, made })).toEqual(own.encoder.encode(LISTINGS, record))
  })
})
