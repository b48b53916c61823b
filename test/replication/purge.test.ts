import { describe, expect, test } from 'vitest'
import { instant } from '../../src/domain/instant.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import { TOKEN_REFUSED } from '../../src/domain/error-codes.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { runSnapshot, runUpdate } from '../../src/replication/records-pass.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { DELETE_RETENTION_MS, feedAfterSnapshot, MemoryFeed } from '../fixtures/memory-feed.ts'
import { changesOf, settledLettersOf } from '../fixtures/transaction.ts'
import type { ManualClock } from '../fixtures/manual-clock.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import {
  keyRecord,
  keyRow,
  SERVER_TIME,
  sourceRecord,
  type SourceScript,
  type WalkStep,
} from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })

/** Each page of keys then has a checkpoint of its own. */
function passASecondAtEachLook(clock: ManualClock): void {
  const begun = clock.now()
  let looks = 0
  clock.now = () => instant(begun + (looks += 1) * 1_000)
}

const keys = (count: number) => Array.from({ length: count }, (_, i) => String(100 + i))
const all = (names: readonly string[]) => names.map((key) => sourceRecord(key))
const shows = (...names: string[]): WalkStep => ({ records: names.map(keyRecord) })
const purge = ({ feed }: MemoryFeed, dryRun = false) =>
  runPurge(feed, LISTINGS, { ...PLAIN_PASS, dryRun }, signal)
const live = ({ publisher }: MemoryFeed) => [...publisher.live().keys()].sort()
const asked = ({ source }: MemoryFeed, kind: string) =>
  source.asked.filter((question) => question.kind === kind)
const entryOf = async ({ index }: MemoryFeed, key: string) =>
  (await index.getMany(LISTINGS.name, [recordKey(key)]))[0]

/** A feed of `known`, whose source shows `shown` in one walk and has `there` when asked by key. */
function swept(
  known: readonly string[],
  shown: readonly string[],
  { there = shown, ...script }: SourceScript & { readonly there?: readonly string[] } = {},
  options: Parameters<typeof feedAfterSnapshot>[2] = {},
) {
  const walks = [[shows(...shown)]]
  return feedAfterSnapshot(
    all(known),
    { walks, counts: [shown.length], records: all(there), ...script },
    options,
  )
}

