import { expect, test } from 'vitest'

import { parsePassReport } from '../../../src/app/passes/pass-report.ts'
import { describePlannedPass, describePlannedRecord } from '../../../src/app/plan/describe-planned.ts'
import { plannedRecords } from '../../../src/app/plan/planned-records.ts'
import { instant } from '../../../src/domain/instant.ts'
import { passId } from '../../../src/domain/pass.ts'
import { recordKey } from '../../../src/domain/record-key.ts'
import { SUBRESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { deletionOf, upsertOf } from '../../fixtures/change.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'
import { transactionPart } from '../../fixtures/transaction.ts'

const HOLD = {
  resource: LISTINGS.name,
  pass: 'purge',
  passId: passId('p'),
  kind: 'deletes',
  generation: 1,
  startedAt: instant(0),
  sweepOffsets: [],
  heldAt: instant(0),
  rejectedAt: null,
  why: 'too many',
} as const

const PHOTOS = SUBRESOURCES.find(({ part }) => part === 'photos') ?? expect.unreachable()

test('everything that a transaction would bring has a line: events, tombstones of sets, dead letters and what is held', () => {
  const held = {
    key: recordKey('h'),
    proof: null,
    mlsId: null,
    lastModificationTimestamp: null,
    lastSeenAt: instant(0),
    position: null,
  }
  const records = plannedRecords({
    parts: [
      transactionPart({
        changes: [upsertOf('u'), deletionOf('d')],
        deadLetters: [
          { key: recordKey('l'), reason: 'too large', body: {} },
          { key: null, reason: 'no key', body: {} },
        ],
        settledLetters: [recordKey('s')],
      }),
      transactionPart({ resource: PHOTOS, changes: [upsertOf('u'), deletionOf('d')] }),
    ],
    progress: progressOf(),
    watermark: null,
    markers: [],
    holds: { written: [{ hold: HOLD, chunk: 0, whole: null, keys: [held] }], ended: [] },
  })
  expect(records.map(describePlannedRecord)).toEqual([
    'listings u  ListingUpserted UPDATED',
    'listings d  ListingDeleted NOT_IN_SOURCE',
    'listings l  dead letter: too large',
    'listings (no key)  dead letter: no key',
    'listings s  its dead letter would go',
    'listing-photos u  ListingPhotosReplaced UPDATED',
    'listing-photos d  Tombstone NOT_IN_SOURCE',
    'listings h  would be held, and not deleted',
  ])
})

test('a pass is told with the verdict of the guard (R10)', () => {
  const base = { passId: 'p', state: 'completed', startedAt: '2026-05-02T00:00:00.000Z', pages: 1 }
  const update = { ...base, resource: 'listings', pass: 'update', walked: 1_214, purge: null }
  const counts = { published: 2, unchanged: 1_211, stale: 0, dead_lettered: 1 }
  expect(describePlannedPass(parsePassReport({ ...update, counts }))).toEqual([
    'update of listings: 1,214 walked, 2 would be published, 1,211 unchanged, 1 would be dead letters',
  ])
  const deletes = { dryRun: false, gone: 3, missed: 0, emitted: 0, held: 3, refuted: 1, inconclusive: 0 }
  const purge = { ...deletes, heldBecause: '3 deletes are half of the feed' }
  expect(
    describePlannedPass(parsePassReport({ ...update, pass: 'purge', counts: {}, walked: 3, purge })),
  ).toEqual([
    'purge by versions of listings: 3 walked, 0 would be published; 0 would be deleted, 1 still there; the guard would hold 3 deletes: 3 deletes are half of the feed',
  ])
})
