import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { Tally } from '../../../src/app/passes/tally.ts'

function tallyOf(values: readonly (string | null)[]): Tally {
  const tally = new Tally()
  for (const value of values) tally.add(value)
  return tally
}

test('the most frequent value comes first, what is not known last', () => {
  const values = ['Closed', 'Active', null, 'Active', 'Canceled']
  expect(tallyOf(values).groups(values.length)).toEqual([
    { value: 'Active', count: 2 },
    { value: 'Canceled', count: 1 },
    { value: 'Closed', count: 1 },
    { value: null, count: 1 },
  ])
})

test('groups and others hold each once, however many values there are', () => {
  const values = fc.array(fc.option(fc.integer({ min: 0, max: 200 }).map(String)), { maxLength: 400 })
  fc.assert(
    fc.property(values, (values) => {
      const tally = tallyOf(values)
      const groups = tally.groups(values.length)
      const counted = groups.reduce((all, { count }) => all + count, 0)
      expect(counted + tally.others()).toBe(values.length)
      expect(groups.filter(({ value }) => value !== null).length).toBeLessThanOrEqual(50)
    }),
  )
})

test('memory holds a limited number of values: the rest is counted together (R14)', () => {
  const values = Array.from({ length: 10_100 }, (_, n) => `office ${n}`)
  const tally = tallyOf([...values, ...values])
  expect(tally.groups(20_200)).toHaveLength(50)
  expect(tally.others()).toBe(20_200 - 50 * 2)
})
