/** Logging, metrics and health of a command that works on a feed. */
import type { Settings } from '../config/settings.ts'
import { Health } from '../ops/health.ts'
import { LogObserver, observers } from '../ops/log-observer.ts'
import { createLogger, type Logger } from '../ops/logger.ts'
import { Metrics } from '../ops/metrics.ts'
import type { Observer } from '../replication/ports.ts'
import { now } from './open-feed.ts'

export interface Surroundings {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  readonly log: LogObserver
  readonly observer: Observer
}

type LoggingSettings = Pick<Settings, 'log'> &
  Partial<Pick<Settings, 'spark' | 'kafka' | 'registry' | 'http'>>

/** Strikes out every secret that the settings hold (R15). */
export function loggerFor({ log, spark, kafka, registry, http }: LoggingSettings): Logger {
  const secrets = [
    spark?.accessToken,
    kafka?.sasl?.password,
    kafka?.ssl?.key,
    registry?.auth,
    http?.adminToken,
  ]
  return createLogger({
    level: log.level,
    secrets: secrets.filter((secret) => secret !== null && secret !== undefined),
  })
}

export function surroundings(settings: LoggingSettings): Surroundings {
  const logger = loggerFor(settings)
  const metrics = new Metrics()
  const health = new Health(now)
  const log = new LogObserver(logger)
  return { logger, metrics, health, log, observer: observers(metrics, health, log) }
}
