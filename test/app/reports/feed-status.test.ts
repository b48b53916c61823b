import { expect, test } from 'vitest'

import { FEED_STATUS, feedStatus, type FeedFacts } from '../../../src/app/reports/feed-status.ts'
import type { HoldKind, StandingHold } from '../../../src/domain/hold.ts'
import { instant } from '../../../src/domain/instant.ts'
import { NO_REREAD, passId, trackOf, type PassProgress } from '../../../src/domain/pass.ts'
import { LISTING_SETS } from '../../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'

function factsOf(passes: readonly PassProgress[]): FeedFacts {
  const known = FEED_STATUS.parse({ prefix: 'spark' })
  return {
    ...known,
    source: null,
    resources: [LISTINGS],
    state: {
      generation: 1,
      watermarks: new Map(),
      passes: new Map(passes.map((pass) => [trackOf(pass), pass])),
    },
    completedAt: new Map(),
    nextAt: () => null,
    outlook: () => null,
    heldBecause: new Map(),
    holds: [],
    owedSets: new Map(),
    refusedSets: [],
  }
}

test('an update tells of the slice that it walks and of the seconds that the source cannot show, in times that a person can read', () => {
  const after = instant(Date.UTC(2026, 4, 2, 9))
  const owedSeconds = [instant(Date.UTC(2026, 4, 1, 12, 0, 7))]
  const update = progressOf({ window: { after, until: null, walkedBefore: 3, knownBefore: 0 }, owedSeconds })
  const snapshot = progressOf({ pass: 'snapshot', state: 'completed' })
  const status = FEED_STATUS.parse(feedStatus(factsOf([update, snapshot])))
  expect(status.owedSeconds).toEqual({ listings: ['2026-05-01T12:00:07.000Z'] })
  expect(status.passes.map(({ pass, window }) => [pass, window])).toEqual([
    ['snapshot', null],
    ['update', { after: '2026-05-02T09:00:00.000Z', until: null }],
  ])
})

test('sets are told apart from the resources, whose records alone are counted as live', () => {
  const [photos, videos] = LISTING_SETS
  const facts = factsOf([
    progressOf({ resource: photos.name, pass: 'snapshot' }),
    progressOf({ pass: 'update' }),
  ])
  const status = FEED_STATUS.parse(
    feedStatus({
      ...facts,
      resources: [{ ...LISTINGS, subresources: [photos, videos] }],
      liveRecords: { count: 18, why: null, byResource: { listings: 10, 'listing-photos': 8 } },
      owedSets: new Map([['listing-photos', 2]]),
      refusedSets: [{ resource: videos.name, mlsId: '2000', code: 'SPARK_NOT_PERMITTED', message: 'No.' }],
    }),
  )
  expect(status.liveRecords).toEqual({ count: 10, why: null, byResource: { listings: 10 } })
  expect(status.sets).toMatchObject([
    { name: 'listing-photos', parent: 'listings', live: 8, owed: 2, refusedBy: [] },
    { name: 'listing-videos', live: null, owed: null, refusedBy: [{ mlsId: '2000' }] },
  ])
  expect(status.passes.map(({ resource }) => resource)).toEqual(['listings', 'listing-photos'])
})

test('a purge tells what it compared, when all content was, in a time that a person can read, and what updates had missed', () => {
  const reconciledAt = instant(Date.UTC(2026, 4, 1))
  const purge = progressOf({ pass: 'purge', compare: null, reconciledAt, missed: { new_key: 3 } })
  const status = FEED_STATUS.parse(feedStatus(factsOf([purge, progressOf({ pass: 'update' })])))
  expect(status.passes).toMatchObject([
    { pass: 'update', compare: null, reconciledAt: null, missed: {} },
    { pass: 'purge', compare: 'versions', reconciledAt: '2026-05-01T00:00:00.000Z', missed: { new_key: 3 } },
  ])
})

test('deletes and records that the guard holds are told apart, each with its hold (R10)', () => {
  const purge = progressOf({ pass: 'purge', state: 'held' })
  const update = progressOf({ pass: 'update', state: 'held', reread: { ...NO_REREAD, held: 300 } })
  const facts = factsOf([
    { ...purge, deletes: { ...purge.deletes, held: 9 }, reread: { ...NO_REREAD, held: 4 } },
    update,
  ])
  const holdOf = (pass: 'purge' | 'update', kind: HoldKind, id: string): StandingHold => {
    const { resource, startedAt } = update
    const named = { resource, pass, kind, passId: passId(id), why: `why of ${id}` }
    return {
      hold: { ...named, generation: 1, startedAt, sweepOffsets: [], heldAt: startedAt, rejectedAt: null },
      chunks: 1,
      keys: 1,
    }
  }
  const holds = [
    holdOf('purge', 'deletes', 'p'),
    holdOf('purge', 'masking', 'p-records'),
    holdOf('update', 'masking', 'u'),
  ]
  expect(FEED_STATUS.parse(feedStatus({ ...facts, holds })).held).toEqual([
    { resource: 'listings', pass: 'update', deletes: 0, records: 300, why: 'why of u', sweep: 'u' },
    { resource: 'listings', pass: 'purge', deletes: 9, records: 0, why: 'why of p', sweep: 'p' },
    {
      resource: 'listings',
      pass: 'purge',
      deletes: 0,
      records: 4,
      why: 'why of p-records',
      sweep: 'p-records',
    },
  ])
})
