import { describe, expect, test } from 'vitest'

import type { Change } from '../../../src/domain/change.ts'
import { DATA_FAILED, TOKEN_REFUSED } from '../../../src/domain/error-codes.ts'
import { MASKED } from '../../../src/domain/masked.ts'
import { instant } from '../../../src/domain/instant.ts'
import type { PassProgress } from '../../../src/domain/pass.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { approveHold } from '../../../src/replication/holds/approve-hold.ts'
import { rejectHold } from '../../../src/replication/holds/reject-hold.ts'
import { runPurge } from '../../../src/replication/purge.ts'
import { runSnapshot, runUpdate } from '../../../src/replication/records-pass.ts'
import { noticeScope } from '../../../src/replication/scope-change.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { feedIdentity } from '../../fixtures/index-entry.ts'
import { MemoryKeyIndex } from '../../fixtures/memory-key-index.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../../fixtures/memory-feed.ts'
import {
  keyRow,
  SERVER_TIME,
  sourceRecord,
  type SourceScript,
  type WalkStep,
} from '../../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })

const KEYS = Array.from({ length: 1_200 }, (_, i) => String(10_000 + i))
/** Stamped after the snapshot. */
const LATER = instant(SERVER_TIME + 1_800_000)
const plain = KEYS.map((key) => sourceRecord(key, { Price: 1 }))
const stamped = (fields: Readonly<Record<string, string | number>>, keys: readonly string[] = KEYS) =>
  keys.map((key) => sourceRecord(key, fields, { modificationTimestamp: LATER }))
/** The first `count` of them have lost a field, the others have a new stamp alone. */
const masked = (count: number): readonly SourceRecord[] => [
  ...stamped({ Price: MASKED }, KEYS.slice(0, count)),
  ...stamped({ Price: 1 }, KEYS.slice(count)),
]
const pages = (records: readonly SourceRecord[]): readonly WalkStep[] =>
  [0, 400, 800].map((from) => ({ records: records.slice(from, from + 400) }))
const shows = (records: readonly SourceRecord[], walks = 1): SourceScript => ({
  walks: Array.from({ length: walks }, () => pages(records)),
  counts: Array.from({ length: walks }, () => records.length),
  records,
})

const open = (script: SourceScript, over: Parameters<typeof feedAfterSnapshot>[2] = {}) =>
  feedAfterSnapshot(plain, script, over)
const update = ({ feed }: MemoryFeed) => runUpdate(feed, LISTINGS, signal)
const snapshot = ({ feed }: MemoryFeed) => runSnapshot(feed, LISTINGS, signal)
const standing = ({ feed }: MemoryFeed, pass: PassProgress['pass'] = 'update') =>
  feed.state.holds.standingRecords(LISTINGS.name, pass)
const approve = ({ feed }: MemoryFeed, upTo: number) =>
  approveHold(feed, LISTINGS, { sweep: feed.state.holds.all(LISTINGS.name)[0]!.hold.passId, upTo }, signal)
const published = (opened: MemoryFeed) => opened.changes().length
const isMasked = (change: Change): boolean =>
  change.kind === 'upsert' && Buffer.from(change.content.bytes).includes(MASKED)
const leaked = ({ publisher }: MemoryFeed) => publisher.changes().filter(isMasked).length
async function heldKeys(opened: MemoryFeed) {
  const found: string[] = []
  for await (const chunk of opened.publisher.keys(standing(opened)!))
    found.push(...chunk.map(({ key }) => key))
  return found
}

