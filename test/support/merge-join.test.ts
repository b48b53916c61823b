import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { mergeJoin } from '../../src/support/merge-join.ts'
import { slices } from '../../src/support/slices.ts'

/** Some batches are empty. */
class Stream {
  readonly #entries: readonly (readonly [string, string])[]
  readonly #size: number
  /** Entries in the batches that were asked for. */
  given = 0
  closed = false
  failsAfter = Infinity

  constructor(map: ReadonlyMap<string, string>, size: number) {
    this.#entries = [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
    this.#size = size
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (const batch of slices(this.#entries, this.#size)) {
        yield []
        if (this.given >= this.failsAfter) throw new Error('the disk fails')
        this.given += batch.length
        yield batch
      }
    } finally {
      this.closed = true
    }
  }
}

const maps = fc
  .dictionary(fc.string({ maxLength: 2, unit: fc.constantFrom('a', 'b', 'Z', '0', '-') }), fc.string(), {
    noNullPrototype: true,
  })
  .map((record) => new Map(Object.entries(record)))
const sizes = fc.integer({ min: 1, max: 5 })

const many = (prefix: string) =>
  new Map(Array.from({ length: 20 }, (_, n) => [`${prefix}${String(n).padStart(2, '0')}`, '']))

describe('a merge join', () => {
  test('shows what a join in memory shows, in order of key (R9 a)', async () => {
    await fc.assert(
      fc.asyncProperty(maps, maps, sizes, sizes, async (left, right, leftSize, rightSize) => {
        const [ours, theirs] = [new Stream(left, leftSize), new Stream(right, rightSize)]
        const joined = await Array.fromAsync(mergeJoin(ours, theirs))
        const keys = [...new Set([...left.keys(), ...right.keys()])].toSorted((a, b) => (a < b ? -1 : 1))
        expect(joined).toEqual(keys.map((key) => ({ key, left: left.get(key), right: right.get(key) })))
        expect([ours.closed, theirs.closed]).toEqual([true, true])
      }),
    )
  })

  test('holds one batch of each stream, and no more (R14)', async () => {
    const [left, right] = [new Stream(many('k'), 4), new Stream(many('k'), 3)]
    let shown = 0
    for await (const _ of mergeJoin(left, right)) {
      shown += 1
      expect([left.given, right.given]).toEqual([
        4 * Math.ceil(shown / 4),
        Math.min(3 * Math.ceil(shown / 3), 20),
      ])
    }
    expect(shown).toBe(20)
  })

  test('closes both streams when its caller stops early', async () => {
    const [left, right] = [new Stream(many('a'), 4), new Stream(many('b'), 4)]
    for await (const { key } of mergeJoin(left, right)) if (key === 'a05') break
    expect([left.given, right.given]).toEqual([8, 4])
    expect([left.closed, right.closed]).toEqual([true, true])
  })

  test('fails with the stream that fails, and closes the other one', async () => {
    const [left, right] = [new Stream(many('k'), 4), new Stream(many('k'), 4)]
    right.failsAfter = 8
    const keys: string[] = []
    const all = async () => {
      for await (const { key } of mergeJoin(left, right)) keys.push(key)
    }
    await expect(all()).rejects.toThrow('the disk fails')
    expect(keys).toHaveLength(8)
    expect([left.closed, right.closed]).toEqual([true, true])
  })
})
