/** `status`: how the feed is. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { askDaemon } from '../../ops/daemon-client.ts'
import type { DaemonInfo } from '../../ops/daemon-file.ts'
import { ADMIN_TOKEN_UNSET } from '../../domain/error-codes.ts'
import { hasCode, ListingstreamError } from '../../support/errors.ts'
import { printJson, printLines } from '../../support/print.ts'
import { READER_GROUPS } from '../compose/settings-groups.ts'
import { describeStatus } from '../reports/describe-status.ts'
import { FEED_STATUS, type FeedStatus } from '../reports/feed-status.ts'
import { findDaemon, statedSettings, type StatedSettings } from '../daemon/handover.ts'
import { readStatus } from '../reports/read-status.ts'

/** Asks the daemon that holds DATA_DIR, else reads the topics. */
export async function showStatus(
  { json, feed }: FeedChoice & { readonly json?: true },
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings([...READER_GROUPS, 'source', 'http'], { feed })
  const daemon = await findDaemon(settings.feed.dataDir, stated(settings), signal)
  const status =
    daemon === undefined
      ? await readStatus(settings, signal)
      : ((await askThere(daemon, settings, signal)) ?? (await readStatus(settings, signal)))
  if (json === true) printJson(status)
  else printLines(describeStatus(status, Date.now()))
  return 0
}

/** Undefined if it tells nobody: it can be reached from elsewhere, and has no token to know its operator by. */
async function askThere(
  daemon: DaemonInfo,
  { http }: Pick<Settings, 'http'>,
  signal: AbortSignal,
): Promise<FeedStatus | undefined> {
  try {
    const { adminToken } = http
    return parseStatus(await askDaemon(daemon, { method: 'GET', path: '/status', adminToken }, signal))
  } catch (error) {
    if (hasCode(error, ADMIN_TOKEN_UNSET)) return undefined
    throw error
  }
}

function parseStatus(answer: unknown): FeedStatus {
  const parsed = FEED_STATUS.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new ListingstreamError(
    'What the daemon answers is no status that this version knows: it is of another version. Ask with that one.',
    { code: 'DAEMON_BAD_ANSWER', retryable: false, disposition: 'stop' },
  )
}

/** Here nothing asks the source: its address counts only where it was set. */
function stated(settings: Pick<Settings, 'kafka' | 'registry' | 'feed' | 'source'>): StatedSettings {
  const { apiUrl } = settings.source
  return { ...statedSettings(settings), ...(apiUrl === null ? {} : { SPARK_API_URL: apiUrl }) }
}
