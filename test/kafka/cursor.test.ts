import type { FetchedPartition, FetchedRecord } from 'kafkajs/src/cluster/index.js'
import { describe, expect, test } from 'vitest'

import { Cursor } from '../../src/kafka/cursor.ts'
import { batch, marker } from './fetched.ts'

function fetched(messages: readonly FetchedRecord[], lastStableOffset = 100): FetchedPartition {
  return { partition: 0, lastStableOffset: String(lastStableOffset), abortedTransactions: [], messages }
}

describe('reading a partition to its end', () => {
  test('markers at the tail count as read (R2)', () => {
    const cursor = new Cursor('t', 0, 0, 3)
    const taken = cursor.accept(fetched([...batch('x', 0, 1, [0, 1]), ...marker('x', 2, 'commit')]))
    expect(taken?.records.map(({ offset }) => offset)).toEqual([0, 1])
    expect(taken?.nextOffset).toBe(3)
    expect(cursor.done).toBe(true)
  })

  test('a block of markers alone brings the reading on', () => {
    const cursor = new Cursor('t', 0, 5, 9)
    expect(cursor.accept(fetched(marker('x', 5, 'abort')))).toMatchObject({ records: [], nextOffset: 6 })
    expect(cursor.done).toBe(false)
  })

  test('a record below the position or beyond the end is not delivered', () => {
    const cursor = new Cursor('t', 0, 2, 4)
    const taken = cursor.accept(fetched(batch('x', 0, 9, [0, 1, 2, 3, 4, 5])))
    expect(taken?.records.map(({ offset }) => offset)).toEqual([2, 3])
    expect(taken?.nextOffset).toBe(4)
  })

  test('offsets that compaction took from the end of a batch are read', () => {
    const cursor = new Cursor('t', 0, 4, 8)
    const taken = cursor.accept(fetched(batch('x', 0, 7, [0, 1, 2, 3])))
    expect(taken).toMatchObject({ records: [], nextOffset: 8 })
    expect(cursor.done).toBe(true)
  })

  test('what compaction took is told apart from what is only hidden, such as markers', () => {
    const taken = (from: number, messages: readonly FetchedRecord[], end = 100) =>
      new Cursor('t', 0, from, end).accept(fetched(messages))?.firstMissing()
    const whole = [...batch('x', 0, 1, [0, 1]), ...marker('x', 2, 'commit')]
    expect(taken(0, whole)).toBeNull()
    expect(taken(1, whole)).toBeNull()
    expect(taken(0, [...batch('x', 0, 3, [0, 2, 3])])).toBe(1)
    expect(taken(2, [...batch('x', 0, 3, [0, 2, 3])])).toBeNull()
    // Its first batches, or the last records of one.
    expect(taken(4, batch('x', 6, 7, [6, 7]))).toBe(4)
    expect(taken(0, batch('x', 0, 4, [0, 1]))).toBe(2)
    expect(taken(0, batch('x', 0, 4, [0, 1]), 2)).toBeNull()
  })

  test('behind a batch that compaction has emptied, a larger answer is asked for', () => {
    const cursor = new Cursor('t', 0, 4, 8)
    const before = cursor.maxBytes
    expect(cursor.accept(fetched([]))).toBeUndefined()
    expect(cursor.maxBytes).toBeGreaterThan(before)
    cursor.accept(fetched(batch('x', 6, 6, [6])))
    expect(cursor.maxBytes).toBe(before)
    expect(cursor.position).toBe(7)
  })

  test('whoever follows a topic waits at its end without asking for more', () => {
    const cursor = new Cursor('t', 0, 100, Infinity)
    const before = cursor.maxBytes
    expect(cursor.accept(fetched([], 100))).toBeUndefined()
    expect(cursor.maxBytes).toBe(before)
    expect(cursor.done).toBe(false)
  })

  test('tombstones, repeated headers and headers without a value arrive as documented', () => {
    const cursor = new Cursor('t', 0, 0, 1)
    const headers = { one: Buffer.from('1'), twice: [Buffer.from('a'), Buffer.from('b')], none: null }
    const taken = cursor.accept(fetched(batch('x', 0, 0, [0], { value: null, headers })))
    expect(taken?.records).toEqual([
      {
        offset: 0,
        timestamp: 1_700_000_000_000,
        key: Buffer.from('k0'),
        value: null,
        headers: { one: Buffer.from('1'), twice: Buffer.from('b') },
      },
    ])
  })
})
