/** Whether a daemon still has its feed, and its folder. */
import type { Owner } from '../../feed/state-records.ts'
import { FencedError } from '../../publisher/publisher-errors.ts'
import type { Clock } from '../../replication/ports.ts'
import { ListingstreamError } from '../../support/errors.ts'
import type { OpenFeed } from '../compose/open-feed.ts'

/** How soon an idle daemon notices that another instance has taken its feed (R3). */
const OWNERSHIP_CHECK_MS = 5_000

/** Leads the commands of this machine to this process (`daemon.json`), until it is disposed of. */
export interface Announcement extends AsyncDisposable {
  /** Whether `DATA_DIR` still has it, and the index. */
  stands(): Promise<boolean>
}

export type Announce = (owner: Owner) => Promise<Announcement>

/** Of the feed, and of the folder: with that it would lose its lock, so that the next command would take the feed from it. */
export async function watchOwnership(
  feed: Pick<OpenFeed, 'requireOwnership'>,
  announced: Announcement,
  clock: Clock,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    await clock.sleep(OWNERSHIP_CHECK_MS, signal)
    const isThere = await announced.stands()
    try {
      // After that look: a rival has committed that the feed is its own before it writes into the folder.
      await feed.requireOwnership(signal)
    } catch (error) {
      signal.throwIfAborted()
      // An outage is the passes' to report; here only the rival matters.
      if (error instanceof FencedError) throw error
      continue
    }
    if (!isThere) throw folderLost()
  }
}

function folderLost(): ListingstreamError {
  return new ListingstreamError(
    'DATA_DIR, or what this daemon keeps in it, was deleted or replaced under it. It makes the folder anew and the index from the topics; nothing is lost. Stop the daemon first if the folder has to go.',
    { code: 'DATA_DIR_LOST', retryable: true, disposition: 'reopen' },
  )
}
