import { describe, expect, test } from 'vitest'

import { judgeDeletes, type GuardLimits, type Shrinkage } from '../../src/replication/guard.ts'

const limits: GuardLimits = { maxDeletes: 100, maxRatio: 0.1, hardMax: 5_000, mayHalve: false }

function verdict(live: number, deletes: number, byMls: Record<string, Shrinkage> = {}): string {
  return judgeDeletes(limits, { live, deletes }, new Map(Object.entries(byMls))).kind
}

describe('the guard (R10)', () => {
  test('lets many deletes pass while they are few of the feed', () => {
    expect(verdict(100_000, 4_000)).toBe('clear')
  })
  test('lets a high ratio pass while the deletes are few', () => {
    expect(verdict(300, 100)).toBe('clear')
  })
  test('holds what exceeds both PURGE_MAX_DELETES and PURGE_MAX_RATIO', () => {
    expect(verdict(1_000, 101)).toBe('held')
    expect(verdict(1_010, 101)).toBe('clear')
  })
  test('holds what exceeds PURGE_HARD_MAX at any ratio', () => {
    expect(verdict(1_000_000, 5_000)).toBe('clear')
    expect(verdict(1_000_000, 5_001)).toBe('held')
  })
  test('holds ten or more deletes that are half of the feed', () => {
    expect(verdict(20, 10)).toBe('held')
    expect(verdict(21, 10)).toBe('clear')
    expect(verdict(9, 9)).toBe('clear')
  })
  test('lets half of it go where that is set for its resource, but not more than the other limits', () => {
    const ofEvents = { ...limits, maxRatio: 0.6, mayHalve: true }
    const judged = (deletes: number) => judgeDeletes(ofEvents, { live: 300, deletes }, new Map()).kind
    expect(judged(180)).toBe('clear')
    expect(judged(181)).toBe('held')
  })
  test('holds an MLS that leaves, although it is small against the feed', () => {
    const leaving = { B: { live: 150, deletes: 150 } }
    expect(verdict(50_000, 150)).toBe('clear')
    expect(verdict(50_000, 150, leaving)).toBe('held')
  })
  test('names the setting and the numbers', () => {
    const held = judgeDeletes(limits, { live: 1_000, deletes: 200 }, new Map())
    expect(held).toEqual({
      kind: 'held',
      why: expect.stringMatching(/200 of 1000 .*PURGE_MAX_DELETES \(100\)/),
    })
  })
})
