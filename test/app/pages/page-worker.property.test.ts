import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { PageEncoding, PageQuestion } from '../../../src/app/pages/page-messages.ts'
import { recordsOf } from '../../../src/app/pages/page-rows.ts'
import { PageWorker } from '../../../src/app/pages/page-worker.ts'
import type { EncodeResult } from '../../../src/domain/content.ts'
import type { ResourceDescription } from '../../../src/domain/resource.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { DEFAULT_LIMIT, type AvroContentEncoder } from '../../../src/events/content/content-encoder.ts'
import type { EventRecipe } from '../../../src/events/schema/event-schemas.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { readPage } from '../../../src/spark/page-body.ts'
import type { ReadRecords } from '../../../src/spark/records.ts'
import { MemberFixture, MEMBERS } from '../../events/members.ts'
import { Fixture } from '../../events/sample.ts'
import { JSON_TEXTS, pages } from '../../spark/pages.ts'

let listings: Fixture
let members: MemberFixture
beforeAll(async () => {
  listings = await Fixture.open()
  members = await MemberFixture.open()
})
afterAll(async () => {
  await listings[Symbol.asyncDispose]()
  await members[Symbol.asyncDispose]()
})

/** Names of the fields that the schemas know, of what steers the passes, and of what nobody knows. */
const FIELD_NAMES = [
  'ListingKey',
  'MlsId',
  'City',
  'BedsTotal',
  'ListPrice',
  'GarageYN',
  'CloseDate',
  'Cooling',
  'ModificationTimestamp',
  'PhotosChangeTimestamp',
  'DaysOnMarket',
  'CumulativeDaysOnMarket',
  'Unheard',
  '__proto__',
]
const MEMBER_NAMES = ['Name', 'Emails', 'LastLogin', 'ModificationTimestamp', 'MlsId', 'Unheard', 'toString']

const VALUES = fc.oneof(
  JSON_TEXTS,
  fc.constantFrom(
    '"********"',
    '"2024-05-02T14:03:09Z"',
    '"2024-05-02"',
    '"12.50"',
    '{"Central Air":true,"Äther":true}',
    '[{"Address":"ann@example.com","Foo":1}]',
    '[{"Main":[{"Group":[{"Field":1}]}]}]',
    // Deeper than what is published.
    `${'['.repeat(101)}${']'.repeat(101)}`,
  ),
)

function objects(names: readonly string[]): fc.Arbitrary<string> {
  const member = fc.tuple(fc.constantFrom(...names), VALUES)
  const members = fc.oneof(
    { weight: 9, arbitrary: fc.uniqueArray(member, { maxLength: 6, selector: ([name]) => name }) },
    fc.array(member, { maxLength: 6 }),
  )
  return members.map((all) => `{${all.map(([name, value]) => `"${name}":${value}`).join(',')}}`)
}

const KEYS = fc.nat(20).map((n) => `"2024${n}"`)

const ROWS = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(KEYS, objects(FIELD_NAMES)).map(([id, f]) => `{"Id":${id},"StandardFields":${f}}`),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(KEYS, objects(MEMBER_NAMES)).map(([id, f]) => `{"Id":${id},${f.slice(1)}`),
  },
  { weight: 2, arbitrary: objects(['Id', 'StandardFields', 'CustomFields', 'ResourceUri', 'Media']) },
  JSON_TEXTS,
)

interface Side {
  readonly resource: ResourceDescription
  readonly encoder: AvroContentEncoder
  readonly recipe: EventRecipe | undefined
}

/** What the passes see of a page: whatever reads it, this is all that counts. */
function seen(
  { records, unreadable }: ReadRecords,
  encode: (record: SourceRecord) => EncodeResult | undefined,
) {
  return {
    records: records.map((record) => {
      const { key, modificationTimestamp, mlsId, changeStamps, body } = record
      return { key, modificationTimestamp, mlsId, changeStamps, body, result: asData(encode(record)) }
    }),
    unreadable: unreadable.map(({ reason, body }) => ({ reason, body })),
  }
}

function asData(result: EncodeResult | undefined): unknown {
  if (result?.kind !== 'encoded') return result
  const { bytes, volatileFields, unmapped = [], ...rest } = result.content
  return {
    ...rest,
    unmapped,
    volatile: Object.entries(volatileFields),
    bytes: Buffer.from(bytes).toString('hex'),
  }
}

function here(bytes: Buffer, { resource, encoder }: Side) {
  const page = readPage(bytes, resource)
  if (page.kind === 'not_json') return { ...page, bytes: page.bytes !== undefined }
  if (page.kind !== 'envelope' || page.rows === undefined) return page
  return { ...page, rows: seen(page.rows, (record) => encoder.encode(resource, record)) }
}

/** The same by the thread's work, its answer cloned as on its way. @param ways counts what became of the rows */
function there(
  worker: PageWorker,
  bytes: Buffer,
  zipped: boolean,
  { resource, recipe }: Side,
  ways: Map<string, number>,
) {
  const limit = 1_000_000
  const sent = zipped ? gzipSync(bytes) : bytes
  const encoding: PageEncoding | undefined = recipe && { recipe, limit: DEFAULT_LIMIT }
  const body = new Uint8Array(sent).buffer
  const question: Omit<PageQuestion, 'id'> = { body, length: sent.length, zipped, limit, resource, encoding }
  const page = structuredClone(worker.read(question))
  if (page.kind === 'not_json') {
    return { kind: page.kind, characters: page.characters, bytes: page.whole }
  }
  if (page.kind !== 'envelope' || page.rows === undefined) return page
  const { envelope, rows } = page
  const count = (way: string, n: number): unknown => ways.set(way, (ways.get(way) ?? 0) + n)
  count('transcoded', rows.tally.transcoded)
  for (const [reason, n] of rows.tally.declined) count(reason, n)
  return {
    kind: 'envelope',
    envelope,
    rows: seen(recordsOf(rows, { bytes: sent, zipped, limit }, resource), (record) => record.made?.result),
  }
}

describe('a page that the thread reads', () => {
  test('has the envelope, records, rows and contents of one that is read and encoded here, whatever its bytes (R5, R8, R12)', () => {
    const sides: readonly Side[] = [
      { resource: LISTINGS, encoder: listings.encoder, recipe: listings.schemas.recipe },
      { resource: MEMBERS, encoder: members.encoder, recipe: members.schemas.recipe },
    ]
    const worker = new PageWorker()
    const ways = new Map<string, number>()
    fc.assert(
      fc.property(pages(ROWS), fc.constantFrom(...sides), fc.boolean(), (bytes, side, zipped) => {
        expect(there(worker, bytes, zipped, side, ways)).toEqual(here(bytes, side))
      }),
      { numRuns: Number(process.env['PAGES'] ?? 1_500) },
    )
    // All ways were gone.
    expect(ways.get('transcoded')).toBeGreaterThan(500)
    expect(ways.get('page')).toBeGreaterThan(20)
    expect(ways.get('unencodable')).toBeGreaterThan(0)
    expect(ways.get('unreadable')).toBeGreaterThan(20)
  })
})
