/** `status`: how the feed is. */
import type { Command } from 'commander'

import { loadSettings } from '../../config/load-settings.ts'
import type { Settings } from '../../config/settings.ts'
import type { MarkerRecord } from '../../feed/state-records.ts'
import { askDaemon } from '../../ops/daemon-client.ts'
import type { DaemonInfo } from '../../ops/daemon-file.ts'
import { holdReasons, lastMarkers } from '../../feed/control-log.ts'
import { readWaitingLetters } from '../../feed/dead-letter-log.ts'
import { ADMIN_TOKEN_UNSET } from '../../domain/error-codes.ts'
import { hasCode, ListingstreamError } from '../../support/errors.ts'
import { printJson, printLines } from '../../support/print.ts'
import { openFeedReader } from '../compose/feed-reader.ts'
import { describeStatus } from '../reports/describe-status.ts'
import { FEED_STATUS, feedStatus, iso, type FeedStatus, type Trouble } from '../reports/feed-status.ts'
import { findDaemon, statedSettings, type StatedSettings } from '../daemon/handover.ts'
import { liveRecordsIn } from '../reports/live-records.ts'
import { waitingLetters } from '../reports/waiting-letters.ts'
import type { CommandHost } from './command.ts'
import { jsonOption } from './options.ts'

export function registerStatus(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('status')
    .description('how the feed is, in a dozen lines')
    .addOption(jsonOption())
    .action(acting((options: { json?: true }) => showStatus(options, signal)))
}

const GROUPS = ['kafka', 'registry', 'feed', 'source', 'http', 'log'] as const
type StatusSettings = Pick<Settings, (typeof GROUPS)[number]>

/** Asks the daemon that holds DATA_DIR, else reads the topics. */
async function showStatus({ json }: { readonly json?: true }, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(GROUPS)
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

async function readStatus(settings: StatusSettings, signal: AbortSignal): Promise<FeedStatus> {
  await using reader = await openFeedReader(settings, signal)
  const { cluster, names, resources, writerSchemas: schemas, log } = reader
  const known = await cluster.describeTopics([names.checkpoints, names.deadLetters], signal)
  if (known.has(names.checkpoints)) await log.refresh(signal)
  const { owner, generation, nextOffsets } = log
  const state = log.state()
  if (owner === undefined && state.passes.size === 0) throw unknownPrefix(names.prefix)
  const position = { prefix: names.prefix, generation, clusterId: cluster.clusterId, resources, nextOffsets }
  const markers = await lastMarkers(cluster, names.control, { schemas, resources }, signal)
  return feedStatus({
    prefix: names.prefix,
    source: state.source,
    daemon: null,
    owner:
      owner === undefined
        ? null
        : { host: owner.host, pid: owner.pid, dataDir: owner.dataDir, aliveAt: iso(log.ownerAliveAt) },
    state,
    completedAt: log.completedAt,
    nextAt: () => null,
    liveRecords: await liveRecordsIn(settings.feed.dataDir, position, signal),
    lastError: lastFailure(markers),
    heldBecause: holdReasons(markers),
    deadLetters: known.has(names.deadLetters)
      ? await waitingLetters(async (within) => (await readWaitingLetters(reader, within)).length, signal)
      : { count: 0, why: null },
    apiRequests: null,
    health: null,
  })
}

function unknownPrefix(prefix: string): ListingstreamError {
  return new ListingstreamError(
    `Nobody has ever published a feed under the prefix "${prefix}" on this cluster. Check TOPIC_PREFIX and KAFKA_BROKERS; "listingstream snapshot" begins one.`,
    { code: 'NO_FEED', retryable: false, disposition: 'stop' },
  )
}

/** What an outage parks leaves no marker; only the daemon's memory has it. */
function lastFailure(markers: readonly MarkerRecord[]): Trouble | null {
  const failed = markers.findLast(({ event }) => event === 'failed')
  if (failed === undefined) return null
  const { resource, pass, at, detail } = failed
  const message = detail ?? 'It failed.'
  return { code: 'PASS_INCOMPLETE', message, resource, pass, at: iso(at), lasts: false }
}
