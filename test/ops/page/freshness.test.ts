import { expect, test } from 'vitest'

import { instant } from '../../../src/domain/instant.ts'
import { Freshness } from '../../../src/ops/page/freshness.ts'

const MINUTE = 60_000
const at = (minutes: number) => instant(minutes * MINUTE)

test('each minute has the oldest that the watermark was in it, also those in which nobody looked', () => {
  const freshness = new Freshness()
  freshness.moved(at(9), at(10))
  freshness.moved(at(12.5), at(13.5))
  // At its oldest, it was from minute 9, just before it moved at 13.5.
  expect(freshness.between(0, at(15.25))).toMatchObject({ from: 0 })
  const { values } = freshness.between(9, at(15.25))
  expect(values).toEqual([null, 120, 180, 240, 270, 150, 165])
  expect(freshness.age(at(15.25))).toBe(165)
})

test('what is known of the time before is put before it, and does not change it', () => {
  const earlier = new Freshness()
  earlier.moved(at(1), at(2))
  const freshness = new Freshness()
  freshness.moved(at(4), at(5))
  freshness.precededBy(earlier, at(5))
  expect(freshness.between(1, at(6.5)).values).toEqual([null, 120, 180, 240, 240, 150])
})

test('without a watermark nothing is known', () => {
  const freshness = new Freshness()
  expect(freshness.between(0, at(1))).toEqual({ from: 0, values: [null, null] })
  expect(freshness.age(at(1))).toBeUndefined()
})
