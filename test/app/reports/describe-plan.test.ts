import { expect, test } from 'vitest'

import type { CountedResource } from '../../../src/app/budget/known-counts.ts'
import { describePlan } from '../../../src/app/reports/describe-plan.ts'
import { remediesFor } from '../../../src/replication/plan-remedies.ts'
import { planRequests } from '../../../src/replication/request-plan.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const SETTINGS = {
  updateIntervalMs: 5 * MINUTE,
  purgeIntervalMs: DAY,
  fullWalkIntervalMs: DAY,
  mediaFullIntervalMs: 7 * DAY,
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

function described(settings: typeof SETTINGS): readonly string[] {
  const plan = planRequests(COUNTED, settings)
  return describePlan(COUNTED, settings.apiRate, plan, remediesFor(COUNTED, settings))
}

test('a plan that fits is a dozen lines: what it reckons with, what a day costs, and that it fits', () => {
  expect(described(SETTINGS)).toEqual([
    'listings: 50,000 records (as given), 5,000 changes a day (assumed)',
    '',
    'REQUESTS A DAY  update  question  media  walk',
    'listings         1,731         3      0    52',
    '',
    'All together        1,786 a day; API_RATE=1500 allows 432,000',
    'Busiest 5 minutes   64 of 1,500, if all that can be due falls together',
    'First download      55 requests, at least 14 s',
    'It fits.',
  ])
})

test('one that does not says what to change, as the settings take it', () => {
  const [download, verdict] = described({ ...SETTINGS, updateIntervalMs: 500 }).slice(-2)
  expect(download).toBe('First download      55 requests, never: updates leave no room for it')
  expect(verdict).toBe(
    'It does not fit: 4,501 requests in 5 minutes are needed to be done in time. One of these is enough: API_RATE=4501, UPDATE_INTERVAL=1m (API_RATE only where the key has as much).',
  )
})
