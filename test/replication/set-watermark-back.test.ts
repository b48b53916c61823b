import { describe, expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { runUpdate } from '../../src/replication/records-pass.ts'
import { setWatermarkBack } from '../../src/replication/set-watermark-back.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedAfterSnapshot, MemoryFeed } from '../fixtures/memory-feed.ts'
import { SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })
const FIRST = instant(SERVER_TIME - 10 * HOUR_MS)
const row = sourceRecord('1')

function setBack({ feed }: MemoryFeed, to: number) {
  return setWatermarkBack(feed, LISTINGS, { to: instant(to), firstSnapshotAt: FIRST }, signal)
}

describe('a watermark that an operator sets back', () => {
  test('is committed with a marker, survives a restart, and is where the next update begins (R4)', async () => {
    const opened = await feedAfterSnapshot([row], {})
    expect(await setBack(opened, SERVER_TIME - HOUR_MS)).toBe(SERVER_TIME)
    expect(opened.committed()).toMatchObject([
      { request: { watermark: SERVER_TIME - HOUR_MS, progress: { pass: 'snapshot', state: 'completed' } } },
    ])
    expect(opened.markers()).toMatchObject([
      { event: 'watermark_set', detail: expect.stringContaining('2026-05-02T13:00:00Z') },
    ])
    const after = opened.restart({ walks: [[{ records: [row], request: 9 }]], counts: [1] })
    expect(after.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME - HOUR_MS)
    const done = await runUpdate(after.feed, LISTINGS, signal)
    // An hour, and the overlap of twenty minutes and a second.
    expect(after.source.asked[0]).toMatchObject({ filter: expect.stringContaining('2026-05-02T12:39:59Z') })
    expect(done.counts).toMatchObject({ published: 0, unchanged: 1 })
    expect(after.feed.state.watermark(LISTINGS.name)).toBe(done.startedAt)
  })

  test('ends an update that was interrupted: its window does not begin where it has to (R4)', async () => {
    const first = await feedAfterSnapshot([row], { walks: [[{ records: [row] }, { fail: outage }]] })
    await expect(runUpdate(first.feed, LISTINGS, signal)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'update')
    expect(interrupted).toBeDefined()
    const opened = first.restart({ walks: [[{ records: [row], request: 9 }]], counts: [1] })
    await setBack(opened, SERVER_TIME - HOUR_MS)
    expect(opened.markers().map(({ event }) => event)).toEqual(['failed', 'watermark_set'])
    const done = await runUpdate(opened.feed, LISTINGS, signal)
    expect(done.passId).not.toBe(interrupted?.passId)
    expect(opened.source.asked[0]).toMatchObject({ filter: expect.stringContaining('2026-05-02T12:39:59Z') })
  })

  test.each([
    ['later than it stands', SERVER_TIME + HOUR_MS],
    ['where it stands', SERVER_TIME],
    ['before the first snapshot', FIRST - 1],
  ])('is not set %s', async (_, to) => {
    const opened = await feedAfterSnapshot([row], {})
    await expect(setBack(opened, to)).rejects.toMatchObject({ code: 'WATERMARK_REFUSED', exitCode: 2 })
    expect(opened.committed()).toEqual([])
  })

  test('is that of a resource that has one', async () => {
    await expect(setBack(new MemoryFeed({}), SERVER_TIME)).rejects.toMatchObject({ code: 'NO_SNAPSHOT' })
    const { feed } = await feedAfterSnapshot([row], {})
    const stampless = { ...LISTINGS, stamp: null }
    const to = { to: instant(SERVER_TIME - 1), firstSnapshotAt: FIRST }
    await expect(setWatermarkBack(feed, stampless, to, signal)).rejects.toMatchObject({
      code: 'NO_CHANGE_STAMP',
    })
  })
})
