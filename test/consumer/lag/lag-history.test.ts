import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { LagHistory } from '../../../src/consumer/lag/lag-history.ts'
import type { PartitionObservation, TombstoneLife } from '../../../src/consumer/lag/observation.ts'
import { NOTHING_UNREAD, type Unread } from '../../../src/consumer/lag/unread.ts'
import { instant } from '../../../src/domain/instant.ts'

const DAY = 24 * 3_600_000
const LIFE: TombstoneLife = { compactionLag: DAY, deleteRetention: 7 * DAY }
const START = instant(Date.parse('2026-11-01T00:00:00Z'))

interface Place extends Partial<Omit<PartitionObservation, 'unread'>> {
  readonly unread?: Partial<Unread>
}

function partition({ unread, ...place }: Place): PartitionObservation {
  const whole = { partition: 0, committed: 100, beginning: 0, end: 100, horizon: 0, ...place }
  return { ...whole, unread: { ...NOTHING_UNREAD, readTo: whole.end, ...unread } }
}

const SECOND = 1 / 86_400

/** A look at one group, or at none, days after the start. */
class Looks {
  readonly #history = new LagHistory()
  readonly #members: number | null

  constructor(members: number | null = 0) {
    this.#members = members
  }

  at(days: number, ...places: readonly Place[]) {
    const observed = {
      topic: 'spark.listings',
      tombstones: LIFE,
      partitions: places.map(partition),
      uncommitted: 0,
    }
    const group = { group: 'g', members: this.#members, topics: [observed] }
    const at = instant(START + days * DAY)
    return this.#history.take({ at, groups: places.length === 0 ? [] : [group] })[0]
  }
}

/** Unread records, the oldest of which was written so many days after the start. */
function unread(records: number, days: number): Partial<Unread> {
  return { records, oldestAt: instant(START + days * DAY) }
}

const COMPACTED: Place = {
  horizon: 60,
  committed: 10,
  unread: { ...unread(90, 1), firstMissing: 20, readTo: 60 },
}

describe('the deletes of a group', () => {
  test('are safe while it is at the end, however long nothing was published', () => {
    expect(new Looks().at(400, { horizon: 100 })?.deletes).toEqual({ state: 'safe', leftMs: null })
  })

  test('are lost by who does not move, once the oldest unread record is as old as tombstones get', () => {
    const lag = new Looks().at(3, { committed: 10, unread: unread(90, 1) })
    expect(lag?.deletes).toEqual({ state: 'will_lose', leftMs: 6 * DAY })
  })

  test('are safe if it gets there in time, and lost if it does not', () => {
    const looks = new Looks()
    looks.at(3, { committed: 10, unread: unread(90, 1) })
    // 10 a day of 80 that are left: 8 days, and 5 are left.
    expect(looks.at(4, { committed: 20, unread: unread(80, 1) })?.deletes).toEqual({
      state: 'will_lose',
      leftMs: 5 * DAY,
    })
    expect(looks.at(4.5, { committed: 80, unread: unread(20, 2) })?.deletes).toEqual({
      state: 'safe',
      leftMs: 5.5 * DAY,
    })
  })

  test('may be lost by who stands before a gap that compaction has made where tombstones are old enough', () => {
    expect(new Looks().at(30, COMPACTED)?.deletes.state).toBe('may_have_lost')
    const whole = { ...COMPACTED, unread: { ...unread(90, 1), firstMissing: null, readTo: 100 } }
    expect(new Looks().at(30, whole)?.deletes).toEqual({ state: 'will_lose', leftMs: 0 })
    const later = { ...COMPACTED, unread: { ...unread(90, 1), firstMissing: 70, readTo: 100 } }
    expect(new Looks().at(30, later)?.deletes.state).toBe('will_lose')
  })

  test('may be lost where not everything could be looked at, and where the log begins later', () => {
    const far = { ...COMPACTED, unread: { ...unread(90, 1), firstMissing: null, readTo: 40 } }
    expect(new Looks().at(30, far)?.deletes.state).toBe('may_have_lost')
    expect(new Looks().at(30, { committed: 10, beginning: 20 })?.deletes.state).toBe('may_have_lost')
  })

  test('are lost for good by who has gone on from there, until it is set back', () => {
    const looks = new Looks()
    looks.at(30, COMPACTED)
    expect(looks.at(30.1, { ...COMPACTED, committed: 100, unread: {} })?.deletes.state).toBe('passed_gap')
    expect(looks.at(31, {})?.deletes.state).toBe('passed_gap')
    expect(looks.at(32, { committed: 0, unread: unread(100, 31) })?.deletes.state).not.toBe('passed_gap')
  })

  test('are not lost by who began to read less than the retention ago', () => {
    const looks = new Looks()
    looks.at(30)
    expect(looks.at(31, COMPACTED)?.deletes).toEqual({ state: 'will_lose', leftMs: 6 * DAY })
    expect(looks.at(38, COMPACTED)?.deletes.state).toBe('may_have_lost')
  })

  test('are not lost by who had read everything and is set back', () => {
    const looks = new Looks()
    looks.at(30, {})
    expect(looks.at(31, COMPACTED)?.deletes).toMatchObject({ leftMs: 6 * DAY })
  })
})

describe('the lag of a group', () => {
  test('is the sum of its partitions, as old as the oldest, and exact only if each is', () => {
    const lag = new Looks().at(
      3,
      { partition: 0, committed: 90, unread: unread(10, 2) },
      { partition: 1, committed: 50, unread: { ...unread(40, 1), exact: false } },
      { partition: 2 },
    )
    expect(lag).toMatchObject({ behind: 50, exact: false, behindMs: 2 * DAY, verdict: 'stopped' })
    expect(lag?.topics[0]?.partitions.map(({ verdict }) => verdict)).toEqual(['stopped', 'stopped', 'ok'])
  })

  test('is nothing beyond the last stable offset, which is told', () => {
    expect(new Looks().at(1, { committed: 120 })).toMatchObject({ behind: 0, topics: [{ beyondEnd: true }] })
  })

  test('is not stalled in 5 s in which only some of its partitions were committed, and arrives at no time', () => {
    const looks = new Looks(1)
    const still = { partition: 1, committed: 50, unread: unread(50, 0) }
    looks.at(1, { committed: 10, unread: unread(90, 0) }, still)
    const lag = looks.at(1 + 5 * SECOND, { committed: 60, unread: unread(40, 0) }, still)
    expect(lag).toMatchObject({ verdict: 'unknown', rate: 10, catchUpMs: null })
    expect(lag?.topics[0]?.partitions.map(({ verdict }) => verdict)).toEqual(['ok', 'unknown'])
    const later = looks.at(
      1 + 10 * SECOND,
      { committed: 80, unread: unread(20, 0) },
      { partition: 1, committed: 80, unread: unread(20, 0) },
    )
    expect(later).toMatchObject({ verdict: 'ok', rate: 10, catchUpMs: 4000 })
  })

  test('is not stopped on one partition while it moves on another, since it may show no members', () => {
    const looks = new Looks(0)
    const still = { partition: 1, committed: 50, unread: unread(50, 0) }
    expect(looks.at(1, { committed: 10, unread: unread(90, 0) }, still)?.verdict).toBe('stopped')
    const lag = looks.at(1 + 5 * SECOND, { committed: 60, unread: unread(40, 0) }, still)
    expect(lag?.verdict).toBe('unknown')
  })

  test('never has a rate or a time of arrival that its verdict denies', () => {
    const step = fc.record({
      seconds: fc.integer({ min: 1, max: 90 }),
      moves: fc.array(fc.nat(3), { minLength: 2, maxLength: 2 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom(null, 0, 2), (steps, members) => {
        const looks = new Looks(members)
        const committed = [0, 0]
        let days = 1
        for (const { seconds, moves } of steps) {
          days += seconds * SECOND
          const places = committed.map((_, i) => {
            const offset = Math.min(100, (committed[i] ?? 0) + (moves[i] ?? 0))
            committed[i] = offset
            return { partition: i, committed: offset, unread: offset === 100 ? {} : unread(100 - offset, 0) }
          })
          const topic = looks.at(days, ...places)?.topics[0]
          if (topic === undefined) throw new Error('it was not told')
          const { verdict, rate, catchUpMs, partitions } = topic
          if (verdict !== 'ok') expect(catchUpMs).toBeNull()
          const reads = partitions.some((one) => one.verdict === 'ok')
          if (!reads) expect(rate ?? 0).toBe(0)
        }
      }),
    )
  })
})
