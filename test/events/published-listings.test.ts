/** What feeds hold already: their schemas' ids follow the texts, and a digest that moves publishes every listing again (R5). */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { JsonBigInteger, type JsonObject } from '../../src/domain/json.ts'
import { passId } from '../../src/domain/pass.ts'
import type { EventCodec } from '../../src/events/event-codec.ts'
import { StateCodec } from '../../src/feed/state-codec.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { described, Fixture, KEY, listing, listingCodec, NEVER } from './sample.ts'

let fixture: Fixture
let codec: EventCodec
beforeAll(async () => {
  fixture = await Fixture.open()
  codec = await listingCodec(fixture.schemas)
})
afterAll(() => fixture[Symbol.asyncDispose]())

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

test('the registered schemas are those of the feeds that there are, byte by byte (R5)', async () => {
  await using own = await Fixture.open()
  const { registry, schemas, server } = own
  await listingCodec(schemas)
  await StateCodec.open(
    registry,
    { checkpoints: 'spark.checkpoints', control: 'spark.control', holds: 'spark.holds' },
    NEVER,
  )
  await schemas.use([described('BedsTotal', 'Decimal'), described('Acres', 'Decimal')], NEVER)
  const registered = [...server.versions].flatMap(([subject, texts]) =>
    texts.map((text, version) => [`${subject} ${version + 1}`, sha256(text)] as const),
  )
  expect(Object.fromEntries(registered)).toEqual({
    'spark.checkpoints-listingstream.Checkpoint 1':
      'eb6fb7a18a179d55f4fc5c2ab7c13f89b3760ffe4705aa8f6660306a4927c41c',
    'spark.checkpoints-listingstream.Owner 1':
      '6d1efaa381ee1debab69519063a8fe1b5268d049cab4eb88605060c26eb91447',
    'spark.checkpoints-listingstream.Pauses 1':
      '61065da999495d5b5055d857bd95403dff34830301f0254abd25250c824237bc',
    'spark.checkpoints-listingstream.RowTopics 1':
      '8644b2592e80d62bccb34f95a3622c80a4e54c4901f633af4a0b690f06fb7157',
    'spark.checkpoints-listingstream.Truncation 1':
      '7f1564e14cb135674b4759d5f3267f9df5700af970bf71e9bb8c978b54d98d23',
    'spark.checkpoints-listingstream.Watermark 1':
      '8c5f4e14198a4e955bf714796c96fef4499f746df3f7682f4115e07d72038210',
    'spark.control-listingstream.FeedNotification 1':
      '2047af524b3653a04eba071025e3cb96849b2ca2d9503652036b2011f2d54ee4',
    'spark.control-listingstream.PassMarker 1':
      '5e294f397624f25c0ac8a2441341f06cd762d3c37a8ec62b2f34a6725458acf3',
    'spark.control-listingstream.SweepCertificate 1':
      'f2249f5fd751d3fb4c589fbec990471d8422a7ed360f2cb5b1f117d024d31439',
    'spark.holds-listingstream.HeldKeys 1':
      '0595ff39e2355a055a86f84a4261d335c161eece2baed812423192eceb56e2d1',
    'spark.listings-listingstream.ListingDeleted 1':
      '19552ad82b25f38089c1977cd779f930841cdc402adceb1765000f7470562455',
    'spark.listings-listingstream.ListingUpserted 1':
      '054d3ffae2266edcd033684a19359bf903f169793ab91d8541f1c985f919365d',
    'spark.listings-listingstream.ListingUpserted 2':
      '2e4fe232113c660c31f521374497f2f00415e16a2ab5873905dbb3ec607f2453',
  })
})

test('the digests of listings are those that feeds hold already (R5)', () => {
  const custom = [{ Main: [{ Kitchen: [{ Oven: 'Gas' }, { Sinks: 2 }, { Sinks: 1 }] }] }]
  const compliance = { View: 'Summary', IDXLogo: { Uri: 'u' } }
  const samples: Readonly<Record<string, readonly [JsonObject, JsonObject]>> = {
    typed: [TYPED, {}],
    custom: [TYPED, { CustomFields: custom }],
    masked: [{ ...TYPED, City: '********', DaysOnMarket: '********', Unheard: '********' }, {}],
    unmapped: [{ City: 7, BedsTotal: new JsonBigInteger('9007199254740993'), Unheard: { b: 1, a: [2] } }, {}],
    members: [{}, { DisplayCompliance: compliance, Id: '7', Further: [1], CustomFields: 'none' }],
    empty: [{}, {}],
  }
  const digests = Object.entries(samples).map(([name, [fields, others]]) => [
    name,
    fixture.encode(listing(fields, others)).digest,
  ])
  expect(Object.fromEntries(digests)).toEqual({
    typed: '53560cad25ac96af7d206cb397b9844f',
    custom: '4c5b612013d6348165065483ccc7c3e2',
    masked: '21a6b2ff1978abf10f70356539481202',
    unmapped: 'e2078ba793637efc727111abcfc6654d',
    members: '8a06957207477115e4fcb77d52b04c79',
    empty: 'b76875c50ef704dbbf7f02c982445971',
  })
})

test('so are the bytes of its events', () => {
  const content = fixture.encode(listing(TYPED, { Permissions: { Editable: true } }))
  const common = { key: KEY, mlsId: null, changeStamps: {}, previousDigest: null }
  const upserted = codec.upserted(
    LISTINGS,
    {
      ...common,
      kind: 'upsert',
      reason: 'UPDATED',
      modificationTimestamp: instant(1_714_658_589_000),
      observedAt: instant(1_714_658_600_000),
      content,
    },
    passId('p-1'),
  )
  const deleted = codec.deleted(
    LISTINGS,
    {
      ...common,
      kind: 'deletion',
      reason: 'NOT_IN_SOURCE',
      evidence: 'LIST_QUERY',
      deletedAt: instant(1_714_658_600_000),
      absentSince: instant(1_714_658_600_000),
      lastModificationTimestamp: instant(1_714_658_589_000),
      lastSeenAt: null,
      missingSince: null,
      lastFields: {},
    },
    passId('p-1'),
  )
  // After the schema's id, which is this registry's.
  expect([sha256(Buffer.concat(upserted).subarray(5)), sha256(deleted.subarray(5))]).toEqual([
    '9a107c21ce1b48b2629b92ca8d579cba4c6f8b885cf28d8cbee41cd304d1beed',
    'cdda91cb1229b76972b9a1190fd089d406c9ec0f68db8153a7d87b5f3ee45308',
  ])
})

const TYPED: JsonObject = {
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
