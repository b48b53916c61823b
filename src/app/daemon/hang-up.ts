import type { Logger } from '../../ops/logger.ts'
import type { DaemonSettings } from './daemon-settings.ts'

/**
 * Secrets and certificates are read again by themselves when they are refused or used for a new connection; SIGHUP does so at
 * once, and reads the scope of listings anew.
 */
export function rereadOnHangUp(settings: DaemonSettings, onScope: () => void, logger: Logger): Disposable {
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
    rereadScope(settings, onScope, logger)
  }
  process.on('SIGHUP', onHangUp)
  return { [Symbol.dispose]: () => void process.off('SIGHUP', onHangUp) }
}

/** A mistake in it is told, and the feed goes on as it is. */
function rereadScope(settings: DaemonSettings, onScope: () => void, logger: Logger): void {
  try {
    if (!settings.rereadScope()) return
  } catch (err) {
    logger.error({ err }, 'SIGHUP: the scope of listings stays as it was')
    return
  }
  const scope = settings.current.feed.listingsScope
  logger.info({ scope }, 'SIGHUP: the scope of listings is another one; the feed is opened again with it')
  onScope()
}
