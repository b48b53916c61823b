/** Purges that compare keys alone, or the content of whole records, and when one of them is a content reconcile. */
import { describe, expect, test } from 'vitest'
import { instant } from '../../src/domain/instant.ts'
import { NO_REREAD, type PurgeCompare } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import { DATA_FAILED, TOKEN_REFUSED } from '../../src/domain/error-codes.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { compareOf, contentComparedAt } from '../../src/replication/reconcile.ts'
import { runUpdate } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../fixtures/memory-feed.ts'
import { TOURS } from '../fixtures/resources.ts'
import { SERVER_TIME, shownRow, sourceRecord, type WalkStep } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SWEEPS = { compare: 'versions', intervalMs: DAY_MS, reconcileIntervalMs: 7 * DAY_MS } as const
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })

const purge = ({ feed }: MemoryFeed, compare?: PurgeCompare, dryRun = false) =>
  runPurge(feed, LISTINGS, { ...PLAIN_PASS, compare, dryRun }, signal)
const selects = ({ source }: MemoryFeed) =>
  source.asked.flatMap((asked) => (asked.kind === 'walk' ? [asked.select] : []))
const changesOf = (opened: MemoryFeed) => opened.changes().map((change) => `${change.key} ${change.reason}`)
const shows = (compare: PurgeCompare, records: readonly SourceRecord[]): WalkStep => {
  const select = compare === 'content' ? 'everything' : compare
  return { records: records.map((record) => shownRow(record, select)) }
}

const KNOWN = ['1', '2', '3', '4', '5', '6'].map((key) => sourceRecord(key))
/** In no window of an update: the watermark is `SERVER_TIME`. */
const HIDDEN = instant(SERVER_TIME - 30 * 60_000)
const SAME = sourceRecord('1')
const NEWER = sourceRecord('3', { City: 'Fargo' }, { modificationTimestamp: HIDDEN })
const OLDER = sourceRecord(
  '4',
  { City: 'Fargo' },
  { modificationTimestamp: instant(SERVER_TIME - 2 * HOUR_MS) },
)
const UNSTAMPED = sourceRecord('2', { City: 'Fargo' })
const NEW = sourceRecord('9')
/** `5` stays as it is, `6` is gone. */
const NOW = [SAME, UNSTAMPED, NEWER, OLDER, sourceRecord('5'), NEW]

function changed(compare: PurgeCompare) {
  return feedAfterSnapshot(KNOWN, {
    walks: [[shows(compare, NOW.slice(0, 3)), shows(compare, NOW.slice(3))]],
    counts: [NOW.length],
    records: NOW,
  })
}

describe('what a purge walks, and what it finds', () => {
  test('by keys: what is new and what is gone, and of all else nothing', async () => {
    const opened = await changed('keys')
    const { progress, missed } = await purge(opened, 'keys')
    expect(changesOf(opened)).toEqual(['9 CREATED', '6 NOT_IN_SOURCE'])
    expect(selects(opened)).toEqual(['keys'])
    expect(progress).toMatchObject({ compare: 'keys', missed: { new_key: 1 }, reconciledAt: null })
    expect(missed).toBe(1)
  })

  test('by versions: also what has another stamp that is in no window', async () => {
    const opened = await changed('versions')
    const { progress, missed } = await purge(opened, 'versions')
    expect(changesOf(opened).toSorted()).toEqual(['3 UPDATED', '4 UPDATED', '6 NOT_IN_SOURCE', '9 CREATED'])
    expect(selects(opened)).toEqual(['versions'])
    expect(progress).toMatchObject({
      compare: 'versions',
      missed: { new_key: 1, newer_stamp: 1, older_stamp: 1 },
      reconciledAt: null,
    })
    expect(missed).toBe(3)
  })

  test('by content: also what changed without a stamp; each is one event, and counted once (R1, R5, R11)', async () => {
    const opened = await changed('content')
    const { progress, missed } = await purge(opened, 'content')
    expect(changesOf(opened).toSorted()).toEqual([
      '2 UPDATED',
      '3 UPDATED',
      '4 UPDATED',
      '6 NOT_IN_SOURCE',
      '9 CREATED',
    ])
    expect(selects(opened)).toEqual(['everything'])
    expect(progress).toMatchObject({
      state: 'completed',
      compare: 'content',
      walked: 6,
      counts: { published: 4, unchanged: 2 },
      deletes: { emitted: 1 },
      missed: { new_key: 1, newer_stamp: 1, older_stamp: 1, same_stamp: 1 },
      reconciledAt: SERVER_TIME + HOUR_MS,
    })
    expect(missed).toBe(4)
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
  })

  test('what the next update would bring is published by a content reconcile, and not counted as missed', async () => {
    const soon = sourceRecord('2', { City: 'Fargo' }, { modificationTimestamp: SERVER_TIME })
    const opened = await feedAfterSnapshot(KNOWN.slice(0, 2), {
      walks: [[shows('content', [SAME, soon])]],
      counts: [2],
    })
    expect((await purge(opened, 'content')).progress.missed).toEqual({})
    expect(changesOf(opened)).toEqual(['2 UPDATED'])
  })

  test('a listing that came back with its old stamp is counted as returned', async () => {
    const opened = await feedAfterSnapshot(KNOWN.slice(0, 2), {
      walks: [[shows('keys', [SAME])], [shows('content', KNOWN.slice(0, 2))]],
      counts: [1, 2],
      records: [SAME],
    })
    await purge(opened, 'keys')
    opened.clock.advance(HOUR_MS)
    opened.source.now = instant(opened.source.now + HOUR_MS)
    expect((await purge(opened, 'content')).progress.missed).toEqual({ returned: 1 })
  })

  test('a dry run of content walks versions, and publishes nothing', async () => {
    const opened = await changed('versions')
    expect(await purge(opened, 'content', true)).toMatchObject({ gone: 1, missed: 3 })
    expect(selects(opened)).toEqual(['versions'])
    expect(opened.committed()).toEqual([])
  })
})

