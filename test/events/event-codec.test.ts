import { describe, expect, test } from 'vitest'

import type { Deletion, Upsert } from '../../src/domain/change.ts'
import type { SchemaId } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import { passId } from '../../src/domain/pass.ts'
import { decodeValue } from '../../src/events/decode-value.ts'
import type { EventCodec } from '../../src/events/event-codec.ts'
import { EventSchemas } from '../../src/events/schema/event-schemas.ts'
import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { frame, unframe } from '../../src/events/wire-format.ts'
import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { InvariantViolation } from '../../src/support/errors.ts'
import { MEMBER_KEY, MemberFixture, MEMBERS } from './members.ts'
import {
  Fixture,
  described,
  FIELDS,
  KEY,
  listing,
  listingCodec,
  listingEncoder,
  NEVER,
  VOLATILE,
} from './sample.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const PASS = passId('p-1')

const DELETION: Deletion = {
  kind: 'deletion',
  key: KEY,
  reason: 'NOT_IN_SOURCE',
  evidence: 'LIST_QUERY',
  deletedAt: instant(1000),
  absentSince: instant(1000),
  lastModificationTimestamp: null,
  lastSeenAt: null,
  missingSince: null,
  lastFields: {},
  mlsId: null,
  changeStamps: {},
  previousDigest: null,
}

function open(fixture: Fixture): Promise<EventCodec> {
  return listingCodec(fixture.schemas)
}

function upsert(fixture: Fixture): Upsert {
  return {
    kind: 'upsert',
    key: KEY,
    reason: 'UPDATED',
    modificationTimestamp: instant(Date.UTC(2024, 4, 2, 14, 3, 9)),
    observedAt: instant(Date.UTC(2024, 4, 2, 14, 20)),
    mlsId: null,
    changeStamps: {},
    previousDigest: null,
    content: fixture.encode(listing({ City: 'Dunmere', CloseDate: '2024-05-02', DaysOnMarket: 12 })),
  }
}

describe('events', () => {
  test('ListingUpserted embeds the content and reads as one record of its schema', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const change = upsert(fixture)
    const bytes = Buffer.concat(codec.upserted(LISTINGS, change, PASS))
    expect(unframe(bytes).schemaId).toBe(change.content.schemaId)
    const decoded = await decodeValue(bytes, fixture.writers, NEVER)
    expect(decoded.name).toBe('ListingUpserted')
    expect(JSON.parse(JSON.stringify(decoded.value))).toMatchObject({
      listingKey: KEY,
      change: 'UPDATED',
      modificationTimestamp: '2024-05-02T14:03:09.000Z',
      observedAt: '2024-05-02T14:20:00.000Z',
      passId: 'p-1',
      volatileFields: { DaysOnMarket: 12 },
      listing: {
        standardFields: { City: 'Dunmere', CloseDate: '2024-05-02', BedsTotal: null },
        customFields: {},
        maskedFields: [],
        unmappedFields: {},
      },
    })
  })

  test('ListingUpserted is written under the schema of its content, not under a newer one', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const change = upsert(fixture)
    await fixture.schemas.use([...FIELDS, described('Acres', 'Decimal')], NEVER)
    const { schemaId, value } = await decodeValue(
      Buffer.concat(codec.upserted(LISTINGS, change, PASS)),
      fixture.writers,
      NEVER,
    )
    expect(schemaId).toBe(change.content.schemaId)
    expect(value).not.toHaveProperty('listing.standardFields.Acres')
  })

  test('ListingDeleted says why and how it is known, and what was known of the listing (R9)', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const deletion: Deletion = {
      ...DELETION,
      evidence: 'HTTP_404',
      lastSeenAt: instant(400),
      missingSince: instant(700),
      lastFields: { lastStandardStatus: 'Active', lastMlsStatus: null },
    }
    expect(await decodeValue(codec.deleted(LISTINGS, deletion, PASS), fixture.writers, NEVER)).toMatchObject({
      name: 'ListingDeleted',
      value: {
        listingKey: KEY,
        reason: 'NOT_IN_SOURCE',
        evidence: 'HTTP_404',
        deletedAt: '1970-01-01T00:00:01.000Z',
        lastModificationTimestamp: null,
        lastSeenAt: '1970-01-01T00:00:00.400Z',
        missingSince: '1970-01-01T00:00:00.700Z',
        lastStandardStatus: 'Active',
        lastMlsStatus: null,
        passId: 'p-1',
      },
    })
  })

  test('each event has its own subject in the topic, and opening again registers nothing', async () => {
    await using fixture = await Fixture.open()
    await open(fixture)
    expect([...fixture.server.versions.keys()].sort()).toEqual([
      'spark.listings-listingstream.ListingDeleted',
      'spark.listings-listingstream.ListingUpserted',
    ])
    const asked = fixture.server.requests.length
    await open(fixture)
    expect(
      fixture.server
        .calls()
        .slice(asked)
        .filter((call) => call.endsWith('/versions')),
    ).toEqual([])
  })
})

