import type { OpenFeed } from '../compose/open-feed.ts'
import type { Surroundings } from '../compose/surroundings.ts'

/** The feed does not wait longer for what is a matter of notifications alone. */
const MOST_MS = 10_000

/** Has what earlier processes notified of be known; false if that could not be read. */
export async function recallNotices(
  feed: Pick<OpenFeed, 'lastNotifications'>,
  { notices, logger }: Pick<Surroundings, 'notices' | 'logger'>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(MOST_MS)])
    notices.recall(await feed.lastNotifications(within))
    return true
  } catch (err) {
    signal.throwIfAborted()
    logger.warn(
      { err },
      'what was notified of before is not known, since the topic control could not be read; its end may not be told',
    )
    return false
  }
}
