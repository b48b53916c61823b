import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { DATA_FAILED, FILTER_TOO_SLOW, TOKEN_REFUSED } from '../../src/domain/error-codes.ts'
import { formatSeconds, instant } from '../../src/domain/instant.ts'
import { runUpdate } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedAfterSnapshot, OVERLAP_MS, type MemoryFeed } from '../fixtures/memory-feed.ts'
import { SERVER_TIME, sourceRecord, type WalkStep } from '../fixtures/scripted-source.ts'
import { MarketFeed } from './market-feed.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const broken = new ListingstreamError('broken data', { code: DATA_FAILED, retryable: true })
const slow = new ListingstreamError('slow', { code: FILTER_TOO_SLOW, retryable: true })
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })
const refused = new ListingstreamError('the token is not known', { code: TOKEN_REFUSED, retryable: true })

/** Where the window begins of an update after the snapshot at `SERVER_TIME`. */
const BEGIN = SERVER_TIME - OVERLAP_MS - 1_000

const update = ({ feed }: MemoryFeed) => runUpdate(feed, LISTINGS, signal)
const at = (ms: number): string => formatSeconds(instant(BEGIN + ms))
const slice = (after: number, until?: number): string =>
  `ModificationTimestamp Gt ${at(after)}${until === undefined ? '' : ` And ModificationTimestamp Le ${at(until)}`}`

function rows(...stamps: readonly number[]): WalkStep {
  return {
    records: stamps.map((ms) => sourceRecord(`at-${ms}`, {}, { modificationTimestamp: instant(BEGIN + ms) })),
  }
}

const walked = (opened: MemoryFeed): readonly (readonly [string, string])[] =>
  opened.source.asked.flatMap((question) =>
    question.kind === 'walk' ? [[question.filter, question.token] as const] : [],
  )

describe('an update after a long outage', () => {
  test('reads its window in days, each with its own count, and moves the watermark at its end alone (R4, R7)', async () => {
    const walks = [[rows(1_000, 2_000)], [rows()], [rows(2 * DAY_MS + 1_000)]]
    const opened = await feedAfterSnapshot([], { walks, counts: [2, 1] }, { later: 2 * DAY_MS + HOUR_MS })
    const done = await update(opened)
    expect(walked(opened)).toEqual([
      [slice(0, DAY_MS), ''],
      [slice(DAY_MS, 2 * DAY_MS), ''],
      [slice(2 * DAY_MS), ''],
    ])
    const bound = formatSeconds(instant(done.startedAt - OVERLAP_MS))
    expect(opened.source.asked.filter(({ kind }) => kind === 'count')).toMatchObject([
      { filter: `${slice(0, DAY_MS)} And ModificationTimestamp Lt ${bound}` },
      { filter: `${slice(2 * DAY_MS)} And ModificationTimestamp Lt ${bound}` },
    ])
    expect(done).toMatchObject({ state: 'completed', walked: 3, window: null, counts: { published: 3 } })
    const watermarks = opened.committed().map(({ request }) => request.watermark)
    expect(watermarks.filter((watermark) => watermark !== null)).toEqual([done.startedAt])
    expect(watermarks.at(-1)).toBe(done.startedAt)
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
  })

  test('is incomplete if one of its slices is, however much the others showed (R7)', async () => {
    const walks = [[rows(1_000, 2_000, 3_000)], [rows(DAY_MS + 1_000)]]
    const opened = await feedAfterSnapshot([], { walks, counts: [3, 2] }, { later: DAY_MS + 2 * HOUR_MS })
    await expect(update(opened)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME)
  })

  test('that is interrupted goes on in its slice, at its token; what was read before stays counted', async () => {
    const walks = [[rows(1_000, 2_000)], [rows(DAY_MS + 1_000), { fail: outage }]]
    const first = await feedAfterSnapshot([], { walks, counts: [2] }, { later: 2 * DAY_MS + HOUR_MS })
    await expect(update(first)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'update')
    expect(interrupted).toMatchObject({ walked: 3, window: { walkedBefore: 2 } })

    const second = first.restart({ walks: [[rows(DAY_MS + 2_000)], [rows()]], counts: [2] })
    const done = await update(second)
    expect(walked(second)).toEqual([
      [slice(DAY_MS, 2 * DAY_MS), interrupted?.token],
      [slice(2 * DAY_MS), ''],
    ])
    expect(done).toMatchObject({ passId: interrupted?.passId, walked: 4, counts: { published: 4 } })
  })

  test('whose token is refused begins that slice anew, and no other (R7)', async () => {
    const walks = [[rows(1_000)], [rows(DAY_MS + 1_000), { fail: refused }], [rows(DAY_MS + 1_000)], [rows()]]
    const opened = await feedAfterSnapshot([], { walks, counts: [1, 1] }, { later: 2 * DAY_MS + HOUR_MS })
    const done = await update(opened)
    expect(walked(opened).map(([filter]) => filter)).toEqual([
      slice(0, DAY_MS),
      slice(DAY_MS, 2 * DAY_MS),
      slice(DAY_MS, 2 * DAY_MS),
      slice(2 * DAY_MS),
    ])
    expect(done).toMatchObject({ walked: 2, counts: { published: 2, unchanged: 1 } })
  })

  test('whose ledger is lost begins its slice anew, not its window (R7)', async () => {
    const walks = [[rows(1_000)], [rows(DAY_MS + 1_000), { fail: outage }]]
    const first = await feedAfterSnapshot([], { walks, counts: [1] }, { later: 2 * DAY_MS + HOUR_MS })
    await expect(update(first)).rejects.toBe(outage)
    await first.index.ledger.keepOnly([])
    const second = first.restart({ walks: [[rows(DAY_MS + 1_000)], [rows()]], counts: [1] })
    expect(await update(second)).toMatchObject({ walked: 2 })
    expect(walked(second)[0]).toEqual([slice(DAY_MS, 2 * DAY_MS), ''])
  })
})

