import { expect, test } from 'vitest'

import { ChangeRates } from '../../../src/app/budget/change-rates.ts'
import { instant } from '../../../src/domain/instant.ts'
import { NO_OUTCOMES, passId, type PassProgress } from '../../../src/domain/pass.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'

const MINUTE = 60_000
const DAY_MINUTES = 24 * 60

function update(minutes: number, published: number, over: Partial<PassProgress> = {}): PassProgress {
  const startedAt = instant(Date.UTC(2026, 4, 2) + minutes * MINUTE)
  const counts = { ...NO_OUTCOMES, published, unchanged: 900 }
  return progressOf({ state: 'completed', startedAt, counts, walked: published + 900, ...over })
}

test('a day is reckoned from an hour of updates at least, by what they published and not by what they walked again', () => {
  const rates = new ChangeRates()
  // The first one catches up with what came before.
  rates.ended(update(0, 100_000))
  for (let minutes = 5; minutes < 60; minutes += 5) rates.ended(update(minutes, 10))
  expect(rates.perDay()).toEqual(new Map())
  rates.ended(update(60, 10))
  expect(rates.perDay()).toEqual(new Map([[LISTINGS.name, 24 * 12 * 10]]))
})

test('an update that did not come to its end, and other passes, say nothing', () => {
  const rates = new ChangeRates()
  rates.ended(update(0, 0))
  rates.ended(update(30, 5_000, { state: 'failed' }))
  rates.ended(update(40, 5_000, { pass: 'purge' }))
  rates.ended(update(50, 5_000, { decidesOn: passId('held') }))
  rates.ended(update(60, 10))
  expect(rates.perDay()).toEqual(new Map([[LISTINGS.name, 240]]))
})

test('what is longer ago than a day no longer counts', () => {
  const rates = new ChangeRates()
  rates.ended(update(0, 0))
  rates.ended(update(60, 5_000))
  rates.ended(update(60 + DAY_MINUTES, 48))
  expect(rates.perDay()).toEqual(new Map([[LISTINGS.name, 48]]))
})
