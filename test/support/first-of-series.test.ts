import { expect, test } from 'vitest'

import { firstOfSeries } from '../../src/support/first-of-series.ts'

test('of calls that follow each other closely the first alone acts; after a pause the next one is a first', () => {
  let now = 0
  const done: number[] = []
  const act = firstOfSeries(
    10,
    (at: number) => done.push(at),
    () => now,
  )
  for (const at of [0, 9, 18, 27, 37, 38]) {
    now = at
    act(at)
  }
  expect(done).toEqual([0, 37])
})
