/** How many requests the passes of a feed will ask of the source, before the first one is sent. */
import type { Millis } from '../domain/instant.ts'
import { BUDGET_SHARES, BUDGET_WINDOW_MS } from '../domain/request-budget.ts'
import type { RequestPurpose } from '../domain/request-purpose.ts'
import type { ListedResource, ResourceName } from '../domain/resource.ts'
import { EXPAND_FROM, SETS_IN_A_LIST, type SetsWay } from '../domain/sets-way.ts'
import { intervalOf, type Schedule } from './loop.ts'
import { keysPerQuestion } from './questions.ts'
import { cycleOf } from './sets/sets-track.ts'

const DAY_MS: Millis = 24 * 60 * 60_000
/** Standard fields, custom fields and property types, asked conditionally before each pass (docs/spark-api.md §3.5). */
const METADATA_SERVICES = 3
/** Before a purge and after it the source says who it is. */
const IDENTITY_QUESTIONS = 2
/** Of all records, those that leave the source in a day: each is asked for by key. */
const LEAVING_PER_DAY = 0.01

export interface PlannedResource {
  readonly resource: ListedResource
  readonly records: number
  /** Records that change in a day, one that changes twice counted twice. */
  readonly changesPerDay: number
}

export interface PlanSettings extends Schedule {
  readonly updateOverlapMs: Millis
  readonly pageLimit: number
  readonly apiRate: number
  readonly mediaFetch: SetsWay
}

/** Requests that come again and again, together. */
interface Load {
  readonly resource: ResourceName
  readonly purpose: RequestPurpose
  readonly everyMs: Millis
  readonly requests: number
}

export interface RequestPlan {
  readonly perDay: readonly Pick<Load, 'resource' | 'purpose' | 'requests'>[]
  /** What `API_RATE` comes to in a day. */
  readonly rateOfDay: number
  /** Requests of all that can be due within the same 5 minutes. Updates have to find room in them, the others may wait. */
  readonly busiest: { readonly updates: number; readonly others: number }
  readonly firstDownload: {
    /** The most: not all records have sets. */
    readonly requests: number
    /** For so many at least, by `API_RATE`: if every answer came at once. Null: updates leave no room for it. */
    readonly seconds: number | null
  }
  /** The least `API_RATE` with which everything is done in time. */
  readonly needed: number
  readonly fits: boolean
}

export function planRequests(resources: readonly PlannedResource[], settings: PlanSettings): RequestPlan {
  const { apiRate } = settings
  const loads = resources.flatMap((planned) => loadsOf(planned, settings))
  const needed = neededRate(loads)
  const due = (some: readonly Load[]): number => Math.ceil(sum(some.map(mostInWindow)))
  return {
    perDay: perDay(loads),
    rateOfDay: (apiRate * DAY_MS) / BUDGET_WINDOW_MS,
    busiest: {
      updates: due(loads.filter(({ purpose }) => purpose === 'update')),
      others: due(loads.filter(({ purpose }) => purpose !== 'update')),
    },
    firstDownload: firstDownload(resources, loads, settings),
    needed,
    fits: needed <= apiRate,
  }
}

