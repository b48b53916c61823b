import { describe, expect, test } from 'vitest'

import type { StandingHold } from '../../../src/domain/hold.ts'
import { passId } from '../../../src/domain/pass.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { approveHold } from '../../../src/replication/holds/approve-hold.ts'
import { CommittedHolds } from '../../../src/replication/holds/committed-holds.ts'
import { rejectHold } from '../../../src/replication/holds/reject-hold.ts'
import { standingHold } from '../../../src/replication/holds/standing-hold.ts'
import { purgeDueAt } from '../../../src/replication/loop.ts'
import { isEndOfPass } from '../../../src/publisher/send-transaction.ts'
import { runPurge } from '../../../src/replication/purge.ts'
import { runUpdate } from '../../../src/replication/records-pass.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../../fixtures/memory-feed.ts'
import {
  keyRecord,
  SERVER_TIME,
  sourceRecord,
  type SourceScript,
  type WalkStep,
} from '../../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SCHEDULE = { purgeIntervalMs: DAY_MS, reconcileIntervalMs: 7 * DAY_MS }
const STRICT = { guard: { maxDeletes: 1, maxRatio: 0.1, hardMax: 5_000 } }
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })

const keys = (count: number) => Array.from({ length: count }, (_, i) => String(1_000 + i))
const all = (names: readonly string[]): readonly SourceRecord[] => names.map((key) => sourceRecord(key))
const shows = (names: readonly string[]): WalkStep => ({ records: names.map(keyRecord) })
const live = ({ publisher }: MemoryFeed) => [...publisher.live().keys()].sort()
const standing = ({ feed }: MemoryFeed) => feed.state.holds.standing(LISTINGS.name, 'deletes')
const lastPurge = ({ feed }: MemoryFeed) => feed.state.lastPass(LISTINGS.name, 'purge')
const asked = ({ source }: MemoryFeed) => source.asked.filter(({ kind }) => kind === 'findByKeys')
const approve = async ({ feed }: MemoryFeed, { hold }: StandingHold, upTo: number) =>
  (await approveHold(feed, LISTINGS, { sweep: hold.passId, upTo }, signal)).purge!
const purge = ({ feed }: MemoryFeed) => runPurge(feed, LISTINGS, PLAIN_PASS, signal)

/** A feed of `known` whose sweep was held since the source shows but `shown`; a new process then finds what `script` says. */
async function held(
  known: readonly string[],
  shown: readonly string[],
  script: SourceScript = {},
): Promise<{ opened: MemoryFeed; hold: StandingHold }> {
  const first = await feedAfterSnapshot(
    all(known),
    { walks: [[shows(shown)]], counts: [shown.length], records: all(shown) },
    { over: STRICT },
  )
  expect(await purge(first)).toMatchObject({ verdict: { kind: 'held' } })
  const there = { walks: [[shows(shown)]], counts: [shown.length], records: all(shown), ...script }
  const opened = first.restart(there, { over: STRICT })
  return { opened, hold: standing(opened)! }
}

async function heldKeys({ publisher }: MemoryFeed, hold: StandingHold) {
  const found = []
  for await (const chunk of publisher.keys(hold)) found.push(...chunk)
  return found
}

