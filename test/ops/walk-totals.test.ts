import { expect, test } from 'vitest'

import { passId } from '../../src/domain/pass.ts'
import { describeOutlook, WalkTotals } from '../../src/ops/walk-totals.ts'
import { progressOf } from '../fixtures/pass-progress.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const NOTHING = { total: null, percent: null, secondsLeft: null }

test('a walk is measured by the last full one, and its end by its own pace', () => {
  let ms = 0
  const totals = new WalkTotals(() => ms)
  const at = (walked: number) => progressOf({ pass: 'purge', walked })
  expect(totals.outlook(at(10))).toEqual(NOTHING)
  totals.learn(LISTINGS.name, 1_000)
  totals.begin(at(100))
  ms = 1_999
  expect(totals.outlook(at(200))).toEqual({ total: 1_000, percent: 20, secondsLeft: null })
  ms = 10_000
  expect(totals.outlook(at(200))).toEqual({ total: 1_000, percent: 20, secondsLeft: 80 })
  expect(totals.outlook(at(1_000))).toEqual({ total: 1_000, percent: 99, secondsLeft: 0 })
  // There is more than there was: nothing is made up.
  expect(totals.outlook(at(1_001))).toEqual(NOTHING)
  totals.end(progressOf({ pass: 'purge', state: 'completed', walked: 1_100 }))
  expect(totals.outlook(at(550))).toMatchObject({ total: 1_100, percent: 50 })
  totals.end(progressOf({ pass: 'purge', state: 'failed', walked: 3 }))
  expect(totals.outlook(at(550))).toMatchObject({ total: 1_100 })
})

test('the pace is that of the last five minutes: one that was fast before it met the budget is not believed to be so still', () => {
  let ms = 0
  const totals = new WalkTotals(() => ms)
  const at = (walked: number) => progressOf({ pass: 'purge', walked })
  totals.learn(LISTINGS.name, 100_000)
  totals.begin(at(0))
  let walked = 0
  const walk = (seconds: number, each: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      ms += 1_000
      walked += each
      totals.advance(at(walked))
    }
  }
  walk(60, 1_000)
  expect(totals.outlook(at(walked)).secondsLeft).toBe(40)
  walk(14 * 60, 10)
  expect(totals.outlook(at(walked)).secondsLeft).toBe((100_000 - walked) / 10)
  // One that is resumed has its own.
  totals.begin(at(walked))
  expect(totals.outlook(at(walked)).secondsLeft).toBeNull()
})

test('an update has no total: how much has changed shows at its end', () => {
  const totals = new WalkTotals(() => 0)
  totals.learn(LISTINGS.name, 1_000)
  totals.end(progressOf({ pass: 'update', state: 'completed', walked: 7 }))
  expect(totals.outlook(progressOf({ pass: 'update', walked: 7 }))).toEqual(NOTHING)
  expect(totals.outlook(progressOf({ pass: 'snapshot', walked: 10 }))).toMatchObject({ total: 1_000 })
})

test('an approval of held deletes walks nothing, and says nothing of how much there is', () => {
  const totals = new WalkTotals(() => 0)
  totals.learn(LISTINGS.name, 1_000)
  const approval = progressOf({ pass: 'purge', decidesOn: passId('sweep-1') })
  expect(totals.outlook(approval)).toEqual(NOTHING)
  totals.end({ ...approval, state: 'completed' })
  expect(totals.outlook(progressOf({ pass: 'snapshot', walked: 10 }))).toMatchObject({ total: 1_000 })
})

test.each([
  [NOTHING, '1,200 walked'],
  [{ total: 98_000, percent: 1, secondsLeft: null }, '1,200 of 98,000 (1 %)'],
  [{ total: 98_000, percent: 1, secondsLeft: 90 }, '1,200 of 98,000 (1 %), 90 s left'],
  [{ total: 98_000, percent: 1, secondsLeft: 7_140 }, '1,200 of 98,000 (1 %), 119 min left'],
  [{ total: 98_000, percent: 1, secondsLeft: 9_000 }, '1,200 of 98,000 (1 %), 2.5 h left'],
])('%o reads %s', (outlook, text) => expect(describeOutlook(1_200, outlook)).toBe(text))

test('a republish has a total where it is one of everything, and says nothing of how much there is', () => {
  const totals = new WalkTotals(() => 0)
  totals.learn(LISTINGS.name, 1_000)
  expect(totals.outlook(progressOf({ pass: 'republish', token: 'next', walked: 500 }))).toMatchObject({
    percent: 50,
  })
  expect(totals.outlook(progressOf({ pass: 'republish', token: null, walked: 2 }))).toEqual(NOTHING)
  totals.end(progressOf({ pass: 'republish', state: 'completed', token: null, walked: 2 }))
  expect(totals.outlook(progressOf({ pass: 'purge', walked: 500 }))).toMatchObject({ total: 1_000 })
})
