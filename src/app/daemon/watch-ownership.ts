import { FencedError } from '../../publisher/publisher-errors.ts'
import type { Clock } from '../../replication/ports.ts'
import type { OpenFeed } from '../compose/open-feed.ts'

/** How soon an idle daemon notices that another instance has taken its feed (R3). */
const OWNERSHIP_CHECK_MS = 5_000

/** Rejects when another instance has taken the feed, or with the signal's reason. */
export async function watchOwnership(
  feed: Pick<OpenFeed, 'requireOwnership'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    await clock.sleep(OWNERSHIP_CHECK_MS, signal)
    try {
      await feed.requireOwnership(signal)
    } catch (error) {
      signal.throwIfAborted()
      // An outage is the passes' to report; here only the rival matters.
      if (error instanceof FencedError) throw error
    }
  }
}
