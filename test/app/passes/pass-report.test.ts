import { expect, test } from 'vitest'

import {
  describeReport,
  exitCodeOf,
  parsePassReport,
  reportOf,
  type PassReport,
} from '../../../src/app/passes/pass-report.ts'
import type { UnreadSets } from '../../../src/replication/sets/sets-pass.ts'
import { LISTING_SETS } from '../../../src/resources/listing-sets.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'

const [PHOTOS] = LISTING_SETS
const NONE: UnreadSets = { failed: 0, refused: 0, missing: 0 }
const PLAIN = {
  purge: undefined,
  letters: undefined,
  unread: undefined,
  republished: undefined,
  heldRecords: undefined,
}

/** A pass of listings, and the one of their photos after it. */
function withPhotos(unread: UnreadSets): PassReport {
  const update = progressOf({ state: 'completed', walked: 0 })
  const listings = reportOf({ ...PLAIN, progress: update }, false)
  const photos = { ...update, resource: PHOTOS.name }
  return { ...listings, sets: [reportOf({ ...PLAIN, progress: photos, unread }, false)] }
}

test.each([
  [{ failed: 1 }, ', 1 could not be read, asked again by the next pass', 1],
  [{ refused: 3 }, ', 3 refused to the key, asked again by the next pass', 0],
  [{ missing: 2 }, ', 2 not shown by the API, asked again by the next pass', 0],
  [{ failed: 1, refused: 3 }, ', 1 could not be read, 3 refused to the key, asked again by the next pass', 1],
  [{}, '', 0],
])('sets that could not be read (%o) are told, and failed only if the API did', (some, told, code) => {
  const report = withPhotos({ ...NONE, ...some })
  expect(describeReport(report).at(-1)).toBe(`update of listing-photos completed: 0 walked${told}`)
  expect(exitCodeOf(report)).toBe(code)
  expect(parsePassReport(report).sets[0]?.unread).toEqual({ ...NONE, ...some })
})

test('a pass that was resumed says so', () => {
  const resumed = progressOf({ pass: 'purge', state: 'completed', walked: 3, resumed: true })
  const report = reportOf({ ...PLAIN, progress: resumed }, false)
  expect(describeReport(parsePassReport(report))).toEqual(['purge of listings completed, resumed: 3 walked'])
})

test('a purge says what came of the records that it has read, and of keys that it believed nothing', () => {
  const counts = { published: 3, unchanged: 95, stale: 2, dead_lettered: 0 }
  const told = (compare: 'content' | 'versions') => {
    const progress = progressOf({ pass: 'purge', state: 'completed', walked: 100, compare, counts })
    const verdict = { kind: 'clear' } as const
    const purge = { progress, verdict, gone: 1, outOfScope: 0, missed: 3 }
    return describeReport(reportOf({ ...PLAIN, progress, purge }, false))[0]
  }
  expect(told('content')).toContain('100 walked, 3 published, 95 unchanged, 2 stale, 1 gone')
  expect(told('versions')).toContain('100 walked, 3 published, 2 stale, 1 gone')
})

test('a pass of sets alone that could not read one has failed, too', () => {
  const [photos] = withPhotos({ ...NONE, failed: 1 }).sets
  expect(exitCodeOf(parsePassReport(photos))).toBe(1)
})

test('of the answer of a daemon that does not count them, nothing is said', () => {
  const { unread: _, ...older } = withPhotos(NONE)
  expect(parsePassReport(older).unread).toBeNull()
})

test('a purge says what it compared unless that is versions, and by reason what updates had missed', () => {
  const progress = progressOf({
    pass: 'purge',
    state: 'completed',
    walked: 9,
    compare: 'content',
    missed: { newer_stamp: 2, same_stamp: 1_000 },
  })
  const purge = { progress, verdict: { kind: 'clear' }, gone: 0, outOfScope: 0, missed: 1_002 } as const
  const report = reportOf({ ...PLAIN, progress, purge }, false)
  expect(describeReport(report)).toEqual([
    'purge by content of listings completed: 9 walked, 0 gone, 0 deleted, 0 still there, 0 inconclusive, 1002 missed by updates and read (2 newer_stamp, 1,000 same_stamp)',
  ])
  expect(parsePassReport(report).purge).toMatchObject({ compare: 'content', missedBy: progress.missed })
  const plain = { ...progress, compare: null, missed: {} }
  const older = reportOf({ ...PLAIN, progress: plain, purge: { ...purge, missed: 0 } }, false)
  expect(older.purge?.compare).toBe('versions')
  expect(describeReport(older)[0]).toMatch(/^purge of listings .*, 0 missed by updates and read$/)
})

test('records that the guard holds are told with their number, their reason and the way to see them; exit code 3 (R10)', () => {
  const why = '300 of 2000 records that were read again gained masked fields'
  const progress = progressOf({ state: 'held', walked: 2_000 })
  const { resource, passId, startedAt } = progress
  const hold = {
    resource,
    passId,
    startedAt,
    why,
    pass: 'update',
    kind: 'masking',
    generation: 1,
    sweepOffsets: [],
    heldAt: startedAt,
    rejectedAt: null,
  } as const
  const heldRecords = { standing: { hold, chunks: 1, keys: 300 }, why }
  const report = parsePassReport(reportOf({ ...PLAIN, progress, heldRecords }, false))
  expect(report.heldRecords).toEqual({ sweep: passId, kind: 'masking', records: 300, why })
  expect(describeReport(report)).toEqual([
    `update of listings held: 2000 walked, 300 records held, of which nothing is published: ${why}; "listingstream purge show ${passId}" says what, and how to go on`,
  ])
  expect(exitCodeOf(report)).toBe(3)
  expect(exitCodeOf({ ...report, heldRecords: null })).toBe(0)
})
