import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { canonicalJson } from '../../../src/events/content/canonical-json.ts'
import { digestOf } from '../../../src/events/content/digest.ts'
import type { Digest } from '../../../src/domain/content.ts'
import type { Instant } from '../../../src/domain/instant.ts'
import type { JsonObject, JsonValue } from '../../../src/domain/json.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { classify } from '../../../src/replication/classify.ts'
import type { IndexEntry } from '../../../src/domain/index-entry.ts'
import { Fixture, KEY, listing } from '../sample.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await Fixture.open()
})
afterAll(() => fixture[Symbol.asyncDispose]())

const FIELDS: JsonObject = { City: 'Dunmere', ModificationTimestamp: '2024-05-02T14:03:09Z' }
const LOGO = { LogoUri: 'IDX', Type: 'Text' }
const compliance = (View: string): JsonObject => ({ DisplayCompliance: { View, IDXLogo: LOGO } })

/** By name, two things that the source may send for one unchanged listing. */
const WAYS: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['DisplayCompliance in a list and alone', compliance('Summary'), compliance('Detail')],
  ['DisplayCompliance for another role', compliance('Summary'), {}],
  ['Permissions of the user', { Permissions: { Editable: true } }, { Permissions: { Editable: false } }],
  ['an expansion for some roles only', { Permissions: { Editable: true } }, {}],
  ['LastCachedTimestamp', { LastCachedTimestamp: '2024-05-02T14:03:09Z' }, { LastCachedTimestamp: null }],
  ['ResourceUri', { ResourceUri: `/v1/my/listings/${KEY}?_expand=Photos` }, {}],
]

describe('what depends on the way of asking (R5)', () => {
  test.each(WAYS)('is no content: %s', (_what, one, other) => {
    expect(fixture.encode(listing(FIELDS, one)).digest).toBe(fixture.encode(listing(FIELDS, other)).digest)
  })

  test('travels in the event as it came, in volatileFields (R12)', () => {
    const record = listing(FIELDS, {
      ...compliance('Detail'),
      Permissions: { Editable: true },
      LastCachedTimestamp: '2024-05-02T14:03:09Z',
    })
    expect({ ...fixture.encode(record).volatileFields }).toEqual({
      '$.DisplayCompliance': '{"IDXLogo":{"LogoUri":"IDX","Type":"Text"},"View":"Detail"}',
      '$.LastCachedTimestamp': '2024-05-02T14:03:09Z',
      '$.Permissions': '{"Editable":true}',
    })
    expect(fixture.content(record).unmappedFields).toEqual({})
  })

  test('what the API calls by these names within StandardFields is content', () => {
    const digest = (value: JsonValue) =>
      fixture.encode(listing({ ...FIELDS, DisplayCompliance: value })).digest
    expect(digest('a')).not.toBe(digest('b'))
  })
})

/** The content as earlier versions had it: these members stood in `unmappedFields`. */
function contentOfBefore(record: SourceRecord, members: JsonObject): Digest {
  const plain = fixture.content(record)
  const unmapped = Object.entries(members).map(
    ([name, value]) => [`$.${name}`, canonicalJson(value)] as const,
  )
  const content = {
    ...plain,
    unmappedFields: Object.fromEntries(
      [...Object.entries(plain.unmappedFields), ...unmapped].sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  }
  return digestOf(fixture.schemas.current().content.toBuffer(content))
}

function classified(record: SourceRecord, digest: Digest) {
  const entry: IndexEntry = {
    state: 'live',
    digest,
    schemaId: fixture.schemas.current().id,
    modificationTimestamp: record.modificationTimestamp,
    observedAt: 0 as Instant,
    changeStamps: {},
    mlsId: null,
    partition: 0,
    offset: 1,
    request: 1,
  }
  const sighting = { resource: LISTINGS, record, request: 2, observedAt: 1 as Instant, entry }
  return classify(
    { ...sighting, initial: false, askedAgain: false, withholding: 'nothing' },
    fixture.encoder,
    0,
  ).outcome
}

describe('a feed whose listings were published with such members in their content', () => {
  test.each(['Summary', 'Detail'])('publishes nothing on upgrade, asked by list or alone: %s', (view) => {
    const record = listing(FIELDS, compliance(view))
    for (const published of ['Summary', 'Detail']) {
      expect(classified(record, contentOfBefore(record, compliance(published)))).toBe('unchanged')
    }
  })

  test('publishes nothing where the user had rights to expand', () => {
    const members = { ...compliance('Summary'), Permissions: { Editable: true } }
    const record = listing(FIELDS, members)
    expect(classified(record, contentOfBefore(record, members))).toBe('unchanged')
  })

  test('publishes what has changed', () => {
    const record = listing(FIELDS, compliance('Summary'))
    const digest = contentOfBefore(listing({ ...FIELDS, City: 'Hollin' }), compliance('Summary'))
    expect(classified(record, digest)).toBe('published')
  })
})
