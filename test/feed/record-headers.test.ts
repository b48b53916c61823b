import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Change, Deletion, Upsert } from '../../src/domain/change.ts'
import { NO_DIGEST, parseDigest, parseSchemaId, type Digest } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import { passId } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { headersIn, parseHeaders, type HeaderContext } from '../../src/feed/record-headers.ts'

const context = { prefix: 'spark', resource: LISTINGS, passId: passId('pass-1'), seq: 7 }
const digests = fc
  .string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 32, maxLength: 32 })
  .map((text) => parseDigest(text)!)
const instants = fc.integer({ min: 0, max: 4_000_000_000_000 }).map(instant)
const nullableInstants = fc.option(instants, { nil: null })
const stamps = fc.record({ photos: nullableInstants, videos: nullableInstants, documents: nullableInstants })
const common = {
  key: fc.constant(recordKey('20240117093015123456000000')),
  mlsId: fc.option(fc.string({ minLength: 1, unit: 'binary' }), { nil: null }),
  changeStamps: stamps,
  previousDigest: fc.option(digests, { nil: null }),
}
const upserts: fc.Arbitrary<Upsert> = fc.record({
  ...common,
  kind: fc.constant('upsert' as const),
  reason: fc.constantFrom('SNAPSHOT', 'CREATED', 'UPDATED', 'RESTORED'),
  modificationTimestamp: nullableInstants,
  observedAt: instants,
  content: fc.tuple(digests, fc.nat(2_000)).map(([digest, masked]) => ({
    schemaId: parseSchemaId(1)!,
    digest,
    bytes: new Uint8Array(),
    volatileFields: {},
    masked,
  })),
})
const deletions: fc.Arbitrary<Deletion> = fc.record({
  ...common,
  kind: fc.constant('deletion' as const),
  reason: fc.constantFrom('NOT_IN_SOURCE', 'OPERATOR', 'OUT_OF_SCOPE'),
  evidence: fc.constantFrom('LIST_QUERY', 'HTTP_404'),
  deletedAt: instants,
  absentSince: instants,
  lastModificationTimestamp: nullableInstants,
  lastSeenAt: nullableInstants,
  missingSince: nullableInstants,
  lastFields: fc.constant({}),
})

function headersOf(
  change: Change,
  role: 'event' | 'tombstone',
  of: HeaderContext = context,
): ReadonlyMap<string, string> {
  return new Map(headersIn(of)(change, role).map(({ name, value }) => [name, value]))
}

function read(change: Change, role: 'event' | 'tombstone') {
  return parseHeaders(headersOf(change, role), LISTINGS)
}

describe('record headers', () => {
  test('give back everything that the index holds of an upsert (R2)', () => {
    fc.assert(
      fc.property(upserts, (upsert) => {
        expect(read(upsert, 'event')).toEqual({
          digest: upsert.content.digest,
          modificationTimestamp: upsert.modificationTimestamp,
          observedAt: upsert.observedAt,
          changeStamps: upsert.changeStamps,
          mlsId: upsert.mlsId,
          masked: upsert.content.masked,
          deleted: false,
        })
      }),
    )
  })
  test('give back that a key is deleted, from the event and from the tombstone alike (R2, R13)', () => {
    fc.assert(
      fc.property(deletions, fc.constantFrom('event', 'tombstone'), (deletion, role) => {
        expect(read(deletion, role)).toEqual({
          digest: NO_DIGEST,
          modificationTimestamp: deletion.lastModificationTimestamp,
          observedAt: deletion.absentSince,
          changeStamps: deletion.changeStamps,
          mlsId: deletion.mlsId,
          masked: 0,
          deleted: true,
        })
      }),
    )
  })
  test('mark the event of a delete with `deleted`, and neither its tombstone nor an upsert', () => {
    fc.assert(
      fc.property(upserts, deletions, (upsert, deletion) => {
        expect(headersOf(deletion, 'event').get('deleted')).toBe('true')
        expect(headersOf(deletion, 'tombstone').has('deleted')).toBe(false)
        expect(headersOf(upsert, 'event').has('deleted')).toBe(false)
      }),
    )
  })
  test('carry an event id that is the same for the same change, and another for any other', () => {
    fc.assert(
      fc.property(upserts, digests, (upsert, digest) => {
        fc.pre(digest !== upsert.content.digest)
        const other = { ...upsert, content: { ...upsert.content, digest } }
        const id = (change: Change) => headersOf(change, 'event').get('ce_id')
        expect(id({ ...upsert })).toBe(id(upsert))
        expect(id(other)).not.toBe(id(upsert))
        expect(headersOf(upsert, 'event', { ...context, passId: passId('pass-2') }).get('ce_id')).not.toBe(
          id(upsert),
        )
      }),
    )
  })
  test('carry another id for content that comes back within one pass: a subscriber who de-duplicates must see it (R6)', () => {
    fc.assert(
      fc.property(upserts, digests, (first, between) => {
        fc.pre(between !== first.content.digest)
        // A→B, B→A, A→B, as a pass publishes them that is resumed between its pages.
        const change = (from: Digest, to: Digest): Change => ({
          ...first,
          previousDigest: from,
          content: { ...first.content, digest: to },
        })
        const [a, b] = [first.content.digest, between]
        const ids = [change(a, b), change(b, a), change(a, b)].map((step, i) =>
          headersOf(step, 'event', { ...context, seq: 7 + i }).get('ce_id'),
        )
        expect(new Set(ids).size).toBe(3)
      }),
    )
  })
  test('carry different ids for a delete and its tombstone', () => {
    fc.assert(
      fc.property(deletions, (deletion) => {
        const event = headersOf(deletion, 'event')
        const tombstone = headersOf(deletion, 'tombstone')
        expect(event.get('ce_id')).not.toBe(tombstone.get('ce_id'))
      }),
    )
  })
  test.each(['digest', 'observed-at', 'modification-timestamp', 'change-stamps', 'mls-id'])(
    'are not taken for ours without %s',
    (name) => {
      fc.assert(
        fc.property(upserts, (upsert) => {
          const headers = new Map(headersOf(upsert, 'event'))
          headers.delete(name)
          expect(parseHeaders(headers, LISTINGS)).toBeUndefined()
        }),
        { numRuns: 10 },
      )
    },
  )
})
