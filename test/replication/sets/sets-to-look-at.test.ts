import { describe, expect, test } from 'vitest'
import { instant } from '../../../src/domain/instant.ts'
import { recordKey } from '../../../src/domain/record-key.ts'
import { SetsToLookAt } from '../../../src/replication/sets/sets-to-look-at.ts'

const MOST_KEYS = 10_000
const NOW = instant(Date.UTC(2026, 4, 2))
const LATER = instant(NOW + 1000)
const KEYS = Array.from({ length: MOST_KEYS }, (_, n) => recordKey(String(n)))
const ONE_MORE = recordKey('one-more')

/** As it is once its process has looked at all of them. */
function lookedAtAll(): SetsToLookAt {
  const toLookAt = new SetsToLookAt()
  toLookAt.take(NOW)
  return toLookAt
}

describe('of which records the set may be owed', () => {
  test('is all of them when a process begins, and then those that it is told of, once each', () => {
    const toLookAt = new SetsToLookAt()
    expect(toLookAt.isDue(NOW)).toBe(true)
    expect(toLookAt.take(NOW)).toBe('all')
    expect(toLookAt.isDue(NOW)).toBe(false)
    toLookAt.note(KEYS.slice(0, 2))
    toLookAt.note(KEYS.slice(1, 3))
    expect(toLookAt.isDue(NOW)).toBe(true)
    expect(toLookAt.take(NOW)).toEqual(KEYS.slice(0, 3))
    expect(toLookAt.take(NOW)).toEqual([])
  })

  test('is told when their time has come, and not before', () => {
    const toLookAt = lookedAtAll()
    toLookAt.noteAt(ONE_MORE, LATER)
    expect([toLookAt.isDue(NOW), toLookAt.take(NOW)]).toEqual([false, []])
    toLookAt.note([ONE_MORE])
    expect([toLookAt.isDue(LATER), toLookAt.take(LATER)]).toEqual([true, [ONE_MORE]])
    toLookAt.noteAllAt(LATER)
    toLookAt.noteAllAt(instant(LATER + 1))
    expect([toLookAt.isDue(NOW), toLookAt.take(NOW)]).toEqual([false, []])
    expect([toLookAt.isDue(LATER), toLookAt.take(LATER)]).toEqual([true, 'all'])
    expect(toLookAt.isDue(instant(LATER + 1))).toBe(false)
  })

  test('is all of them again where there are too many to be remembered (R14)', () => {
    const toLookAt = lookedAtAll()
    toLookAt.note(KEYS)
    expect(toLookAt.take(NOW)).toHaveLength(MOST_KEYS)
    toLookAt.note([...KEYS, ONE_MORE])
    expect(toLookAt.take(NOW)).toBe('all')

    for (const key of KEYS) toLookAt.noteAt(key, LATER)
    // One that is remembered already takes no room.
    toLookAt.noteAt(KEYS[0]!, instant(LATER + 1))
    expect(toLookAt.take(LATER)).toHaveLength(MOST_KEYS - 1)
    for (const key of KEYS) toLookAt.noteAt(key, instant(LATER + 1))
    toLookAt.noteAt(ONE_MORE, LATER)
    expect(toLookAt.take(LATER)).toBe('all')
  })

  test('is told how often in a row a set has failed, of so many sets as are remembered (R14)', () => {
    const toLookAt = lookedAtAll()
    for (const key of KEYS) expect(toLookAt.failed(key)).toBe(1)
    expect(toLookAt.failed(KEYS[7]!)).toBe(2)
    expect([toLookAt.failed(ONE_MORE), toLookAt.failed(ONE_MORE)]).toEqual([1, 1])
    toLookAt.succeeded(KEYS[7]!)
    expect(toLookAt.failed(KEYS[7]!)).toBe(1)
  })

  test('leaves out what failed until its time has come', () => {
    const toLookAt = lookedAtAll()
    toLookAt.noteAt(ONE_MORE, LATER)
    expect(toLookAt.isWaiting(ONE_MORE, NOW)).toBe(false)
    toLookAt.failed(ONE_MORE)
    expect(toLookAt.isWaiting(ONE_MORE, NOW)).toBe(true)
    expect(toLookAt.isWaiting(ONE_MORE, LATER)).toBe(false)
    toLookAt.succeeded(ONE_MORE)
    expect(toLookAt.isWaiting(ONE_MORE, NOW)).toBe(false)
  })
})
