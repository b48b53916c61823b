import type { Settings } from '../../config/settings.ts'
import { createLogger, type Logger } from '../../ops/logger.ts'
import { plaintextCredentials } from './plaintext.ts'

export type LoggingSettings = Pick<Settings, 'log'> &
  Partial<Pick<Settings, 'spark' | 'kafka' | 'registry' | 'http'>>

/** Strikes out every secret that the settings hold (R15), and warns of those that others on the way can read. */
export function loggerFor({ log, spark, kafka, registry, http }: LoggingSettings): Logger {
  const secrets = [
    spark?.accessToken,
    kafka?.sasl?.mechanism === 'oauthbearer' ? kafka.sasl.clientSecret : kafka?.sasl?.password,
    kafka?.ssl?.key,
    registry?.auth,
    http?.adminToken,
  ]
  const logger = createLogger({
    level: log.level,
    secrets: secrets.filter((secret) => secret !== null && secret !== undefined),
  })
  warnOfPlaintext(logger, { spark, kafka, registry })
  return logger
}

/** Of one feed after the first: those of the process are told. */
export function warnOfPlaintext(logger: Logger, settings: Parameters<typeof plaintextCredentials>[0]): void {
  for (const { setting, problem } of plaintextCredentials(settings)) logger.warn({ setting }, problem)
}
