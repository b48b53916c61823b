/** Logging, metrics and health of a command that works on a feed. */
import type { Settings } from '../../config/settings.ts'
import type { PassProgress } from '../../domain/pass.ts'
import { Health } from '../../ops/health.ts'
import { LogObserver } from '../../ops/log-observer.ts'
import { observers, parkings, SILENT_OBSERVER } from '../../ops/observers.ts'
import { createLogger, type Logger } from '../../ops/logger.ts'
import { Metrics } from '../../ops/metrics.ts'
import { Outages } from '../../ops/outages.ts'
import { WalkTotals } from '../../ops/walk-totals.ts'
import { intervalOf } from '../../replication/loop.ts'
import type { Parking } from '../../replication/persist.ts'
import type { Observer } from '../../replication/ports.ts'
import { ChangeRates } from '../budget/change-rates.ts'
import { chosenResources } from './chosen-resources.ts'
import { now } from './system-clock.ts'
import { plaintextCredentials } from './plaintext.ts'
import { VERSION } from '../version.ts'

export interface Surroundings {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  readonly totals: WalkTotals
  readonly changeRates: ChangeRates
  readonly outages: Outages
  readonly observer: Observer
  readonly parking: Parking
}

type LoggingSettings = Pick<Settings, 'log'> &
  Partial<Pick<Settings, 'spark' | 'kafka' | 'registry' | 'http'>>
type FeedSettings = LoggingSettings & Pick<Settings, 'feed' | 'passes'>

/** Strikes out every secret that the settings hold (R15), and warns of those that others on the way can read. */
export function loggerFor({ log, spark, kafka, registry, http }: LoggingSettings): Logger {
  const secrets = [
    spark?.accessToken,
    kafka?.sasl?.password,
    kafka?.ssl?.key,
    registry?.auth,
    http?.adminToken,
  ]
  const logger = createLogger({
    level: log.level,
    secrets: secrets.filter((secret) => secret !== null && secret !== undefined),
  })
  for (const { setting, problem } of plaintextCredentials({ spark, kafka, registry })) {
    logger.warn({ setting }, problem)
  }
  return logger
}

/** @param moves a line on the terminal shows the progress of passes */
export function surroundings(settings: FeedSettings, moves = false): Surroundings {
  const { topicPrefix: prefix } = settings.feed
  const logger = loggerFor(settings).child({ feed: prefix })
  const outages = new Outages(logger, now)
  const resources = chosenResources(settings.feed)
  const health = new Health(now, {
    outages,
    expected(name, pass) {
      const resource = resources.find((one) => one.name === name)
      return resource === undefined ? null : intervalOf(resource, pass, settings.passes)
    },
  })
  const metrics = new Metrics({
    build: { version: VERSION, prefix },
    ready: () => health.report().ready,
  })
  const totals = new WalkTotals()
  const log = new LogObserver(logger, undefined, { totals, moves })
  const changeRates = new ChangeRates()
  const counting = { ...SILENT_OBSERVER, passEnded: (progress: PassProgress) => changeRates.ended(progress) }
  const observer = observers(metrics, health, log, counting)
  const parking = parkings(health, metrics, log)
  return { logger, metrics, health, totals, changeRates, outages, observer, parking }
}
