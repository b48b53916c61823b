import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { RequestPurpose } from '../../src/domain/request-purpose.ts'
import type { SetsWay } from '../../src/domain/sets-way.ts'
import { planRequests, type PlannedResource, type PlanSettings } from '../../src/replication/request-plan.ts'
import { remediesFor, type Remedy } from '../../src/replication/plan-remedies.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { SUBRESOURCES } from '../../src/resources/index.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { OPEN_HOUSES } from '../../src/resources/openhouses.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const DEFAULTS: PlanSettings = {
  updateIntervalMs: 5 * MINUTE,
  purgeIntervalMs: DAY,
  fullWalkIntervalMs: DAY,
  mediaFullIntervalMs: 7 * DAY,
  reconcileIntervalMs: 7 * DAY,
  updateOverlapMs: 20 * MINUTE,
  pageLimit: 1_000,
  apiRate: 1_500,
  mediaFetch: 'auto',
}

const WITH_SETS = { ...LISTINGS, subresources: SUBRESOURCES }
const PLAIN_LISTINGS = { ...LISTINGS, subresources: [] }

function ofListings(records: number, changesPerDay: number): PlannedResource {
  return { resource: PLAIN_LISTINGS, records, changesPerDay }
}

function requestsOf(plan: ReturnType<typeof planRequests>, purpose: RequestPurpose): number {
  return plan.perDay.filter((row) => row.purpose === purpose).reduce((sum, { requests }) => sum + requests, 0)
}

describe('a day of listings', () => {
  test('that never change costs an update of one request and the metadata each time, and a purge', () => {
    const plan = planRequests([ofListings(50_000, 0)], DEFAULTS)
    const purge = 3
    expect(requestsOf(plan, 'update')).toBe(288 * (1 + 3) + purge)
    // A purge asks who the source is, before and after.
    expect(requestsOf(plan, 'walk')).toBe(50 + 1 + 1 + 2)
    expect(requestsOf(plan, 'question')).toBe(Math.ceil(500 / 199))
    expect(plan.firstDownload.requests).toBe(3 + 50 + 1 + 1)
    expect(plan.rateOfDay).toBe(1_500 * 288)
  })

  test('that change costs the pages of the window with its overlap, and their count', () => {
    const changesPerDay = 86_400
    // One a second: 1,500 in 25 minutes.
    const plan = planRequests([ofListings(50_000, changesPerDay)], DEFAULTS)
    expect(requestsOf(plan, 'update')).toBe(288 * (2 + 1 + 1 + 3) + 3)
  })

  test.each([
    // Changes in a day, requests for the sets of each kind that are owed, for all of them, and for those of a full cycle a day.
    ['single', 300, 300, 7_000],
    ['single', 28_800, 28_800, 7_000],
    // A change now and then is a list of one.
    ['expand', 144, 144, 140],
    // A hundred with each update: two lists.
    ['expand', 28_800, 288 * 2, 140],
    ['auto', 144, 144, 140],
    // Up to four come one by one.
    ['auto', 288 * 3, 288 * 3, 140],
    ['auto', 288 * 5, 288 * 4, 140],
    ['auto', 288 * 500, 288 * 10, 140],
  ] as const)(
    'with sets by %s, of which %i change, costs %i requests for what is owed, and %i for all',
    (mediaFetch, changesPerDay, owed, all) => {
      const sets = SUBRESOURCES.filter(({ part }) => ['photos', 'rooms'].includes(part))
      const resource = { ...LISTINGS, subresources: sets }
      const plan = planRequests([{ resource, records: 7_000, changesPerDay }], { ...DEFAULTS, mediaFetch })
      expect(requestsOf(plan, 'media')).toBe(2 * owed)
      // The sets of rooms tell no change of their own, those of photos may change without: all of both in seven days.
      expect(requestsOf(plan, 'walk')).toBe(7 + 1 + 1 + 2 + (2 * all) / 7)
      expect(plan.firstDownload.requests).toBe(3 + 7 + 1 + 1 + 2 * all)
    },
  )
})

test('a content reconcile comes in the place of a purge, and is one more only where it comes more often', () => {
  const walks = (settings: Partial<PlanSettings>) =>
    requestsOf(planRequests([ofListings(50_000, 0)], { ...DEFAULTS, ...settings }), 'walk')
  expect(walks({ reconcileIntervalMs: DAY })).toBe(54)
  expect(walks({ reconcileIntervalMs: DAY / 2 })).toBe(2 * 54)
  const tours = (reconcileIntervalMs: number) =>
    requestsOf(
      planRequests([{ resource: OPEN_HOUSES, records: 1_000, changesPerDay: 0 }], {
        ...DEFAULTS,
        reconcileIntervalMs,
      }),
      'walk',
    )
  // In the place of the full walks, too.
  expect([tours(DAY), tours(DAY / 2)]).toEqual([2 + 2 * 7, 2 * (2 + 7)])
})