describe('what is held', () => {
  test('is written down with its proofs, in the transaction of the verdict at last, and known to a new process (R1, R10)', async () => {
    const { opened, hold } = await held(['1', '2', '3', '4'], ['1', '4'])
    expect(hold).toMatchObject({
      keys: 2,
      chunks: 1,
      hold: { resource: 'listings', pass: 'purge', kind: 'deletes', why: expect.stringContaining('2 of 4') },
    })
    expect(hold.hold.passId).toBe(lastPurge(opened)?.passId)
    const found = await heldKeys(opened, hold)
    expect(found.map(({ key }) => key)).toEqual(['2', '3'])
    expect(found[0]).toEqual({
      key: '2',
      mlsId: 'mls-1',
      lastModificationTimestamp: SERVER_TIME - HOUR_MS,
      lastSeenAt: SERVER_TIME,
      position: { partition: expect.any(Number), offset: expect.any(Number) },
      proof: { reason: 'NOT_IN_SOURCE', evidence: 'LIST_QUERY', at: SERVER_TIME + HOUR_MS },
    })
    const last = opened.publisher.transactions.at(-1)!.request
    expect(last).toMatchObject({ progress: { state: 'held' }, markers: [{ event: 'held' }] })
    expect(last.holds?.written).toHaveLength(1)
  })

  test('of an empty walk are all keys that are live, unproved', async () => {
    const { opened, hold } = await held(['1', '2'], [])
    expect(await heldKeys(opened, hold)).toMatchObject([
      { key: '1', proof: null },
      { key: '2', proof: null },
    ])
  })

  test('lies in records of a thousand keys each (R14)', async () => {
    const known = keys(2_500)
    const { opened, hold } = await held(known, known.slice(0, 10))
    expect(hold).toMatchObject({ chunks: 3, keys: 2_490 })
    const sizes = opened.publisher.transactions.flatMap(({ request }) =>
      (request.holds?.written ?? []).map((chunk) => chunk.keys.length),
    )
    expect(sizes).toEqual([1_000, 1_000, 490])
    expect((await heldKeys(opened, hold)).map(({ key }) => key)).toEqual(known.slice(10))
  })

  test.each([0, 1])(
    'by a sweep that dies after %i of its records is no hold yet; resumed, it writes them again, and what is too much goes',
    async (written) => {
      const known = keys(2_500)
      const first = await feedAfterSnapshot(
        all(known),
        { walks: [[shows(known.slice(0, 10))]], counts: [10], records: all(known.slice(0, 10)) },
        { over: STRICT },
      )
      // The page's checkpoint, then the chunks.
      first.publisher.failAfterCommit(1 + written, outage)
      await expect(purge(first)).rejects.toBe(outage)
      const script = { walks: [[shows([])]], counts: [10], records: all(known.slice(0, 1_800)) }
      const second = first.restart(script, { over: STRICT })
      expect(standing(second)).toBeUndefined()
      expect(await purge(second)).toMatchObject({ progress: { deletes: { held: 700, refuted: 1_790 } } })
      const hold = standing(second)!
      expect(hold).toMatchObject({ chunks: 1, keys: 700 })
      expect((await heldKeys(second, hold)).map(({ key }) => key)).toEqual(known.slice(1_800))
      expect(second.publisher.knownHolds().map(({ chunks }) => [...chunks])).toEqual([[0]])
    },
  )

  test.each([
    ['clear', ['1', '2', '3', '4']],
    ['held again', ['1', '2']],
  ])('ends with the next verdict, %s (R10)', async (_, shown) => {
    const { opened, hold } = await held(['1', '2', '3', '4'], ['1', '4'], {
      walks: [[shows(shown)]],
      counts: [shown.length],
      records: all(shown),
    })
    await purge(opened)
    const last = opened.committed().at(-1)!.request
    expect(last.holds?.ended).toEqual([{ resource: 'listings', passId: hold.hold.passId, chunk: 0 }])
    expect(standing(opened)?.hold.passId).toBe(shown.length === 4 ? undefined : lastPurge(opened)?.passId)
  })

  test('stands while a later sweep fails', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'], { counts: [3] })
    await expect(purge(opened)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(lastPurge(opened)).toMatchObject({ state: 'failed', deletes: { held: 2 } })
    expect(standing(opened)).toEqual(hold)
  })

  test('is over once a sweep of a version that knows none has come to a verdict', async () => {
    const { opened } = await held(['1', '2', '3'], ['1'])
    const commit = opened.publisher.commit.bind(opened.publisher)
    opened.publisher.commit = (request, within) => {
      const { holds: _, ...known } = request
      return commit(known, within)
    }
    await purge(opened)
    const later = opened.restart({}, { over: STRICT })
    expect(later.feed.state.holds.standing(LISTINGS.name, 'deletes')).toBeDefined()
    expect(standingHold(later.feed.state, LISTINGS)).toBeUndefined()
  })

  test('of a generation before is no hold, and its records go with the next verdict', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'])
    const next = new CommittedHolds(hold.hold.generation + 1, opened.publisher.knownHolds())
    expect(next.standing(LISTINGS.name, 'deletes')).toBeUndefined()
    expect(next.ending(LISTINGS.name, 'deletes')).toHaveLength(1)
  })
})

