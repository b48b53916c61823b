import { waitAfter, type Backoff } from '../../support/backoff.ts'
import { foreseen, type ListingstreamError } from '../../support/errors.ts'
import type { Clock } from '../../replication/ports.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import type { Surroundings } from '../compose/surroundings.ts'

export const OPENING_BACKOFF: Backoff = { baseMs: 2_000, capMs: 15 * 60_000 }

export interface OpeningOptions {
  /** Takes the feed over. */
  readonly open: (signal: AbortSignal) => Promise<OpenFeed>
  /** Of this feed alone. */
  readonly around: Pick<Surroundings, 'logger' | 'health'>
  readonly clock: Clock
  /** From 0 up to 1: spreads the waits. */
  readonly random: () => number
}

/** An outage or a refusal of the API parks the start; wrong settings and a rival end it. */
export async function openPatiently(
  { open, around: { logger, health }, clock, random }: OpeningOptions,
  signal: AbortSignal,
): Promise<OpenFeed> {
  let told = ''
  for (let failures = 0; ; failures += 1) {
    try {
      const feed = await open(signal)
      if (failures > 0) logger.info({ failedTries: failures }, 'what it waited for is over: it starts')
      return feed
    } catch (failure) {
      signal.throwIfAborted()
      const error = foreseen(failure, 'The start')
      if (isFinal(error)) throw error
      const wait = waitAfter(OPENING_BACKOFF, failures, error.retryAfterMs, random)
      health.starting(error, wait)
      const level = told === error.code ? 'debug' : 'error'
      told = error.code
      logger[level]({ err: error, retryInMs: wait }, 'cannot start yet: it waits until this is over')
      await clock.sleep(wait, signal)
    }
  }
}

/** Settings (exit code 2) are read once, so that a start does not wait for others. */
function isFinal({ disposition, exitCode }: ListingstreamError): boolean {
  return disposition === 'stop' || exitCode === 2
}