test('a resource without stamps is walked at its interval, a hand-written schema asks for no metadata', () => {
  const plan = planRequests([{ resource: OPEN_HOUSES, records: 1_000, changesPerDay: 100 }], DEFAULTS)
  expect(plan.perDay).toEqual([
    { resource: 'openhouses', purpose: 'walk', requests: 2 * (5 + 1 + 1) + 2 },
    { resource: 'openhouses', purpose: 'question', requests: 1 },
  ])
})

test('an interval that cannot hold its updates does not fit, and each remedy is enough by itself', () => {
  const settings = { ...DEFAULTS, updateIntervalMs: 500, apiRate: 1_500 }
  const resources = [ofListings(50_000, 5_000)]
  const plan = planRequests(resources, settings)
  expect(plan).toMatchObject({ fits: false, firstDownload: { seconds: null } })
  expect(plan.needed).toBe(Math.ceil((600 * 6 + 0.2) / 0.8))
  // The vendor names no such rate.
  expect(remediesFor(resources, settings)).toEqual([{ setting: 'UPDATE_INTERVAL', interval: MINUTE }])
  const slower = { ...settings, updateIntervalMs: 1_000 }
  expect(remediesFor(resources, slower)).toEqual([
    { setting: 'API_RATE', count: planRequests(resources, slower).needed },
    { setting: 'UPDATE_INTERVAL', interval: MINUTE },
  ])
})

test('sets that are asked for one by one where that is too much may come in lists', () => {
  const settings: PlanSettings = { ...DEFAULTS, mediaFetch: 'single' }
  const resources = [{ resource: WITH_SETS, records: 400_000, changesPerDay: 40_000 }]
  expect(remediesFor(resources, settings)).toContainEqual({ setting: 'MEDIA_FETCH', way: 'auto' })
  expect(remediesFor(resources, DEFAULTS)).toEqual([])
})

test('as many kinds of sets may stay as fit', () => {
  const subresources = SUBRESOURCES.filter(({ part }) => ['photos', 'videos'].includes(part))
  const resources = [
    { resource: { ...LISTINGS, subresources }, records: 3_000_000, changesPerDay: 2_000_000 },
  ]
  const settings: PlanSettings = { ...DEFAULTS, mediaFetch: 'single', apiRate: 12_000 }
  expect(remediesFor(resources, settings)).toContainEqual({ setting: 'SUBRESOURCES', parts: ['photos'] })
})

test('a first download with photos costs a request for fifty sets, and is not said to be longer than it takes', () => {
  const resource = { ...LISTINGS, subresources: SUBRESOURCES.filter(({ part }) => part === 'photos') }
  const resources = [{ resource, records: 50_000, changesPerDay: 5_000 }]
  const { firstDownload } = planRequests(resources, DEFAULTS)
  expect(firstDownload).toEqual({ requests: 3 + 50 + 1 + 1 + 1_000, seconds: 0 })
  // 1,350 go at once: what takes three windows has to wait for the first of them to leave twice.
  expect(planRequests([{ ...resources[0]!, records: 138_000 }], DEFAULTS).firstDownload).toEqual({
    requests: 3 + 138 + 1 + 1 + 2_760,
    seconds: 600,
  })
})

const planned = fc
  .uniqueArray(
    fc.record({
      resource: fc.constantFrom(...RESOURCES, WITH_SETS),
      records: fc.nat({ max: 2_000_000 }),
      changesPerDay: fc.nat({ max: 2_000_000 }),
    }),
    { selector: ({ resource }) => resource.name, minLength: 1 },
  )
  .map((list): readonly PlannedResource[] => list)
const interval = fc.integer({ min: 100, max: 14 * DAY })
const settingsOf = fc.record({
  updateIntervalMs: interval,
  purgeIntervalMs: interval,
  fullWalkIntervalMs: interval,
  mediaFullIntervalMs: interval,
  reconcileIntervalMs: interval,
  updateOverlapMs: fc.nat({ max: DAY }),
  pageLimit: fc.integer({ min: 1, max: 1_000 }),
  apiRate: fc.integer({ min: 10, max: 100_000 }),
  mediaFetch: fc.constantFrom<SetsWay>('auto', 'single', 'expand'),
})

