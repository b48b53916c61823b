/** One feed of a daemon, with all that stands around it. */
import { formatInstant } from '../../domain/instant.ts'
import type { FeedNotification } from '../../domain/notification.ts'
import type { Owner } from '../../feed/state-records.ts'
import { writeDaemonFile } from '../../ops/daemon-file.ts'
import type { LagFigures } from '../../ops/lag-gauges.ts'
import type { Logger } from '../../ops/logger.ts'
import { feedPath } from '../../ops/many-feeds-routes.ts'
import { hasKeyIndex } from '../../key-index/open-key-index.ts'
import type { WalkTurns } from '../../replication/ports.ts'
import { together } from '../../support/together.ts'
import { misfitOf } from '../budget/misfit.ts'
import { kafkaSettings } from '../compose/clients.ts'
import { openFeed } from '../compose/open-feed.ts'
import { surroundings, type Surroundings } from '../compose/surroundings.ts'
import { SYSTEM_CLOCK } from '../compose/system-clock.ts'
import type { ApiKeys, FeedTransport } from './api-keys.ts'
import type { SettingsOfFeed } from './daemon-settings.ts'
import { statedSettings } from './handover.ts'
import { LagTask } from './lag-task.ts'
import { NotificationTask } from './notification-task.ts'
import { FeedSupervisor, type SupervisorOptions } from './supervisor.ts'
import type { Announcement } from './watch-ownership.ts'

export interface DaemonFeedOptions {
  readonly settings: SettingsOfFeed
  /** Whether it is one of a list: then it is asked for below its own path. */
  readonly listed: boolean
  readonly acceptSource: boolean
  readonly keys: ApiKeys
  readonly walks: WalkTurns
  /** Of the process. */
  readonly logger: Logger
}

export class DaemonFeed {
  readonly settings: SettingsOfFeed
  readonly around: Surroundings
  readonly supervisor: FeedSupervisor
  /** Of the server that it is asked at, without a slash at its end. */
  url = ''
  readonly #listed: boolean
  readonly #lag: LagTask | undefined
  readonly #notifications: NotificationTask

  constructor({ settings, listed, acceptSource, keys, walks, logger }: DaemonFeedOptions) {
    this.settings = settings
    this.#listed = listed
    const notify = (notification: FeedNotification): void => this.#notifications.add(notification)
    this.around = surroundings(settings.current, logger, notify, listed)
    const { metrics } = this.around
    this.#notifications = new NotificationTask({
      prefix: settings.current.feed.topicPrefix,
      webhook: settings.current.webhook,
      logger: this.around.logger,
      counted: (kind, result) => metrics.notification(kind, result),
    })
    const transport = keys.transportOf(settings.current, this.around.metrics)
    const lag = lagTaskOf(settings, this.around)
    this.#lag = lag
    const groups = (): LagFigures => lag?.figures() ?? { at: null, groups: [] }
    this.supervisor = supervisorOf(settings, acceptSource, { ...this.around, groups }, { transport, walks })
  }

  get prefix(): string {
    return this.supervisor.prefix
  }

  get logger(): Logger {
    return this.around.logger
  }

  /** Until the signal aborts, or the feed is over: always rejects. */
  async run(signal: AbortSignal): Promise<never> {
    const lag = this.#lag
    const announce = (owner: Owner): Promise<Announcement> => this.#announce(owner)
    const tasks = [
      (within: AbortSignal) => this.supervisor.run(announce, within),
      (within: AbortSignal) => this.#notify(within),
      // What it meets is no outage of the feed: readiness does not know of it.
      ...(lag === undefined ? [] : [(within: AbortSignal) => lag.run(within)]),
    ]
    await together(tasks, signal)
    throw signal.reason
  }

  #notify(signal: AbortSignal): Promise<void> {
    const { supervisor, around } = this
    return this.#notifications.run(
      {
        notices: around.notices,
        readiness: () => supervisor.readiness(),
        publish: (notification, within) => supervisor.publishNotification(notification, within),
      },
      signal,
    )
  }

  async #announce({ startedAt, instanceId }: Owner): Promise<Announcement> {
    const settings = this.settings.current
    const { dataDir, topicPrefix } = settings.feed
    const file = await writeDaemonFile(dataDir, {
      url: this.#listed ? `${this.url}${feedPath(topicPrefix)}` : this.url,
      pid: process.pid,
      startedAt: formatInstant(startedAt),
      instanceId,
      settings: statedSettings(settings),
    })
    return {
      stands: async () => (await file.stands()) && (await hasKeyIndex(dataDir)),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    }
  }
}

function supervisorOf(
  settings: SettingsOfFeed,
  acceptSource: boolean,
  { groups, ...around }: Surroundings & Pick<SupervisorOptions, 'groups'>,
  { transport, walks }: { readonly transport: FeedTransport; readonly walks: WalkTurns },
): FeedSupervisor {
  const { logger, metrics, observer, outages, totals, changeRates } = around
  const told = { logger, metrics, observer, outages, totals }
  const { feed, passes: schedule } = settings.current
  const wishes = { anyOwner: true, acceptSource }
  return new FeedSupervisor({
    prefix: feed.topicPrefix,
    open: (signal) =>
      openFeed(
        { ...told, settings: settings.current, wishes, restart: false, patient: true, transport, walks },
        signal,
      ),
    schedule,
    startedAt: SYSTEM_CLOCK.now(),
    around,
    groups,
    budget: (resources, passes) => {
      const report = transport.report()
      const given = { records: totals.all, changesPerDay: changeRates.perDay() }
      return { ...report, misfit: misfitOf(settings.current, report.granted, resources, given, passes) }
    },
    clock: SYSTEM_CLOCK,
    random: Math.random,
  })
}

/** Undefined where nobody wants to know. */
function lagTaskOf(
  settings: SettingsOfFeed,
  { logger, metrics, outages }: Surroundings,
): LagTask | undefined {
  const { kafka, feed, lag } = settings.current
  if (lag.intervalMs === 0) return undefined
  const { tries: _ours, ...ofKafka } = kafkaSettings(kafka, logger, outages)
  const task = new LagTask({
    kafka: ofKafka,
    prefix: feed.topicPrefix,
    intervalMs: lag.intervalMs,
    clock: SYSTEM_CLOCK,
    logger,
  })
  metrics.showLag(() => task.figures())
  return task
}
