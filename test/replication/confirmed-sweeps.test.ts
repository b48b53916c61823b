import { describe, expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { runUpdate } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { keyRecord, SERVER_TIME, sourceRecord, type SourceScript } from '../fixtures/scripted-source.ts'

const HOUR_MS = 3_600_000
const { signal } = new AbortController()
const KEYS = Array.from({ length: 20 }, (_, i) => String(100 + i))
const SHOWN = KEYS.slice(1)
const GONE = KEYS[0]!
const over = { confirmSweeps: 2 } as const

const at = (hours: number) => instant(SERVER_TIME + hours * HOUR_MS)
const all = (keys: readonly string[]) => keys.map((key) => sourceRecord(key))
const showing = (shown: readonly string[]): SourceScript => ({
  walks: [[{ records: shown.map(keyRecord) }]],
  counts: [shown.length],
  records: all(shown),
})
const purge = ({ feed }: MemoryFeed) => runPurge(feed, LISTINGS, PLAIN_PASS, signal)
const missingOf = async ({ index }: MemoryFeed, key = GONE) =>
  (await index.getMany(LISTINGS.name, [recordKey(key)]))[0]?.missing

/** Its first sweep, an hour after the snapshot, has missed one key. */
async function missedOnce(options: { readonly confirmSweeps: number } = over): Promise<MemoryFeed> {
  const opened = await feedAfterSnapshot(all(KEYS), showing(SHOWN), { over: options })
  expect(await purge(opened)).toMatchObject({
    verdict: { kind: 'clear' },
    gone: 0,
    progress: { state: 'completed', deletes: { emitted: 0, unconfirmed: 1 } },
  })
  expect(opened.changes()).toEqual([])
  return opened
}

describe('with PURGE_CONFIRM_SWEEPS, a key is deleted once that many complete sweeps in a row have missed it (R9)', () => {
  test('and says since when', async () => {
    const first = await missedOnce({ confirmSweeps: 3 })
    expect(await missingOf(first)).toEqual({ since: at(1), last: at(1), sweeps: 1 })
    const options = (hours: number) => ({ at: at(hours), over: { confirmSweeps: 3 } })
    const second = first.restart(showing(SHOWN), options(25))
    await purge(second)
    expect(second.changes()).toEqual([])
    expect(await missingOf(second)).toEqual({ since: at(1), last: at(25), sweeps: 2 })
    const third = second.restart(showing(SHOWN), options(49))
    expect(await purge(third)).toMatchObject({
      gone: 1,
      progress: { deletes: { emitted: 1, unconfirmed: 0 } },
    })
    expect(third.changes()).toMatchObject([
      { key: GONE, deletedAt: at(49), missingSince: at(1), lastSeenAt: SERVER_TIME },
    ])
    expect(await missingOf(third)).toBeUndefined()
  })

  test('one is enough where nothing is set', async () => {
    const opened = await feedAfterSnapshot(all(KEYS), showing(SHOWN))
    await purge(opened)
    expect(opened.changes()).toMatchObject([{ key: GONE, missingSince: at(1) }])
  })

  test('counting begins anew when a walk shows it', async () => {
    const seen = (await missedOnce()).restart(showing(KEYS), { at: at(25), over })
    await purge(seen)
    expect(await missingOf(seen)).toBeUndefined()
    const again = seen.restart(showing(SHOWN), { at: at(49), over })
    await purge(again)
    expect(again.changes()).toEqual([])
    expect(await missingOf(again)).toMatchObject({ since: at(49), sweeps: 1 })
  })

  test('or when the source has it after all', async () => {
    const asked = (await missedOnce()).restart(
      { ...showing(SHOWN), records: all(KEYS) },
      { at: at(25), over },
    )
    expect(await purge(asked)).toMatchObject({ progress: { deletes: { refuted: 1, unconfirmed: 0 } } })
    expect(await missingOf(asked)).toBeUndefined()
  })

  test('or when an update reads it, unchanged or not', async () => {
    const first = await missedOnce()
    const updated = first.restart({ walks: [[{ records: all([GONE]) }]], counts: [1] }, { at: at(2), over })
    await runUpdate(updated.feed, LISTINGS, signal)
    expect(updated.changes()).toEqual([])
    expect(await missingOf(updated)).toBeUndefined()
  })

  test('a sweep that is not believed does not count', async () => {
    const other = { host: 'replication.example', userId: 'user-2', mlsId: 'mls-1' }
    const first = await missedOnce()
    const doubted = first.restart(
      { ...showing(SHOWN), identify: (n) => (n === 2 ? other : undefined) },
      { at: at(25), over },
    )
    await expect(purge(doubted)).rejects.toMatchObject({ code: 'SWEEP_IDENTITY_CHANGED' })
    expect(await missingOf(doubted)).toEqual({ since: at(1), last: at(1), sweeps: 1 })
  })

  test('a sweep that is interrupted behind its count, and goes on, counts once', async () => {
    const opened = await feedAfterSnapshot(all(KEYS), showing(SHOWN), { over })
    const failure = new ListingstreamError('gone', { code: 'KAFKA_UNREACHABLE', retryable: true })
    // The page, and the end.
    opened.publisher.failBeforeCommit(1, failure)
    await expect(purge(opened)).rejects.toBe(failure)
    expect(await missingOf(opened)).toMatchObject({ sweeps: 1 })
    const resumed = opened.restart(
      { ...showing([]), counts: [SHOWN.length], records: all(SHOWN) },
      { at: at(2), over },
    )
    expect(await purge(resumed)).toMatchObject({ gone: 0, progress: { resumed: true } })
    expect(await missingOf(resumed)).toEqual({ since: at(1), last: at(1), sweeps: 1 })
  })

  test('the count is lost with the index, which only puts the delete off', async () => {
    const first = await missedOnce()
    const index = new MemoryKeyIndex()
    await first.publisher.rebuild(index, feedIdentity(), at(24))
    const second = first.restart(showing(SHOWN), { at: at(25), over, index })
    await purge(second)
    expect(second.changes()).toEqual([])
    expect(await missingOf(second)).toMatchObject({ since: at(25), sweeps: 1 })
  })

  test('the guard judges what would be deleted now (R10)', async () => {
    const few = KEYS.slice(0, 8)
    const opened = await feedAfterSnapshot(all(KEYS), showing(few), { over })
    expect(await purge(opened)).toMatchObject({
      verdict: { kind: 'clear' },
      progress: { deletes: { unconfirmed: 12 } },
    })
    const held = opened.restart(showing(few), { at: at(25), over })
    expect(await purge(held)).toMatchObject({
      verdict: { kind: 'held' },
      progress: { deletes: { held: 12 } },
    })
    expect(held.changes()).toEqual([])
  })

  test('a held sweep counts, so that its deletes say since when they were missing', async () => {
    const few = KEYS.slice(0, 8)
    const held = await feedAfterSnapshot(all(KEYS), showing(few))
    expect(await purge(held)).toMatchObject({ verdict: { kind: 'held' } })
    const approved = held.restart(showing(few), { at: at(25) })
    await runPurge(approved.feed, LISTINGS, { ...PLAIN_PASS, approveUpTo: 12 }, signal)
    expect(approved.changes()).toHaveLength(12)
    expect(approved.changes()).toMatchObject(
      approved.changes().map(() => ({ missingSince: at(1), deletedAt: at(25) })),
    )
  })
})