describe('a window that the source cannot show', () => {
  /** What is asked for of a window of four hours, without the witnesses: these show what nobody has changed yet. */
  async function slicesOf(answers: readonly ('shown' | Error)[]): Promise<readonly string[]> {
    const walks = answers.flatMap((answer): readonly (readonly WalkStep[])[] =>
      answer === 'shown' ? [[rows()]] : [[{ fail: answer }], [rows()]],
    )
    const opened = await feedAfterSnapshot([], { walks }, { later: 4 * HOUR_MS - OVERLAP_MS })
    expect(await update(opened)).toMatchObject({ state: 'completed', owedSeconds: [] })
    const witness = slice(4 * HOUR_MS + 1_000)
    return walked(opened)
      .map(([filter]) => filter)
      .filter((filter) => filter !== witness)
  }

  test('because it takes too long is read in halves, and what comes behind them grows again', async () => {
    expect(await slicesOf([slow, slow, 'shown', 'shown', 'shown'])).toEqual([
      slice(0),
      slice(0, 2 * HOUR_MS),
      slice(0, HOUR_MS),
      slice(HOUR_MS, 3 * HOUR_MS),
      slice(3 * HOUR_MS),
    ])
  })

  test('because it stumbles over its data is halved where the fault must lie, and grows behind that', async () => {
    const quarter = HOUR_MS / 2
    const answers = [broken, broken, ...Array.from({ length: 40 }, () => 'shown' as const)]
    const asked = await slicesOf(answers)
    expect(asked.slice(0, 5)).toEqual([
      slice(0),
      slice(0, 2 * HOUR_MS),
      slice(0, HOUR_MS),
      slice(HOUR_MS, HOUR_MS + quarter),
      slice(HOUR_MS + quarter, HOUR_MS + quarter + quarter / 2),
    ])
    const behind = asked.findIndex((filter) => filter.startsWith(slice(2 * HOUR_MS)))
    expect(asked.slice(behind, behind + 2)).toEqual([
      slice(2 * HOUR_MS, 2 * HOUR_MS + 2_000),
      slice(2 * HOUR_MS + 2_000, 2 * HOUR_MS + 6_000),
    ])
  })

  test('is an outage where the source cannot even show what is empty: no second is to blame (R8)', async () => {
    const opened = await feedAfterSnapshot([], { walks: [[{ fail: broken }], [{ fail: broken }]] })
    await expect(update(opened)).rejects.toBe(broken)
    expect(opened.committed()).toEqual([])
  })

  test('is an outage where other answers fail, too (R8)', async () => {
    const opened = await feedAfterSnapshot([], { walks: [[{ fail: broken }], [{ fail: outage }]] })
    await expect(update(opened)).rejects.toBe(outage)
  })
})

