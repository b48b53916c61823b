import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { parseResourceName, type ResourceDescription } from '../../src/domain/resource.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { readKeyPage } from '../../src/spark/key-rows.ts'
import { readPage, type PageBody } from '../../src/spark/page-body.ts'
import { JSON_TEXTS, pages } from './pages.ts'

const NAME = parseResourceName('members')!
/** Keyed at the top. */
const MEMBERS: ResourceDescription = {
  ...LISTINGS,
  name: NAME,
  keyField: 'Id',
  fields: { ...LISTINGS.fields, at: 'top' },
}
/** With a stamp that is one of its change stamps, too. */
const TWICE: ResourceDescription = {
  ...MEMBERS,
  changeStamps: [{ name: 'all', field: 'ModificationTimestamp' }],
}

/** In the vendor's form mostly, and all of one length; what is no key, and no time, among them. */
const KEYS = fc.oneof(
  { weight: 30, arbitrary: fc.nat(5).map((n) => `2023010100000000000000000${n}`) },
  fc.constantFrom(
    '2023',
    'n0230101000000000000000001',
    '',
    'a b',
    '\\u0032023010100000000000000001',
    '202301010000000000000\u00e9000',
  ),
)
const STAMPS = fc.oneof(
  { weight: 20, arbitrary: fc.nat(3).map((n) => `"2023-01-0${n}T09:31:32Z"`) },
  fc.constantFrom(
    'null',
    '"********"',
    '"2023-01-02T09:31:32+01:00"',
    '"2023-02-31T09:31:32Z"',
    '"\\u0032023-01-02T09:31Z"',
  ),
)
/** What stands beside key and stamp is that of the row before as a rule. */
const SHAPES = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constant<Shape>(
      (id, key, stamp) =>
        `{"Id":"${id}","ResourceUri":"/v1/listings/${id}","StandardFields":{"ModificationTimestamp":${stamp},"ListingKey":"${key}"}}`,
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constant<Shape>(
      (id, key, stamp) =>
        `{ "StandardFields" : { "ListingKey" : "${key}", "ModificationTimestamp" : ${stamp} , "MlsId":"m1" } , "ResourceUri" : "\\/v1\\/listings\\/${id}", "Id" : "${id}" }`,
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constant<Shape>(
      (id, _, stamp) => `{"Id":"${id}","ModificationTimestamp":${stamp},"MlsId":"m1"}`,
    ),
  },
  fc.constantFrom<Shape>(
    (id, key, stamp) =>
      `{"Id":"${id}","StandardFields":{"ListingKey":"${key}","PhotosChangeTimestamp":${stamp},"ModificationTimestamp":${stamp}}}`,
    (id, key) => `{"Id":null,"StandardFields":{"Id":"${id}","ListingKey":"${key}"}}`,
    (id, key, stamp) => `{"Id":"${id}","Id":"${key}","StandardFields":{"ModificationTimestamp":${stamp}}}`,
    (id, key, stamp) =>
      `{"Id":"${id}","ResourceUri":"\\${key}","StandardFields":{"ModificationTimestamp":${stamp}}}`,
    (id, key) => `{"Id":"${id}","StandardFields":{"L\\u0069stingKey":"${key}"}}`,
    (id, key) => `{"Id":"${id}","N":${key},"StandardFields":{}}`,
    (id, key) => `{"Id":"${id}","${key}":1,"StandardFields":{}}`,
  ),
)
type Shape = (id: string, key: string, stamp: string) => string

/** A few rows of one shape, so that one is like the one before it. */
const ROWS = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(SHAPES, fc.array(fc.tuple(KEYS, KEYS, STAMPS, fc.nat(9)), { minLength: 1, maxLength: 5 }))
      .map(([shape, rows]) =>
        rows.map(([key, other, stamp, odd]) => shape(key, odd === 0 ? other : key, stamp)).join(','),
      ),
  },
  JSON_TEXTS,
)

describe('a page of keys', () => {
  test.each([
    ['listings', LISTINGS, 400],
    ['what is keyed at the top', MEMBERS, 400],
    ['what has two names for its stamp', TWICE, 0],
  ] as const)(
    'of %s is read as any other page, whatever its bytes (R7, R8, R12)',
    (_, resource, likeBefore) => {
      let alike = 0
      fc.assert(
        fc.property(pages(ROWS), (bytes) => {
          const page = readKeyPage(bytes, resource)
          expect(plain(page)).toEqual(plain(readPage(bytes, resource)))
          const records = page.kind === 'envelope' ? (page.rows?.records ?? []) : []
          alike += records.filter((record) => !Object.hasOwn(record, 'body')).length
        }),
        { numRuns: 3_000 },
      )
      expect(alike).toBeGreaterThanOrEqual(likeBefore)
    },
    60_000,
  )
})

describe('a row is not like the one before it', () => {
  test.each([
    [
      'the key is the second half of an escape',
      '{"Id":"nA","ResourceUri":"\\nA"}',
      '{"Id":"mA","ResourceUri":"\\mA"}',
    ],
    ['a name with an escape has the key', '{"Id":"A","\\u0049d":"A"}', '{"Id":"B","\\u0049d":"A"}'],
    [
      'its two keys differ',
      '{"Id":"A","StandardFields":{"ListingKey":"A"}}',
      '{"Id":"A","StandardFields":{"ListingKey":"B"}}',
    ],
    ['its key is none', '{"Id":"A"}', '{"Id":"!"}'],
  ])('where %s', (_, before, row) => {
    const bytes = Buffer.from(`{"D":{"Success":true,"Results":[${before},${row}]}}`)
    expect(plain(readKeyPage(bytes, LISTINGS))).toEqual(plain(readPage(bytes, LISTINGS)))
  })
})

/** With the JSON of rows that is read only if somebody asks. */
function plain(page: PageBody): unknown {
  if (page.kind !== 'envelope' || page.rows === undefined) return page
  const records = page.rows.records.map(({ key, modificationTimestamp, mlsId, changeStamps, body }) => {
    return { key, modificationTimestamp, mlsId, changeStamps, body }
  })
  return { ...page, rows: { ...page.rows, records } }
}