describe('a mass masking', () => {
  test('that an update reads is held: none of it is published, all else is, and the watermark stays (R4, R10)', async () => {
    const records = [...masked(121), sourceRecord('new', {}, { modificationTimestamp: LATER })]
    const opened = await open({
      walks: [[...pages(records), { records: records.slice(1_200) }]],
      counts: [1_201],
      records,
    })
    const before = opened.feed.state.watermark(LISTINGS.name)
    expect(await update(opened)).toMatchObject({
      state: 'held',
      walked: 1_201,
      counts: { published: 1, unchanged: 1_079, stale: 121 },
      reread: { known: 1_200, masked: 121, changed: 0, held: 121 },
    })
    expect(opened.changes().map(({ key }) => key)).toEqual(['new'])
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(before)
    const why = '121 of 1200 records that were read again gained masked fields, above MASK_MAX_RATIO (0.1)'
    expect(standing(opened)).toMatchObject({ keys: 121, hold: { kind: 'masking', pass: 'update', why } })
    expect(await heldKeys(opened)).toEqual(KEYS.slice(0, 121))
    const last = opened.publisher.transactions.at(-1)!.request
    expect(last).toMatchObject({ markers: [{ event: 'held', detail: why }], watermark: null })
    expect(opened.observer.ended.at(-1)).toMatchObject({ detail: why })
    // Nothing says that they were seen: the next pass has to find them as they were.
    const [entry] = await opened.index.getMany(LISTINGS.name, [plain[0]!.key])
    expect(entry).toMatchObject({ modificationTimestamp: plain[0]!.modificationTimestamp, masked: 0 })
  })

  test('of a handful is read once more when the pass has ended well, and published (R10)', async () => {
    const opened = await open(shows(masked(120)))
    expect(await update(opened)).toMatchObject({
      state: 'completed',
      counts: { published: 120, unchanged: 1_080, stale: 120 },
      reread: { known: 1_200, masked: 120, held: 0 },
    })
    expect(leaked(opened)).toBe(120)
    expect(standing(opened)).toBeUndefined()
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME + HOUR_MS)
    expect(opened.source.asked.filter(({ kind }) => kind === 'findByKeys')).toHaveLength(1)
  })

  test('is none where an update reads few: below a thousand a share says nothing', async () => {
    const few = stamped({ Price: MASKED }, KEYS.slice(0, 900))
    const opened = await open({ walks: [[{ records: few }]], counts: [900], records: few })
    expect(await update(opened)).toMatchObject({ state: 'completed', counts: { published: 900 } })
  })

  test('is held by a snapshot of a resource that has had one, too', async () => {
    const opened = await open(shows(masked(1_200)))
    expect(await snapshot(opened)).toMatchObject({ state: 'held', initial: false, reread: { held: 1_200 } })
    expect(leaked(opened)).toBe(0)
    expect(standing(opened, 'snapshot')).toMatchObject({ keys: 1_200, chunks: 2 })
  })

  test('among what updates missed is held by the purge that reads it, which deletes all the same (R9, R10)', async () => {
    // Without a stamp: each is read whole.
    const gone = KEYS.at(-1)!
    const records = KEYS.slice(0, -1).map((key) =>
      sourceRecord(key, { Price: MASKED }, { modificationTimestamp: instant(SERVER_TIME - 2 * HOUR_MS) }),
    )
    const opened = await open({
      walks: [[{ records: records.map(keyRow) }], pages(records)],
      counts: [1_199],
      records,
    })
    const { progress, verdict } = await runPurge(opened.feed, LISTINGS, PLAIN_PASS, signal)
    expect(verdict).toEqual({ kind: 'clear' })
    expect(progress).toMatchObject({
      state: 'held',
      deletes: { emitted: 1, held: 0 },
      reread: { held: 1_199 },
    })
    expect(opened.changes()).toMatchObject([{ kind: 'deletion', key: gone }])
    const { hold } = standing(opened, 'purge')!
    expect(hold.passId).toBe(`${progress.passId}-records`)
    expect(opened.markers().at(-1)).toMatchObject({ event: 'held', detail: hold.why })

    const next = opened.restart({ records })
    expect(await approve(next, 1_199)).toMatchObject({ progress: { pass: 'purge', state: 'completed' } })
    expect(leaked(next)).toBe(1_199)
  })
})