describe('of whatever is planned', () => {
  test('the needed rate fits, and one request less does not', () => {
    fc.assert(
      fc.property(planned, settingsOf, (resources, settings) => {
        const { needed } = planRequests(resources, settings)
        expect(planRequests(resources, { ...settings, apiRate: needed }).fits).toBe(true)
        expect(planRequests(resources, { ...settings, apiRate: needed - 1 }).fits).toBe(false)
      }),
    )
  })

  test('what fits leaves room for walks, and has a first download that comes to its end', () => {
    fc.assert(
      fc.property(planned, settingsOf, (resources, settings) => {
        const plan = planRequests(resources, settings)
        if (!plan.fits) return
        const total = plan.perDay.reduce((sum, { requests }) => sum + requests, 0)
        expect(total - plan.perDay.length).toBeLessThanOrEqual(0.8 * plan.rateOfDay)
        expect(plan.firstDownload.seconds).not.toBeNull()
      }),
    )
  })

  test('more records or more changes never need less, longer intervals of what is walked whole never more', () => {
    fc.assert(
      fc.property(planned, settingsOf, fc.nat({ max: 1_000_000 }), (resources, settings, more) => {
        const { needed } = planRequests(resources, settings)
        const grown = resources.map((one) => ({ ...one, records: one.records + more }))
        expect(planRequests(grown, settings).needed).toBeGreaterThanOrEqual(needed)
        const livelier = resources.map((one) => ({ ...one, changesPerDay: one.changesPerDay + more }))
        expect(planRequests(livelier, settings).needed).toBeGreaterThanOrEqual(needed)
        // Both: a reconcile that comes in the place of a full walk also asks who the source is.
        const slower = {
          ...settings,
          fullWalkIntervalMs: settings.fullWalkIntervalMs + more,
          reconcileIntervalMs: settings.reconcileIntervalMs + more,
        }
        expect(planRequests(resources, slower).needed).toBeLessThanOrEqual(needed)
      }),
    )
  })

  test('a remedy is named only where it is needed, and is enough', () => {
    fc.assert(
      fc.property(planned, settingsOf, (resources, settings) => {
        const remedies = remediesFor(resources, settings)
        const { fits, needed } = planRequests(resources, settings)
        if (fits) expect(remedies).toEqual([])
        const rate = remedies.find(({ setting }) => setting === 'API_RATE')
        expect(rate !== undefined).toBe(!fits && needed <= 4_000)
        for (const remedy of remedies) {
          const changed = withParts(resources, remedy)
          expect(planRequests(changed, withRemedy(settings, remedy)).fits).toBe(true)
        }
      }),
    )
  })

  test('two resources cost what each of them does', () => {
    fc.assert(
      fc.property(
        settingsOf,
        fc.nat({ max: 100_000 }),
        fc.nat({ max: 100_000 }),
        (settings, records, changes) => {
          const one = { resource: LISTINGS, records, changesPerDay: changes }
          const other = { resource: ACCOUNTS, records: changes, changesPerDay: records }
          const both = planRequests([one, other], settings)
          expect(both.perDay).toEqual([
            ...planRequests([one], settings).perDay,
            ...planRequests([other], settings).perDay,
          ])
        },
      ),
    )
  })
})

function withParts(resources: readonly PlannedResource[], remedy: Remedy): readonly PlannedResource[] {
  if (remedy.setting !== 'SUBRESOURCES') return resources
  return resources.map((planned) => {
    const subresources = planned.resource.subresources.filter(({ part }) => remedy.parts.includes(part))
    return { ...planned, resource: { ...planned.resource, subresources } }
  })
}

function withRemedy(settings: PlanSettings, remedy: Remedy): PlanSettings {
  switch (remedy.setting) {
    case 'API_RATE':
      return { ...settings, apiRate: remedy.count }
    case 'PAGE_LIMIT':
      return { ...settings, pageLimit: remedy.count }
    case 'UPDATE_INTERVAL':
      return { ...settings, updateIntervalMs: remedy.interval }
    case 'PURGE_INTERVAL':
      return { ...settings, purgeIntervalMs: remedy.interval }
    case 'FULL_WALK_INTERVAL':
      return { ...settings, fullWalkIntervalMs: remedy.interval }
    case 'MEDIA_FULL_INTERVAL':
      return { ...settings, mediaFullIntervalMs: remedy.interval }
    case 'RECONCILE_INTERVAL':
      return { ...settings, reconcileIntervalMs: remedy.interval }
    case 'MEDIA_FETCH':
      return { ...settings, mediaFetch: remedy.way }
    case 'SUBRESOURCES':
      return settings
  }
}
