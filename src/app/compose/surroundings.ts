/** Logging, metrics and health of the daemon. */
import { randomUUID } from 'node:crypto'

import type { Settings } from '../../config/settings.ts'
import type { FeedNotification } from '../../domain/notification.ts'
import type { PassProgress } from '../../domain/pass.ts'
import { Health } from '../../ops/health.ts'
import { LogObserver } from '../../ops/log-observer.ts'
import { observers, parkings, SILENT_OBSERVER } from '../../ops/observers.ts'
import type { Logger } from '../../ops/logger.ts'
import { loggerOfFeed } from '../../ops/logger-of-feed.ts'
import { Metrics } from '../../ops/metrics.ts'
import { Notices } from '../../ops/notifications/notices.ts'
import { Outages } from '../../ops/outages.ts'
import { FeedHistory } from '../../ops/page/feed-history.ts'
import { WalkTotals } from '../../ops/walk-totals.ts'
import { intervalOf } from '../../replication/loop.ts'
import type { Parking } from '../../replication/persist.ts'
import type { Observer } from '../../replication/ports.ts'
import { ChangeRates } from '../budget/change-rates.ts'
import { chosenResources } from './chosen-resources.ts'
import { now } from './system-clock.ts'
import { VERSION } from '../version.ts'

export interface Surroundings {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  readonly totals: WalkTotals
  readonly changeRates: ChangeRates
  readonly outages: Outages
  readonly history: FeedHistory
  readonly observer: Observer
  readonly parking: Parking
  readonly notices: Notices
}

/**
 * Of one feed: with metrics, health and all else that a daemon answers for.
 *
 * @param ofProcess tells of this feed, too
 * @param notify told what somebody should know; must not throw
 * @param listed whether commands for it have to name it
 */
export function surroundings(
  settings: Pick<Settings, 'feed' | 'passes'>,
  ofProcess: Logger,
  notify: (notification: FeedNotification) => void,
  listed = false,
): Surroundings {
  const { topicPrefix: prefix } = settings.feed
  const ofFeed = ofProcess.child({ feed: prefix })
  const logger = listed ? loggerOfFeed(ofFeed, prefix) : ofFeed
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
    feed: prefix,
    build: { version: VERSION, prefix },
    ready: () => health.report().ready,
  })
  const totals = new WalkTotals()
  const log = new LogObserver(logger, undefined, { totals, moves: false })
  const changeRates = new ChangeRates()
  const counting = { ...SILENT_OBSERVER, passEnded: (progress: PassProgress) => changeRates.ended(progress) }
  const history = new FeedHistory(now)
  const notices = new Notices({ feed: listed ? prefix : null, now, newId: randomUUID, tell: notify })
  const observer = observers(metrics, health, log, counting, history.observer, notices.observer)
  const parking = parkings(health, metrics, log, history.parking, notices)
  return { logger, metrics, health, totals, changeRates, outages, history, observer, parking, notices }
}
