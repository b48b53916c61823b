import { expect, test } from 'vitest'

import { describeKey } from '../../../src/app/explain/describe-key.ts'
import type { KeyReport } from '../../../src/app/explain/explain-key.ts'
import type { KeyEvent } from '../../../src/app/explain/key-event.ts'

const AT = '2026-05-02T14:00:00.000Z'
const EVENT: KeyEvent = {
  partition: 1,
  offset: 41,
  at: AT,
  type: 'ListingUpserted',
  why: 'UPDATED',
  passId: 'p-1',
  observedAt: AT,
  modificationTimestamp: AT,
  digest: 'd',
  schemaId: 7,
  deletion: null,
}
const REPORT: KeyReport = {
  resource: 'listings',
  key: 'k1',
  isKnown: true,
  index: { from: null, why: 'there is no index in DATA_DIR', known: null },
  history: { topic: 'spark.listings', partition: 1, events: [EVENT], lookedFrom: 0, isCut: false },
  changed: null,
  related: [{ resource: 'listing-photos', last: null }],
  deadLetters: [],
  writers: [
    {
      resource: 'listings',
      pass: 'update',
      passId: 'p-1',
      markers: [{ event: 'watermark_set', at: AT, detail: 'By hand.' }],
    },
  ],
  passes: [{ pass: 'update', passId: 'p-1', state: 'running', startedAt: AT, completedAt: null }],
  watermark: AT,
  source: null,
}

test('a line for whatever is known, and for what is not why', () => {
  expect(describeKey(REPORT)).toEqual([
    'k1 of listings, partition 1 of spark.listings',
    'index: not known (there is no index in DATA_DIR)',
    'events, newest first:',
    '  OFFSET  WRITTEN                   TYPE             WHY      STAMP                     PASS',
    '      41  2026-05-02T14:00:00.000Z  ListingUpserted  UPDATED  2026-05-02T14:00:00.000Z  p-1',
    'listing-photos: no event',
    'pass p-1: update of listings, watermark set 2026-05-02T14:00:00.000Z (By hand.)',
    'last update: running, begun 2026-05-02T14:00:00.000Z',
    'watermark: 2026-05-02T14:00:00.000Z',
  ])
})

test('what changed is cut where it is long, and nothing is said to have changed where nothing has', () => {
  const changed = { from: { ...EVENT, offset: 7 }, to: EVENT, fields: [] }
  expect(describeKey({ ...REPORT, changed })).toContain('changed between offsets 7 and 41: nothing (UPDATED)')
  const fields = [{ path: 'standardFields.City', before: null, after: 'x'.repeat(200) }]
  expect(describeKey({ ...REPORT, changed: { ...changed, fields } })).toContain(
    `  standardFields.City: null → ${'x'.repeat(80)}…`,
  )
})

test('of a delete all that its event says, and not of one that was undone', () => {
  const deletion = { reason: 'NOT_IN_SOURCE', evidence: 'HTTP_404', lastModificationTimestamp: null }
  const deleted = { ...EVENT, type: 'ListingDeleted', why: 'NOT_IN_SOURCE', deletion }
  const tombstone = { ...EVENT, type: 'Tombstone', why: null }
  const history = { ...REPORT.history, events: [tombstone, deleted, EVENT] }
  const lines = describeKey({ ...REPORT, history })
  const at = lines.indexOf('deleted:')
  expect(lines.slice(at, at + 3)).toEqual(['deleted:', '  reason: NOT_IN_SOURCE', '  evidence: HTTP_404'])
  const restored = { ...REPORT.history, events: [EVENT, tombstone, deleted] }
  expect(describeKey({ ...REPORT, history: restored })).not.toContain('deleted:')
})

test('of a record that sweeps do not show it says since when, and how many did not; of one with masked fields, how many (R9, R10)', () => {
  const entry = {
    state: 'live',
    digest: 'd',
    publishedDigest: null,
    schemaId: 7,
    masked: 3,
    modificationTimestamp: AT,
    observedAt: AT,
    changeStamps: {},
    mlsId: null,
    partition: 1,
    offset: 41,
    request: 3,
    missing: { since: AT, sweeps: 2 },
  } as const
  const told = (missing: { since: string; sweeps: number } | null) =>
    describeKey({
      ...REPORT,
      index: { from: 'daemon', why: null, known: { entry: { ...entry, missing }, related: [] } },
    })[1]
  expect(told(entry.missing)).toBe(
    `index (by the daemon): live, last record at offset 41, last seen so ${AT}, stamp ${AT}, request 3, masked fields: 3, not shown since ${AT}, by complete sweeps: 2`,
  )
  expect(told(null)).toMatch(/masked fields: 3$/)
})

test('a key that nobody knows is said to be one, and what might know it', () => {
  const history = { ...REPORT.history, events: [], isCut: true, lookedFrom: 1_000 }
  const [head, ...rest] = describeKey({ ...REPORT, isKnown: false, history })
  expect(head).toContain('Nobody knows k1 of listings')
  expect(head).toContain('--ask')
  expect(rest).toContain('  looked back to offset 1,000: there may be older ones')
})
