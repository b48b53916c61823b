/** `run`: the process around its feeds, of which there is one. It serves HTTP for them, and each has a supervisor. */
import { formatInstant } from '../../domain/instant.ts'
import type { Owner } from '../../feed/state-records.ts'
import { writeDaemonFile, type DaemonInfo } from '../../ops/daemon-file.ts'
import type { HoldRequests } from '../../ops/hold-routes.ts'
import { HttpListenError } from '../../ops/http-errors.ts'
import { startHttpServer, type HttpServer } from '../../ops/http-server.ts'
import type { RequestLimiter } from '../../spark/budget/request-limiter.ts'
import { InvariantViolation } from '../../support/errors.ts'
import { together } from '../../support/together.ts'
import { misfitOf } from '../budget/misfit.ts'
import { kafkaSettings, watchedTransport } from '../compose/clients.ts'
import { openFeed } from '../compose/open-feed.ts'
import type { WriterSettings } from '../compose/settings-groups.ts'
import { surroundings, type Surroundings } from '../compose/surroundings.ts'
import { SYSTEM_CLOCK } from '../compose/system-clock.ts'
import { DaemonSettings } from './daemon-settings.ts'
import { findDaemon, statedSettings } from './handover.ts'
import { rereadOnHangUp } from './hang-up.ts'
import { LagTask } from './lag-task.ts'
import { FeedSupervisor } from './supervisor.ts'

export interface DaemonOptions {
  readonly acceptSource?: true
  readonly force?: true
}

export async function runDaemon(options: DaemonOptions, signal: AbortSignal): Promise<number> {
  const read = new DaemonSettings(options.force ?? false)
  const settings = read.current
  const beside = await requireOwnFolder(settings, signal)
  const around = surroundings(settings)
  await using transport = watchedTransport(settings.spark, around)
  const supervisor = supervisorOf(read, options, around, transport)
  using _hangUp = rereadOnHangUp(read, supervisor, around.logger)
  const daemon = new Daemon(read, around, new Map([[settings.feed.topicPrefix, supervisor]]))
  const { logger } = around
  const onStop = (): void => logger.info({ event: 'stopping', why: whyAborted(signal) }, 'the daemon stops')
  signal.addEventListener('abort', onStop, { once: true })
  try {
    await daemon.run(signal)
    return 0
  } catch (error) {
    if (signal.aborted) {
      logger.info(
        { event: 'stopped' },
        'the daemon has stopped; its passes go on where they were at the next start',
      )
      return 0
    }
    throw beside === undefined ? error : besideDaemon(error, beside)
  }
}

function whyAborted({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason)
}

/**
 * A daemon takes over from one of the same feed, which then lets go of the folder. One of another feed never would, and
 * this one would wait for the folder for ever.
 */
function requireOwnFolder(settings: WriterSettings, signal: AbortSignal): Promise<DaemonInfo | undefined> {
  const { TOPIC_PREFIX = '', KAFKA_BROKERS = '' } = statedSettings(settings)
  return findDaemon(settings.feed.dataDir, { TOPIC_PREFIX, KAFKA_BROKERS }, signal)
}

/** The port of a healthy daemon is not to be freed. */
function besideDaemon(error: unknown, { pid, url, dataDir }: DaemonInfo): unknown {
  if (!(error instanceof HttpListenError)) return error
  return new HttpListenError(
    `A daemon of this feed already runs in ${dataDir} (process ${pid}, ${url}). Leave it, or stop it first; with another HTTP_PORT this one would take the feed over.`,
    error,
  )
}

/** What stands around the feeds of the process. */
class Daemon {
  readonly #read: DaemonSettings
  readonly #around: Surroundings
  /** By prefix. */
  readonly #feeds: ReadonlyMap<string, FeedSupervisor>

  constructor(read: DaemonSettings, around: Surroundings, feeds: ReadonlyMap<string, FeedSupervisor>) {
    this.#read = read
    this.#around = around
    this.#feeds = feeds
  }

  /** Until the signal aborts, or a feed is over: always rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await using server = await this.#serve(signal)
    this.#around.logger.info({ url: server.url }, 'listening for health, metrics and status')
    const announce = (owner: Owner) => this.#announce(owner, server.url)
    const tasks = [...this.#feeds.values()].map((feed) => (within: AbortSignal) => feed.run(announce, within))
    await together([...tasks, ...this.#lagTasks()], signal)
  }

  /** What it meets is no outage of the feed: readiness does not know of it. */
  #lagTasks(): readonly ((signal: AbortSignal) => Promise<never>)[] {
    const { kafka, feed, lag } = this.#read.current
    if (lag.intervalMs === 0) return []
    const { logger, metrics, outages } = this.#around
    const { tries: _ours, ...settings } = kafkaSettings(kafka, logger, outages)
    const task = new LagTask({
      kafka: settings,
      prefix: feed.topicPrefix,
      intervalMs: lag.intervalMs,
      clock: SYSTEM_CLOCK,
      logger,
    })
    metrics.showLag(() => task.figures())
    return [(signal) => task.run(signal)]
  }

  #announce({ startedAt, instanceId }: Owner, url: string): Promise<AsyncDisposable> {
    const settings = this.#read.current
    return writeDaemonFile(settings.feed.dataDir, {
      url,
      pid: process.pid,
      startedAt: formatInstant(startedAt),
      instanceId,
      settings: statedSettings(settings),
    })
  }

  #serve(signal: AbortSignal): Promise<HttpServer> {
    const { metrics, health, logger } = this.#around
    return startHttpServer(
      {
        ...this.#read.current.http,
        instanceId: () => this.#feed.instanceId,
        metrics,
        readiness: () => health.report(),
        status: (serving) => this.#feed.status(serving),
        explainKey: (wanted, serving) => this.#feed.explainKey(wanted, serving),
        runPass: (wanted, options, request) => this.#feed.runPass(wanted, options, request),
        holds: this.#holds(),
        logger,
      },
      signal,
    )
  }

  /** The feed is looked up by each request. */
  #holds(): HoldRequests {
    return {
      hold: (...asked) => this.#feed.holds.hold(...asked),
      approve: (...asked) => this.#feed.holds.approve(...asked),
      reject: (...asked) => this.#feed.holds.reject(...asked),
    }
  }

  /** No request names a feed: there is one. */
  get #feed(): FeedSupervisor {
    const feed = this.#feeds.get(this.#read.current.feed.topicPrefix)
    if (feed === undefined) throw new InvariantViolation('A feed was asked for that nobody supervises.')
    return feed
  }
}

function supervisorOf(
  read: DaemonSettings,
  { acceptSource }: DaemonOptions,
  around: Surroundings,
  transport: RequestLimiter,
): FeedSupervisor {
  const { logger, metrics, observer, outages, totals, changeRates } = around
  const told = { logger, metrics, observer, outages, totals }
  const { feed, passes: schedule } = read.current
  const wishes = { anyOwner: true, acceptSource: acceptSource ?? false }
  return new FeedSupervisor({
    prefix: feed.topicPrefix,
    open: (signal) =>
      openFeed({ ...told, settings: read.current, wishes, restart: false, patient: true, transport }, signal),
    schedule,
    startedAt: SYSTEM_CLOCK.now(),
    around,
    budget: (resources, passes) => {
      const report = transport.report()
      const given = { records: totals.all, changesPerDay: changeRates.perDay() }
      return { ...report, misfit: misfitOf(read.current, report.granted, resources, given, passes) }
    },
    clock: SYSTEM_CLOCK,
    random: Math.random,
  })
}
