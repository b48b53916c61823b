/** The daemon: a snapshot if none was completed, then purges by schedule; beside them, updates at their interval. */
import type { Instant, Millis } from '../domain/instant.ts'
import type { PassKind } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { waitAfter, type Backoff } from '../support/backoff.ts'
import { foreseen, type ListingstreamError } from '../support/errors.ts'
import { PLAIN_PASS, type FeedRunner } from './feed-runner.ts'

export interface Schedule {
  readonly updateInterval: Millis
  readonly purgeInterval: Millis
}

/** Told when a track of the feed stands still because of an error, and when it goes on. */
export interface Parking {
  parked(resource: ResourceDescription, pass: PassKind, error: ListingstreamError, retryInMs: Millis): void
  resumed(resource: ResourceDescription, pass: PassKind): void
}

const LONGEST_RETRY_MS = 15 * 60_000
const BACKOFF: Backoff = { baseMs: 5_000, capMs: LONGEST_RETRY_MS }
/** What does not pass by itself: somebody has to change something first. */
const SLOW_BACKOFF: Backoff = { baseMs: 30_000, capMs: LONGEST_RETRY_MS }
/** How often the update track looks whether the first snapshot has begun. */
const WATERMARK_POLL_MS = 500

/** Runs until the signal aborts (then it rejects with its reason) or the feed as it is open is at its end: `reopen`, `stop`. */
export async function runSchedule(
  runner: FeedRunner,
  resources: readonly ResourceDescription[],
  schedule: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const lost = new AbortController()
  const either = AbortSignal.any([signal, lost.signal])
  const tracks = resources.flatMap((resource) => [
    walks(runner, resource, schedule, parking, either),
    updates(runner, resource, schedule, parking, either),
  ])
  try {
    await Promise.all(tracks)
  } catch (error) {
    lost.abort(error)
    await Promise.allSettled(tracks)
    throw error
  }
}

async function walks(
  runner: FeedRunner,
  resource: ResourceDescription,
  { purgeInterval }: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = runner.feed
  for (;;) {
    const unfinished =
      !state.hasSnapshot(resource.name) || state.interrupted(resource.name, 'snapshot') !== undefined
    if (unfinished) {
      await persist(runner, resource, 'snapshot', parking, signal)
    } else {
      const purge = state.lastPass(resource.name, 'purge')
      const base = purge ?? state.lastPass(resource.name, 'snapshot')
      // One that failed in an earlier process is as much overdue as one that was interrupted.
      const unended = purge?.state === 'running' || purge?.state === 'failed'
      const due = unended ? clock.now() : dueAt(base?.startedAt, purgeInterval)
      await clock.sleep(within(purgeInterval, due - clock.now()), signal)
      await persist(runner, resource, 'purge', parking, signal)
    }
  }
}

async function updates(
  runner: FeedRunner,
  resource: ResourceDescription,
  { updateInterval }: Schedule,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = runner.feed
  while (state.watermark(resource.name) === undefined) await clock.sleep(WATERMARK_POLL_MS, signal)
  for (;;) {
    const begun = clock.now()
    await persist(runner, resource, 'update', parking, signal)
    await clock.sleep(within(updateInterval, begun + updateInterval - clock.now()), signal)
  }
}

/** However far the clock jumped: no pass waits longer than its interval. */
function within(interval: Millis, wait: Millis): Millis {
  return Math.min(interval, Math.max(0, wait))
}

function dueAt(last: Instant | undefined, interval: Millis): number {
  return (last ?? 0) + interval
}

/**
 * Runs a pass until it ends; an error parks the track, and no other one, and is tried again, later and later. Also one that
 * nobody foresaw: what the source sends must not end the process. One that came while a transaction was committed is told
 * by the committer as INDEX_BEHIND, so that the feed is opened again.
 */
async function persist(
  runner: FeedRunner,
  resource: ResourceDescription,
  pass: PassKind,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random } = runner.feed
  for (let failures = 0; ; failures += 1) {
    try {
      await runner.run(resource, pass, PLAIN_PASS, signal)
      if (failures > 0) parking.resumed(resource, pass)
      return
    } catch (failure) {
      signal.throwIfAborted()
      const error = foreseen(failure, `The ${pass} of ${resource.name}`)
      if (error.disposition !== 'retry') throw error
      const backoff = error.retryable ? BACKOFF : SLOW_BACKOFF
      const wait = waitAfter(backoff, failures, error.retryAfterMs, random)
      parking.parked(resource, pass, error, wait)
      await clock.sleep(wait, signal)
    }
  }
}
