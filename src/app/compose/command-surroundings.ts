/** Logging of a command that works on a feed and ends: nobody scrapes it, so that no metrics are made or loaded. */
import type { Settings } from '../../config/settings.ts'
import { LogObserver } from '../../ops/log-observer.ts'
import type { Logger } from '../../ops/logger.ts'
import { Outages } from '../../ops/outages.ts'
import { UNSEEN_METRICS, type FeedMetrics } from '../../ops/feed-metrics.ts'
import { WalkTotals } from '../../ops/walk-totals.ts'
import type { Observer } from '../../replication/ports.ts'
import { loggerFor, type LoggingSettings } from './feed-logger.ts'
import { now } from './system-clock.ts'

export interface CommandSurroundings {
  readonly logger: Logger
  readonly metrics: FeedMetrics
  readonly observer: Observer
  readonly outages: Outages
  readonly totals: WalkTotals
}

/** @param moves a line on the terminal shows the progress of passes */
export function commandSurroundings(
  settings: LoggingSettings & Pick<Settings, 'feed'>,
  moves: boolean,
): CommandSurroundings {
  const logger = loggerFor(settings).child({ feed: settings.feed.topicPrefix })
  const totals = new WalkTotals()
  return {
    logger,
    metrics: UNSEEN_METRICS,
    observer: new LogObserver(logger, undefined, { totals, moves }),
    outages: new Outages(logger, now),
    totals,
  }
}
