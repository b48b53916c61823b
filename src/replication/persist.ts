import type { Millis } from '../domain/instant.ts'
import type { PassKind } from '../domain/pass.ts'
import type { Replicated, ResourceDescription } from '../domain/resource.ts'
import { waitAfter, type Backoff } from '../support/backoff.ts'
import { foreseen, type ListingstreamError } from '../support/errors.ts'
import { PLAIN_PASS, type FeedRunner } from './feed-runner.ts'

/** Told when a track of the feed stands still because of an error, and when it goes on. */
export interface Parking {
  parked(resource: ResourceDescription, pass: PassKind, error: ListingstreamError, retryInMs: Millis): void
  resumed(resource: ResourceDescription, pass: PassKind): void
  /** The tracks of the feed as it was open before are over, those that stand still among them. */
  scheduleBegun(): void
}

const LONGEST_RETRY_MS = 15 * 60_000
const BACKOFF: Backoff = { baseMs: 5_000, capMs: LONGEST_RETRY_MS }
/** What does not pass by itself: somebody has to change something first. */
const SLOW_BACKOFF: Backoff = { baseMs: 30_000, capMs: LONGEST_RETRY_MS }

/**
 * Runs a pass until it ends; an error parks the track, and no other one, and is tried again, later and later. Also one that
 * nobody foresaw: what the source sends must not end the process. One that came while a transaction was committed is told
 * by the committer as INDEX_BEHIND, so that the feed is opened again. While an operator has it paused it stands still, and goes on
 * where it was.
 */
export async function persist(
  runner: FeedRunner,
  resource: Replicated,
  pass: PassKind,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, state } = runner.feed
  for (let failures = 0; ; failures += 1) {
    try {
      await state.pauses.run(
        resource,
        clock,
        (within) => runner.run(resource, pass, PLAIN_PASS, within),
        signal,
      )
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