function loadsOf(planned: PlannedResource, settings: PlanSettings): readonly Load[] {
  const { resource, records, changesPerDay } = planned
  const metadata = resource.fields.from === 'metadata' ? METADATA_SERVICES : 0
  const walk = pagesOf(resource, records, settings) + 1
  const load = (purpose: RequestPurpose, everyMs: Millis, requests: number): Load => {
    return { resource: resource.name, purpose, everyMs, requests }
  }
  const { purgeIntervalMs: purgeEvery, reconcileIntervalMs: reconcileEvery } = settings
  const walkEvery = intervalOf(resource, 'snapshot', settings)
  // Where full walks come more often, they compare all content; where reconciles do, full walks are put off by them.
  const isReconciled = walkEvery === null || reconcileEvery < walkEvery
  // A content reconcile comes in the place of a purge, and its pages are as many: one that comes more often is one more.
  const sweepEvery = isReconciled ? Math.min(purgeEvery, reconcileEvery) : purgeEvery
  const gone = (LEAVING_PER_DAY * records * purgeEvery) / DAY_MS
  const loads = [
    load('update', sweepEvery, metadata),
    load('walk', sweepEvery, walk + IDENTITY_QUESTIONS),
    load('question', purgeEvery, Math.ceil(gone / keysPerQuestion(resource))),
  ]
  if (walkEvery !== null && !isReconciled) {
    loads.push(load('update', walkEvery, metadata), load('walk', walkEvery, walk))
  }
  const updateEvery = intervalOf(resource, 'update', settings)
  if (updateEvery !== null) {
    const changed = (changesPerDay * (updateEvery + settings.updateOverlapMs)) / DAY_MS
    const counted = changed > 0 ? 1 : 0
    loads.push(load('update', updateEvery, metadata + pagesOf(resource, changed, settings) + counted))
  }
  const noticedEvery = updateEvery ?? walkEvery ?? DAY_MS
  for (const set of resource.subresources) {
    const due = (changesPerDay * noticedEvery) / DAY_MS
    loads.push(load('media', noticedEvery, requestsForSets(due, settings)))
    // A change of the set alone may not show: all of them are asked for from time to time.
    loads.push(load('walk', cycleOf(resource, set, settings), requestsForSets(records, settings)))
  }
  return loads.filter(({ requests }) => requests > 0)
}

/** At most: not all that change between two updates have to be due at once. */
function requestsForSets(due: number, { mediaFetch }: PlanSettings): number {
  const lists = Math.ceil(due / SETS_IN_A_LIST)
  switch (mediaFetch) {
    case 'single':
      return due
    case 'expand':
      return Math.min(due, lists)
    case 'auto':
      return Math.min(due, Math.max(EXPAND_FROM - 1, lists))
  }
}

/** Whether the last page with rows says that it is the last one is not known: the empty one behind it counts (R7). */
function pagesOf({ maxLimit }: ListedResource, records: number, { pageLimit }: PlanSettings): number {
  return Math.ceil(records / Math.min(pageLimit, maxLimit)) + 1
}

function perDay(loads: readonly Load[]): RequestPlan['perDay'] {
  const rows = new Map<string, Pick<Load, 'resource' | 'purpose' | 'requests'>>()
  for (const { resource, purpose, requests, everyMs } of loads) {
    const name = `${resource}/${purpose}`
    const before = rows.get(name)?.requests ?? 0
    rows.set(name, { resource, purpose, requests: before + (requests * DAY_MS) / everyMs })
  }
  return [...rows.values()].map((row) => ({ ...row, requests: Math.ceil(row.requests) }))
}

function mostInWindow({ requests, everyMs }: Load): number {
  return requests * Math.ceil(BUDGET_WINDOW_MS / everyMs)
}

function onAverage(loads: readonly Load[]): number {
  return sum(loads.map(({ requests, everyMs }) => (requests * BUDGET_WINDOW_MS) / everyMs))
}

/** All updates of a window have to find room in it; of the rest, all that comes has to be done in the long run. */
function neededRate(loads: readonly Load[]): number {
  const updates = loads.filter(({ purpose }) => purpose === 'update')
  const allButWalks = loads.filter(({ purpose }) => purpose !== 'walk')
  return Math.ceil(
    Math.max(
      sum(updates.map(mostInWindow)),
      onAverage(allButWalks) / BUDGET_SHARES.media,
      onAverage(loads) / BUDGET_SHARES.walk,
    ),
  )
}

function firstDownload(
  resources: readonly PlannedResource[],
  loads: readonly Load[],
  settings: PlanSettings,
): RequestPlan['firstDownload'] {
  const walked = resources.map(({ resource, records }) => {
    const metadata = resource.fields.from === 'metadata' ? METADATA_SERVICES : 0
    const sets = resource.subresources.length * requestsForSets(records, settings)
    return metadata + pagesOf(resource, records, settings) + 1 + sets
  })
  const requests = sum(walked)
  const beside = onAverage(loads.filter(({ purpose }) => purpose !== 'walk'))
  if (beside >= BUDGET_SHARES.walk * settings.apiRate) return { requests, seconds: null }
  // A full window has room again when its first request leaves it. Before a base there are no updates beside it.
  const fullWindows = Math.floor((requests - 1) / Math.ceil(BUDGET_SHARES.media * settings.apiRate))
  return { requests, seconds: Math.max(0, fullWindows) * (BUDGET_WINDOW_MS / 1000) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
