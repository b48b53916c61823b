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

export function surroundings(
  settings: Pick<Settings, 'spark' | 'kafka' | 'registry' | 'log'> & Partial<Pick<Settings, 'http'>>,
): Surroundings {
  const { spark, kafka, registry, http } = settings
  const secrets = [spark.accessToken, kafka.sasl?.password, registry.auth, http?.adminToken]
  const logger = createLogger({
    level: settings.log.level,
    secrets: secrets.filter((secret) => secret !== null && secret !== undefined),
  })
  const metrics = new Metrics()
  const health = new Health(now)
  const log = new LogObserver(logger)
  return { logger, metrics, health, log, observer: observers(metrics, health, log) }
}
