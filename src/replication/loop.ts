/**
 * The daemon, for each resource: a snapshot if none was completed, then purges by schedule; beside them, updates at their
 * interval, or full walks where records do not say when they changed; and the sets of their parts as they become owed.
 */
import { instant, type Instant, type Millis } from '../domain/instant.ts'
import type { PassKind, PassProgress } from '../domain/pass.ts'
import type { ListedResource, Replicated } from '../domain/resource.ts'
import { together } from '../support/together.ts'
import type { CommittedState } from './committed-state.ts'
import { contentComparedAt, reconcileDueAt } from './reconcile.ts'
import { isFilledWithin } from './scope-change.ts'
import type { FeedRunner } from './feed-runner.ts'
import { persist, type Parking } from './persist.ts'
import { isLeft } from './republish.ts'
import { cycleOf, keepSets } from './sets/sets-track.ts'

export interface Schedule {
  readonly updateIntervalMs: Millis
  readonly purgeIntervalMs: Millis
  /** Of snapshots that take the place of updates. */
  readonly fullWalkIntervalMs: Millis
  /** Of full cycles of sets that have no stamp of their own. */
  readonly mediaFullIntervalMs: Millis
  /** Of content reconciles, and of full cycles of sets that have a stamp of their own. */
  readonly reconcileIntervalMs: Millis
}

/** How often a pass comes by itself, counted from begin to begin; null: never, but for a first snapshot. */
export function intervalOf(
  { stamp }: ListedResource,
  pass: PassKind,
  { updateIntervalMs, purgeIntervalMs, fullWalkIntervalMs }: Schedule,
): Millis | null {
  switch (pass) {
    case 'snapshot':
      return stamp === null ? fullWalkIntervalMs : null
    case 'update':
      return stamp === null ? null : updateIntervalMs
    case 'purge':
      return purgeIntervalMs
    case 'republish':
      return null
  }
}

/** How often a track looks whether what it builds on is there. */
const BASE_POLL_MS = 500

/** Runs until the signal aborts (then it rejects with its reason) or the feed as it is open is at its end: `reopen`, `stop`. */
export async function runSchedule(
  runner: FeedRunner,
  resources: readonly ListedResource[],
  schedule: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const tracks = resources.flatMap((resource) => {
    const kinds = [walks, resource.stamp === null ? fullWalks : updates, leftRepublish]
    const passes = kinds.map(
      (track) => (within: AbortSignal) => track(runner, resource, schedule, parking, within),
    )
    const sets = resource.subresources.flatMap((set) => [
      (within: AbortSignal) =>
        keepSets(runner, { parent: resource, set }, cycleOf(resource, set, schedule), parking, within),
      (within: AbortSignal) => leftRepublish(runner, set, schedule, parking, within),
    ])
    return [...passes, ...sets]
  })
  parking.scheduleBegun()
  await together(tracks, signal)
}

async function walks(
  runner: FeedRunner,
  resource: ListedResource,
  schedule: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = runner.feed
  for (;;) {
    if (isSnapshotDue(state, resource)) {
      await persist(runner, resource, 'snapshot', parking, signal)
    } else {
      const wait = purgeDueAt(state, resource, schedule, clock.now()) - clock.now()
      await clock.sleep(within(schedule.purgeIntervalMs, wait), signal)
      await persist(runner, resource, 'purge', parking, signal)
    }
  }
}

/**
 * Of a resource that has a snapshot, and whatever way the purge compares; at most `PURGE_INTERVAL` from now, and in the past if
 * it is late.
 */
export function purgeDueAt(
  state: CommittedState,
  resource: ListedResource,
  schedule: Pick<Schedule, 'purgeIntervalMs' | 'reconcileIntervalMs'>,
  now: Instant,
): Instant {
  const { purgeIntervalMs: interval } = schedule
  const purge = state.lastPass(resource.name, 'purge')
  if (isOutOfTurn(purge)) return now
  const base = purge ?? firstSnapshot(state, resource)
  const reconcile = reconcileDueAt(state, resource, schedule)
  // One that was due already when the last purge began waits for the next: that one could not do it.
  const early = reconcile > (purge?.startedAt ?? 0) ? reconcile : Infinity
  return instant(Math.min(dueAt(base?.startedAt, interval), early, now + interval))
}