describe('events of another resource', () => {
  test('have their own names for key and content, and lie in their own topic', async () => {
    await using fixture = await MemberFixture.open()
    const codec = await fixture.codec()
    const writers = new WriterSchemas(fixture.registry)
    const common = { key: MEMBER_KEY, mlsId: null, changeStamps: {}, previousDigest: null }
    const upserted: Upsert = {
      ...common,
      kind: 'upsert',
      reason: 'CREATED',
      modificationTimestamp: null,
      observedAt: instant(0),
      content: fixture.encode({ Emails: [{ Address: 'ann@example.com' }], LastLogin: '2024-05-03' }),
    }
    expect(
      await decodeValue(Buffer.concat(codec.upserted(MEMBERS, upserted, PASS)), writers, NEVER),
    ).toMatchObject({
      name: 'MemberUpserted',
      value: {
        memberKey: MEMBER_KEY,
        change: 'CREATED',
        volatileFields: { LastLogin: '2024-05-03' },
        member: { fields: { Emails: [{ Address: 'ann@example.com', Type: null }], Phones: [] } },
      },
    })
    const deletion: Deletion = {
      ...common,
      kind: 'deletion',
      reason: 'NOT_IN_SOURCE',
      evidence: 'LIST_QUERY',
      deletedAt: instant(0),
      absentSince: instant(0),
      lastModificationTimestamp: null,
      lastSeenAt: null,
      missingSince: null,
      lastFields: {},
    }
    expect(await decodeValue(codec.deleted(MEMBERS, deletion, PASS), writers, NEVER)).toMatchObject({
      name: 'MemberDeleted',
      value: { memberKey: MEMBER_KEY, evidence: 'LIST_QUERY' },
    })
    expect([...fixture.server.versions.keys()].sort()).toEqual([
      'spark.members-listingstream.MemberDeleted',
      'spark.members-listingstream.MemberUpserted',
    ])
    expect(() => codec.deleted(LISTINGS, deletion, PASS)).toThrow(InvariantViolation)
  })
})

describe('a symbol that a refused version of the schema has', () => {
  /** A program whose schemas have these symbols beside REPUBLISHED and OUT_OF_SCOPE, at a registry that knows those before. */
  function later(name: string): string {
    return readSchemaFile(name)
      .replace('"REPUBLISHED"]', '"REPUBLISHED", "SPLIT"]')
      .replace('"OUT_OF_SCOPE"]', '"OUT_OF_SCOPE", "MERGED"]')
  }

  function laterSchemas({ registry }: Fixture): EventSchemas {
    const options = { registry, topic: 'spark.listings', resource: LISTINGS, volatileFields: VOLATILE }
    return new EventSchemas({ ...options, readSchema: later })
  }

  function refuseNewVersions({ server }: Fixture): void {
    server.interrupt = (call, response) => {
      if (!call.endsWith('/versions')) return false
      response.writeHead(409).end('{"error_code":409,"message":"incompatible"}')
      return true
    }
  }

  async function published(fixture: Fixture, schemas: EventSchemas): Promise<readonly unknown[]> {
    const codec = await listingCodec(schemas)
    await schemas.use(FIELDS, NEVER)
    const encoded = listingEncoder(schemas).encode(LISTINGS, listing({ City: 'Dunmere' }))
    if (encoded.kind !== 'encoded') throw new Error(encoded.reason)
    // Of a later program.
    const reason = 'SPLIT' as Upsert['reason']
    const values = [
      Buffer.concat(codec.upserted(LISTINGS, { ...upsert(fixture), reason, content: encoded.content }, PASS)),
      codec.deleted(LISTINGS, { ...DELETION, reason: 'MERGED' as Deletion['reason'] }, PASS),
    ]
    return Promise.all(values.map(async (value) => (await decodeValue(value, fixture.writers, NEVER)).value))
  }

  test('is in the events once the registry takes that version', async () => {
    await using fixture = await Fixture.open()
    await open(fixture)
    const schemas = laterSchemas(fixture)
    expect(await published(fixture, schemas)).toMatchObject([
      { change: 'SPLIT', listing: { standardFields: { City: 'Dunmere' } } },
      { reason: 'MERGED', evidence: 'LIST_QUERY' },
    ])
    expect(schemas.refusal).toBeNull()
  })

  test('is UNKNOWN until then: no event has a symbol that its schema lacks, and none stays away (R12)', async () => {
    await using fixture = await Fixture.open()
    await open(fixture)
    refuseNewVersions(fixture)
    const schemas = laterSchemas(fixture)
    expect(await published(fixture, schemas)).toMatchObject([
      { change: 'UNKNOWN', listing: { standardFields: { City: 'Dunmere' } } },
      { reason: 'UNKNOWN', evidence: 'LIST_QUERY' },
    ])
    expect(schemas.refusal).toMatchObject({ code: 'REGISTRY_REFUSED' })

    fixture.server.interrupt = () => false
    expect(await published(fixture, schemas)).toMatchObject([{ change: 'SPLIT' }, { reason: 'MERGED' }])
    expect(schemas.refusal).toBeNull()
  })
})

describe('what cannot be read', () => {
  test('an unknown schema id, a cut value and one with bytes too many (EVENT_UNREADABLE)', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const bytes = Buffer.concat(codec.upserted(LISTINGS, upsert(fixture), PASS))
    const broken = [
      frame(9999 as SchemaId, bytes.subarray(5)),
      bytes.subarray(0, bytes.length - 1),
      Buffer.concat([bytes, Uint8Array.of(0)]),
    ]
    for (const each of broken) {
      await expect(decodeValue(each, fixture.writers, NEVER)).rejects.toMatchObject({
        code: 'EVENT_UNREADABLE',
        retryable: false,
      })
    }
  })
})
