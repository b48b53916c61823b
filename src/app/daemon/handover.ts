/** Handing a command's work to the daemon that holds DATA_DIR: only if it is there, and works with the same settings. */
import { formatByResource } from '../../config/by-resource.ts'
import type { Settings } from '../../config/settings.ts'
import { whyAbsent } from '../../ops/daemon-client.ts'
import { readDaemonFile, type DaemonInfo } from '../../ops/daemon-file.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { printable } from '../../support/printable.ts'

/** Text by variable, as it would be set. Secrets are not among them: a daemon works with its own. */
export type StatedSettings = Readonly<Record<string, string>>

const UNSET = '(unset)'

/**
 * Whatever the result of a command depends on. Not stated: when the daemon works by itself, where it listens and what it
 * logs.
 */
export function statedSettings({
  spark,
  kafka,
  registry,
  feed,
  topics,
  passes,
}: Pick<Settings, 'kafka' | 'registry' | 'feed'> &
  Partial<Pick<Settings, 'spark' | 'topics' | 'passes'>>): StatedSettings {
  const { listingsScope: scope } = feed
  return {
    TOPIC_PREFIX: feed.topicPrefix,
    RESOURCES: feed.resources.toSorted().join(','),
    SUBRESOURCES: feed.subresources.toSorted().join(',') || UNSET,
    ROW_TOPICS: String(feed.rowTopics),
    LISTINGS_FILTER: scope.filter || UNSET,
    LISTINGS_SELECT: scope.select.toSorted().join(',') || UNSET,
    EXPAND: scope.expand ?? UNSET,
    KAFKA_BROKERS: kafka.brokers.toSorted().join(','),
    KAFKA_SSL: String(kafka.ssl !== null),
    KAFKA_SASL_MECHANISM: kafka.sasl?.mechanism ?? UNSET,
    ...statedLogin(kafka.sasl),
    KAFKA_COMPRESSION: kafka.compression,
    KAFKA_TRANSACTION_TIMEOUT: `${kafka.transactionTimeoutMs}ms`,
    SCHEMA_REGISTRY_URL: registry.url,
    ...(spark === undefined
      ? {}
      : {
          SPARK_API_URL: spark.apiUrl,
          SPARK_REQUEST_TIMEOUT: `${spark.requestTimeoutMs}ms`,
          PAGE_LIMIT: String(spark.pageLimit),
          MEDIA_FETCH: spark.mediaFetch,
        }),
    ...(topics === undefined
      ? {}
      : {
          KAFKA_PARTITIONS: String(topics.partitions),
          KAFKA_REPLICATION_FACTOR:
            topics.replicationFactor === null ? UNSET : String(topics.replicationFactor),
          TOPICS_CREATE: String(topics.create),
        }),
    ...(passes === undefined
      ? {}
      : {
          UPDATE_OVERLAP: `${passes.updateOverlapMs}ms`,
          UPDATE_OVERLAP_MAX: `${passes.updateOverlapMaxMs}ms`,
          PURGE_COMPARE: passes.purgeCompare,
          PURGE_CONFIRM_SWEEPS: String(passes.purgeConfirmSweeps),
          MASK_MAX_RATIO: String(passes.maskMaxRatio),
          CHANGE_MAX_RATIO: passes.changeMaxRatio === null ? UNSET : String(passes.changeMaxRatio),
          PURGE_MAX_DELETES: formatByResource(passes.guard.maxDeletes),
          PURGE_MAX_RATIO: formatByResource(passes.guard.maxRatio),
          PURGE_HARD_MAX: formatByResource(passes.guard.hardMax),
          VOLATILE_FIELDS: passes.volatileFields.toSorted().join(',') || 'none',
        }),
  }
}

function statedLogin(sasl: Settings['kafka']['sasl']): StatedSettings {
  if (sasl?.mechanism !== 'oauthbearer') return { KAFKA_SASL_USERNAME: sasl?.username ?? UNSET }
  return { KAFKA_SASL_OAUTH_TOKEN_URL: sasl.tokenUrl, KAFKA_SASL_OAUTH_CLIENT_ID: sasl.clientId }
}

/**
 * The daemon that holds the folder and would do what the command would. Undefined if there is none: one that was killed
 * leaves its file, and another program may have its process id or its port; that is told in one line on stderr.
 *
 * @throws {ListingstreamError} `DAEMON_SETTINGS_DIFFER`, exit code 2, with every difference.
 */
export async function findDaemon(
  dataDir: string,
  stated: StatedSettings,
  signal: AbortSignal,
): Promise<DaemonInfo | undefined> {
  const daemon = await readDaemonFile(dataDir)
  if (daemon === undefined) return undefined
  const absent = await whyAbsent(daemon, signal)
  if (absent !== undefined) {
    const line = `going on without the daemon that ${dataDir}/daemon.json names (process ${daemon.pid}, ${daemon.url}): ${absent}`
    process.stderr.write(`listingstream: ${printable(line)}\n`)
    return undefined
  }
  requireSameSettings(daemon, stated, dataDir)
  return daemon
}

export function requireSameSettings(
  { pid, settings: theirs }: Pick<DaemonInfo, 'pid' | 'settings'>,
  ours: StatedSettings,
  dataDir: string,
): void {
  const differences = Object.entries(ours)
    .filter(([name, value]) => theirs[name] !== value)
    .map(([name, value]) => `  ${name}: ${theirs[name] ?? UNSET} there, ${value} here`)
  if (differences.length === 0) return
  throw new ListingstreamError(
    `The daemon that holds ${dataDir} (process ${pid}) works with other settings, so it cannot do this in our place:\n${differences.join('\n')}\nSet here what it has, use another DATA_DIR, or stop it first.`,
    { code: 'DAEMON_SETTINGS_DIFFER', retryable: false, disposition: 'stop', exitCode: 2 },
  )
}