describe('a content reconcile', () => {
  test('deletes nothing that its walk did not show and the source still has, nor after a walk that was cut (R7, R9)', async () => {
    const cut = await feedAfterSnapshot(KNOWN, {
      walks: [[shows('content', NOW.slice(0, 2)), { fail: outage }]],
    })
    await expect(purge(cut, 'content')).rejects.toBe(outage)
    expect(changesOf(cut)).toEqual(['2 UPDATED'])
    const short = await feedAfterSnapshot(KNOWN, {
      walks: [[shows('content', NOW.slice(0, 5))]],
      counts: [6],
    })
    await expect(purge(short, 'content')).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(changesOf(short)).not.toContain('6 NOT_IN_SOURCE')
    const there = await feedAfterSnapshot(KNOWN, {
      walks: [[shows('content', NOW)]],
      counts: [6],
      records: [...NOW, sourceRecord('6')],
    })
    expect((await purge(there, 'content')).progress.deletes).toMatchObject({ emitted: 0, refuted: 1 })
  })

  test('is held against the plain count, as what it does not show may cost a listing its life (R7)', async () => {
    const opened = await changed('content')
    await purge(opened, 'content')
    expect(opened.source.asked).toContainEqual({ kind: 'count', filter: '', purpose: 'walk' })
  })

  test('that was interrupted goes on as one, whatever is asked for, and keeps what it had counted (R1)', async () => {
    const first = await feedAfterSnapshot(KNOWN, {
      walks: [[shows('content', NOW.slice(0, 3)), { fail: outage }]],
    })
    await expect(purge(first, 'content')).rejects.toBe(outage)
    const next = first.restart({ walks: [[shows('content', NOW.slice(3))]], counts: [6], records: NOW })
    next.source.skipRequests(100)
    const { progress } = await purge(next, 'keys')
    expect(selects(next)).toEqual(['everything'])
    expect(progress).toMatchObject({
      compare: 'content',
      missed: { new_key: 1, newer_stamp: 1, older_stamp: 1, same_stamp: 1 },
      walked: 6,
    })
  })

  test('asks once more for what is older than what is known, also after a refused token (R6, R7)', async () => {
    const refused = new ListingstreamError('refused', { code: TOKEN_REFUSED, retryable: true })
    const opened = await feedAfterSnapshot(KNOWN, {
      walks: [
        [shows('content', NOW.slice(0, 4)), { fail: refused }],
        [shows('content', NOW.slice(0, 4)), shows('content', NOW.slice(4))],
      ],
      counts: [6],
      records: NOW,
    })
    const { progress } = await purge(opened, 'content')
    expect(progress.missed).toMatchObject({ older_stamp: 1, same_stamp: 1 })
    expect(changesOf(opened).filter((change) => change.startsWith('4'))).toEqual(['4 UPDATED'])
  })

  test('of which the guard holds the deletes has compared all content all the same (R10)', async () => {
    const opened = await feedAfterSnapshot(
      KNOWN,
      {
        walks: [[shows('content', [UNSTAMPED])]],
        counts: [1],
        records: [UNSTAMPED],
      },
      { over: { guard: { maxDeletes: 1, maxRatio: 0.1 } } },
    )
    expect(await purge(opened, 'content')).toMatchObject({
      progress: { state: 'held', missed: { same_stamp: 1 }, reconciledAt: SERVER_TIME + HOUR_MS },
    })
    expect(changesOf(opened)).toEqual(['2 UPDATED'])
  })

  test('hands on when it was, through later purges of another kind', async () => {
    const opened = await feedAfterSnapshot(KNOWN.slice(0, 1), {
      walks: [[shows('content', [SAME])], [shows('versions', [SAME])]],
      counts: [1, 1],
    })
    await purge(opened, 'content')
    opened.source.now = instant(opened.source.now + DAY_MS)
    opened.clock.advance(DAY_MS)
    const { progress } = await purge(opened, 'versions')
    expect(progress).toMatchObject({ compare: 'versions', reconciledAt: SERVER_TIME + HOUR_MS })
  })

  test('of what an update confirmed meanwhile, neither deletes nor doubles anything (R6, R9 c)', async () => {
    const fresh = sourceRecord('6', { City: 'Fargo' }, { modificationTimestamp: SERVER_TIME })
    const opened = await feedAfterSnapshot(KNOWN, {
      walks: [[shows('content', NOW)], [{ records: [fresh], request: 50 }]],
      counts: [1, 6],
      records: NOW,
    })
    const { source, feed } = opened
    const count = source.count.bind(source)
    let isUpdated = false
    source.count = async (...args) => {
      if (!isUpdated) {
        isUpdated = true
        await runUpdate(feed, LISTINGS, signal)
      }
      return count(...args)
    }
    await purge(opened, 'content')
    expect(changesOf(opened)).toContain('6 UPDATED')
    expect(changesOf(opened)).not.toContain('6 NOT_IN_SOURCE')
  })

  test('whose source cannot show one record whole goes on by versions, so that deletes go on', async () => {
    const broken = new ListingstreamError('1026', { code: DATA_FAILED, retryable: true })
    const opened = await feedAfterSnapshot(
      KNOWN,
      {
        walks: [[shows('content', NOW.slice(0, 2)), { fail: broken }], [shows('versions', NOW)]],
        counts: [6],
        records: NOW,
      },
      { over: { sweeps: { ...SWEEPS, reconcileIntervalMs: HOUR_MS } } },
    )
    const { progress } = await purge(opened)
    expect(selects(opened)).toEqual(['everything', 'versions'])
    expect(opened.observer.putOff).toEqual([`listings ${DATA_FAILED}`])
    expect(progress).toMatchObject({ state: 'completed', compare: 'versions', reconciledAt: null, walked: 6 })
    expect(changesOf(opened)).toContain('6 NOT_IN_SOURCE')
    const asked = await feedAfterSnapshot(KNOWN, { walks: [[{ fail: broken }]] })
    await expect(purge(asked, 'content')).rejects.toBe(broken)
  })
})

