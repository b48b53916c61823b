/**
 * The daemon, for each resource: a snapshot if none was completed, then purges by schedule; beside them, updates at their
 * interval, or full walks where records do not say when they changed; and the sets of their parts as they become owed.
 */
import { instant, type Instant, type Millis } from '../domain/instant.ts'
import type { PassKind, PassProgress } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import { together } from '../support/together.ts'
import type { CommittedState } from './committed-state.ts'
import { isFilledWithin } from './scope-change.ts'
import type { FeedRunner } from './feed-runner.ts'
import { persist, type Parking } from './persist.ts'
import { keepSets } from './sets/sets-track.ts'

export interface Schedule {
  readonly updateIntervalMs: Millis
  readonly purgeIntervalMs: Millis
  /** Of snapshots that take the place of updates. */
  readonly fullWalkIntervalMs: Millis
  /** Of full cycles of sets that have no stamp of their own. */
  readonly mediaFullIntervalMs: Millis
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
    const kinds = [walks, resource.stamp === null ? fullWalks : updates]
    const passes = kinds.map(
      (track) => (within: AbortSignal) => track(runner, resource, schedule, parking, within),
    )
    const sets = resource.subresources.map(
      (set) => (within: AbortSignal) =>
        keepSets(runner, { parent: resource, set }, schedule.mediaFullIntervalMs, parking, within),
    )
    return [...passes, ...sets]
  })
  parking.scheduleBegun()
  await together(tracks, signal)
}

async function walks(
  runner: FeedRunner,
  resource: ListedResource,
  { purgeIntervalMs: interval }: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = runner.feed
  for (;;) {
    if (isSnapshotDue(state, resource)) {
      await persist(runner, resource, 'snapshot', parking, signal)
    } else {
      const wait = purgeDueAt(state, resource, interval, clock.now()) - clock.now()
      await clock.sleep(within(interval, wait), signal)
      await persist(runner, resource, 'purge', parking, signal)
    }
  }
}

/** Of a resource that has a snapshot; at most `interval` from now, and in the past if it is late. */
export function purgeDueAt(
  state: CommittedState,
  resource: ListedResource,
  interval: Millis,
  now: Instant,
): Instant {
  const purge = state.lastPass(resource.name, 'purge')
  if (isOutOfTurn(purge)) return now
  const base = purge ?? firstSnapshot(state, resource)
  return instant(Math.min(dueAt(base?.startedAt, interval), now + interval))
}

/** Until one is completed under the present scope. Later ones of a resource without a stamp are the full walks' own. */
function isSnapshotDue(state: CommittedState, resource: ListedResource): boolean {
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

/** One that failed in an earlier process is as much overdue as one that was interrupted. */
function isUnended(pass: PassProgress | undefined): boolean {
  return pass?.state === 'running' || pass?.state === 'failed'
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
  { fullWalkIntervalMs: interval }: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = runner.feed
  while (!state.hasSnapshot(resource.name)) await clock.sleep(BASE_POLL_MS, signal)
  for (;;) {
    const last = state.lastPass(resource.name, 'snapshot')
    const due = isUnended(last) ? clock.now() : dueAt(last?.startedAt, interval)
    await clock.sleep(within(interval, due - clock.now()), signal)
    await persist(runner, resource, 'snapshot', parking, signal)
  }
}

/** However far the clock jumped: no pass waits longer than its interval. */
function within(interval: Millis, wait: Millis): Millis {
  return Math.min(interval, Math.max(0, wait))
}

function dueAt(last: Instant | undefined, interval: Millis): number {
  return (last ?? 0) + interval
}
