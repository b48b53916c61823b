/** `run`: the process around its feeds. It serves HTTP for them, and each has a supervisor. */
import type { FeedChoice } from '../../config/load-settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import { keyIndexWrittenAt } from '../../key-index/open-key-index.ts'
import type { DaemonInfo } from '../../ops/daemon-file.ts'
import { HttpListenError } from '../../ops/http-errors.ts'
import { startHttpServer, type HttpServer } from '../../ops/http-server.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Feeds } from '../../ops/many-feeds-routes.ts'
import { metricsPage, processMetrics } from '../../ops/metrics-page.ts'
import { Outages } from '../../ops/outages.ts'
import { Slots } from '../../support/slots.ts'
import { kafkaSettings } from '../compose/clients.ts'
import { loggerFor, warnOfPlaintext } from '../compose/feed-logger.ts'
import type { WriterSettings } from '../compose/settings-groups.ts'
import { now, SYSTEM_CLOCK } from '../compose/system-clock.ts'
import { ApiKeys } from './api-keys.ts'
import { DaemonFeed } from './daemon-feed.ts'
import { readDaemonSettings, type DaemonSettings } from './daemon-settings.ts'
import { FeedGroup, tellEnded } from './feed-group.ts'
import { findDaemon, statedSettings } from './handover.ts'
import { rereadOnHangUp } from './hang-up.ts'
import { keepInGroup } from './join-feed-group.ts'

/** What API and broker, disk and CPU have to bear at once where nobody said more. */
const LISTED_WALKS = 2

export interface DaemonOptions extends FeedChoice {
  readonly acceptSource?: true
  readonly force?: true
}

type DaemonFeeds = readonly [DaemonFeed, ...DaemonFeed[]]

export async function runDaemon(options: DaemonOptions, signal: AbortSignal): Promise<number> {
  const read = readDaemonSettings(options, options.force ?? false)
  const [first, ...others] = read.feeds
  const daemons = await Promise.all(read.feeds.map(({ current }) => requireOwnFolder(current, signal)))
  const beside = daemons.find((daemon) => daemon !== undefined)
  const ofProcess = loggerFor(first.current)
  for (const { current } of others) {
    warnOfPlaintext(ofProcess.child({ feed: current.feed.topicPrefix }), { spark: current.spark })
  }
  await using keys = new ApiKeys(
    read.feeds.map(({ current }) => current),
    ofProcess,
  )
  const feeds = feedsOf(read, options, keys, ofProcess)
  // What the only feed meets and what the process meets is one.
  const logger = read.listed ? ofProcess : feeds[0].logger
  using _hangUp = rereadOnHangUp(feeds, logger)
  const onStop = (): void => logger.info({ event: 'stopping', why: whyAborted(signal) }, 'the daemon stops')
  signal.addEventListener('abort', onStop, { once: true })
  try {
    await new Daemon(feeds, await groupOf(read, feeds, logger), logger).run(signal)
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

function feedsOf(
  { feeds: [first, ...others], listed }: DaemonSettings,
  { acceptSource }: DaemonOptions,
  keys: ApiKeys,
  logger: Logger,
): DaemonFeeds {
  const walks = new Slots(first.current.process.maxWalks ?? (listed ? LISTED_WALKS : Infinity))
  const make = (settings: DaemonSettings['feeds'][0]): DaemonFeed =>
    new DaemonFeed({ settings, listed, acceptSource: acceptSource ?? false, keys, walks, logger })
  return [make(first), ...others.map(make)]
}

/** Undefined where this process has all of them. @throws {SettingsError} if only some are to run */
async function groupOf(
  read: DaemonSettings,
  feeds: DaemonFeeds,
  logger: Logger,
): Promise<FeedGroup | undefined> {
  const { groupId: id } = feeds[0].settings.current.process
  if (id === null) return undefined
  if (read.chosen) {
    const problem = 'The instances of a group share all feeds: leave out --feed and TOPIC_PREFIX, or this'
    throw new SettingsError([{ name: 'GROUP_ID', problem }])
  }
  for (const { supervisor } of feeds) supervisor.standBy()
  const indexed = await indexedHere(feeds)
  const monotonic = (): number => performance.now()
  return new FeedGroup({ id, feeds, indexed, clock: SYSTEM_CLOCK, monotonic, logger })
}

async function indexedHere(feeds: DaemonFeeds): Promise<readonly number[]> {
  const found = await Promise.all(
    feeds.map(async ({ settings }, partition) => {
      return { partition, at: await keyIndexWrittenAt(settings.current.feed.dataDir) }
    }),
  )
  return found
    .flatMap(({ partition, at }) => (at === undefined ? [] : [{ partition, at }]))
    .toSorted((a, b) => a.at - b.at)
    .map(({ partition }) => partition)
}

/** What stands around the feeds of the process. */
class Daemon {
  readonly #feeds: DaemonFeeds
  readonly #group: FeedGroup | undefined
  readonly #logger: Logger

  constructor(feeds: DaemonFeeds, group: FeedGroup | undefined, logger: Logger) {
    this.#feeds = feeds
    this.#group = group
    this.#logger = logger
  }

  /** Until the signal aborts, or the last feed is over: always rejects, with what the first that ended met. */
  async run(signal: AbortSignal): Promise<never> {
    await using server = await this.#serve(signal)
    const { url } = server
    this.#logger.info({ url }, 'listening for health, metrics and status')
    for (const feed of this.#feeds) feed.url = url
    if (this.#group !== undefined) return await this.#share(this.#group, signal)
    const failures: unknown[] = []
    const keep = async (feed: DaemonFeed): Promise<void> => {
      try {
        await feed.run(signal)
      } catch (error) {
        failures.push(error)
        if (!signal.aborted && failures.length < this.#feeds.length) tellEnded(feed, error)
      }
    }
    await Promise.all(this.#feeds.map(keep))
    throw failures[0]
  }

  #share(group: FeedGroup, signal: AbortSignal): Promise<never> {
    const { kafka, topics } = this.#feeds[0].settings.current
    const logger = this.#logger
    const ofGroup = kafkaSettings(kafka, logger, new Outages(logger, now))
    const options = { kafka: ofGroup, topics, feeds: this.#feeds.length, clock: SYSTEM_CLOCK, logger }
    return keepInGroup(group, options, signal)
  }

  #serve(signal: AbortSignal): Promise<HttpServer> {
    const [first, ...others] = this.#feeds
    const feeds: Feeds = [first.supervisor, ...others.map(({ supervisor }) => supervisor)]
    const here = () => this.#feeds.filter(({ supervisor }) => supervisor.standing !== 'elsewhere')
    const metrics = metricsPage(processMetrics(feeds), () => here().map(({ around }) => around.metrics))
    const { http } = first.settings.current
    return startHttpServer({ ...http, metrics, feeds, group: this.#group, logger: this.#logger }, signal)
  }
}
