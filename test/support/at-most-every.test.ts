import { expect, test } from 'vitest'

import { atMostEvery } from '../../src/support/at-most-every.ts'

test('an action that is called often is done once in its time, first when that has passed', () => {
  let now = 100
  const done: number[] = []
  const act = atMostEvery(
    10,
    (at: number) => done.push(at),
    () => now,
  )
  for (; now < 135; now += 3) act(now)
  expect(done).toEqual([112, 124])
})
