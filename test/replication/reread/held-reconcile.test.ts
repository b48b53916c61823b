import { describe, expect, test } from 'vitest'

import { instant } from '../../../src/domain/instant.ts'
import { MASKED } from '../../../src/domain/masked.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { approveHold } from '../../../src/replication/holds/approve-hold.ts'
import { rejectHold } from '../../../src/replication/holds/reject-hold.ts'
import { runPurge } from '../../../src/replication/purge.ts'
import { compareOf } from '../../../src/replication/reconcile.ts'
import { runUpdate } from '../../../src/replication/records-pass.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../../fixtures/memory-feed.ts'
import { SERVER_TIME, shownRow, sourceRecord, type WalkStep } from '../../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SWEEPS = { compare: 'versions', intervalMs: DAY_MS, reconcileIntervalMs: 7 * DAY_MS } as const
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })

const KEYS = Array.from({ length: 1_200 }, (_, i) => String(10_000 + i))
const plain = KEYS.map((key) => sourceRecord(key, { Price: 1 }))
/** No stamp tells of it; the last key is gone. */
const maskedAll = KEYS.slice(0, -1).map((key) => sourceRecord(key, { Price: MASKED }))
const pages = (records: readonly SourceRecord[]): readonly WalkStep[] =>
  [0, 400, 800].map((from) => ({ records: records.slice(from, from + 400) }))

const reconcile = ({ feed }: MemoryFeed) =>
  runPurge(feed, LISTINGS, { ...PLAIN_PASS, compare: 'content' }, signal)
const standing = ({ feed }: MemoryFeed) => feed.state.holds.standingRecords(LISTINGS.name, 'purge')
const upserts = (opened: MemoryFeed) => opened.changes().filter(({ kind }) => kind === 'upsert')
/** How the purge compares that comes when a content reconcile is due. */
const nextCompare = ({ feed }: MemoryFeed, begunAt: number) =>
  compareOf(feed.state, LISTINGS, SWEEPS, instant(begunAt + 6 * DAY_MS))

