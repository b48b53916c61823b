import { describe, expect, test } from 'vitest'

import type { Change } from '../../../src/domain/change.ts'
import { HOLD_LOST } from '../../../src/domain/error-codes.ts'
import { instant } from '../../../src/domain/instant.ts'
import { MASKED } from '../../../src/domain/masked.ts'
import type { PassKind } from '../../../src/domain/pass.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { approveHold } from '../../../src/replication/holds/approve-hold.ts'
import { rejectHold } from '../../../src/replication/holds/reject-hold.ts'
import { runPurge } from '../../../src/replication/purge.ts'
import type { HoldReader } from '../../../src/replication/ports.ts'
import { compareOf } from '../../../src/replication/reconcile.ts'
import { runSnapshot, runUpdate } from '../../../src/replication/records-pass.ts'
import { noticeScope } from '../../../src/replication/scope-change.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../../fixtures/memory-feed.ts'
import { SERVER_TIME, shownRow, sourceRecord, type WalkStep } from '../../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const KEYS = Array.from({ length: 1_200 }, (_, i) => String(10_000 + i))
const LATER = instant(SERVER_TIME + HOUR_MS / 2)
const plain = KEYS.map((key) => sourceRecord(key, { Price: 1 }))
/** No stamp tells of it. */
const masked = (count: number) => KEYS.map((key, i) => sourceRecord(key, { Price: i < count ? MASKED : 1 }))
const touched = (fields: Readonly<Record<string, string | number>>, from: number, to: number) =>
  KEYS.slice(from, to).map((key) => sourceRecord(key, fields, { modificationTimestamp: LATER }))
const pages = (records: readonly SourceRecord[]): readonly WalkStep[] =>
  [0, 400, 800].map((from) => ({ records: records.slice(from, from + 400) }))

const update = ({ feed }: MemoryFeed) => runUpdate(feed, LISTINGS, signal)
const purge = async ({ feed }: MemoryFeed, compare: 'content' | 'versions' = 'content') =>
  (await runPurge(feed, LISTINGS, { ...PLAIN_PASS, compare }, signal)).progress
const standing = ({ feed }: MemoryFeed, pass: PassKind = 'purge') =>
  feed.state.holds.standingRecords(LISTINGS.name, pass)
const rejected = ({ feed }: MemoryFeed) => feed.state.holds.rejected(LISTINGS.name)
const reject = (opened: MemoryFeed, pass: PassKind = 'purge') =>
  rejectHold(opened.feed, LISTINGS, standing(opened, pass)!.hold.passId, signal)
const isMasked = (change: Change): boolean =>
  change.kind === 'upsert' && Buffer.from(change.content.bytes).includes(MASKED)
const leaked = (opened: MemoryFeed) =>
  opened
    .changes()
    .filter(isMasked)
    .map(({ key }) => key)

/** A content reconcile holds 900 of the records, and is over. */
async function heldByReconcile() {
  const records = masked(900)
  const opened = await feedAfterSnapshot(plain, { walks: [pages(records)], counts: [1_200], records })
  expect(await purge(opened)).toMatchObject({ state: 'held', reread: { masked: 900, held: 900 } })
  return opened
}

/** Five of those that are held, two that are not, and one with nothing but a change. */
const fewTouched = [...touched({ Price: MASKED }, 895, 902), ...touched({ Price: 7 }, 1_000, 1_001)]
const shownNow = masked(900).map((record) => fewTouched.find(({ key }) => key === record.key) ?? record)
const FREE = [KEYS[900]!, KEYS[901]!]
function shownAsFew(opened: MemoryFeed, more: readonly (readonly WalkStep[])[] = []): MemoryFeed {
  const next = opened.restart({
    walks: [[{ records: fewTouched }], ...more],
    counts: [8, 1_200],
    records: shownNow,
  })
  next.source.skipRequests(100)
  return next
}

