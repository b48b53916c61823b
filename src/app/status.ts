import { loadSettings } from '../config/load-settings.ts'
import type { Settings } from '../config/settings.ts'
import { WriterSchemas } from '../events/writer-schemas.ts'
import { connectKafka } from '../kafka/cluster.ts'
import { askDaemon } from '../ops/daemon-client.ts'
import type { DaemonInfo } from '../ops/daemon-file.ts'
import { CheckpointLog } from '../publisher/checkpoint-log.ts'
import { topicNames } from '../publisher/topics.ts'
import { ListingstreamError } from '../support/errors.ts'
import { printJson, printText } from '../support/print.ts'
import { printable } from '../support/printable.ts'
import { kafkaSettings, schemaRegistry } from './clients.ts'
import { loggerFor } from './surroundings.ts'
import { feedStatus, type FeedStatus } from './feed-status.ts'
import { findDaemon, statedSettings, type StatedSettings } from './handover.ts'

const GROUPS = ['kafka', 'registry', 'feed', 'source', 'http', 'log'] as const

/** Asks the daemon that holds DATA_DIR, else reads the topic `checkpoints`. */
export async function showStatus({ json }: { readonly json?: true }, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(GROUPS)
  const daemon = await findDaemon(settings.feed.dataDir, stated(settings), signal)
  const status =
    daemon === undefined
      ? await readStatus(settings, signal)
      : ((await askThere(daemon, settings, signal)) ?? (await readStatus(settings, signal)))
  if (json === true) printJson(status)
  else printText(describe(status))
  return 0
}

/** Undefined if it tells nobody: it can be reached from elsewhere, and has no token to know its operator by. */
async function askThere(
  daemon: DaemonInfo,
  { http }: Pick<Settings, 'http'>,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await askDaemon(daemon, { method: 'GET', path: '/status', adminToken: http.adminToken }, signal)
  } catch (error) {
    if (error instanceof ListingstreamError && error.code === 'ADMIN_TOKEN_UNSET') return undefined
    throw error
  }
}

/** Here nothing asks the source: its address counts only where it was set. */
function stated(settings: Pick<Settings, 'kafka' | 'registry' | 'feed' | 'source'>): StatedSettings {
  const { apiUrl } = settings.source
  return { ...statedSettings(settings), ...(apiUrl === null ? {} : { SPARK_API_URL: apiUrl }) }
}

async function readStatus(
  settings: Pick<Settings, (typeof GROUPS)[number]>,
  signal: AbortSignal,
): Promise<FeedStatus> {
  const logger = loggerFor(settings)
  await using cluster = await connectKafka(kafkaSettings(settings.kafka, logger), signal)
  const names = topicNames(settings.feed.topicPrefix)
  const log = new CheckpointLog(
    cluster,
    names.checkpoints,
    new WriterSchemas(schemaRegistry(settings.registry)),
  )
  const known = await cluster.describeTopics([names.checkpoints], signal)
  if (known.size > 0) await log.refresh(signal)
  const { owner } = log
  return feedStatus(
    names.prefix,
    log.state(),
    owner === undefined
      ? null
      : {
          host: owner.host,
          pid: owner.pid,
          dataDir: owner.dataDir,
          aliveAt: new Date(log.ownerAliveAt).toISOString(),
        },
  )
}

/** For a person: one fact a line, names and values as in the JSON. */
function describe(status: unknown, indent = ''): string {
  if (typeof status !== 'object' || status === null) return `${indent}${printable(String(status))}\n`
  return Object.entries(status)
    .map(([member, value]) => {
      const name = printable(member)
      const nested = typeof value === 'object' && value !== null && Object.keys(value).length > 0
      if (nested) return `${indent}${name}:\n${describe(value, `${indent}  `)}`
      const text = typeof value === 'object' && value !== null ? '–' : printable(String(value))
      return `${indent}${name}: ${text}\n`
    })
    .join('')
}
