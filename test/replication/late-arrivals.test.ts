import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { LateArrivals } from '../../src/replication/late-arrivals.ts'
import { runSnapshot, runUpdate } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { feedAfterSnapshot, MemoryFeed, OVERLAP_MS } from '../fixtures/memory-feed.ts'
import { OFFICES } from '../fixtures/resources.ts'
import { SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'

const MINUTE_MS = 60_000
const OVERLAP = 20 * MINUTE_MS
const { name } = LISTINGS
const { signal } = new AbortController()
const some = (count: number, lateness: number) => Array.from({ length: count }, () => lateness)
const open = (most = 6 * OVERLAP) => new LateArrivals({ overlap: OVERLAP, most })

describe('the overlap of updates (R4)', () => {
  test('is the setting while changes are too few to say anything, however late they come', () => {
    const late = open()
    late.note(name, some(299, 19 * MINUTE_MS))
    expect(late.review(name)).toEqual({ overlap: OVERLAP, setting: OVERLAP, lateness: null, isLate: false })
    late.note(name, [19 * MINUTE_MS])
    expect(late.review(name)).toMatchObject({ overlap: 2 * OVERLAP, lateness: 19 * MINUTE_MS, isLate: true })
    expect(late.overlapOf(name)).toBe(2 * OVERLAP)
    expect(late.overlapOf(OFFICES.name)).toBe(OVERLAP)
  })

  test('widens when one in a thousand comes near its end, and not for one in two thousand', () => {
    const once = open()
    once.note(name, [...some(1_998, 0), ...some(2, 19 * MINUTE_MS)])
    expect(once.review(name)).toMatchObject({ overlap: OVERLAP, lateness: 0, isLate: false })
    const often = open()
    often.note(name, [...some(1_997, 0), ...some(3, 17 * MINUTE_MS)])
    expect(often.review(name)).toMatchObject({ overlap: 2 * OVERLAP, lateness: 17 * MINUTE_MS })
  })

  test('doubles again while that is not enough, up to UPDATE_OVERLAP_MAX, and stays late there', () => {
    const late = open(3 * OVERLAP)
    late.note(name, some(300, 17 * MINUTE_MS))
    expect(late.review(name).overlap).toBe(2 * OVERLAP)
    late.note(name, some(300, 39 * MINUTE_MS))
    expect(late.review(name).overlap).toBe(3 * OVERLAP)
    late.note(name, some(300, 59 * MINUTE_MS))
    expect(late.review(name)).toMatchObject({ overlap: 3 * OVERLAP, isLate: true })
    expect(open(0).overlapOf(name)).toBe(OVERLAP)
  })

  test('judges by what was seen since it last changed, and narrows when a thousand changes came in time', () => {
    const late = open()
    late.note(name, some(300, 17 * MINUTE_MS))
    late.review(name)
    expect(late.review(name)).toMatchObject({ overlap: 2 * OVERLAP, lateness: null, isLate: true })
    late.note(name, some(999, 0))
    expect(late.review(name)).toMatchObject({ overlap: 2 * OVERLAP, lateness: 0, isLate: true })
    late.note(name, [0])
    expect(late.review(name)).toMatchObject({ overlap: OVERLAP, isLate: false })
  })

  test('does not narrow to one that would hardly be enough', () => {
    const late = open()
    late.note(name, some(300, 17 * MINUTE_MS))
    late.review(name)
    late.note(name, some(2_000, 11 * MINUTE_MS))
    expect(late.review(name)).toMatchObject({ overlap: 2 * OVERLAP })
  })

  test('of an earlier process is gone on with, within the settings as they are now', () => {
    const before = new Map([[name, 5 * OVERLAP]])
    expect(new LateArrivals({ overlap: OVERLAP, most: 6 * OVERLAP, before }).overlapOf(name)).toBe(
      5 * OVERLAP,
    )
    expect(new LateArrivals({ overlap: OVERLAP, most: 2 * OVERLAP, before }).overlapOf(name)).toBe(
      2 * OVERLAP,
    )
    expect(new LateArrivals({ overlap: 9 * OVERLAP, most: 0, before }).overlapOf(name)).toBe(9 * OVERLAP)
  })

  test('lies between the two settings, whatever comes, and 0 looks back no further', () => {
    const lateness = fc.array(fc.nat(10 * OVERLAP), { minLength: 290, maxLength: 1_100 })
    const settings = fc.record({ overlap: fc.nat(OVERLAP), most: fc.nat(6 * OVERLAP) })
    fc.assert(
      fc.property(settings, fc.array(lateness, { maxLength: 4 }), ({ overlap, most }, updates) => {
        const late = new LateArrivals({ overlap, most })
        for (const each of updates) {
          late.note(name, each)
          const review = late.review(name)
          expect(review.overlap).toBe(late.overlapOf(name))
          expect(review.overlap).toBeGreaterThanOrEqual(overlap)
          expect(review.overlap).toBeLessThanOrEqual(Math.max(overlap, most))
          if (overlap === 0) expect(review).toMatchObject({ overlap: 0, isLate: false })
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('an update', () => {
  const known = Array.from({ length: 400 }, (_, i) => sourceRecord(String(1_000 + i)))
  const stampedAgo = (ms: number) =>
    known.map(({ key }) =>
      sourceRecord(key, { City: `${ms}` }, { modificationTimestamp: instant(SERVER_TIME - ms) }),
    )

  test('looks back further after one whose changes came late, and tells how late they were (R4)', async () => {
    const opened = await feedAfterSnapshot(known, {
      walks: [[{ records: stampedAgo(18 * MINUTE_MS) }], [{ records: [] }]],
      counts: [400],
    })
    await runUpdate(opened.feed, LISTINGS, signal)
    const second = await runUpdate(opened.feed, LISTINGS, signal)
    const filters = opened.source.asked.flatMap((asked) => (asked.kind === 'walk' ? [asked.filter] : []))
    expect(filters[0]).toContain('Gt 2026-05-02T13:39:59Z')
    // From the first one's begin, an hour after the snapshot.
    expect(filters[1]).toContain('Gt 2026-05-02T14:19:59Z')
    expect(second.overlap).toBe(2 * OVERLAP_MS)
    expect(opened.observer.reviews).toMatchObject([
      { overlap: 2 * OVERLAP_MS, lateness: 18 * MINUTE_MS - 1_000, isLate: true },
      { overlap: 2 * OVERLAP_MS, lateness: null, isLate: true },
    ])
    expect(opened.observer.delays).toEqual(Array(400).fill(78 * MINUTE_MS))
  })

  test('takes no change for late that came after its watermark, nor a stamp that was known before', async () => {
    const later = known.map(({ key }) =>
      sourceRecord(key, { City: 'x' }, { modificationTimestamp: instant(SERVER_TIME + 1) }),
    )
    const same = known.map(({ key }) => sourceRecord(key, { City: 'y' }))
    for (const records of [later, same]) {
      const opened = await feedAfterSnapshot(known, { walks: [[{ records }]], counts: [0] })
      await runUpdate(opened.feed, LISTINGS, signal)
      expect(opened.observer.reviews).toMatchObject([{ overlap: OVERLAP_MS, isLate: false }])
      expect(opened.observer.delays).toHaveLength(records === same ? 0 : 400)
    }
  })

  test('takes nothing for late while the topic is still filled for the first time', async () => {
    const opened = new MemoryFeed({
      walks: [
        [{ records: known.slice(0, 1) }, { run: () => undefined }, { fail: new Error('stop') }],
        [{ records: stampedAgo(18 * MINUTE_MS) }],
      ],
      counts: [0],
    })
    await expect(runSnapshot(opened.feed, LISTINGS, signal)).rejects.toThrow('stop')
    await runUpdate(opened.feed, LISTINGS, signal)
    expect(opened.observer.delays).toEqual([])
    expect(opened.observer.reviews).toMatchObject([{ overlap: OVERLAP_MS, lateness: null }])
  })
})