describe('a hold of records', () => {
  test('goes on under its id while updates find the same, and grows by what is new', async () => {
    const opened = await open({
      walks: [pages(masked(200)), pages(masked(200)), pages(masked(203))],
      counts: [1_200, 1_200, 1_200],
    })
    await update(opened)
    const first = standing(opened)!
    const writes = () =>
      opened.publisher.transactions.flatMap(({ request }) => request.holds?.written ?? []).length
    expect(writes()).toBe(1)
    await update(opened)
    expect(standing(opened)).toEqual(first)
    expect(writes()).toBe(1)
    await update(opened)
    expect(standing(opened)).toMatchObject({ keys: 203, chunks: 1, hold: { passId: first.hold.passId } })
    expect(await heldKeys(opened)).toEqual(KEYS.slice(0, 203))
  })

  test('that grows over a thousand keys stands after each of its transactions (R1, R14)', async () => {
    const opened = await open({
      walks: [pages(masked(900)), pages(masked(1_150))],
      counts: [1_200, 1_200],
    })
    await update(opened)
    const { hold } = standing(opened)!
    // The two pages that withhold, then the first chunk.
    opened.publisher.failAfterCommit(1, outage)
    await expect(update(opened)).rejects.toBe(outage)
    const next = opened.restart({ walks: [pages(masked(1_150)).slice(2)], counts: [1_200] })
    expect(standing(next)).toMatchObject({ keys: 1_000, chunks: 1, hold: { passId: hold.passId } })
    await update(next)
    expect(standing(next)).toMatchObject({ keys: 1_150, chunks: 2, hold: { passId: hold.passId } })
    expect((await heldKeys(next)).toSorted()).toEqual(KEYS.slice(0, 1_150))
  })

  test('ends when a later pass of the kind comes to another verdict', async () => {
    const opened = await open({
      walks: [pages(masked(500)), pages(masked(0))],
      counts: [1_200, 1_200],
    })
    await update(opened)
    expect(await update(opened)).toMatchObject({ state: 'completed', reread: { held: 0 } })
    expect(standing(opened)).toBeUndefined()
    expect(standing(opened.restart({}))).toBeUndefined()
    expect(published(opened)).toBe(0)
  })

  test('is asked for by key where the window no longer shows it, and ends only by what that says (R10)', async () => {
    const few = stamped({ Price: 1 }, KEYS.slice(0, 3))
    const opened = await open({
      walks: [pages(masked(500)), [{ records: few }], [{ records: few }]],
      counts: [1_200, 3, 3],
      records: masked(500),
    })
    await update(opened)
    const before = standing(opened)!
    expect(await update(opened)).toMatchObject({
      state: 'held',
      reread: { known: 500, masked: 497, held: 500 },
    })
    expect(standing(opened)).toEqual(before)
    expect(leaked(opened)).toBe(0)
    for (const record of masked(0)) opened.source.records.set(record.key, record)
    expect(await update(opened)).toMatchObject({ state: 'completed', reread: { held: 0 } })
    expect(standing(opened)).toBeUndefined()
    expect(leaked(opened)).toBe(0)
  })

  test('does not end because fewer than a thousand of its records are shown (R10)', async () => {
    const left = masked(500).slice(0, 900)
    const opened = await open({ walks: [pages(masked(500)), [{ records: left }]], counts: [1_200, 900] })
    await update(opened)
    expect(await update(opened)).toMatchObject({ state: 'held', reread: { known: 900, held: 500 } })
    expect(leaked(opened)).toBe(0)
  })

  test('is left as it stands by an update that could not read all of its window (R10)', async () => {
    const failed = new ListingstreamError('cannot be shown', { code: DATA_FAILED, retryable: true })
    const opened = await open({ walks: [pages(masked(500))], counts: [1_200], records: masked(500) })
    await update(opened)
    const before = standing(opened)!
    const held = opened.feed.state.lastPass(LISTINGS.name, 'update')!
    const owing = { ...held, owedSeconds: [instant(LATER)] }
    const commitment = { progress: owing, watermark: null, markers: [] }
    await opened.feed.committer.commitProgress(LISTINGS, commitment, signal)
    const next = opened.restart({
      walks: [[{ records: [] }], [{ records: [] }], [{ fail: failed }], [{ records: [] }]],
      counts: [0, 0, 0],
    })
    expect(await update(next)).toMatchObject({ state: 'held', owedSeconds: [LATER] })
    expect(standing(next)).toEqual(before)
  })

  test('is handed on by a pass that is interrupted, and outlives a restart (R1, R10)', async () => {
    const opened = await open({
      walks: [pages(masked(500)), [pages(masked(500))[0]!, { fail: outage }]],
      counts: [1_200],
    })
    await update(opened)
    await expect(update(opened)).rejects.toBe(outage)
    const next = opened.restart({ walks: [pages(masked(500)).slice(1)], counts: [1_200] })
    next.source.skipRequests(100)
    expect(next.feed.state.lastPass(LISTINGS.name, 'update')).toMatchObject({
      state: 'running',
      reread: { held: 500 },
    })
    expect(await update(next)).toMatchObject({
      state: 'held',
      reread: { known: 1_200, masked: 500, held: 500 },
    })
    expect(standing(next)).toMatchObject({ keys: 500 })
    expect(leaked(next)).toBe(0)
  })
})

