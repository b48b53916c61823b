/** `run`: keeps a feed going until it is stopped or another instance takes it. */
import { loadSettings } from '../../config/load-settings.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { Millis } from '../../domain/instant.ts'
import { trackOf, type PassKind } from '../../domain/pass.ts'
import { writeDaemonFile, type DaemonInfo } from '../../ops/daemon-file.ts'
import {
  startHttpServer,
  type HttpServer,
  type PassRequest,
  type PassRequestOptions,
  type RequestedPass,
} from '../../ops/http-server.ts'
import { HttpListenError } from '../../ops/http-errors.ts'
import { FencedError } from '../../publisher/publisher-errors.ts'
import { runSchedule, type Parking } from '../../replication/loop.ts'
import type { Transport } from '../../spark/transport.ts'
import { sleep } from '../../support/abort.ts'
import { foreseen, ListingstreamError } from '../../support/errors.ts'
import { firstOfSeries } from '../../support/first-of-series.ts'
import { feedStatus, iso } from '../reports/feed-status.ts'
import { findDaemon, statedSettings } from './handover.ts'
import { sparkTransport } from '../compose/clients.ts'
import { chosenResources } from '../compose/chosen-resources.ts'
import { openFeed, type OpenFeed } from '../compose/open-feed.ts'
import { now } from '../compose/system-clock.ts'
import { rereadOnHangUp } from './hang-up.ts'
import { RequestedPasses } from './requested-passes.ts'
import { requestedResource } from './requested-resource.ts'
import { retryLetters } from '../passes/retry-letters.ts'
import { runPass } from '../passes/run-pass.ts'
import { waitingLetters } from '../reports/waiting-letters.ts'
import { WRITER_GROUPS, type WriterSettings } from '../compose/settings-groups.ts'
import { surroundings, type Surroundings } from '../compose/surroundings.ts'

export interface DaemonOptions {
  readonly acceptSource?: true
}

const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 15 * 60_000
/** A disk that stays full has the feed opened again and again: that is one trouble, told once. */
const REOPEN_QUIET_MS = 10 * 60_000
/** How soon an idle daemon notices that another instance has taken its feed (R3). */
const OWNERSHIP_CHECK_MS = 5_000

