/** What `status` shows of a feed that this process supervises. */
import type { FeedState } from '../../domain/feed-state.ts'
import { formatInstant, type Instant, type Millis } from '../../domain/instant.ts'
import { pauseOf } from '../../domain/pause.ts'
import { trackOf, type PassProgress } from '../../domain/pass.ts'
import type { ListedResource, ResourceName } from '../../domain/resource.ts'
import type { HealthReport, NotReadyReason } from '../../ops/health.ts'
import type { CommittedState } from '../../replication/committed-state.ts'
import { standingHolds } from '../../replication/holds/standing-hold.ts'
import { fullWalkDueAt, intervalOf, purgeDueAt, type Schedule } from '../../replication/loop.ts'
import { cycleOf } from '../../replication/sets/sets-track.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import type { Surroundings } from '../compose/surroundings.ts'
import { now } from '../compose/system-clock.ts'
import { feedStatus, type FeedStatus, type ParkedPass } from '../reports/feed-status.ts'
import { countNow, type Counts } from './kept-counts.ts'

export interface SupervisedFeed {
  /** `TOPIC_PREFIX` */
  readonly prefix: string
  readonly schedule: Schedule
  /** Of the process, which may open its feed again and again. */
  readonly startedAt: Instant
  readonly around: Pick<Surroundings, 'health' | 'metrics' | 'totals'>
  /** How the requests of its key stand; `passes`: how far it is. */
  readonly budget: (resources: readonly ListedResource[], passes: FeedState['passes']) => FeedStatus['budget']
}

export async function supervisedStatus(
  supervised: SupervisedFeed,
  feed: OpenFeed,
  signal: AbortSignal,
): Promise<object> {
  return statusWith(supervised, feed, await countNow(feed, signal))
}

/** At once, with counts that were made before. */
export function statusWith(supervised: SupervisedFeed, feed: OpenFeed, counts: Counts): object {
  const { prefix, around } = supervised
  const { health, metrics, totals } = around
  const report = health.report()
  const { runner, resources, owner, source } = feed
  const { state } = runner.feed
  const error = health.lastError()
  const requests = metrics.requestsOfLastDay()
  const { host, pid, dataDir } = owner
  const passes = new Map(state.passes().map((progress) => [trackOf(progress), progress]))
  return feedStatus({
    prefix,
    resources,
    source,
    daemon: { pid, host, startedAt: formatInstant(supervised.startedAt), ready: report.ready },
    owner: { host, pid, dataDir, aliveAt: formatInstant(now()) },
    state: { generation: state.generation, watermarks: state.watermarks(), passes },
    completedAt: metrics.successes,
    nextAt: (progress) => nextAt(progress, state, report, resources, supervised),
    outlook: (progress) => totals.outlook(progress),
    ...counts,
    paused: [...report.paused],
    parked: report.reasons.flatMap(parkedPass),
    firstPurgeAt: firstPurges(state, resources, supervised.schedule),
    lastError: error === null ? null : { ...error, at: formatInstant(error.at) },
    owedSets: metrics.owedSets,
    refusedSets: report.refusedSets,
    lateArrivals: [...report.lateArrivals],
    heldBecause: new Map(
      report.held.flatMap(({ resource, detail, kind }) =>
        kind === 'deletes' ? [[resource, detail] as const] : [],
      ),
    ),
    holds: resources.flatMap((resource) => standingHolds(state, resource)),
    budget: supervised.budget(resources, passes),
    apiRequests: { count: requests.count, since: formatInstant(requests.since) },
    health: report,
  })
}

/** None for what is no pass, and for one that is late: nobody tries that again. */
function parkedPass({ resource, pass, code, since, retryAt }: NotReadyReason): readonly ParkedPass[] {
  if (resource === null || pass === null || retryAt === null) return []
  return [{ resource, pass, code, since: formatInstant(since), retryAt: formatInstant(retryAt) }]
}

/** Of resources that have a snapshot, had no purge yet, and are not paused. */
function firstPurges(
  state: CommittedState,
  resources: readonly ListedResource[],
  schedule: Schedule,
): FeedStatus['firstPurgeAt'] {
  const waiting = resources.filter(
    ({ name }) =>
      state.hasSnapshot(name) &&
      state.lastPass(name, 'purge') === undefined &&
      pauseOf(state.pauses.all, { name }, now()) === undefined,
  )
  const dates = waiting.map((resource) => {
    const at = purgeDueAt(state, resource, schedule, now())
    return [resource.name, formatInstant(at)] as const
  })
  return Object.fromEntries(dates)
}

/** Null where none of its kind is due by itself, or none while it is paused: the pause says until when. */
function nextAt(
  { resource, pass, startedAt }: PassProgress,
  state: CommittedState,
  { reasons }: HealthReport,
  resources: readonly ListedResource[],
  { schedule }: SupervisedFeed,
): number | null {
  const parent = resources.find(({ subresources }) => subresources.some(({ name }) => name === resource))
  const paused = { name: resource, ...(parent === undefined ? {} : { parent: parent.name }) }
  if (pauseOf(state.pauses.all, paused, now()) !== undefined) return null
  const parked = reasons.find((reason) => reason.resource === resource && reason.pass === pass)
  if (parked !== undefined && parked.retryAt !== null) return parked.retryAt
  const replicated = resources.find(({ name }) => name === resource)
  if (replicated === undefined) {
    const cycle = pass === 'snapshot' ? cycleOfSet(resource, resources, schedule) : null
    return cycle === null ? null : startedAt + cycle
  }
  const interval = intervalOf(replicated, pass, schedule)
  if (interval === null) return null
  switch (pass) {
    case 'snapshot':
      return fullWalkDueAt(state, replicated, schedule, now())
    case 'update':
      return startedAt + interval
    case 'purge':
      return purgeDueAt(state, replicated, schedule, now())
    case 'republish':
      return null
  }
}

/** Null for what is no set. */
function cycleOfSet(
  name: ResourceName,
  resources: readonly ListedResource[],
  schedule: Schedule,
): Millis | null {
  for (const parent of resources) {
    const set = parent.subresources.find((one) => one.name === name)
    if (set !== undefined) return cycleOf(parent, set, schedule)
  }
  return null
}
