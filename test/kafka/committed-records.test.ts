import * as fc from 'fast-check'
import type { FetchedRecord } from 'kafkajs/src/cluster/index.js'
import { describe, expect, test } from 'vitest'

import { committedRecords } from '../../src/kafka/committed-records.ts'
import { batch, marker } from './fetched.ts'

function offsetsOf(records: readonly FetchedRecord[]): number[] {
  return records.map(({ offset }) => Number(offset))
}

describe('what a read-committed reader sees', () => {
  test('an aborted record stays hidden when the list of aborted transactions is not sorted', () => {
    const log = [
      ...batch('x', 0, 0, [0]),
      ...batch('y', 1, 1, [1]),
      ...marker('y', 2, 'abort'),
      ...marker('x', 3, 'abort'),
      ...batch('x', 4, 4, [4]),
      ...marker('x', 5, 'commit'),
    ]
    const aborted = [
      { producerId: 'y', firstOffset: '1' },
      { producerId: 'x', firstOffset: '0' },
    ]
    expect(offsetsOf(committedRecords(log, aborted))).toEqual([4])
  })

  test('a key of four zero bytes is not an abort marker', () => {
    const log = [...batch('x', 0, 1, [0, 1], { key: Buffer.alloc(4) }), ...marker('x', 2, 'abort')]
    expect(committedRecords(log, [{ producerId: 'x', firstOffset: '0' }])).toEqual([])
  })

  test('a record outside transactions is seen whoever aborts', () => {
    const log = [...batch('x', 0, 0, [0]), ...batch('x', 1, 1, [1], {}, false), ...marker('x', 2, 'abort')]
    expect(offsetsOf(committedRecords(log, [{ producerId: 'x', firstOffset: '0' }]))).toEqual([1])
  })

  test('markers are never shown', () => {
    expect(committedRecords([...batch('x', 0, 0, []), ...marker('x', 1, 'commit')], null)).toEqual([])
  })

  test('of any interleaving exactly the committed records are seen, from wherever the block begins', () => {
    const step = fc.record({
      producer: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('send', 'send', 'send', 'commit', 'abort'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), fc.gen(), (steps, cut, gen) => {
        const log: FetchedRecord[] = []
        const open = new Map<string, number[]>()
        const committed = new Set<number>()
        const aborted: { producerId: string; firstOffset: string; marker: number }[] = []
        const end = (producer: string, what: 'commit' | 'abort'): void => {
          const sent = open.get(producer)
          if (sent === undefined) return
          open.delete(producer)
          if (what === 'commit') for (const offset of sent) committed.add(offset)
          else aborted.push({ producerId: producer, firstOffset: String(sent[0]), marker: log.length })
          log.push(...marker(producer, log.length, what))
        }
        for (const { producer, what } of steps) {
          if (what === 'commit' || what === 'abort') end(producer, what)
          else {
            open.set(producer, [...(open.get(producer) ?? []), log.length])
            log.push(...batch(producer, log.length, log.length, [log.length]))
          }
        }
        // The block ends at the last stable offset, so nothing in it is undecided.
        for (const producer of ['a', 'b', 'c']) end(producer, 'commit')
        const from = log.length === 0 ? 0 : cut % log.length
        const list = aborted.filter((each) => each.marker >= from)
        const shuffled = gen(fc.shuffledSubarray, list, { minLength: list.length })
        expect(offsetsOf(committedRecords(log.slice(from), shuffled))).toEqual(
          [...committed].filter((offset) => offset >= from).sort((a, b) => a - b),
        )
      }),
    )
  })
})
