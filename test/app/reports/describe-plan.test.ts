import { expect, test } from 'vitest'

import type { CountedResource } from '../../../src/app/budget/known-counts.ts'
import { describeMisfit, describePlan } from '../../../src/app/reports/describe-plan.ts'
import { remediesFor } from '../../../src/replication/plan-remedies.ts'
import { planRequests, type PlanSettings } from '../../../src/replication/request-plan.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const SETTINGS = {
  updateIntervalMs: 5 * MINUTE,
  purgeIntervalMs: DAY,
  fullWalkIntervalMs: DAY,
  mediaFullIntervalMs: 7 * DAY,
  reconcileIntervalMs: 7 * DAY,
  updateOverlapMs: 20 * MINUTE,
  pageLimit: 1_000,
  apiRate: 1_500,
  mediaFetch: 'auto',
} as const
const COUNTED: readonly CountedResource[] = [
  {
    resource: { ...LISTINGS, subresources: [] },
    records: 50_000,
    recordsFrom: 'given',
    changesPerDay: 5_000,
    changesFrom: 'assumed',
  },
]

function described(settings: PlanSettings): readonly string[] {
  const plan = planRequests(COUNTED, settings)
  return describePlan(COUNTED, settings.apiRate, plan, remediesFor(COUNTED, settings))
}

test('a plan that fits is a dozen lines: what it reckons with, what a day costs, and that it fits', () => {
  expect(described(SETTINGS)).toEqual([
    'listings: 50,000 records (as given), 5,000 changes a day (assumed)',
    '',
    'REQUESTS A DAY  update  question  media  walk',
    'listings         1,731         3      0    54',
    '',
    'All together        1,788 a day; API_RATE=1500 allows 432,000',
    'Busiest 5 minutes   9 of 1,500 for updates, which go first; 57 others, if all fall together, take the room that is left',
    'First download      55 requests at most, which 5 minutes have room for',
    'It fits: 9 requests in 5 minutes hold all updates that fall together, and in the long run all the others.',
  ])
})

test('one that does not says what to change, as the settings take it', () => {
  const [download, verdict] = described({ ...SETTINGS, updateIntervalMs: 500 }).slice(-2)
  expect(download).toBe('First download      55 requests at most, never: updates leave no room for it')
  expect(verdict).toBe(
    'It does not fit: 4,501 requests in 5 minutes are needed to be done in time, and the vendor names no rate above 4,000. One of these is enough: UPDATE_INTERVAL=1m.',
  )
  expect(described({ ...SETTINGS, updateIntervalMs: 1_000 }).at(-1)).toBe(
    'It does not fit: 2,251 requests in 5 minutes are needed to be done in time. One of these is enough: API_RATE=2251, UPDATE_INTERVAL=1m (API_RATE only where the key has as much).',
  )
})

test('a first download that one window cannot hold says how long so many requests take at least', () => {
  expect(described({ ...SETTINGS, apiRate: 20 }).at(-2)).toBe(
    'First download      55 requests at most; so many take at least 15 min',
  )
})

test('what no setting mends by itself says so', () => {
  const plan = { ...planRequests(COUNTED, SETTINGS), fits: false, needed: 5_000 }
  expect(describeMisfit(plan, [])).toBe(
    'It does not fit: 5,000 requests in 5 minutes are needed to be done in time, and the vendor names no rate above 4,000. No one setting is enough: longer intervals, MEDIA_FETCH=auto and fewer SUBRESOURCES together may be.',
  )
  expect(describeMisfit(plan, [{ setting: 'SUBRESOURCES', parts: ['photos', 'videos'] }])).toContain(
    'One of these is enough: SUBRESOURCES=photos,videos.',
  )
  expect(describeMisfit(plan, [{ setting: 'SUBRESOURCES', parts: [] }])).toContain('enough: no SUBRESOURCES.')
})
