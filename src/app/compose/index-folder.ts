/** `DATA_DIR` and the key index in it, which one process at a time can have open. */
import { IndexLockedError } from '../../key-index/errors.ts'
import type { LevelKeyIndex } from '../../key-index/level-key-index.ts'
import { openKeyIndex } from '../../key-index/open-key-index.ts'
import { sleep } from '../../support/abort.ts'
import { laxMode } from '../../support/private-folder.ts'
import { publishedResources } from './chosen-resources.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'

/** How often the daemon looks whether the process that it took the feed from has let go of the index. */
const LOCK_POLL_MS = 200

/** Undefined if another process has the index and this one may take it from there: the daemon that is replaced. */
export async function claimIndex(
  { settings, wishes }: Pick<OpenFeedOptions, 'settings' | 'wishes'>,
  signal: AbortSignal,
): Promise<LevelKeyIndex | undefined> {
  try {
    const { dataDir } = settings.feed
    return await openKeyIndex(dataDir, { resources: publishedResources(settings.feed) }, signal)
  } catch (error) {
    if (wishes.anyOwner && error instanceof IndexLockedError) return undefined
    throw error
  }
}

/** The process that held the index finds itself fenced within seconds, and ends. */
export async function openIndexWhenFree(
  { settings, logger }: Pick<OpenFeedOptions, 'settings' | 'logger'>,
  signal: AbortSignal,
): Promise<LevelKeyIndex> {
  const { dataDir } = settings.feed
  const resources = publishedResources(settings.feed)
  for (let told = false; ; told = true) {
    try {
      return await openKeyIndex(dataDir, { resources }, signal)
    } catch (error) {
      if (!(error instanceof IndexLockedError)) throw error
      if (!told) logger.info({ dataDir }, 'waiting until the process that holds DATA_DIR lets go of it')
      await sleep(LOCK_POLL_MS, signal)
    }
  }
}

/** What lies in it says what the source holds, and where the commands find the daemon. */
export async function warnOfLaxFolder({
  settings,
  logger,
}: Pick<OpenFeedOptions, 'settings' | 'logger'>): Promise<void> {
  const { dataDir } = settings.feed
  const mode = await laxMode(dataDir)
  if (mode === undefined) return
  logger.warn(
    { dataDir, mode },
    'others than its owner have rights in DATA_DIR: take them away with chmod 700',
  )
}