export async function runDaemon(options: DaemonOptions, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(WRITER_GROUPS)
  const beside = await requireOwnFolder(settings, signal)
  const around = surroundings(settings)
  using _hangUp = rereadOnHangUp(settings, around.logger)
  await using transport = sparkTransport(settings.spark)
  const daemon = new Daemon(settings, options, around, transport)
  try {
    await daemon.run(signal)
    return 0
  } catch (error) {
    if (signal.aborted) return 0
    throw beside === undefined ? error : besideDaemon(error, beside)
  }
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

class Daemon {
  readonly #settings: WriterSettings
  readonly #options: DaemonOptions
  readonly #around: Surroundings
  readonly #transport: Transport
  readonly #requests = new RequestedPasses()
  /** Its signal also stops passes that came over HTTP when the feed is over. */
  #running: { readonly feed: OpenFeed; readonly signal: AbortSignal } | undefined

  constructor(settings: WriterSettings, options: DaemonOptions, around: Surroundings, transport: Transport) {
    this.#settings = settings
    this.#options = options
    this.#around = around
    this.#transport = transport
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger, health } = this.#around
    await using server = await this.#serve(signal)
    logger.info({ url: server.url }, 'listening for health, metrics and status')
    const tell = firstOfSeries(REOPEN_QUIET_MS, (err: ListingstreamError) =>
      logger.error({ err }, 'opening the feed again'),
    )
    for (let unforeseen = 0; ;) {
      try {
        await this.#runFeed(server.url, signal)
      } catch (failure) {
        signal.throwIfAborted()
        const error = foreseen(failure, 'Keeping the feed')
        if (error.disposition === 'stop') throw error
        unforeseen = error.disposition === 'retry' ? unforeseen + 1 : 0
        health.starting(error.message, error.code)
        tell(error)
        await sleep(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** unforeseen), signal)
      }
    }
  }

  /** Owns the feed until the signal aborts or the feed is over; always rejects. */
  async #runFeed(url: string, signal: AbortSignal): Promise<void> {
    await using feed = await this.#openPatiently(signal)
    await using _file = await writeDaemonFile(this.#settings.feed.dataDir, {
      url,
      pid: process.pid,
      startedAt: new Date(feed.owner.startedAt).toISOString(),
      instanceId: feed.owner.instanceId,
      settings: statedSettings(this.#settings),
    })
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    this.#running = { feed, signal: either }
    this.#around.health.started()
    const tasks = [
      runSchedule(
        feed.runner,
        chosenResources(this.#settings.feed),
        this.#settings.passes,
        this.#parking(),
        either,
      ),
      watchOwnership(feed, either),
    ]
    try {
      await Promise.all(tasks)
    } finally {
      this.#running = undefined
      stop.abort(signal.reason)
      await Promise.allSettled(tasks)
      await feed.runner.idle()
    }
  }

  #serve(signal: AbortSignal): Promise<HttpServer> {
    const { http, feed } = this.#settings
    const { metrics, health, logger } = this.#around
    return startHttpServer(
      {
        ...http,
        instanceId: () => this.#running?.feed.owner.instanceId,
        metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: () => metrics.text() },
        readiness: () => health.report(),
        status: (serving) => this.#status(feed.topicPrefix, serving),
        runPass: (wanted, options, request) => this.#runPass(wanted, options, request),
        logger,
      },
      signal,
    )
  }

  async #status(prefix: string, signal: AbortSignal): Promise<object> {
    const { health, metrics } = this.#around
    const running = this.#running
    const report = health.report()
    if (running === undefined) return { prefix, health: report }
    const { updateIntervalMs, purgeIntervalMs } = this.#settings.passes
    const { runner, owner, source } = running.feed
    const { state } = runner.feed
    const error = health.lastError()
    const requests = metrics.requestsOfLastDay()
    const { host, pid, dataDir } = owner
    return feedStatus({
      prefix,
      source,
      daemon: { pid, host, startedAt: iso(owner.startedAt), ready: report.ready },
      owner: { host, pid, dataDir, aliveAt: iso(now()) },
      state: {
        generation: state.generation,
        watermarks: state.watermarks(),
        passes: new Map(state.passes().map((progress) => [trackOf(progress), progress])),
      },
      completedAt: metrics.successes,
      nextAt({ resource, pass, startedAt }) {
        const parked = report.reasons.find((reason) => reason.resource === resource && reason.pass === pass)
        if (parked !== undefined && parked.retryAt !== null) return parked.retryAt
        if (pass === 'snapshot') return null
        return startedAt + (pass === 'update' ? updateIntervalMs : purgeIntervalMs)
      },
      liveRecords: { count: await running.feed.liveRecords(signal), why: null },
      lastError: error === null ? null : { ...error, at: iso(error.at) },
      heldBecause: new Map(report.held.map(({ resource, detail }) => [resource, detail])),
      deadLetters: await waitingLetters(
        async (within) => (await running.feed.openLetters(undefined, within)).length,
        signal,
      ),
      apiRequests: { count: requests.count, since: iso(requests.since) },
      health: report,
    })
  }

  async #runPass(
    { resource: name, pass }: RequestedPass,
    { dryRun, restart, deadLetters, approveUpTo }: PassRequestOptions,
    { signal, gone }: PassRequest,
  ): Promise<object> {
    const running = this.#running
    if (running === undefined) {
      throw new ListingstreamError(
        'The daemon does not own the feed yet; see /readyz for what it waits for.',
        {
          code: 'NOT_READY',
          retryable: true,
        },
      )
    }
    if (restart) {
      throw new ListingstreamError(
        'A daemon is running on this DATA_DIR. Stop it, run "listingstream snapshot --restart", then start it again.',
        { code: 'RESTART_NEEDS_STOP', retryable: false, disposition: 'stop' },
      )
    }
    const { feed } = running
    const resource = requestedResource(this.#settings.feed, name)
    return this.#requests.run(
      { resource: resource.name, pass },
      { signal: AbortSignal.any([signal, running.signal]), gone },
      async (run): Promise<object> =>
        deadLetters === undefined
          ? runPass(feed, resource, pass, { dryRun, approveUpTo }, run.signal, run.onBegin)
          : retryLetters(feed, resource, deadLetters, run.signal, run.onBegin),
    )
  }

  /** An outage or a refusal of the API parks the start; wrong settings and a rival end it. */
  async #openPatiently(signal: AbortSignal): Promise<OpenFeed> {
    const { logger, health, metrics, observer, outages, totals } = this.#around
    let told = ''
    for (let failures = 0; ; failures += 1) {
      try {
        const feed = await openFeed(
          {
            settings: this.#settings,
            wishes: { anyOwner: true, acceptSource: this.#options.acceptSource ?? false },
            restart: false,
            patient: true,
            transport: this.#transport,
            logger,
            metrics,
            observer,
            outages,
            totals,
          },
          signal,
        )
        if (failures > 0) logger.info({ failedTries: failures }, 'what it waited for is over: it starts')
        return feed
      } catch (failure) {
        signal.throwIfAborted()
        const error = foreseen(failure, 'The start')
        if (isFinal(error)) throw error
        const wait = Math.max(
          error.retryAfterMs ?? 0,
          Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures),
        )
        health.starting(error.message, error.code)
        const level = told === error.code ? 'debug' : 'error'
        told = error.code
        logger[level]({ err: error, retryInMs: wait }, 'cannot start yet: it waits until this is over')
        await sleep(wait, signal)
      }
    }
  }

  #parking(): Parking {
    const { health, metrics, log } = this.#around
    return {
      parked(resource: ResourceDescription, pass: PassKind, error: ListingstreamError, wait: Millis) {
        health.parked(resource, pass, error, wait)
        metrics.parked(resource, pass, error)
        log.parked(resource, pass, error, wait)
      },
      resumed(resource: ResourceDescription, pass: PassKind) {
        health.resumed(resource, pass)
        metrics.resumed(resource, pass)
        log.resumed(resource, pass)
      },
    }
  }
}

/** Settings (exit code 2) are read once, so that a start does not wait for others. */
function isFinal({ disposition, exitCode }: ListingstreamError): boolean {
  return disposition === 'stop' || exitCode === 2
}

async function watchOwnership({ publisher }: OpenFeed, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(OWNERSHIP_CHECK_MS, signal)
    try {
      await publisher.requireOwnership(signal)
    } catch (error) {
      signal.throwIfAborted()
      // An outage is the passes' to report; here only the rival matters.
      if (error instanceof FencedError) throw error
    }
  }
}