describe('an approval', () => {
  test('asks about each key anew, with a witness that the source has just shown, and deletes what is gone (R9 b, R10)', async () => {
    const { opened, hold } = await held(['1', '2', '3', '4', '5'], ['1', '5'], {
      records: all(['1', '3', '5']),
    })
    const { progress, verdict, gone } = await approve(opened, hold, 5)
    expect(asked(opened)).toMatchObject([{ keys: ['2', '3', '4', '1'], select: 'keys' }])
    expect({ verdict, gone }).toMatchObject({ verdict: { kind: 'approved', upTo: 5 }, gone: 2 })
    expect(live(opened)).toEqual(['1', '3', '5'])
    expect(opened.changes()).toMatchObject([
      { key: '2', reason: 'OPERATOR', evidence: 'LIST_QUERY' },
      { key: '4', reason: 'OPERATOR' },
    ])
    expect(progress).toMatchObject({
      state: 'completed',
      decidesOn: hold.hold.passId,
      startedAt: hold.hold.startedAt,
      deletes: { emitted: 2, held: 0, refuted: 1, inconclusive: 0 },
    })
    expect(progress.passId).not.toBe(hold.hold.passId)
    expect(opened.markers()).toMatchObject([
      { event: 'started' },
      { event: 'completed', detail: expect.stringContaining(hold.hold.passId) },
    ])
    expect(standing(opened)).toBeUndefined()
    expect(opened.publisher.knownHolds()).toEqual([])
    expect(await opened.index.ledger.size(progress.passId, 'gone', 9)).toBe(0)
  })

  test.each([
    ['by its own count', { counts: [1] }, 'by the source'],
    ['by key', { counts: [undefined] }, 'it would be 3 or more'],
  ])(
    'lets go of nothing where more is gone than was approved, %s; the hold stands (R10)',
    async (_, script, said) => {
      const { opened, hold } = await held(['1', '2', '3', '4'], ['1'], script)
      const { verdict, progress } = await approve(opened, hold, 2)
      expect(verdict).toMatchObject({ kind: 'held', why: expect.stringContaining(said) })
      expect(progress).toMatchObject({ state: 'held', deletes: { emitted: 0, held: 3 } })
      expect(opened.changes()).toEqual([])
      expect(standing(opened)).toEqual(hold)
      expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'held'])
      expect(opened.observer.ended).toMatchObject([
        { progress: { state: 'held' }, detail: expect.stringContaining('2 deletes') },
      ])
      // A second look may be worth more.
      const again = opened.restart(
        { walks: [[shows(['1'])]], counts: [1], records: all(['1']) },
        { over: STRICT },
      )
      expect(await approve(again, hold, 3)).toMatchObject({ progress: { deletes: { emitted: 3 } } })
    },
  )

  test.each([1, 2])(
    'by another user at its %d. look deletes nothing, and the hold stands (R9)',
    async (look) => {
      const another = { host: 'replication.example', userId: 'user-2', mlsId: 'mls-1' }
      const identify = (n: number) => (n === look ? another : undefined)
      const twice = { counts: [1, 1], walks: [[shows(['1'])], [shows(['1'])]] }
      const { opened, hold } = await held(['1', '2', '3'], ['1'], { identify, ...twice })
      await expect(approve(opened, hold, 2)).rejects.toMatchObject({ doubt: 'identity_changed' })
      expect(live(opened)).toEqual(['1', '2', '3'])
      expect(standing(opened)).toEqual(hold)
      expect(await approve(opened, hold, 2)).toMatchObject({ progress: { deletes: { emitted: 2 } } })
    },
  )
  test('keeps what was published since the sweep began, whatever the source says (R9 c)', async () => {
    const back = sourceRecord('2', { City: 'Fargo' }, { modificationTimestamp: SERVER_TIME })
    const { opened, hold } = await held(['1', '2', '3'], ['1'], {
      walks: [[{ records: [back], request: 90 }], [shows(['1'])]],
      counts: [1, 1],
    })
    await runUpdate(opened.feed, LISTINGS, signal)
    expect(await approve(opened, hold, 2)).toMatchObject({
      progress: { deletes: { emitted: 1, refuted: 1 } },
    })
    expect(asked(opened)).toMatchObject([{ keys: ['3', '1'] }])
    expect(live(opened)).toEqual(['1', '2'])
  })

  test('takes no proof from the hold: where the source says nothing of any key, nothing is deleted (R9 b)', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'], {
      findByKeys: () => 'refused',
      findOne: () => 'inconclusive',
    })
    expect(await approve(opened, hold, 2)).toMatchObject({
      verdict: { kind: 'held', why: expect.stringContaining('does not say') },
    })
    expect(opened.changes()).toEqual([])
  })

  test('of keys that have all come back deletes nothing, and the hold ends', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'], {
      counts: [3],
      records: all(['1', '2', '3']),
    })
    expect(await approve(opened, hold, 2)).toMatchObject({
      verdict: { kind: 'approved' },
      progress: { state: 'completed', deletes: { emitted: 0, refuted: 2 } },
    })
    expect(standing(opened)).toBeUndefined()
  })

  test('of an emptied source has no witness: each key goes by its own 404 (R9 b)', async () => {
    const { opened, hold } = await held(['1', '2'], [])
    expect(await approve(opened, hold, 2)).toMatchObject({ gone: 2 })
    expect(opened.changes()).toMatchObject([{ evidence: 'HTTP_404' }, { evidence: 'HTTP_404' }])
  })

  test('that dies between its deletes is not gone on with: the hold stands, no sweep is due for it, and it can be approved again', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'])
    const dying = opened.restart(
      { walks: [[shows(['1'])]], counts: [1], records: all(['1']) },
      { over: { ...STRICT, batchSize: 1 } },
    )
    dying.publisher.failBeforeCommit(2, outage)
    await expect(approve(dying, hold, 2)).rejects.toBe(outage)
    expect(live(dying)).toEqual(['1', '3'])
    const script = { walks: [[shows(['1'])]], counts: [1], records: all(['1']) }
    const next = dying.restart(script, { over: STRICT })
    expect(lastPurge(next)).toMatchObject({
      state: 'running',
      decidesOn: hold.hold.passId,
      deletes: { held: 2 },
    })
    expect(next.feed.state.interrupted(LISTINGS.name, 'purge')).toBeUndefined()
    const now = next.clock.now()
    expect(purgeDueAt(next.feed.state, LISTINGS, SCHEDULE, now)).toBe(hold.hold.startedAt + DAY_MS)
    expect(standing(next)).toEqual(hold)
    expect(await approve(next, hold, 1)).toMatchObject({ progress: { deletes: { emitted: 1 } } })
    expect(live(next)).toEqual(['1'])
    expect(standing(next)).toBeUndefined()
  })

  test('is no end of a sweep: the next one is due by the begin of the one that held, or at once where a later one has failed (R10)', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'])
    opened.clock.advance(5 * HOUR_MS)
    expect(await approve(opened, hold, 2)).toMatchObject({ progress: { deletes: { emitted: 2 } } })
    const due = ({ feed, clock }: MemoryFeed) => purgeDueAt(feed.state, LISTINGS, SCHEDULE, clock.now())
    expect(due(opened)).toBe(hold.hold.startedAt + DAY_MS)
    const ends = opened.publisher.transactions.filter(({ request }) => isEndOfPass(request))
    expect(ends.map(({ request }) => request.progress.pass)).toEqual(['snapshot'])

    const short = { walks: [[shows(['1'])]], counts: [3], records: all(['1']) }
    const { opened: doubted, hold: other } = await held(['1', '2', '3'], ['1'], short)
    await expect(purge(doubted)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    const next = doubted.restart(
      { walks: [[shows(['1'])]], counts: [1], records: all(['1']) },
      { over: STRICT },
    )
    expect(await approve(next, other, 2)).toMatchObject({ progress: { deletes: { emitted: 2 } } })
    expect(due(next)).toBe(next.clock.now())
  })

  test('is refused of a sweep that is not the one that is held, or when a later one has begun (R10)', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'], { walks: [[shows(['1']), { fail: outage }]] })
    const other = { ...hold, hold: { ...hold.hold, passId: passId('other') } }
    await expect(approve(opened, other, 2)).rejects.toMatchObject({
      code: 'HOLD_SUPERSEDED',
      exitCode: 3,
      message: expect.stringContaining(
        `no such hold, or not any more; what is held is ${hold.hold.passId} (2 deletes)`,
      ),
    })
    await expect(purge(opened)).rejects.toBe(outage)
    await expect(approve(opened, hold, 2)).rejects.toMatchObject({ code: 'HOLD_SUPERSEDED', exitCode: 3 })
    expect(opened.changes()).toEqual([])
  })

  test('is refused where nothing is held', async () => {
    const opened = await feedAfterSnapshot(all(['1']), {})
    const approval = { sweep: passId('none'), upTo: 1 }
    await expect(approveHold(opened.feed, LISTINGS, approval, signal)).rejects.toMatchObject({
      code: 'NO_HOLD',
    })
    expect(opened.source.asked).toEqual([])
  })
})