describe('an approval of masked records', () => {
  async function held(count: number): Promise<MemoryFeed> {
    const opened = await open(shows(masked(count), 2))
    await update(opened)
    return opened
  }

  test('reads each once more and publishes what it says; the next update goes on (R4, R5, R11)', async () => {
    const opened = await held(500)
    // One is shown again meanwhile.
    const [back] = stamped({ Price: 1 })
    opened.source.records.set(back!.key, back!)
    const { progress, heldBecause } = await approve(opened, 500)
    expect(heldBecause).toBeNull()
    expect(progress).toMatchObject({
      pass: 'update',
      state: 'completed',
      counts: { published: 499, unchanged: 1, stale: 0 },
      reread: { held: 0 },
    })
    expect(leaked(opened)).toBe(499)
    expect(standing(opened)).toBeUndefined()
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'held', 'started', 'completed'])
    expect(await update(opened)).toMatchObject({
      state: 'completed',
      counts: { published: 0, unchanged: 1_200, stale: 1 },
    })
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME + HOUR_MS)
  })

  test('for fewer than would be published publishes none, and the hold stands', async () => {
    const opened = await held(500)
    const { progress, heldBecause } = await approve(opened, 499)
    expect(heldBecause).toContain('499 records of hold')
    expect(progress).toMatchObject({ state: 'held', reread: { held: 500 } })
    expect(leaked(opened)).toBe(0)
    expect(standing(opened)).toMatchObject({ keys: 500 })
  })

  test('for fewer keys than are held is enough where the others say again what the topic says', async () => {
    const opened = await held(500)
    for (const record of stamped({ Price: 1 }, KEYS.slice(0, 300)))
      opened.source.records.set(record.key, record)
    expect(await approve(opened, 200)).toMatchObject({ progress: { state: 'completed' }, heldBecause: null })
    expect(leaked(opened)).toBe(200)
  })

  test('that dies half way leaves the hold, and what it has published (R1)', async () => {
    const opened = await held(500)
    opened.publisher.failAfterCommit(1, outage)
    await expect(approve(opened, 500)).rejects.toBe(outage)
    const index = new MemoryKeyIndex()
    await opened.publisher.rebuild(index, feedIdentity(), SERVER_TIME)
    const next = opened.restart(shows(masked(500)), { index })
    expect(next.feed.state.interrupted(LISTINGS.name, 'update')).toBeUndefined()
    expect(leaked(next)).toBe(199)
    expect(await approve(next, 500)).toMatchObject({
      progress: { counts: { published: 301, unchanged: 199 } },
    })
  })

  test('is refused while a later pass of the kind stands half way', async () => {
    const opened = await open({
      walks: [pages(masked(500)), [pages(masked(500))[0]!, { fail: outage }]],
      counts: [1_200],
    })
    await update(opened)
    await expect(update(opened)).rejects.toBe(outage)
    await expect(approve(opened, 500)).rejects.toMatchObject({ code: 'HOLD_SUPERSEDED' })
  })
})

test('a rejection ends the hold, publishes nothing, and the next update judges anew (R10)', async () => {
  const opened = await open(shows(masked(500), 2))
  await update(opened)
  const { hold } = standing(opened)!
  expect(await rejectHold(opened.feed, LISTINGS, hold.passId, signal)).toMatchObject({ keys: 500 })
  expect(standing(opened)).toBeUndefined()
  expect(opened.feed.state.lastPass(LISTINGS.name, 'update')).toMatchObject({
    state: 'rejected',
    reread: { held: 0 },
  })
  expect(await update(opened)).toMatchObject({ state: 'held' })
  expect(standing(opened)?.hold.passId).not.toBe(hold.passId)
  expect(leaked(opened)).toBe(0)
})

