import type { Logger } from '../../ops/logger.ts'
import type { WriterSettings } from '../compose/settings-groups.ts'

/** Each is read again by itself when it is refused or used for a new connection; SIGHUP does so at once. */
export function rereadOnHangUp(
  { spark, kafka, registry, http }: Pick<WriterSettings, 'spark' | 'kafka' | 'registry' | 'http'>,
  logger: Logger,
): Disposable {
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
  }
  process.on('SIGHUP', onHangUp)
  return { [Symbol.dispose]: () => void process.off('SIGHUP', onHangUp) }
}
