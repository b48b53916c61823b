import type { Logger } from '../../ops/logger.ts'
import { SerialQueue } from '../../support/serial-queue.ts'
import type { SettingsOfFeed } from './daemon-settings.ts'
import type { FeedSupervisor } from './supervisor.ts'

type ScopedFeed = Pick<FeedSupervisor, 'takesScope' | 'reopen'>

export interface RereadFeed {
  readonly settings: SettingsOfFeed
  readonly supervisor: ScopedFeed
  /** Of the feed. */
  readonly logger: Logger
}

/**
 * Secrets and certificates are read again by themselves when they are refused or used for a new connection; SIGHUP does so at
 * once, and reads the scope of listings anew.
 */
export function rereadOnHangUp(feeds: readonly RereadFeed[], logger: Logger): Disposable {
  const queue = new SerialQueue()
  const stop = new AbortController()
  const texts = feeds.flatMap(({ settings }) => textsOf(settings))
  const onHangUp = (): void => {
    const changed = texts.filter(([, text]) => text?.refresh() === true)
    const files = changed.map(([name, text]) => `${name} from ${text?.file}`)
    logger.info({ changed: files }, 'SIGHUP: the files of secrets and certificates were read again')
    for (const feed of feeds) {
      queue
        .run(() => rereadScope(feed, stop.signal), stop.signal)
        .catch((err: unknown) => {
          if (!stop.signal.aborted)
            feed.logger.error({ err }, 'SIGHUP: the scope of listings stays as it was')
        })
    }
  }
  process.on('SIGHUP', onHangUp)
  return {
    [Symbol.dispose]() {
      process.off('SIGHUP', onHangUp)
      stop.abort()
    },
  }
}

/** Those of the process are the same of each feed, and renewed by the first. */
function textsOf({ current: { spark, kafka, registry, http } }: SettingsOfFeed) {
  return Object.entries({
    SPARK_ACCESS_TOKEN: spark.accessToken,
    ...(kafka.sasl?.mechanism === 'oauthbearer'
      ? { KAFKA_SASL_OAUTH_CLIENT_SECRET: kafka.sasl.clientSecret }
      : { KAFKA_SASL_PASSWORD: kafka.sasl?.password }),
    KAFKA_SSL_CA: kafka.ssl?.ca,
    KAFKA_SSL_CERT: kafka.ssl?.cert,
    KAFKA_SSL_KEY: kafka.ssl?.key,
    SCHEMA_REGISTRY_AUTH: registry.auth,
    ADMIN_TOKEN: http.adminToken,
  })
}

/**
 * A scope that the source does not take is told, and the feed goes on as it is.
 *
 * @throws {SettingsError} so does it after a mistake
 */
async function rereadScope({ settings, supervisor, logger }: RereadFeed, signal: AbortSignal): Promise<void> {
  const scope = settings.rereadScope()
  if (scope === undefined) return
  const isTaken = await supervisor.takesScope(scope, signal)
  signal.throwIfAborted()
  if (!isTaken) {
    logger.error(
      { code: 'SPARK_FILTER_REFUSED', scope },
      'SIGHUP: the API refuses the filter, or drops a part of it; the scope of listings stays as it was',
    )
    return
  }
  settings.takeScope(scope)
  logger.info({ scope }, 'SIGHUP: the scope of listings is another one; the feed is opened again with it')
  supervisor.reopen()
}