describe('what a content reconcile holds', () => {
  test('is left as it is by an update that reads a few of it again; all else is published (R4, R10)', async () => {
    const opened = shownAsFew(await heldByReconcile())
    const hold = standing(opened)!
    const done = await update(opened)
    expect(done).toMatchObject({
      state: 'completed',
      counts: { published: 3, stale: 7 },
      reread: { known: 8, masked: 7, held: 0 },
    })
    expect(leaked(opened)).toEqual(FREE)
    expect(opened.changes().map(({ key }) => key)).toEqual([KEYS[1_000], ...FREE])
    const detail = `5 records are left as the topic has them: hold ${hold.hold.passId}`
    expect(opened.markers().at(-1)).toMatchObject({ event: 'completed', detail })
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(done.startedAt)
    expect(standing(opened)).toEqual(hold)
  })

  test('and an update has left as it is, is published by the approval as it is then (R10, R11)', async () => {
    const opened = shownAsFew(await heldByReconcile())
    await update(opened)
    const { sweep, upTo } = { sweep: standing(opened)!.hold.passId, upTo: 900 }
    const { progress } = await approveHold(opened.feed, LISTINGS, { sweep, upTo }, signal)
    expect(progress).toMatchObject({ state: 'completed', counts: { published: 900 } })
    expect(new Set(leaked(opened)).size).toBe(902)
  })

  test('is left as it is after its rejection, also after a restart, until a content reconcile has judged anew (R10)', async () => {
    const held = await heldByReconcile()
    await reject(held)
    expect(standing(held)).toBeUndefined()
    const opened = shownAsFew(held, [pages(shownNow)])
    expect(rejected(opened)).toMatchObject([{ keys: 900, hold: { rejectedAt: expect.any(Number) } }])
    expect(opened.feed.state.holds.all(LISTINGS.name)).toEqual([])
    expect(await update(opened)).toMatchObject({ state: 'completed' })
    expect(opened.markers().at(-1)?.detail).toMatch(/^5 records are left .*, which was rejected$/)
    expect(leaked(opened)).toEqual(FREE)
    expect(await purge(opened)).toMatchObject({ state: 'held' })
    expect(leaked(opened)).toEqual(FREE)
    expect(rejected(opened)).toEqual([])
    expect(standing(opened)?.keys).toBeGreaterThan(890)
  })

  test('and was rejected is judged anew by the next purge, whenever it comes: a content reconcile (R10)', async () => {
    const held = await heldByReconcile()
    await reject(held)
    const sweeps = { compare: 'versions', intervalMs: DAY_MS, reconcileIntervalMs: 7 * DAY_MS } as const
    const next = (opened: MemoryFeed) => compareOf(opened.feed.state, LISTINGS, sweeps, LATER)
    expect(next(held)).toBe('content')
    const opened = held.restart({ walks: [pages(masked(100))], counts: [1_200], records: masked(100) })
    expect(await purge(opened)).toMatchObject({ state: 'completed', counts: { published: 100 } })
    expect(leaked(opened)).toHaveLength(100)
    expect(rejected(opened)).toEqual([])
    expect(opened.restart({}).feed.state.holds.rejected(LISTINGS.name)).toEqual([])
    expect(next(opened)).toBe('versions')
  })

  test('and was rejected stays so for a purge by versions, which reads a few of it (R10)', async () => {
    const held = await heldByReconcile()
    await reject(held)
    const hidden = instant(SERVER_TIME - 2 * HOUR_MS)
    const moved = sourceRecord(KEYS[0]!, { Price: MASKED }, { modificationTimestamp: hidden })
    const records = [moved, ...masked(900).slice(1)]
    const rows = records.map((record) => shownRow(record, 'versions'))
    const opened = held.restart({ walks: [[{ records: rows }]], counts: [1_200], records })
    expect(await purge(opened, 'versions')).toMatchObject({ state: 'completed', reread: { masked: 1 } })
    expect(leaked(opened)).toEqual([])
    expect(rejected(opened)).toHaveLength(1)
  })

  test('is left whole by an update where nobody can read any more what it has (R10)', async () => {
    const opened = shownAsFew(await heldByReconcile())
    const holds: HoldReader = {
      // oxlint-disable-next-line require-yield
      async *keys() {
        throw new ListingstreamError('lost', { code: HOLD_LOST, retryable: true })
      },
    }
    const done = await runUpdate({ ...opened.feed, holds }, LISTINGS, signal)
    expect(done).toMatchObject({ state: 'completed', reread: { masked: 7 } })
    expect(leaked(opened)).toEqual([])
  })
})

