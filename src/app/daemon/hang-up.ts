import type { Logger } from '../../ops/logger.ts'
import { SerialQueue } from '../../support/serial-queue.ts'
import type { DaemonSettings } from './daemon-settings.ts'
import type { FeedSupervisor } from './supervisor.ts'

type ScopedFeed = Pick<FeedSupervisor, 'takesScope' | 'reopen'>

/**
 * Secrets and certificates are read again by themselves when they are refused or used for a new connection; SIGHUP does so at
 * once, and reads the scope of listings anew.
 */
export function rereadOnHangUp(settings: DaemonSettings, feed: ScopedFeed, logger: Logger): Disposable {
  const queue = new SerialQueue()
  const stop = new AbortController()
  const { spark, kafka, registry, http } = settings.current
  const texts = {
    SPARK_ACCESS_TOKEN: spark.accessToken,
    KAFKA_SASL_PASSWORD: kafka.sasl?.password,
    KAFKA_SSL_CA: kafka.ssl?.ca,
    KAFKA_SSL_CERT: kafka.ssl?.cert,
    KAFKA_SSL_KEY: kafka.ssl?.key,
    SCHEMA_REGISTRY_AUTH: registry.auth,
    ADMIN_TOKEN: http.adminToken,
  }
  const onHangUp = (): void => {
    const changed = Object.entries(texts).filter(([, text]) => text?.refresh() === true)
    const files = changed.map(([name, text]) => `${name} from ${text?.file}`)
    logger.info({ changed: files }, 'SIGHUP: the files of secrets and certificates were read again')
    queue
      .run(() => rereadScope(settings, feed, logger, stop.signal), stop.signal)
      .catch((err: unknown) => {
        if (!stop.signal.aborted) logger.error({ err }, 'SIGHUP: the scope of listings stays as it was')
      })
  }
  process.on('SIGHUP', onHangUp)
  return {
    [Symbol.dispose]() {
      process.off('SIGHUP', onHangUp)
      stop.abort()
    },
  }
}

/**
 * A scope that the source does not take is told, and the feed goes on as it is.
 *
 * @throws {SettingsError} so does it after a mistake
 */
async function rereadScope(
  settings: DaemonSettings,
  feed: ScopedFeed,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const scope = settings.rereadScope()
  if (scope === undefined) return
  const isTaken = await feed.takesScope(scope, signal)
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
  feed.reopen()
}