describe('a purge', () => {
  test('deletes what neither the walk nor the question shows (R9 a, b)', async () => {
    const opened = await swept(['1', '2', '3'], ['1', '3'])
    const { progress, verdict, gone } = await purge(opened)
    expect(live(opened)).toEqual(['1', '3'])
    expect(opened.changes()).toMatchObject([
      {
        kind: 'deletion',
        key: '2',
        reason: 'NOT_IN_SOURCE',
        evidence: 'LIST_QUERY',
        deletedAt: SERVER_TIME + HOUR_MS,
        lastModificationTimestamp: SERVER_TIME - HOUR_MS,
        previousDigest: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ])
    expect({ verdict, gone }).toEqual({ verdict: { kind: 'clear' }, gone: 1 })
    expect(progress).toMatchObject({ state: 'completed', deletes: { emitted: 1, refuted: 0, held: 0 } })
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
    expect(asked(opened, 'findByKeys')).toMatchObject([{ keys: ['2', '3'], select: 'keys' }])
    expect(opened.committed().every(({ request }) => request.watermark === null)).toBe(true)
  })

  test('says of what it deletes when it was last read, since when it is missing, and its last statuses, also of one that could not be published last', async () => {
    const known = [
      sourceRecord('1'),
      sourceRecord('2', { StandardStatus: 'Active', MlsStatus: 'New' }),
      sourceRecord('3', { StandardStatus: 'Closed' }),
    ]
    const poisoned = sourceRecord(
      '3',
      { StandardStatus: 'Pending', Poison: 1 },
      { modificationTimestamp: SERVER_TIME },
    )
    const opened = await feedAfterSnapshot(known, {
      walks: [[{ records: [poisoned] }], [shows('1')]],
      counts: [0, 1],
      records: all(['1']),
    })
    await runUpdate(opened.feed, LISTINGS, signal)
    await purge(opened)
    const missingSince = SERVER_TIME + HOUR_MS
    expect(opened.changes()).toMatchObject([
      {
        key: '2',
        lastSeenAt: SERVER_TIME,
        missingSince,
        lastFields: { lastStandardStatus: 'Active', lastMlsStatus: 'New' },
      },
      {
        key: '3',
        lastSeenAt: SERVER_TIME + HOUR_MS,
        missingSince,
        lastFields: { lastStandardStatus: 'Closed', lastMlsStatus: null },
      },
    ])
  })

  test('remembers a deleted key, with its last stamp, at its tombstone (R9)', async () => {
    const opened = await swept(['1', '2'], ['1'])
    await purge(opened)
    expect(await entryOf(opened, '2')).toMatchObject({
      state: 'deleted',
      modificationTimestamp: SERVER_TIME - HOUR_MS,
      observedAt: SERVER_TIME + HOUR_MS,
    })
  })

  test('keeps what the question shows, whatever the walk said (R9 b)', async () => {
    const opened = await swept(['1', '2', '3'], ['1'], { there: ['1', '2'] })
    expect(await purge(opened)).toMatchObject({ progress: { deletes: { emitted: 1, refuted: 1 } } })
    expect(live(opened)).toEqual(['1', '2'])
  })

  test('keeps a key that answers 403, and goes on (R9 b)', async () => {
    const opened = await swept(['1', '2', '3'], ['1'], {
      findByKeys: () => 'refused',
      findOne: (key) => (key === '2' ? 'inconclusive' : undefined),
    })
    expect(await purge(opened)).toMatchObject({
      progress: { state: 'completed', deletes: { emitted: 1, inconclusive: 1 } },
    })
    expect(live(opened)).toEqual(['1', '2'])
    expect(opened.changes()).toMatchObject([{ key: '3', evidence: 'HTTP_404' }])
  })

  test.each([
    ['has lost the witness', () => []],
    ['shows a key that nobody asked for', () => [keyRecord('1'), keyRecord('9')]],
    ['is refused', () => 'refused' as const],
  ])('takes no list answer that %s for a proof: it asks one by one (R9 b)', async (_, findByKeys) => {
    const opened = await swept(['1', '2', '3'], ['1'], { there: ['1', '2'], findByKeys })
    await purge(opened)
    expect(asked(opened, 'findOne')).toMatchObject([{ key: '2' }, { key: '3' }, { key: '1' }])
    expect(live(opened)).toEqual(['1', '2'])
  })

  test('asks for at most 199 keys and a witness at once', async () => {
    const known = keys(900)
    const opened = await swept(known, known.slice(0, 500), {}, { over: { guard: lax } })
    expect(await purge(opened)).toMatchObject({ gone: 400 })
    expect(asked(opened, 'findByKeys').map((q) => 'keys' in q && q.keys.length)).toEqual([200, 200, 3])
    expect(live(opened)).toEqual(known.slice(0, 500))
  })

  test('deletes in batches, one transaction each (R1)', async () => {
    const opened = await swept(keys(9), keys(9).slice(0, 4), {}, { over: { batchSize: 2 } })
    await purge(opened)
    const deletes = opened.committed().map(({ request }) => changesOf(request).length)
    expect(Math.max(...deletes)).toBe(2)
    expect(deletes.reduce((sum, count) => sum + count)).toBe(5)
  })

  test('before a snapshot has been completed is refused', async () => {
    const opened = new MemoryFeed({})
    await expect(purge(opened)).rejects.toMatchObject({ code: 'NO_SNAPSHOT' })
    expect(opened.source.asked).toEqual([])
  })

  test('also deletes a key whose last record could not be published; of one that never was, only the dead letter goes (R12)', async () => {
    const poison = ['2', '3'].map((key) => sourceRecord(key, { Poison: 1 }))
    const opened = await feedAfterSnapshot([sourceRecord('1'), sourceRecord('2')], {
      walks: [[{ records: poison }], [shows('1')]],
      counts: [0, 1],
      records: all(['1']),
    })
    await runUpdate(opened.feed, LISTINGS, signal)
    const published = (await entryOf(opened, '2'))?.publishedDigest
    expect(await purge(opened)).toMatchObject({ gone: 2 })
    expect(opened.changes()).toMatchObject([{ kind: 'deletion', key: '2', previousDigest: published }])
    expect(opened.committed().flatMap(({ request }) => settledLettersOf(request))).toEqual(['2', '3'])
    expect(await entryOf(opened, '2')).toMatchObject({ state: 'deleted' })
    expect(await entryOf(opened, '3')).toMatchObject({ state: 'deleted', offset: -1 })
  })
})

describe('nothing is deleted', () => {
  test('when the walk stops before its end (R9 a)', async () => {
    const opened = await swept(['1', '2'], [], { walks: [[shows('1'), { fail: outage }]] })
    await expect(purge(opened)).rejects.toBe(outage)
    expect(opened.changes()).toEqual([])
    expect(opened.markers().map(({ event }) => event)).toEqual(['started'])
  })

  test('when the walk shows less than the source counts; the sweep has failed (R7, R9 a)', async () => {
    const opened = await swept(['1', '2'], ['1'], { counts: [2] })
    await expect(purge(opened)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(opened.changes()).toEqual([])
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'failed'])
    expect(asked(opened, 'findByKeys')).toEqual([])
  })

  test.each([
    ['before the walk', 1, []],
    ['after the last question', 2, ['walk', 'count', 'findByKeys']],
  ])('when the source is of another user %s; the sweep has failed (R9)', async (_, at, askedBefore) => {
    const other = { host: 'replication.example', userId: 'user-2', mlsId: 'mls-1' }
    const opened = await swept(['1', '2'], ['1'], { identify: (n) => (n === at ? other : undefined) })
    await expect(purge(opened)).rejects.toMatchObject({ code: 'SWEEP_IDENTITY_CHANGED' })
    expect(opened.source.asked.map(({ kind }) => kind)).toEqual(askedBefore)
    expect(opened.changes()).toEqual([])
    expect(opened.markers().at(-1)).toMatchObject({
      event: 'failed',
      detail: expect.stringContaining('user user-2'),
      progress: { state: 'failed', sweepDoubt: 'identity_changed' },
    })
  })

  test('when the count is far below what was shown: whoever asks may see less now (R9)', async () => {
    const known = keys(100)
    const opened = await swept(known, known.slice(0, 99), { counts: [88] })
    await expect(purge(opened)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE', doubt: 'shrunken_count' })
    expect(opened.changes()).toEqual([])
    const few = await swept(known, known.slice(0, 99), { counts: [89] })
    expect(await purge(few)).toMatchObject({ progress: { deletes: { emitted: 1 } } })
  })

  test('when a question fails in a way that says nothing (R8)', async () => {
    const opened = await swept(['1', '2'], ['1'], { findByKeys: () => outage })
    await expect(purge(opened)).rejects.toBe(outage)
    expect(live(opened)).toEqual(['1', '2'])
  })

  test('of what was published since the sweep began (R9 c)', async () => {
    let opened: MemoryFeed | undefined
    const late = sourceRecord('2', { City: 'Fargo' }, { modificationTimestamp: SERVER_TIME })
    const update = () => runUpdate(opened!.feed, LISTINGS, signal)
    opened = await feedAfterSnapshot(all(['1', '2']), {
      walks: [[shows('1'), shows()], [{ records: [late], request: 50 }]],
      counts: [1, 1],
      records: all(['1']),
    })
    // The key was passed by the walk, is published, and is gone again when it is asked for.
    const { source, feed } = opened
    const count = source.count.bind(source)
    let updated = false
    source.count = async (...args) => {
      if (!updated) {
        updated = true
        await update()
      }
      return count(...args)
    }
    const { progress } = await runPurge(feed, LISTINGS, PLAIN_PASS, signal)
    expect(progress.deletes).toMatchObject({ emitted: 0, refuted: 1 })
    expect(live(opened)).toEqual(['1', '2'])
    expect(asked(opened, 'findByKeys')).toEqual([])
  })

  test.each([
    ['confirmed by a request sent after the question (R6)', sourceRecord('2'), 50],
    [
      'published after the question, though by a request sent before it (R9 c)',
      sourceRecord('2', { City: 'Fargo' }, { modificationTimestamp: SERVER_TIME }),
      1,
    ],
  ])('of what was %s', async (_, record, request) => {
    const opened = await feedAfterSnapshot(all(['1', '2']), {
      walks: [[shows('1')], [{ records: [record], request }]],
      counts: [1, 1],
      records: all(['1']),
    })
    const { index, feed } = opened
    const entries = index.ledger.entries.bind(index.ledger)
    index.ledger.entries = async function* (pass, set) {
      if (set === 'gone') await runUpdate(feed, LISTINGS, signal)
      yield* entries(pass, set)
    }
    expect(await purge(opened)).toMatchObject({ gone: 1, progress: { deletes: { emitted: 0, refuted: 1 } } })
    expect(live(opened)).toEqual(['1', '2'])
  })
})

const lax = { maxDeletes: 1_000, maxRatio: 1, hardMax: 5_000 }
const strict = { maxDeletes: 1, maxRatio: 0.1, hardMax: 5_000 }

describe('the guard (R9 d, R10)', () => {
  test('holds deletes that are too many; what is unknown is published all the same', async () => {
    const opened = await swept(['1', '2', '3'], ['1', '4'], {}, { over: { guard: strict } })
    const { progress, verdict, gone } = await purge(opened)
    expect(verdict).toMatchObject({ kind: 'held', why: expect.stringContaining('PURGE_MAX_DELETES') })
    expect(gone).toBe(2)
    expect(progress).toMatchObject({ state: 'held', deletes: { emitted: 0, held: 2 } })
    expect(live(opened)).toEqual(['1', '2', '3', '4'])
    expect(opened.markers().at(-1)).toMatchObject({
      event: 'held',
      detail: expect.stringContaining('2 of 3'),
    })
    expect(opened.observer.ended).toMatchObject([{ progress: { state: 'held' } }])
  })

  test('counts for each MLS of the feed as well', async () => {
    const small = ['8', '9'].map((key) => sourceRecord(key, {}, { mlsId: 'mls-2' }))
    const others = keys(98)
    const opened = await feedAfterSnapshot(
      [...all(others), ...small],
      { walks: [[shows(...others)]], counts: [98], records: all(others) },
      { over: { guard: strict } },
    )
    expect(await purge(opened)).toMatchObject({
      verdict: { kind: 'held', why: expect.stringContaining('MLS mls-2') },
    })
    expect(opened.changes()).toEqual([])
  })

  test('holds everything when a complete walk is empty while records are known, and asks nothing', async () => {
    const opened = await swept(['1', '2'], [])
    expect(await purge(opened)).toMatchObject({
      verdict: { kind: 'held' },
      progress: { state: 'held', deletes: { held: 2, emitted: 0 } },
    })
    expect(live(opened)).toEqual(['1', '2'])
    expect(opened.source.asked.map(({ kind }) => kind)).toEqual(['walk', 'count'])
  })

  const approve = ({ feed }: MemoryFeed, approveUpTo: number, dryRun = false) =>
    runPurge(feed, LISTINGS, { ...PLAIN_PASS, dryRun, approveUpTo }, signal)

  test('lets go of what an operator approved, up to the number, for that sweep alone', async () => {
    const first = await swept(['1', '2', '3', '4'], ['1', '4'], {}, { over: { guard: strict } })
    expect(await purge(first)).toMatchObject({ progress: { deletes: { held: 2 } } })
    const again = (names: readonly string[]) =>
      first.restart(
        { walks: [[shows(...names)]], counts: [names.length], records: all(names) },
        { over: { guard: strict } },
      )
    const more = again(['4'])
    expect(await approve(more, 2)).toMatchObject({
      verdict: { kind: 'held', why: expect.stringContaining('2 were approved') },
      progress: { state: 'held', deletes: { emitted: 0, held: 3 } },
    })
    const second = again(['1', '4'])
    expect(await approve(second, 2)).toMatchObject({
      verdict: { kind: 'approved', upTo: 2 },
      progress: { state: 'completed', deletes: { emitted: 2, held: 0 } },
    })
    expect(second.changes()).toMatchObject([
      { key: '2', reason: 'OPERATOR', evidence: 'LIST_QUERY' },
      { key: '3', reason: 'OPERATOR' },
    ])
    expect(second.markers().at(-1)).toMatchObject({
      event: 'completed',
      detail: expect.stringContaining('approved up to 2 deletes'),
    })
    expect(live(second)).toEqual(['1', '4'])
  })

  test('releases half of a feed, which no setting does, and names deletes that need no approval as what they are', async () => {
    const known = keys(20)
    const opened = await swept(known, known.slice(0, 8), {}, { over: { guard: lax } })
    expect(await approve(opened, 12)).toMatchObject({ verdict: { kind: 'approved' } })
    expect(opened.changes().map((one) => one.reason)).toEqual(Array(12).fill('OPERATOR'))
    const few = await swept(['1', '2', '3'], ['1', '3'])
    expect(await approve(few, 5)).toMatchObject({ verdict: { kind: 'clear' } })
    expect(few.changes()).toMatchObject([{ key: '2', reason: 'NOT_IN_SOURCE' }])
  })

  test('of an empty walk that is approved, deletes what is proved key by key, and keeps the rest (R9)', async () => {
    const findOne = (key: string) => (key === '2' ? ('inconclusive' as const) : undefined)
    const opened = await swept(['1', '2', '3', '4'], [], { there: ['3'], findOne })
    expect(await approve(opened, 4)).toMatchObject({
      verdict: { kind: 'approved', why: expect.stringContaining('empty') },
      progress: { state: 'completed', deletes: { emitted: 2, refuted: 1, inconclusive: 1, held: 0 } },
    })
    expect(asked(opened, 'findByKeys')).toEqual([])
    expect(opened.changes()).toMatchObject([
      { key: '1', reason: 'OPERATOR', evidence: 'HTTP_404' },
      { key: '4', reason: 'OPERATOR', evidence: 'HTTP_404' },
    ])
    expect(live(opened)).toEqual(['2', '3'])
  })

  test('of an empty walk, asks for no more keys than the approval needs, and deletes none above it', async () => {
    const known = keys(500)
    const opened = await swept(known, [])
    expect(await approve(opened, 100)).toMatchObject({
      verdict: { kind: 'held' },
      progress: { deletes: { emitted: 0, held: 500 } },
    })
    expect(asked(opened, 'findOne').length).toBeLessThanOrEqual(200)
    expect(live(opened)).toEqual(known)
  })

  test('stays at a hold where an approval finds nothing proved', async () => {
    const opened = await swept(['1', '2'], [], { there: ['1', '2'] })
    expect(await approve(opened, 10)).toMatchObject({
      verdict: { kind: 'held' },
      progress: { state: 'held' },
    })
    expect(live(opened)).toEqual(['1', '2'])
  })

  test('a dry run says what an approval would do, and does nothing', async () => {
    const opened = await swept(['1', '2', '3'], ['1'], {}, { over: { guard: strict } })
    expect(await approve(opened, 2, true)).toMatchObject({ verdict: { kind: 'approved' }, gone: 2 })
    expect(opened.committed()).toEqual([])
  })

  test('a hold is in the checkpoints until a sweep comes to another verdict, also while one runs or after it failed', async () => {
    const held = (opened: MemoryFeed) => opened.feed.state.lastPass(LISTINGS.name, 'purge')?.deletes.held
    const first = await swept(['1', '2', '3'], ['1'], {}, { over: { guard: strict } })
    await purge(first)
    const interrupted = first.restart({ walks: [[shows('1'), { fail: outage }]] })
    expect(held(interrupted)).toBe(2)
    await expect(purge(interrupted)).rejects.toBe(outage)
    expect(interrupted.restart({}).feed.state.lastPass(LISTINGS.name, 'purge')).toMatchObject({
      state: 'running',
      deletes: { held: 2 },
    })
    const incomplete = interrupted.restart({ walks: [[shows()]], counts: [9] })
    await expect(purge(incomplete)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(held(incomplete.restart({}))).toBe(2)
    const clear = incomplete.restart({
      walks: [[shows('1', '2', '3')]],
      counts: [3],
      records: all(['1', '2', '3']),
    })
    await purge(clear)
    expect(held(clear.restart({}))).toBe(0)
  })

  test('an empty walk of a feed that is empty is no alarm', async () => {
    const opened = await swept([], [])
    expect(await purge(opened)).toMatchObject({
      verdict: { kind: 'clear' },
      progress: { state: 'completed' },
    })
  })

  test('does not count what the question refuted', async () => {
    const opened = await swept(['1', '2', '3'], ['1'], { there: ['1', '2'] }, { over: { guard: strict } })
    expect(await purge(opened)).toMatchObject({ verdict: { kind: 'clear' } })
    expect(live(opened)).toEqual(['1', '2'])
  })
})

describe('a key that the walk shows and the index does not know', () => {
  test('is read whole and published', async () => {
    const opened = await swept(['1'], ['1', '2'])
    expect(await purge(opened)).toMatchObject({
      missed: 1,
      progress: { counts: { published: 1, unchanged: 2 } },
    })
    expect(opened.changes()).toMatchObject([{ kind: 'upsert', key: '2', reason: 'CREATED' }])
    expect(asked(opened, 'findByKeys')).toMatchObject([{ keys: ['2'], select: 'everything' }])
  })

  test('is restored if it had been deleted, once the overlap is over (R9)', async () => {
    const first = await swept(['1', '2'], ['1'])
    await purge(first)
    const script = () => ({ walks: [[shows('1', '2')]], counts: [2], records: all(['1', '2']) })
    const soon = first.restart(script(), { at: instant(SERVER_TIME + HOUR_MS + 60_000) })
    const index = new MemoryKeyIndex()
    await first.publisher.rebuild(index, feedIdentity(), SERVER_TIME)
    expect(await purge(soon)).toMatchObject({ missed: 1, progress: { counts: { stale: 1, published: 0 } } })
    const late = first.restart(script(), { at: instant(SERVER_TIME + 3 * HOUR_MS), index })
    await purge(late)
    expect(late.changes()).toMatchObject([{ kind: 'upsert', key: '2', reason: 'RESTORED' }])
  })
})

describe('a key that the walk shows with a newer stamp than the index has', () => {
  const changedAt = (stamp: number) =>
    sourceRecord('2', { ListPrice: 1 }, { modificationTimestamp: instant(stamp) })
  const swept2 = (stamp: number) =>
    swept(['1', '2'], ['1'], {
      walks: [[{ records: [sourceRecord('1'), changedAt(stamp)].map(keyRow) }]],
      counts: [2],
      records: [sourceRecord('1'), changedAt(stamp)],
    })

  test('is read whole and published where no update will show it any more: it came back with its stamp (R4)', async () => {
    const opened = await swept2(SERVER_TIME - 1_800_000)
    expect(await purge(opened)).toMatchObject({ missed: 1, progress: { counts: { published: 1 } } })
    expect(opened.changes()).toMatchObject([{ kind: 'upsert', key: '2', reason: 'UPDATED' }])
    expect(asked(opened, 'findByKeys')).toMatchObject([{ keys: ['2'], select: 'everything' }])
  })

  test('is left to the next update where that will show it', async () => {
    const opened = await swept2(SERVER_TIME + 60_000)
    expect(await purge(opened)).toMatchObject({ missed: 0, progress: { counts: { published: 0 } } })
    expect(asked(opened, 'findByKeys')).toEqual([])
  })
})

describe('a key that the walk shows with the stamp that the index has', () => {
  const at = (price: number) =>
    sourceRecord('2', { ListPrice: price }, { modificationTimestamp: SERVER_TIME })
  const other = sourceRecord('1')

  /** Published in the second of its stamp; the next update, an hour later, shows it or does not. */
  async function published(updated: readonly SourceRecord[]) {
    const first = new MemoryFeed({ walks: [[{ records: [other, at(1)] }]], counts: [0] })
    await runSnapshot(first.feed, LISTINGS, signal)
    const walks = [[{ records: updated }], [{ records: [other, at(2)].map(keyRow) }]]
    const counts = [...updated.map(() => 1), 2]
    const later = first.restart(
      { walks, counts, records: [other, at(2)] },
      { at: instant(SERVER_TIME + HOUR_MS) },
    )
    await runUpdate(later.feed, LISTINGS, signal)
    return later
  }

  test('is read again if no update has shown it since: a second may hold two changes (R4)', async () => {
    const opened = await published([])
    expect(await purge(opened)).toMatchObject({ missed: 1, progress: { counts: { published: 1 } } })
    expect(opened.changes()).toMatchObject([{ kind: 'upsert', key: '2', reason: 'UPDATED' }])
  })

  test('is not read again if an update has shown it when its overlap was over', async () => {
    const opened = await published([at(2)])
    expect(opened.changes()).toHaveLength(1)
    expect(await purge(opened)).toMatchObject({ missed: 0 })
    expect(asked(opened, 'findByKeys')).toEqual([])
  })
})

describe('a key that the walk shows with an older stamp than the index has (R6)', () => {
  const other = sourceRecord('1')
  const back = (hours: number, price: number) =>
    sourceRecord('2', { ListPrice: price }, { modificationTimestamp: instant(SERVER_TIME - hours * HOUR_MS) })
  const sweptBack = (shown: SourceRecord, there: SourceRecord, later = HOUR_MS) =>
    feedAfterSnapshot(
      [other, sourceRecord('2')],
      { walks: [[{ records: [other, shown].map(keyRow) }]], counts: [2], records: [other, there] },
      { later },
    )

  test('is asked for, twice; the same stamp again is the new truth of the source', async () => {
    const opened = await sweptBack(back(47, 1), back(47, 1))
    expect(await purge(opened)).toMatchObject({ missed: 1, progress: { counts: { published: 1, stale: 1 } } })
    expect(opened.changes()).toMatchObject([
      { kind: 'upsert', key: '2', reason: 'UPDATED', modificationTimestamp: SERVER_TIME - 47 * HOUR_MS },
    ])
    expect(asked(opened, 'findByKeys')).toMatchObject([
      { keys: ['2'], select: 'everything' },
      { keys: ['2'], select: 'everything' },
    ])
    expect(await entryOf(opened, '2')).toMatchObject({ modificationTimestamp: SERVER_TIME - 47 * HOUR_MS })
    const next = opened.restart({
      walks: [[{ records: [other, back(47, 1)].map(keyRow), request: 90 }]],
      counts: [2],
      records: [other, back(47, 1)],
    })
    expect(await purge(next)).toMatchObject({ missed: 0 })
  })

  test('publishes nothing where the stamp alone went back, and the index follows (R5)', async () => {
    const same = sourceRecord('2', {}, { modificationTimestamp: instant(SERVER_TIME - 47 * HOUR_MS) })
    const opened = await sweptBack(same, same)
    await purge(opened)
    expect(opened.changes()).toEqual([])
    expect(await entryOf(opened, '2')).toMatchObject({ modificationTimestamp: SERVER_TIME - 47 * HOUR_MS })
  })

  test('is dropped where the answers are not the same', async () => {
    const opened = await sweptBack(back(47, 1), back(47, 1))
    let answers = 0
    const findByKeys = opened.source.findByKeys.bind(opened.source)
    opened.source.findByKeys = (...args) => {
      answers += 1
      opened.source.records.set(recordKey('2'), back(46 + answers, answers))
      return findByKeys(...args)
    }
    expect(await purge(opened)).toMatchObject({ progress: { counts: { published: 0, stale: 2 } } })
    expect(opened.changes()).toEqual([])
  })

  test('is left to the purge after this one while the source’s cache may still be older', async () => {
    const opened = await sweptBack(back(47, 1), back(47, 1), 20 * 60_000)
    expect(await purge(opened)).toMatchObject({ missed: 0 })
    expect(asked(opened, 'findByKeys')).toEqual([])
  })

  test('is read whole if its stamp went back, too, while it could not be published (R12)', async () => {
    const opened = await feedAfterSnapshot([other, sourceRecord('2', { Poison: 1 })], {
      walks: [
        [{ records: [other, sourceRecord('2', { Poison: 1 })] }],
        [{ records: [other, back(47, 1)].map(keyRow) }],
      ],
      counts: [2, 2],
      records: [other, back(47, 1)],
    })
    await runUpdate(opened.feed, LISTINGS, signal)
    expect(await entryOf(opened, '2')).toMatchObject({ state: 'dead_lettered' })
    const later = opened.restart(
      {
        walks: [[{ records: [other, back(47, 1)].map(keyRow), request: 90 }]],
        counts: [2],
        records: [other, back(47, 1)],
      },
      { at: instant(SERVER_TIME + 3 * HOUR_MS) },
    )
    later.source.skipRequests(90)
    await purge(later)
    expect(later.changes()).toMatchObject([{ kind: 'upsert', key: '2' }])
  })
})

describe('a stamp that cannot be compared', () => {
  const other = sourceRecord('1')
  const hidden = (price: number) => ({
    ...sourceRecord('2', { ListPrice: price, ModificationTimestamp: '********' }),
    modificationTimestamp: null,
  })

  test('lets the purge compare the content', async () => {
    const opened = await feedAfterSnapshot([other, hidden(1)], {
      walks: [[{ records: [other, hidden(2)].map(keyRow) }]],
      counts: [2],
      records: [other, hidden(2)],
    })
    expect(await purge(opened)).toMatchObject({ missed: 1 })
    expect(opened.changes()).toMatchObject([{ key: '2', reason: 'UPDATED' }])
  })

  test('has a record whose dead letter waits read again, which no update has missed (R11)', async () => {
    const poison = sourceRecord('2', { Poison: 1, ModificationTimestamp: '********' })
    const poisoned = { ...poison, modificationTimestamp: null }
    const script = (record: SourceRecord) => ({
      walks: [[{ records: [other, record].map(keyRow) }]],
      counts: [2],
      records: [other, record],
    })
    const opened = await feedAfterSnapshot([other], script(poisoned))
    await purge(opened)
    expect(await entryOf(opened, '2')).toMatchObject({ state: 'dead_lettered' })
    const again = opened.restart(script(poisoned), { at: instant(SERVER_TIME + 2 * HOUR_MS) })
    expect(await purge(again)).toMatchObject({ missed: 0, progress: { missed: {} } })
    expect(asked(again, 'findByKeys')).toMatchObject([{ keys: ['2'], select: 'everything' }])
    const mended = again.restart(script(hidden(1)), { at: instant(SERVER_TIME + 3 * HOUR_MS) })
    expect(await purge(mended)).toMatchObject({ missed: 1, progress: { counts: { published: 1 } } })
  })
})

describe('an index that was taken from the topics (R2, R4)', () => {
  /** Published by an update in the second of its stamp, in a process that died before its index had it. */
  async function takenOver(records: readonly SourceRecord[], updated: readonly SourceRecord[]) {
    const first = new MemoryFeed({ walks: [[{ records }], [{ records: updated }]], counts: [0, 0] })
    await runSnapshot(first.feed, LISTINGS, signal)
    await runUpdate(first.feed, LISTINGS, signal)
    const index = new MemoryKeyIndex()
    await first.publisher.rebuild(index, feedIdentity(), SERVER_TIME)
    return { first, index }
  }

  test('is not believed where a second may have held two changes', async () => {
    const at = (price: number) =>
      sourceRecord('2', { ListPrice: price }, { modificationTimestamp: SERVER_TIME })
    const { first, index } = await takenOver([sourceRecord('1'), sourceRecord('2')], [at(1)])
    // The second change was never read, and the listing was out of view until its stamp had left every window.
    const walks = [
      [{ records: [], request: 90 }],
      [{ records: [sourceRecord('1'), at(2)].map(keyRow), request: 91 }],
    ]
    const later = first.restart(
      { walks, counts: [2], records: [sourceRecord('1'), at(2)] },
      { at: instant(SERVER_TIME + HOUR_MS), index },
    )
    later.source.skipRequests(91)
    await runUpdate(later.feed, LISTINGS, signal)
    expect(await purge(later)).toMatchObject({ missed: 1, progress: { counts: { published: 1 } } })
    expect(later.changes()).toMatchObject([{ key: '2', reason: 'UPDATED' }])
  })

  test('is believed of all listings that were observed when their stamps had left the overlap', async () => {
    const records = all(keys(5_000))
    const { first, index } = await takenOver(records, [])
    const later = first.restart(
      { walks: [[{ records: records.map(keyRow), request: 90 }]], counts: [5_000], records },
      { at: instant(SERVER_TIME + HOUR_MS), index },
    )
    expect(await purge(later)).toMatchObject({ missed: 0 })
    expect(asked(later, 'findByKeys')).toEqual([])
  })
})

describe('what has to be read whole', () => {
  const touched = (count: number) =>
    keys(count).map((key) =>
      sourceRecord(key, { ListPrice: 7 }, { modificationTimestamp: instant(SERVER_TIME - 1_800_000) }),
    )
  /** Every listing has a newer stamp than the index; the walks of keys and of everything have so many pages. */
  async function touchedFeed(count: number, pages: number, script: SourceScript = {}) {
    const records = touched(count)
    const size = Math.ceil(count / pages)
    const paged = (rows: readonly SourceRecord[]): WalkStep[] =>
      Array.from({ length: pages }, (_, i) => ({ records: rows.slice(i * size, (i + 1) * size) }))
    const walks = [paged(records.map(keyRow)), paged(records)]
    return feedAfterSnapshot(all(keys(count)), { walks, counts: [count], records, ...script })
  }

  test('is asked for by key where that takes fewer requests than to walk', async () => {
    const opened = await touchedFeed(300, 4)
    expect(await purge(opened)).toMatchObject({ missed: 300, progress: { counts: { published: 300 } } })
    expect(asked(opened, 'walk')).toHaveLength(1)
    expect(asked(opened, 'findOne')).toEqual([])
  })

  test('is walked where that takes fewer', async () => {
    const opened = await touchedFeed(1_000, 2)
    expect(await purge(opened)).toMatchObject({ missed: 1_000, progress: { counts: { published: 1_000 } } })
    expect(opened.changes()).toHaveLength(1_000)
    expect(asked(opened, 'findByKeys')).toEqual([])
    expect(asked(opened, 'walk')).toHaveLength(2)
  })

  test('is not asked for one by one where the source takes no filter by key and a walk takes fewer requests', async () => {
    const opened = await touchedFeed(300, 4, { findByKeys: () => 'refused' })
    expect(await purge(opened)).toMatchObject({ missed: 300, progress: { counts: { published: 300 } } })
    expect(asked(opened, 'findOne')).toEqual([])
    expect(asked(opened, 'findByKeys')).toHaveLength(1)
    expect(asked(opened, 'walk').map((q) => 'select' in q && q.select)).toEqual(['versions', 'everything'])
  })

  test('is asked for one by one where one of them spoils the answer: it would spoil the walk, too', async () => {
    const opened = await touchedFeed(300, 4, {
      findByKeys: () => 'spoiled',
      findOne: (key) => (key === keys(300)[7] ? 'inconclusive' : undefined),
    })
    expect(await purge(opened)).toMatchObject({ missed: 300, progress: { counts: { published: 299 } } })
    expect(asked(opened, 'findOne')).toHaveLength(300)
    expect(asked(opened, 'walk').map((q) => 'select' in q && q.select)).toEqual(['versions'])
  })

  test('is asked for one by one where it is little', async () => {
    const opened = await touchedFeed(3, 3, { findByKeys: () => 'refused' })
    expect(await purge(opened)).toMatchObject({ missed: 3, progress: { counts: { published: 3 } } })
    expect(asked(opened, 'findOne')).toHaveLength(3)
  })
})

describe('a deleted key', () => {
  test('is forgotten after delete.retention.ms, not before (R9)', async () => {
    const first = await swept(['1', '2'], ['1'])
    await purge(first)
    const script = () => ({ walks: [[{ ...shows('1'), request: 90 } as WalkStep]], counts: [1] })
    const deletedAt = SERVER_TIME + HOUR_MS
    const before = first.restart(script(), { at: instant(deletedAt + DELETE_RETENTION_MS) })
    await purge(before)
    expect(await entryOf(before, '2')).toMatchObject({ state: 'deleted' })
    const after = first.restart(script(), { at: instant(deletedAt + DELETE_RETENTION_MS + 1) })
    await purge(after)
    expect(await entryOf(after, '2')).toBeUndefined()
    expect(after.changes()).toEqual([])
  })
})

describe('an interrupted purge', () => {
  test('goes on at its token while its ledger is whole', async () => {
    const first = await swept(['1', '2', '3'], [], { walks: [[shows('1'), shows('2'), { fail: outage }]] })
    passASecondAtEachLook(first.clock)
    await expect(purge(first)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'purge')!
    const second = first.restart({ walks: [[shows()]], counts: [2], records: all(['1', '2']) })
    const { progress } = await purge(second)
    expect(progress).toMatchObject({
      passId: interrupted.passId,
      startedAt: interrupted.startedAt,
      walked: 2,
      resumed: true,
    })
    expect(second.markers()).toMatchObject([{ event: 'completed', progress: { resumed: true } }])
    expect(asked(second, 'walk')).toMatchObject([{ token: interrupted.token }])
    expect(live(second)).toEqual(['1', '2'])
  })

  test('walks again what it walked within a second of its last checkpoint, and counts it once (R7)', async () => {
    const first = await swept(['1', '2', '3'], [], { walks: [[shows('1'), shows('2'), { fail: outage }]] })
    await expect(purge(first)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'purge')!
    expect(interrupted).toMatchObject({ page: 1, walked: 1 })
    const second = first.restart({ walks: [[shows('2')]], counts: [2], records: all(['1', '2']) })
    const { progress } = await purge(second)
    expect(progress).toMatchObject({ passId: interrupted.passId, page: 2, walked: 2 })
    expect(asked(second, 'walk')).toMatchObject([{ token: interrupted.token }])
    expect(live(second)).toEqual(['1', '2'])
  })

  test('walks again from the beginning if its ledger was lost: half a walk proves nothing (R9 a)', async () => {
    const first = await swept(['1', '2', '3'], [], { walks: [[shows('1'), shows('2'), { fail: outage }]] })
    await expect(purge(first)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'purge')!
    await first.index.ledger.drop(interrupted.passId)
    const second = first.restart({ walks: [[shows('1', '2')]], counts: [2], records: all(['1', '2']) })
    const { passId, sweepOffsets } = interrupted
    const again = { passId, sweepOffsets, walked: 2, page: 1, resumed: false }
    expect(await purge(second)).toMatchObject({ progress: again })
    expect(asked(second, 'walk')).toMatchObject([{ token: '' }])
    expect(live(second)).toEqual(['1', '2'])
  })

  test('is given up by a fresh one, and says so; a fresh one has nothing to give up else', async () => {
    const first = await swept(['1', '2', '3'], [], { walks: [[shows('1'), shows('2'), { fail: outage }]] })
    await expect(purge(first)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'purge')!
    const script = { walks: [[shows('1', '3')], [shows('1', '3')]], counts: [2, 2], records: all(['1', '3']) }
    const second = first.restart(script)
    const fresh = () => runPurge(second.feed, LISTINGS, { ...PLAIN_PASS, fresh: true }, signal)
    const { progress } = await fresh()
    expect(progress).toMatchObject({ state: 'completed', resumed: false, deletes: { emitted: 1 } })
    expect(asked(second, 'walk')).toMatchObject([{ token: '' }])
    const { passId } = interrupted
    expect(progress.passId).not.toBe(passId)
    expect(second.markers()).toMatchObject([
      { event: 'failed', detail: expect.stringContaining('fresh'), progress: { passId, sweepDoubt: null } },
      { event: 'started', progress: { passId: progress.passId } },
      { event: 'completed' },
    ])
    expect(await second.index.ledger.size(passId, 'seen', 9)).toBe(0)
    await fresh()
    const events = second.markers().map(({ event }) => event)
    expect(events).toEqual(['failed', 'started', 'completed', 'started', 'completed'])
  })

  test('walks again under its id when its token is refused (R7)', async () => {
    const first = await swept(['1', '2', '3'], [], { walks: [[shows('1'), { fail: outage }]] })
    await expect(purge(first)).rejects.toBe(outage)
    const refused = new ListingstreamError('unknown token', { code: TOKEN_REFUSED, retryable: true })
    const second = first.restart({
      walks: [[{ fail: refused }], [shows('1', '2')]],
      counts: [2],
      records: all(['1', '2']),
    })
    await purge(second)
    expect(live(second)).toEqual(['1', '2'])
  })

  test('asks anew about what it had found gone: yesterday’s proof may be today’s listing (R9 b)', async () => {
    const first = await swept(['1', '2', '3'], ['1'])
    // The page's checkpoint is committed, the deletes are not.
    first.publisher.failBeforeCommit(1, outage)
    await expect(purge(first)).rejects.toBe(outage)
    expect(asked(first, 'findByKeys')).toHaveLength(1)
    const second = first.restart({ walks: [[shows('1')]], counts: [1], records: all(['1', '2']) })
    expect(await purge(second)).toMatchObject({ progress: { deletes: { emitted: 1, refuted: 1 } } })
    expect(live(second)).toEqual(['1', '2'])
  })

  test('tells the fate of each key once, however often it had to ask', async () => {
    const first = await swept(['1', '2', '3', '4'], ['1'], { there: ['1', '2'] }, { over: { batchSize: 1 } })
    // Dies between its two deletes, whose first one has told of the key that was refuted.
    first.publisher.failBeforeCommit(2, outage)
    await expect(purge(first)).rejects.toBe(outage)
    expect(live(first)).toEqual(['1', '2', '4'])
    const second = first.restart({ walks: [[shows('1')]], counts: [1], records: all(['1', '2']) })
    expect(await purge(second)).toMatchObject({
      progress: { deletes: { emitted: 2, refuted: 1, held: 0, inconclusive: 0 } },
    })
    expect(live(second)).toEqual(['1', '2'])
  })
})

describe('a dry run', () => {
  test('walks, compares and asks, and leaves no trace in the topics', async () => {
    const opened = await swept(['1', '2'], ['1', '3'])
    expect(await purge(opened, true)).toMatchObject({ gone: 1, missed: 1, verdict: { kind: 'clear' } })
    expect(opened.committed()).toEqual([])
    expect(opened.feed.state.lastPass(LISTINGS.name, 'purge')).toBeUndefined()
    expect(live(opened)).toEqual(['1', '2'])
    expect(opened.observer.dryRuns).toEqual([{ deletes: 1, heldBecause: null }])
    expect(opened.observer.ended).toEqual([])
  })

  test('says that the guard would hold', async () => {
    const opened = await swept(['1', '2', '3'], ['1'], {}, { over: { guard: strict } })
    const { verdict, gone } = await purge(opened, true)
    expect({ verdict, gone }).toMatchObject({ verdict: { kind: 'held' }, gone: 2 })
    expect(opened.observer.dryRuns).toEqual([
      { deletes: 2, heldBecause: expect.stringContaining('PURGE_MAX_DELETES') },
    ])
  })

  test('leaves an interrupted sweep alone, and keeps no ledger of its own', async () => {
    const first = await swept(['1', '2'], [], { walks: [[shows('1'), { fail: outage }]] })
    await expect(purge(first)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'purge')!
    const second = first.restart({ walks: [[shows('1')]], counts: [1], records: all(['1']) })
    const { progress } = await purge(second, true)
    expect(progress.passId).not.toBe(interrupted.passId)
    expect(await second.index.ledger.size(progress.passId, 'seen', 9)).toBe(0)
    expect(second.feed.state.interrupted(LISTINGS.name, 'purge')).toEqual(interrupted)
    expect(await second.index.ledger.size(interrupted.passId, 'seen', 9)).toBe(1)
  })
})