describe('a purge that nobody asked to compare in a certain way', () => {
  const at = (ms: number) => instant(SERVER_TIME + ms)

  test('is a content reconcile when one is due, before half of the time to the next purge is over', async () => {
    const { feed } = await feedAfterSnapshot(KNOWN, {})
    expect(contentComparedAt(feed.state, LISTINGS)).toBe(SERVER_TIME)
    expect(compareOf(feed.state, LISTINGS, SWEEPS, at(6 * DAY_MS))).toBe('versions')
    expect(compareOf(feed.state, LISTINGS, SWEEPS, at(6.5 * DAY_MS))).toBe('content')
    expect(compareOf(feed.state, LISTINGS, SWEEPS, at(30 * DAY_MS))).toBe('content')
    expect(compareOf(feed.state, LISTINGS, { ...SWEEPS, compare: 'keys' }, at(DAY_MS))).toBe('keys')
  })

  test('is none again before the next interval is over', async () => {
    const opened = await feedAfterSnapshot(
      [SAME],
      { walks: [[shows('content', [SAME])], [shows('versions', [SAME])]], counts: [1, 1] },
      { later: 7 * DAY_MS, over: { sweeps: SWEEPS } },
    )
    expect((await purge(opened)).progress.compare).toBe('content')
    opened.source.now = instant(opened.source.now + DAY_MS)
    opened.clock.advance(DAY_MS)
    expect((await purge(opened)).progress.compare).toBe('versions')
  })

  test('of a resource whose full walks come more often is never one', () => {
    const lastPass = () => ({ startedAt: at(6 * DAY_MS), reconciledAt: null, reread: NO_REREAD })
    const state = { lastPass, holds: { rejected: () => [] } } as unknown as Parameters<typeof compareOf>[0]
    expect(compareOf(state, TOURS, SWEEPS, at(7 * DAY_MS))).toBe('versions')
  })
})

test('a key that the walk of a content reconcile shows, and the feed remembers as deleted a moment ago, is left to the next (R9)', async () => {
  const opened = await feedAfterSnapshot(KNOWN.slice(0, 2), {
    walks: [[shows('keys', [SAME])], [shows('content', KNOWN.slice(0, 2))]],
    counts: [1, 2],
    records: [SAME],
  })
  await purge(opened, 'keys')
  await purge(opened, 'content')
  expect(changesOf(opened)).toEqual(['2 NOT_IN_SOURCE'])
  expect((await opened.index.getMany(LISTINGS.name, [recordKey('2')]))[0]).toMatchObject({ state: 'deleted' })
})