describe('what an update holds', () => {
  const heldByUpdate = async (script: Parameters<MemoryFeed['restart']>[0]) => {
    const records = [...touched({ Price: MASKED }, 0, 110), ...touched({ Price: 1 }, 110, 1_050)]
    const opened = await feedAfterSnapshot(plain, { walks: [pages(records)], counts: [1_050], records })
    expect(await update(opened)).toMatchObject({ state: 'held', reread: { masked: 110, held: 110 } })
    const next = opened.restart(script)
    next.source.skipRequests(100)
    return next
  }
  /** Of all records these are within the share. */
  const all = [...touched({ Price: MASKED }, 0, 112), ...touched({ Price: 1 }, 112, 1_200)]

  test.each([
    ['a content reconcile', purge],
    ['a snapshot', ({ feed }: MemoryFeed) => runSnapshot(feed, LISTINGS, signal)],
  ])('is left as it is by %s that reads everything (R10)', async (_, run) => {
    const opened = await heldByUpdate({ walks: [pages(all)], counts: [1_200], records: all })
    expect(await run(opened)).toMatchObject({ state: 'completed', reread: { masked: 112 } })
    expect(leaked(opened)).toEqual([KEYS[110], KEYS[111]])
    expect(standing(opened, 'update')?.keys).toBe(110)
  })

  test('and was rejected is judged by whatever reads everything: it need not wait for an update (R10)', async () => {
    const opened = await heldByUpdate({ walks: [pages(all)], counts: [1_200], records: all })
    await reject(opened, 'update')
    expect(await purge(opened)).toMatchObject({ state: 'completed' })
    expect(leaked(opened)).toHaveLength(112)
    expect(rejected(opened)).toEqual([])
  })

  test('and was rejected is judged by its share, also where fewer than a thousand are shown (R10)', async () => {
    const left = [...touched({ Price: MASKED }, 0, 110), ...touched({ Price: 1 }, 110, 900)]
    const opened = await heldByUpdate({ walks: [[{ records: left }]], counts: [900] })
    await reject(opened, 'update')
    expect(await update(opened)).toMatchObject({ state: 'held', reread: { known: 900, held: 110 } })
    expect(leaked(opened)).toEqual([])
    expect(rejected(opened)).toEqual([])
  })

  test('and was rejected guards nothing in another scope (R10)', async () => {
    const opened = await heldByUpdate({})
    await reject(opened, 'update')
    await noticeScope(
      opened.feed,
      { ...LISTINGS, scope: { ...LISTINGS.scope, filter: "City Eq 'Fargo'" } },
      signal,
    )
    expect(rejected(opened)).toEqual([])
  })

  test('of masked records goes on with all of its keys where a share of changes is set later (R10)', async () => {
    const over = { reread: { maskMaxRatio: 0.1, changeMaxRatio: 0.05 } }
    const records = [...touched({ Price: MASKED }, 0, 110), ...touched({ Price: 1 }, 110, 1_050)]
    const held = await heldByUpdate({})
    const opened = held.restart({ walks: [pages(records)], counts: [1_050], records }, { over })
    expect(await update(opened)).toMatchObject({ state: 'held', reread: { held: 110 } })
    expect(standing(opened, 'update')).toMatchObject({ keys: 110, hold: { kind: 'changes' } })
  })
})
