import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/domain/json.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { readRecord, readRecords } from '../../src/spark/records.ts'

const KEY = '20260102030405000001000000'
const OTHER = '20260102030405000002000000'
const STAMP = Date.parse('2026-05-02T14:03:09Z')

function read(body: JsonObject) {
  return readRecord(LISTINGS, body)
}

describe('the key of a row', () => {
  test.each([
    [{ Id: KEY, StandardFields: { ListingKey: KEY } }],
    [{ StandardFields: { ListingKey: KEY } }],
    [{ Id: KEY, StandardFields: {} }],
    [{ Id: KEY, StandardFields: { ListingKey: null } }],
    [{ Id: KEY, StandardFields: { ListingKey: '********' } }],
    [{ Id: KEY }],
    [{ ListingKey: KEY }],
    [{ Id: KEY, ListingKey: KEY }],
  ])('is found in %j', (body) => {
    expect(read(body)).toMatchObject({ key: KEY, body })
  })

  test.each([
    [{}, 'neither'],
    [{ Id: null, StandardFields: { ListingKey: '********' } }, 'neither'],
    [{ Id: KEY, StandardFields: { ListingKey: OTHER } }, 'not the same'],
    [{ Id: 17, StandardFields: { ListingKey: KEY } }, 'not the same'],
    [{ Id: 20_260_102 }, 'Id is not a valid key'],
    [{ StandardFields: { ListingKey: "a' Or 'b" } }, 'ListingKey is not a valid key'],
  ])('is not guessed from %j; the row is kept whole (R12)', (body, reason) => {
    expect(read(body)).toEqual({ reason: expect.stringContaining(reason), body })
  })

  test('the fields are looked for where the description says, whatever other members are called', () => {
    const body = {
      Id: KEY,
      ModificationTimestamp: '2026-05-02T14:03:09Z',
      StandardFields: { ModificationTimestamp: '1999-01-01T00:00:00Z' },
    }
    expect(readRecord(ACCOUNTS, body)).toMatchObject({ key: KEY, modificationTimestamp: STAMP })
    expect(readRecord(LISTINGS, body)).toMatchObject({
      key: KEY,
      modificationTimestamp: Date.parse('1999-01-01T00:00:00Z'),
    })
  })

  test('a row that is no object is kept (R12)', () => {
    expect(readRecords(LISTINGS, [null, 'x', [1]])).toEqual({
      records: [],
      unreadable: [null, 'x', [1]].map((body) => ({ reason: 'the row is not an object', body })),
    })
  })
})

describe('what the passes need of a row', () => {
  test('timestamp, stamps and MLS', () => {
    const StandardFields = {
      ListingKey: KEY,
      ModificationTimestamp: '2026-05-02T14:03:09Z',
      MlsId: '20000426143505724628000000',
      PhotosChangeTimestamp: '2026-05-02T14:03:09Z',
      VideosChangeTimestamp: null,
      DocumentsChangeTimestamp: '********',
    }
    expect(read({ Id: KEY, StandardFields })).toMatchObject({
      modificationTimestamp: STAMP,
      mlsId: '20000426143505724628000000',
      changeStamps: { photos: STAMP, videos: null, documents: null },
    })
  })

  test.each([null, '********', '', 'yesterday', '2026-02-30T00:00:00Z', 1_777_000_000, true])(
    'a timestamp of %j is none, and the record is still read (R12)',
    (ModificationTimestamp) => {
      const body = { Id: KEY, StandardFields: { ListingKey: KEY, ModificationTimestamp } }
      expect(read(body)).toMatchObject({ key: KEY, modificationTimestamp: null })
    },
  )

  test.each([null, '********', '', 5])('an MlsId of %j is none', (MlsId) => {
    expect(read({ Id: KEY, StandardFields: { MlsId } })).toMatchObject({ mlsId: null })
  })

  test('a resource without StandardFields has its fields at the top', () => {
    const body = { Id: KEY, ModificationTimestamp: '2026-05-02T14:03:09Z', MlsId: 'M' }
    expect(read(body)).toMatchObject({ modificationTimestamp: STAMP, mlsId: 'M' })
  })
})
