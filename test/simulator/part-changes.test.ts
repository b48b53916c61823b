import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Subrows } from '../../src/simulator/api/subrows.ts'
import type { MediaCommand } from '../../src/simulator/collections/listings/media-change.ts'
import { Simulator } from '../../src/simulator/simulator.ts'
import { NOW } from './spark-request.ts'

const changes: fc.Arbitrary<Omit<MediaCommand, 'action'>> = fc.record(
  {
    part: fc.constantFrom('photos', 'videos', 'documents'),
    change: fc.constantFrom('add', 'reorder', 'replace', 'remove', 'clear', 'edit', 'resize'),
    size: fc.integer({ min: 0, max: 30 }),
    position: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
)
const stories = fc.array(fc.tuple(changes, fc.integer({ min: 0, max: 90_000 })), { maxLength: 30 })

const SETS = {
  photos: ['PhotosCount', 'PhotosChangeTimestamp'],
  videos: ['VideosCount', 'VideosChangeTimestamp'],
  documents: ['DocumentsCount', 'DocumentsChangeTimestamp'],
} as const
const NAMES = ['photos', 'videos', 'documents'] as const

type Story = readonly (readonly [change: Omit<MediaCommand, 'action'>, passesMs: number])[]
type Told = readonly { readonly rows: Subrows; readonly count: unknown; readonly stamp: number }[]

const NEVER = -1

function timeOf(stamp: unknown): number {
  return typeof stamp === 'string' ? Date.parse(stamp) : NEVER
}

/** What the API shows of one listing's sets after each change. */
function* told(story: Story, cacheLagMs: number): Generator<Told> {
  let now = NOW
  const simulator = new Simulator({ listings: 5, clock: () => now, cacheLagMs })
  const [key = ''] = simulator.truth().listings.keys()
  for (const [change, passes] of [[undefined, 0] as const, ...story]) {
    if (change !== undefined) simulator.listings.apply({ action: 'media', keys: [key], ...change })
    now += passes
    const fields = simulator.truth().listings.get(key) ?? {}
    yield NAMES.map((name) => {
      const [[, rows] = []] = simulator.listings.sublistTruth(name, key) ?? []
      const [count, stamp] = SETS[name]
      return { rows: rows ?? [], count: fields[count], stamp: timeOf(fields[stamp]) }
    })
  }
}

test('whatever happens to a set: its Ids are its own, its count is its size, and its stamp tells of every change', () => {
  fc.assert(
    fc.property(stories, fc.constantFrom(0, 60_000), (story, lag) => {
      // Two changes within one second have one stamp: there the second is not told.
      const apart = story.map(([change, passes]) => [change, passes + 1_000] as const)
      const ids = NAMES.map(() => new Set<unknown>())
      let last: Told | undefined
      for (const sets of told(apart, lag)) {
        for (const [i, { rows, count, stamp }] of sets.entries()) {
          const own = rows.map(({ Id }) => Id)
          expect(new Set(own).size).toBe(own.length)
          expect(count).toBe(own.length)
          for (const id of own) ids[i]?.add(id)
          if (ids[i]?.size) expect(stamp).toBeGreaterThan(NEVER)
          const before = last?.[i]
          if (before !== undefined && JSON.stringify(before.rows) !== JSON.stringify(rows)) {
            expect(stamp).toBeGreaterThan(before.stamp)
          }
        }
        last = sets
      }
    }),
    { numRuns: 60 },
  )
})

test('the same changes make the same sets', () => {
  fc.assert(
    fc.property(stories, (story) => {
      expect([...told(story, 0)]).toEqual([...told(story, 0)])
    }),
    { numRuns: 20 },
  )
})