describe('seconds that the source cannot show', () => {
  test('are owed, exactly they, and everything else is read; when they can be shown, they are read at last (R4, R8)', async () => {
    const stamps = fc.uniqueArray(fc.integer({ min: 1, max: 3 * 86_400 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        fc.record({ broken: stamps, whole: stamps, pageSize: fc.integer({ min: 1, max: 3 }) }),
        async ({ broken: bad, whole: others, pageSize }) => {
          const whole = others.filter((seconds) => !bad.includes(seconds))
          const program = new MarketFeed(pageSize)
          await program.run('snapshot')
          const begun = program.market.now()
          const events = [...bad.map((s) => [s, 'break'] as const), ...whole.map((s) => [s, 'none'] as const)]
          for (const [seconds, what] of events.toSorted(([a], [b]) => a - b)) {
            program.market.advance(begun + seconds * 1_000 - program.market.now())
            const key = `${what}-${seconds}`
            program.market.apply({ kind: 'create', key })
            if (what === 'break') program.market.apply({ kind: 'break', key })
          }
          program.market.advance(begun + 4 * DAY_MS - program.market.now())

          const first = await program.run('update')
          const owed = bad.map((seconds) => begun + seconds * 1_000)
          expect(new Set(first.owedSeconds)).toEqual(new Set(owed))
          expect(program.published()).toEqual(expect.arrayContaining(whole.map((s) => `none-${s}`)))
          expect(program.watermark()).toBe(first.startedAt)

          program.market.advance(HOUR_MS)
          expect((await program.run('update')).owedSeconds).toHaveLength(bad.length)
          for (const seconds of bad) program.market.apply({ kind: 'mend', key: `break-${seconds}` })
          program.market.advance(HOUR_MS)
          expect((await program.run('update')).owedSeconds).toEqual([])
          expect(program.published()).toEqual(program.market.records().map(({ key }) => key))
        },
      ),
      { numRuns: 40 },
    )
  }, 60_000)

  test('are asked for by themselves: a window that they lie in is not cut down to them again', async () => {
    const program = new MarketFeed(3)
    await program.run('snapshot')
    program.market.advance(60_000)
    program.market.apply({ kind: 'create', key: '1' })
    program.market.apply({ kind: 'break', key: '1' })
    program.market.advance(60_000)
    await program.run('update')
    const requests = await program.requestsOf('update')
    // Before it and behind it, with what these show, and the second itself.
    expect(requests).toBeLessThan(6)
  })

  test('take turns, so that no update asks for more than ten of them', async () => {
    const program = new MarketFeed(3)
    await program.run('snapshot')
    for (let n = 0; n < 15; n += 1) {
      program.market.advance(60_000)
      program.market.apply({ kind: 'create', key: `${n}` })
      program.market.apply({ kind: 'break', key: `${n}` })
    }
    program.market.advance(DAY_MS)
    const owed = (await program.run('update')).owedSeconds
    expect(owed).toHaveLength(15)
    program.market.advance(DAY_MS)
    expect((await program.run('update')).owedSeconds).toEqual([...owed.slice(10), ...owed.slice(0, 10)])
  })

  test('are an outage above a thousand: the update fails, and the watermark stays (R4)', async () => {
    const failing = Array.from({ length: 40 }, () => [[{ fail: broken }], [rows()]]).flat()
    const opened = await feedAfterSnapshot([], { walks: failing })
    const { state } = opened.feed
    const owedSeconds = Array.from({ length: 1_000 }, (_, i) => instant(BEGIN - i * 60_000))
    state.record({ ...state.lastPass(LISTINGS.name, 'snapshot')!, pass: 'update', owedSeconds }, null)
    await expect(update(opened)).rejects.toBe(broken)
    expect(walked(opened).at(-2)).toEqual([slice(0, 1_000), ''])
    expect(state.watermark(LISTINGS.name)).toBe(SERVER_TIME)
  })
})

test('a pass that an earlier version left goes on under its filter, without slices', async () => {
  const first = await feedAfterSnapshot([], { walks: [[rows(1_000), { fail: outage }]] })
  await expect(update(first)).rejects.toBe(outage)
  const left = first.feed.state.interrupted(LISTINGS.name, 'update')!
  const second = first.restart({ walks: [[rows(2_000)]], counts: [2] })
  const filter = 'ModificationTimestamp Gt 2026-05-01T00:00:00Z'
  second.feed.state.record({ ...left, filter, window: null }, null)
  expect(await update(second)).toMatchObject({ state: 'completed', walked: 2 })
  expect(walked(second)).toEqual([[filter, left.token]])
})
