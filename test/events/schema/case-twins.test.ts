import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { withoutCaseTwins } from '../../../src/events/schema/case-twins.ts'

const names = fc.uniqueArray(fc.stringMatching(/^[abAB_]{1,3}(_[23])?$/), { maxLength: 20 })

test('the first of two that differ in case alone keeps its name, the others are numbered', () => {
  expect(withoutCaseTwins(['WaterfrontYN', 'City', 'WaterFrontYN', 'WATERFRONTYN'])).toEqual([
    'WaterfrontYN',
    'City',
    'WaterFrontYN_2',
    'WATERFRONTYN_3',
  ])
})

test('a name that somebody else has is numbered, and a number that is taken is left out', () => {
  expect(withoutCaseTwins(['observedat', 'A_2', 'A', 'a'], ['ObservedAt'])).toEqual([
    'observedat_2',
    'A_2',
    'A',
    'a_3',
  ])
})

test('none is given twice, and each keeps what it was given when others come behind it', () => {
  fc.assert(
    fc.property(names, names, fc.nat(), (all, taken, some) => {
      const given = withoutCaseTwins(all, taken)
      const caseless = [...given, ...new Set(taken.map((name) => name.toLowerCase()))].map((name) =>
        name.toLowerCase(),
      )
      expect(new Set(caseless).size).toBe(caseless.length)
      const before = all.slice(0, some % (all.length + 1))
      expect(given.slice(0, before.length)).toEqual(withoutCaseTwins(before, taken))
    }),
  )
})