describe('a rejection', () => {
  test('ends the hold, deletes nothing, and no sweep is due for it (R10)', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'])
    expect(await rejectHold(opened.feed, LISTINGS, hold.hold.passId, signal)).toEqual(hold)
    expect(live(opened)).toEqual(['1', '2', '3'])
    expect(opened.source.asked).toEqual([])
    expect(lastPurge(opened)).toMatchObject({
      state: 'rejected',
      decidesOn: hold.hold.passId,
      deletes: { held: 0 },
    })
    expect(opened.markers()).toMatchObject([
      { event: 'rejected', detail: expect.stringContaining('2 deletes') },
    ])
    expect(opened.publisher.knownHolds()).toEqual([])
    expect(purgeDueAt(opened.feed.state, LISTINGS, SCHEDULE, opened.clock.now())).toBe(
      hold.hold.startedAt + DAY_MS,
    )
    await expect(rejectHold(opened.feed, LISTINGS, hold.hold.passId, signal)).rejects.toMatchObject({
      code: 'NO_HOLD',
    })
  })

  test('leaves the verdict to the next sweep, which may hold the same again', async () => {
    const { opened, hold } = await held(['1', '2', '3'], ['1'])
    await rejectHold(opened.feed, LISTINGS, hold.hold.passId, signal)
    expect(await purge(opened)).toMatchObject({
      verdict: { kind: 'held' },
      progress: { deletes: { held: 2 } },
    })
    expect(standing(opened)).toMatchObject({ keys: 2 })
  })
})
