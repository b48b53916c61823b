/** What to change where a feed asks for more than the source takes. */
import type { Millis } from '../domain/instant.ts'
import { HIGHEST_NAMED_RATE } from '../domain/request-budget.ts'
import type { SetsWay } from '../domain/sets-way.ts'
import { planRequests, type PlannedResource, type PlanSettings } from './request-plan.ts'

/** One that is enough by itself. */
export type Remedy =
  | { readonly setting: 'API_RATE' | 'PAGE_LIMIT'; readonly count: number }
  | {
      readonly setting: (typeof INTERVAL_SETTINGS)[number][1]
      readonly interval: Millis
    }
  | { readonly setting: 'MEDIA_FETCH'; readonly way: SetsWay }
  | { readonly setting: 'SUBRESOURCES'; readonly parts: readonly string[] }

const MINUTE: Millis = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const INTERVALS: readonly Millis[] = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 4, 7, 14].map((days) => days * DAY),
]

const LARGEST_PAGE = 1_000

/** None for a plan that fits, and where no single one is enough. None is a rate above all that the vendor names. */
export function remediesFor(
  resources: readonly PlannedResource[],
  settings: PlanSettings,
): readonly Remedy[] {
  const { needed, fits } = planRequests(resources, settings)
  if (fits) return []
  const fitsWith = (changed: Partial<PlanSettings>): boolean =>
    planRequests(resources, { ...settings, ...changed }).fits
  const longer = (name: IntervalName): Millis | undefined =>
    INTERVALS.find((interval) => interval > settings[name] && fitsWith({ [name]: interval }))
  const remedies: Remedy[] = needed <= HIGHEST_NAMED_RATE ? [{ setting: 'API_RATE', count: needed }] : []
  for (const [name, setting] of INTERVAL_SETTINGS) {
    const interval = longer(name)
    if (interval !== undefined) remedies.push({ setting, interval })
  }
  if (settings.pageLimit < LARGEST_PAGE && fitsWith({ pageLimit: LARGEST_PAGE })) {
    remedies.push({ setting: 'PAGE_LIMIT', count: LARGEST_PAGE })
  }
  if (settings.mediaFetch === 'single' && fitsWith({ mediaFetch: 'auto' })) {
    remedies.push({ setting: 'MEDIA_FETCH', way: 'auto' })
  }
  const parts = fewerParts(resources, settings)
  if (parts !== undefined) remedies.push({ setting: 'SUBRESOURCES', parts })
  return remedies
}

/** As many of the first ones as fit, but not all; undefined if it does not fit even without any. */
function fewerParts(
  resources: readonly PlannedResource[],
  settings: PlanSettings,
): readonly string[] | undefined {
  const parts = resources.flatMap(({ resource }) => resource.subresources.map(({ part }) => part))
  const fewer = parts.map((_, dropped) => parts.slice(0, parts.length - 1 - dropped))
  return fewer.find((kept) => planRequests(withParts(resources, kept), settings).fits)
}

function withParts(
  resources: readonly PlannedResource[],
  kept: readonly string[],
): readonly PlannedResource[] {
  return resources.map((planned) => {
    const subresources = planned.resource.subresources.filter(({ part }) => kept.includes(part))
    return { ...planned, resource: { ...planned.resource, subresources } }
  })
}

const INTERVAL_SETTINGS = [
  ['updateIntervalMs', 'UPDATE_INTERVAL'],
  ['purgeIntervalMs', 'PURGE_INTERVAL'],
  ['fullWalkIntervalMs', 'FULL_WALK_INTERVAL'],
  ['mediaFullIntervalMs', 'MEDIA_FULL_INTERVAL'],
  ['reconcileIntervalMs', 'RECONCILE_INTERVAL'],
] as const
type IntervalName = (typeof INTERVAL_SETTINGS)[number][0]
