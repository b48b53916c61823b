import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  decodeAssignment,
  decodeSubscription,
  assignedData,
  encodeAssignment,
} from '../../src/kafka/group-assignment.ts'
import { shareOutSticky, stickyAssignor, type StickyMember } from '../../src/kafka/sticky-assignor.ts'

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `feed-${at}`)

function member(memberId: string, owned: readonly number[], count = 30): StickyMember {
  return { memberId, owned, names: names(count) }
}

const sharesOf = (members: readonly StickyMember[]) => Object.fromEntries(shareOutSticky(members))

describe('partitions are shared out in two rounds', () => {
  test('the first member has all, and keeps them until the second one may have its half', () => {
    const first = sharesOf([member('a', [], 4)])
    expect(first).toEqual({ a: [0, 1, 2, 3] })
    // What moves belongs to nobody for a while.
    expect(sharesOf([member('a', [0, 1, 2, 3], 4), member('b', [], 4)])).toEqual({ a: [0, 1], b: [] })
    expect(sharesOf([member('a', [0, 1, 2], 4), member('b', [], 4)])).toEqual({ a: [0, 1], b: [3] })
    expect(sharesOf([member('a', [0, 1], 4), member('b', [3], 4)])).toEqual({ a: [0, 1], b: [2, 3] })
  })

  test('what a member had that is gone goes to the others at once, and nothing else moves', () => {
    expect(sharesOf([member('a', [0, 1], 6), member('c', [4, 5], 6)])).toEqual({ a: [0, 1, 2], c: [3, 4, 5] })
  })

  test('who comes back is given what it had before', () => {
    // Of what it had before that, others know more.
    const back = { ...member('c', [], 6), known: [1, 3, 5, 2] }
    const others = [member('a', [0, 1, 2], 6), member('b', [3, 4, 5], 6)]
    expect(sharesOf([...others, back])).toEqual({ a: [0, 2], b: [4, 5], c: [] })
    const given = [member('a', [0, 2], 6), member('b', [4, 5], 6), back]
    expect(sharesOf(given)).toEqual({ a: [0, 2], b: [4, 5], c: [1, 3] })
  })

  test('a partition that two believe to have stays with one, once the other has given it up', () => {
    expect(sharesOf([member('a', [0], 2), member('b', [0, 1], 2)])).toEqual({ a: [], b: [1] })
    expect(sharesOf([member('a', [0], 2), member('b', [1], 2)])).toEqual({ a: [0], b: [1] })
  })

  test('a member that knows fewer of them gets none that it does not know', () => {
    const shares = sharesOf([member('a', [], 2), member('b', [], 4)])
    expect(shares).toEqual({ a: [0], b: [1, 2, 3] })
  })

  test('a member that knows them by other names than the others gets none', () => {
    const odd = { memberId: 'b', owned: [], names: ['feed-1', 'feed-0'] }
    expect(sharesOf([member('a', [], 2), odd, member('c', [], 2)])).toEqual({ a: [0], c: [1] })
  })

  test('whatever they had: nobody gets what another has, and when all have given up, all is shared out evenly', () => {
    const group = fc.record({
      count: fc.integer({ min: 0, max: 40 }),
      owners: fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 40, maxLength: 40 }),
      size: fc.integer({ min: 1, max: 6 }),
      had: fc.uniqueArray(fc.nat(45)),
    })
    fc.assert(
      fc.property(group, ({ count, owners, size, had }) => {
        let members = Array.from({ length: size }, (_, at) => {
          const owned = [...names(count).keys()].filter((partition) => owners[partition] === at)
          return {
            ...member(`m${at}`, owned, count),
            known: had.filter((partition) => partition % size === at),
          }
        })
        const before = new Map(members.flatMap(({ memberId, owned }) => owned.map((one) => [one, memberId])))
        for (let round = 0; round < 3; round += 1) {
          const shares = shareOutSticky(members)
          for (const { memberId } of members) {
            const others = members.filter((one) => one.memberId !== memberId).flatMap(({ owned }) => owned)
            expect(shares.get(memberId)!.filter((partition) => others.includes(partition))).toEqual([])
          }
          members = members.map((one) => ({ ...one, owned: shares.get(one.memberId)! }))
        }
        const all = members.flatMap(({ owned }) => owned)
        expect(all.toSorted((a, b) => a - b)).toEqual([...names(count).keys()])
        const sizes = members.map(({ owned }) => owned.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        // Nothing has moved that did not have to: who lost one has as many as anybody may have.
        const most = Math.ceil(count / size)
        for (const { memberId, owned } of members) {
          const lost = [...before].filter(
            ([partition, owner]) => owner === memberId && !owned.includes(partition),
          )
          if (lost.length > 0)
            expect(owned.length).toBeGreaterThanOrEqual(Math.min(most, Math.floor(count / size)))
        }
      }),
    )
  })
})

test('in bytes, through the protocol of a group', () => {
  const agreed: boolean[] = []
  const assignor = (owned: readonly number[], of = names(4)) =>
    stickyAssignor({ holdings: () => ({ names: of, owned }), onAgreement: (agrees) => agreed.push(agrees) })
  const said = { a: assignor([0, 1]), b: assignor([]), c: assignor([], ['other']) }
  const members = Object.entries(said).map(([memberId, one]) => ({
    memberId,
    ...decodeSubscription(one.subscription(['g.feeds'])),
  }))
  const shares = said.a.assign(members, () => 4)
  const bytes = (memberId: string): Buffer => {
    const { partitions, userData } = shares.get(memberId)!
    return encodeAssignment(partitions, userData)
  }
  expect(decodeAssignment(bytes('b'), ['g.feeds']).map(({ partition }) => partition)).toEqual([2, 3])
  expect(decodeAssignment(bytes('c'), ['g.feeds'])).toEqual([])
  said.b.onAssigned?.(assignedData(bytes('b')))
  said.c.onAssigned?.(assignedData(bytes('c')))
  expect(agreed).toEqual([true, false])
})