describe('a mass masking that a content reconcile reads', () => {
  const held = async () => {
    const opened = await feedAfterSnapshot(
      plain,
      { walks: [pages(maskedAll)], counts: [1_199], records: maskedAll },
      { later: 8 * DAY_MS },
    )
    const { progress, missed } = await reconcile(opened)
    return { opened, progress, missed }
  }

  test('is held, with nothing of it published; it deletes all the same, certifies nothing, and the next purge is one again (R9, R10)', async () => {
    const { opened, progress, missed } = await held()
    expect(progress).toMatchObject({
      state: 'held',
      compare: 'content',
      reconciledAt: null,
      deletes: { emitted: 1, held: 0 },
      missed: {},
      reread: { known: 1_199, masked: 1_199, held: 1_199 },
    })
    expect(missed).toBe(0)
    expect(opened.changes()).toMatchObject([{ kind: 'deletion', key: KEYS.at(-1) }])
    expect(standing(opened)).toMatchObject({ keys: 1_199, chunks: 2, hold: { kind: 'masking' } })
    expect(opened.publisher.transactions.flatMap(({ request }) => request.certificates ?? [])).toEqual([])
    expect(nextCompare(opened, progress.startedAt)).toBe('content')
  })

  test('counts as what updates missed when it is approved, and as compared (R11)', async () => {
    const { opened, progress } = await held()
    const next = opened.restart({ records: maskedAll })
    const approval = { sweep: standing(next)!.hold.passId, upTo: 1_199 }
    expect(await approveHold(next.feed, LISTINGS, approval, signal)).toMatchObject({
      progress: {
        state: 'completed',
        missed: { same_stamp: 1_199 },
        reread: { held: 0 },
        reconciledAt: progress.startedAt,
      },
    })
    expect(upserts(next)).toHaveLength(1_199)
    expect(nextCompare(next, progress.startedAt)).toBe('versions')
  })

  test('is judged anew by a content reconcile after a rejection', async () => {
    const { opened, progress } = await held()
    const first = standing(opened)!.hold.passId
    await rejectHold(opened.feed, LISTINGS, first, signal)
    expect(standing(opened)).toBeUndefined()
    expect(nextCompare(opened, progress.startedAt)).toBe('content')
    const next = opened.restart({ walks: [pages(maskedAll)], counts: [1_199], records: maskedAll })
    expect((await reconcile(next)).progress).toMatchObject({ state: 'held', reread: { held: 1_199 } })
    expect(upserts(next)).toEqual([])
  })

  test.each(['keys', 'versions'] as const)(
    'is left as it stands by a purge by %s, which has not read it again, and the next by itself is a reconcile (R10)',
    async (compare) => {
      const { opened } = await held()
      const before = standing(opened)!
      const next = opened.restart({
        walks: [[{ records: maskedAll.map((record) => shownRow(record, compare)) }]],
        counts: [1_199],
        records: maskedAll,
      })
      const { progress, verdict } = await runPurge(next.feed, LISTINGS, { ...PLAIN_PASS, compare }, signal)
      expect(verdict).toEqual({ kind: 'clear' })
      expect(progress).toMatchObject({ state: 'held', compare, reread: { held: 1_199 } })
      expect(next.markers().at(-1)?.detail).toContain(`${before.hold.passId} stands`)
      expect(standing(next)).toEqual(before)
      expect(upserts(next)).toEqual([])
      // Whatever the interval: a moment later, too.
      expect(compareOf(next.feed.state, LISTINGS, SWEEPS, progress.startedAt)).toBe('content')
    },
  )

  test('is added to by a purge by versions that reads a few more of them (R10)', async () => {
    const { opened } = await held()
    const added = sourceRecord('99999', { Price: MASKED })
    const before = standing(opened)!
    const hidden = instant(SERVER_TIME - 2 * HOUR_MS)
    const [one, ...others] = maskedAll
    const moved = sourceRecord(one!.key, { Price: MASKED }, { modificationTimestamp: hidden })
    const records = [moved, ...others, added]
    const next = opened.restart({
      walks: [[{ records: records.map((record) => shownRow(record, 'versions')) }]],
      counts: [1_200],
      records,
    })
    const { progress } = await runPurge(next.feed, LISTINGS, { ...PLAIN_PASS, compare: 'versions' }, signal)
    expect(progress).toMatchObject({ state: 'held', reread: { masked: 1, held: 1_199 } })
    expect(standing(next)).toEqual(before)
    expect(upserts(next).map(({ key }) => key)).toEqual([added.key])
  })

  test('is held as well where the walk was interrupted (R1, R10)', async () => {
    const [first, ...others] = pages(maskedAll)
    const opened = await feedAfterSnapshot(plain, { walks: [[first!, { fail: outage }]] })
    await expect(reconcile(opened)).rejects.toBe(outage)
    const next = opened.restart({ walks: [others], counts: [1_199], records: maskedAll })
    next.source.skipRequests(100)
    expect((await reconcile(next)).progress).toMatchObject({
      state: 'held',
      resumed: true,
      reread: { known: 1_199, masked: 1_199, held: 1_199 },
    })
    expect(upserts(next)).toEqual([])
  })
})

test('a handful that a content reconcile finds masked is published, and counts as missed once (R10, R11)', async () => {
  const records = [...maskedAll.slice(0, 5), ...plain.slice(5)]
  const opened = await feedAfterSnapshot(plain, { walks: [pages(records)], counts: [1_200], records })
  const { progress, missed } = await reconcile(opened)
  expect(progress).toMatchObject({
    state: 'completed',
    counts: { published: 5, unchanged: 1_195, stale: 5 },
    missed: { same_stamp: 5 },
    reread: { known: 1_200, masked: 5, held: 0 },
    reconciledAt: progress.startedAt,
  })
  expect(missed).toBe(5)
  expect(upserts(opened)).toHaveLength(5)
})

describe('with a share of changes', () => {
  const over = { over: { reread: { maskMaxRatio: 0.1, changeMaxRatio: 0.5 } } }
  const changed = (count: number) =>
    KEYS.map((key, i) => {
      const isChanged = i < count
      const modificationTimestamp = instant(SERVER_TIME + (isChanged ? HOUR_MS / 2 : -HOUR_MS))
      return sourceRecord(key, { Price: isChanged ? 2 : 1 }, { modificationTimestamp })
    })

  test('how long changes took to show up is noted of those that wait for the verdict, and once of those that are held', async () => {
    const mass = changed(1_000)
    const opened = await feedAfterSnapshot(
      plain,
      { walks: [pages(mass), pages(mass)], counts: [1_200, 1_200] },
      over,
    )
    const update = () => runUpdate(opened.feed, LISTINGS, signal)
    expect(await update()).toMatchObject({ state: 'held', reread: { changed: 1_000 } })
    expect(opened.observer.delays).toHaveLength(1_000)
    expect(await update()).toMatchObject({ state: 'held' })
    expect(opened.observer.delays).toHaveLength(1_000)
  })
})