/** Of a resource without a stamp, whose snapshots come again; in the past if it is late. */
export function fullWalkDueAt(
  state: CommittedState,
  resource: ListedResource,
  { fullWalkIntervalMs }: Pick<Schedule, 'fullWalkIntervalMs'>,
  now: Instant,
): Instant {
  if (isUnended(state.lastPass(resource.name, 'snapshot'))) return now
  // A content reconcile since has done what it would do.
  return instant(dueAt(contentComparedAt(state, resource), fullWalkIntervalMs))
}

/** Until one is completed under the present scope. Later ones of a resource without a stamp are the full walks' own. */
export function isSnapshotDue(state: CommittedState, resource: ListedResource): boolean {
  const { name, stamp } = resource
  if (!state.hasSnapshot(name) || !isFilledWithin(resource, state)) return true
  return stamp !== null && isUnended(state.lastPass(name, 'snapshot'))
}

/** Undefined once a later one has come after it: full walks would put the first purge off again and again. */
function firstSnapshot(state: CommittedState, { name }: ListedResource): PassProgress | undefined {
  const last = state.lastPass(name, 'snapshot')
  return last?.initial === true ? last : undefined
}

/** Whether the next purge is due at once, whatever the interval. */
function isOutOfTurn(purge: PassProgress | undefined): boolean {
  return isUnended(purge) || (purge?.state === 'completed' && purge.rescoped)
}

/**
 * One that failed in an earlier process is as much overdue as one that was interrupted, and a decision on an older hold since makes
 * it no less so. Of an approval the hold stands, until the next sweep in its turn.
 */
function isUnended(pass: PassProgress | undefined): boolean {
  if (pass === undefined || pass.state === 'failed') return pass !== undefined
  return pass.decidesOn === null ? pass.state === 'running' : pass.sweepDoubt !== null
}

async function updates(
  runner: FeedRunner,
  resource: ListedResource,
  { updateIntervalMs: interval }: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = runner.feed
  // Of another scope, an update would move the watermark past changes that only the next snapshot's walk shows.
  while (state.watermark(resource.name) === undefined || !isFilledWithin(resource, state)) {
    await clock.sleep(BASE_POLL_MS, signal)
  }
  for (;;) {
    const begun = clock.now()
    await persist(runner, resource, 'update', parking, signal)
    await clock.sleep(within(interval, begun + interval - clock.now()), signal)
  }
}

async function fullWalks(
  runner: FeedRunner,
  resource: ListedResource,
  schedule: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = runner.feed
  while (!state.hasSnapshot(resource.name)) await clock.sleep(BASE_POLL_MS, signal)
  for (;;) {
    const now = clock.now()
    const comparedAt = contentComparedAt(state, resource)
    const due = fullWalkDueAt(state, resource, schedule, now)
    await clock.sleep(within(schedule.fullWalkIntervalMs, due - now), signal)
    // A content reconcile that came meanwhile has put it off.
    if (contentComparedAt(state, resource) !== comparedAt) continue
    await persist(runner, resource, 'snapshot', parking, signal)
  }
}

/** One of everything that was left, before the feed was opened, goes on; no other comes by itself. */
async function leftRepublish(
  runner: FeedRunner,
  resource: Replicated,
  _schedule: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  if (isLeft(runner.feed.state, resource)) await persist(runner, resource, 'republish', parking, signal)
}

/** However far the clock jumped: no pass waits longer than its interval. */
function within(interval: Millis, wait: Millis): Millis {
  return Math.min(interval, Math.max(0, wait))
}

function dueAt(last: Instant | undefined, interval: Millis): number {
  return (last ?? 0) + interval
}
