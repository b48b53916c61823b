import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  shareOut,
} from '../../src/kafka/group-assignment.ts'

describe('partitions are shared out by the range assignor', () => {
  test('as Java does it: neighbours, and one more for the first members', () => {
    const members = ['m2', 'm1', 'm3'].map((memberId) => ({ memberId, topics: ['t'] }))
    expect(Object.fromEntries(shareOut(members, () => 7))).toEqual({
      m1: { t: [0, 1, 2] },
      m2: { t: [3, 4] },
      m3: { t: [5, 6] },
    })
  })

  test('each partition goes to one of those who subscribe to its topic, and nobody has two more than another', () => {
    const topics = fc.subarray(['a', 'b', 'c'])
    const member = fc.record({ memberId: fc.uuid(), topics })
    const members = fc.uniqueArray(member, { selector: ({ memberId }) => memberId, maxLength: 6 })
    fc.assert(
      fc.property(members, fc.nat(12), (subscribers, count) => {
        const shares = shareOut(subscribers, () => count)
        for (const topic of new Set(subscribers.flatMap((subscriber) => subscriber.topics))) {
          const takers = subscribers.filter((subscriber) => subscriber.topics.includes(topic))
          const taken = takers.map(({ memberId }) => shares.get(memberId)?.[topic] ?? [])
          expect(taken.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at))
          const sizes = taken.map(({ length }) => length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test('in bytes that are read back, of topics that were asked for alone', () => {
    expect(decodeSubscription(encodeSubscription(['a', 'b']))).toMatchObject({ topics: ['a', 'b'] })
    const bytes = encodeAssignment({ a: [0, 2], b: [1] })
    expect(decodeAssignment(bytes, ['a'])).toEqual([
      { topic: 'a', partition: 0 },
      { topic: 'a', partition: 2 },
    ])
    expect(decodeAssignment(Buffer.alloc(0), ['a'])).toEqual([])
  })
})