describe('with a share of changes', () => {
  const over = { over: { reread: { maskMaxRatio: 0.1, changeMaxRatio: 0.5 } } }

  test('whatever changes is withheld, and held above the share (R10)', async () => {
    const opened = await open(shows(stamped({ Price: 2 })), over)
    expect(await update(opened)).toMatchObject({
      state: 'held',
      reread: { masked: 0, changed: 1_200, held: 1_200 },
    })
    expect(published(opened)).toBe(0)
    expect(standing(opened)).toMatchObject({ keys: 1_200, hold: { kind: 'changes' } })
    await approve(opened, 1_200)
    expect(published(opened)).toBe(1_200)
  })

  test('masked records alone are held where the others are within theirs', async () => {
    const records = [
      ...stamped({ Price: MASKED }, KEYS.slice(0, 200)),
      ...stamped({ Price: 2 }, KEYS.slice(200, 500)),
      ...stamped({ Price: 1 }, KEYS.slice(500)),
    ]
    const opened = await open(shows(records), over)
    expect(await update(opened)).toMatchObject({
      state: 'held',
      counts: { published: 300 },
      reread: { masked: 200, changed: 300, held: 200 },
    })
    expect(leaked(opened)).toBe(0)
    expect(await heldKeys(opened)).toEqual(KEYS.slice(0, 200))
  })
})

describe('in a window of slices', () => {
  const DAY_MS = 24 * HOUR_MS
  const days = { later: 2 * DAY_MS + HOUR_MS }
  const changed = (day: number, keys: readonly string[]): WalkStep => ({
    records: keys.map((key) => {
      const modificationTimestamp = instant(SERVER_TIME + day * DAY_MS + HOUR_MS)
      return sourceRecord(key, { Price: MASKED }, { modificationTimestamp })
    }),
  })
  const first = changed(0, KEYS.slice(0, 700))
  const second = changed(1, KEYS.slice(700))
  const nothing: WalkStep = { records: [] }
  const refused = new ListingstreamError('the token is not known', { code: TOKEN_REFUSED, retryable: true })
  const all = { state: 'held', reread: { known: 1_200, masked: 1_200, held: 1_200 } }

  test('what is withheld in each of them is judged, and held, together (R10)', async () => {
    const opened = await open({ walks: [[first], [second], [nothing]], counts: [700, 500] }, days)
    expect(await update(opened)).toMatchObject(all)
    expect(await heldKeys(opened)).toEqual(KEYS)
    expect(leaked(opened)).toBe(0)
  })

  test('one that begins anew keeps what the slices before it have withheld, and counts its own once', async () => {
    const walks = [[first], [second, { fail: refused }], [second], [nothing]]
    const opened = await open({ walks, counts: [700, 500] }, days)
    expect(await update(opened)).toMatchObject(all)
    expect(await heldKeys(opened)).toEqual(KEYS)
  })

  test('a killed pass goes on with what it has withheld', async () => {
    const walks = [[first], [{ fail: outage }]]
    const opened = await open({ walks, counts: [700] }, days)
    await expect(update(opened)).rejects.toBe(outage)
    const next = opened.restart({ walks: [[second], [nothing]], counts: [500] })
    next.source.skipRequests(100)
    expect(await update(next)).toMatchObject(all)
    expect(await heldKeys(next)).toEqual(KEYS)
  })

  test('where the ledger is lost the whole window is read again: earlier slices may have withheld something (R7, R8)', async () => {
    const walks = [[first], [{ fail: outage }]]
    const opened = await open({ walks, counts: [700] }, days)
    await expect(update(opened)).rejects.toBe(outage)
    const { passId } = opened.feed.state.interrupted(LISTINGS.name, 'update')!
    await opened.index.ledger.drop(passId)
    const next = opened.restart({ walks: [[first], [second], [nothing]], counts: [700, 500] })
    next.source.skipRequests(100)
    const done = await update(next)
    expect(done).toMatchObject(all)
    expect(done.passId).not.toBe(passId)
    expect(await heldKeys(next)).toEqual(KEYS)
  })
})

test('a change of the scope ends what is held: its passes were of another one (R10)', async () => {
  const opened = await open(shows(masked(500)))
  await update(opened)
  const scope = { filter: "MlsStatus Eq 'Active'", select: [], expand: null }
  const next = opened.restart({})
  await noticeScope(next.feed, { ...LISTINGS, scope }, signal)
  expect(standing(next)).toBeUndefined()
  expect(next.feed.state.lastPass(LISTINGS.name, 'update')?.reread.held).toBe(0)
})
