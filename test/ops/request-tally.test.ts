import { expect, test } from 'vitest'

import { RequestTally } from '../../src/ops/request-tally.ts'

const HOUR = 3_600_000

test('requests of the last day count, older ones do not, and what is not a day old says since when', () => {
  let now = 100 * HOUR
  const tally = new RequestTally(() => now)
  tally.add()
  tally.add()
  now += 10 * HOUR
  tally.add()
  expect(tally.lastDay()).toEqual({ count: 3, since: 100 * HOUR })
  now += 15 * HOUR
  expect(tally.lastDay()).toEqual({ count: 1, since: 101 * HOUR })
  now += 24 * HOUR
  expect(tally.lastDay()).toEqual({ count: 0, since: 125 * HOUR })
})
