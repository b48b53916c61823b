import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { OffsetTracker } from '../../../src/consumer/sdk/offset-tracker.ts'

describe('up to where a partition is handled', () => {
  test('is below the first change that is not, whatever was done after it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('done', 'released', 'running'), { maxLength: 20 }),
        fc.gen(),
        (fates, gen) => {
          const tracker = new OffsetTracker(100)
          const begun = fates.map((fate, at) => ({ fate, outstanding: tracker.begin(101 + at) }))
          const order = gen(() => fc.shuffledSubarray([...begun], { minLength: begun.length }))
          for (const { fate, outstanding } of order) {
            if (fate === 'done') outstanding.acknowledge()
            if (fate === 'released') outstanding.release()
          }
          const first = fates.findIndex((fate) => fate !== 'done')
          expect(tracker.position).toBe(100 + (first === -1 ? fates.length : first))
          expect(tracker.running).toBe(fates.filter((fate) => fate === 'running').length)
        },
      ),
    )
  })

  test('goes past markers and gaps once all before them is handled', () => {
    const tracker = new OffsetTracker(0)
    tracker.pass(3)
    expect(tracker.position).toBe(3)
    const change = tracker.begin(5)
    tracker.pass(9)
    expect(tracker.position).toBe(3)
    change.acknowledge()
    expect(tracker.position).toBe(9)
  })

  test('is not moved by who lets go of what was handled', () => {
    const tracker = new OffsetTracker(0)
    const change = tracker.begin(1)
    change.acknowledge()
    change.release()
    expect(tracker).toMatchObject({ position: 1, running: 0, ahead: 0 })
  })
})
