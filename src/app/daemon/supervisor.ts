/** Keeps one feed going: opens it, runs its passes by schedule and on demand, and opens it again where that mends it. */
import type { FeedNotification } from '../../domain/notification.ts'
import { passId, type PassKind } from '../../domain/pass.ts'
import { isSubresource, type ListedResource, type Replicated } from '../../domain/resource.ts'
import type { Scope } from '../../domain/scope.ts'
import type { FeedApi, FeedStanding } from '../../ops/feed-api.ts'
import type { RequestedKey } from '../../ops/requested-key.ts'
import type { HealthReport } from '../../ops/health.ts'
import type { HoldRequests } from '../../ops/hold-routes.ts'
import type { PassRequest } from '../../ops/http-requests.ts'
import type { PageFeed } from '../../ops/page/page-routes.ts'
import type { PassRequestOptions, RequestedPass } from '../../ops/pass-routes.ts'
import type { RequestedPause, RequestedResume } from '../../ops/pause-routes.ts'
import { commitNotification } from '../../replication/commit-notification.ts'
import { runSchedule, type Schedule } from '../../replication/loop.ts'
import { everythingOf } from '../../replication/window.ts'
import { LISTINGS } from '../../resources/listings.ts'
import { orAborted } from '../../support/abort.ts'
import { waitAfter } from '../../support/backoff.ts'
import { firstFailure, foreseen, ListingstreamError } from '../../support/errors.ts'
import { firstOfSeries } from '../../support/first-of-series.ts'
import { together } from '../../support/together.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import type { Surroundings } from '../compose/surroundings.ts'
import type { DaemonKey } from '../explain/daemon-key.ts'
import { indexedKey } from '../explain/indexed-key.ts'
import { askSource } from '../explain/source-answer.ts'
import { rejectionOf } from '../holds/rejection.ts'
import { pausePasses, resumePasses, type PauseAnswer } from '../passes/pause-passes.ts'
import { reportOf } from '../passes/pass-report.ts'
import { republish } from '../passes/republish.ts'
import { retryLetters } from '../passes/retry-letters.ts'
import { runPass } from '../passes/run-pass.ts'
import { OPENING_BACKOFF, openPatiently, type OpeningOptions } from './open-patiently.ts'
import { pageFeed, type PageFeedOptions } from './page-feed.ts'
import { recallNotices } from './recall-notices.ts'
import { RequestedPasses, type RequestedRun } from './requested-passes.ts'
import { requestedList, requestedResource } from './requested-resource.ts'
import { feedElsewhere, notReady, restartNeedsStop } from './supervisor-errors.ts'
import { supervisedStatus, type SupervisedFeed } from './supervised-status.ts'
import { watchOwnership, type Announce } from './watch-ownership.ts'

/** A disk that stays full has the feed opened again and again: that is one trouble, told once. */
const REOPEN_QUIET_MS = 10 * 60_000

export interface SupervisorOptions extends OpeningOptions {
  /** `TOPIC_PREFIX` */
  readonly prefix: string
  readonly schedule: Schedule
  readonly startedAt: SupervisedFeed['startedAt']
  readonly around: Pick<
    Surroundings,
    'logger' | 'health' | 'metrics' | 'totals' | 'parking' | 'history' | 'notices'
  >
  readonly groups: PageFeedOptions['groups']
  readonly budget: SupervisedFeed['budget']
}

/** Why a feed is opened again that has met no error. */
class SettingsReread extends Error {}

/** The feed while it is open. */
interface RunningFeed {
  readonly feed: OpenFeed
  /** Aborts when the feed is over: passes on demand end with it. */
  readonly signal: AbortSignal
  /** Ends it, since it has to be opened again. */
  readonly lose: (reason: ListingstreamError | SettingsReread) => void
}

export class FeedSupervisor implements FeedApi {
  readonly #options: SupervisorOptions
  readonly #requests = new RequestedPasses()
  #running: RunningFeed | undefined
  /** Set once settings were read anew with which the feed is not opened, or open, yet. */
  #reread: SettingsReread | undefined
  #standing: Exclude<FeedStanding, 'running'> = 'opening'
  /** Whether another instance may have the feed. */
  #isShared = false
  /** Whether it is known what earlier processes have notified of. */
  #recalled = false

  readonly page: PageFeed

  constructor(options: SupervisorOptions) {
    this.#options = options
    const { around, groups } = options
    const open = (): OpenFeed | undefined => this.#running?.feed
    const closed = (): object => this.#closedStatus()
    this.page = pageFeed({ supervised: options, open, closed, history: around.history, groups })
  }

  get prefix(): string {
    return this.#options.prefix
  }

  get standing(): FeedStanding {
    return this.#running === undefined ? this.#standing : 'running'
  }

  /** Until it is run: the feed belongs to whichever instance of a group has it. */
  standBy(): void {
    this.#isShared = true
    this.#standing = 'elsewhere'
  }

  readiness(): HealthReport {
    const report = this.#options.around.health.report()
    if (this.#standing !== 'elsewhere') return report
    const { code, message } = feedElsewhere()
    const since = report.reasons[0]?.since ?? this.#options.clock.now()
    const reason = { code, message, resource: null, pass: null, service: null, since, retryAt: null }
    return { ...report, ready: false, reasons: [reason] }
  }

  /** Of the feed's owner record; undefined while the feed is not open. */
  get instanceId(): string | undefined {
    return this.#running?.feed.owner.instanceId
  }

  /** Runs until the signal aborts (then it rejects with its reason), a rival takes the feed, or somebody has to decide. */
  async run(announce: Announce, signal: AbortSignal): Promise<never> {
    const { health } = this.#options.around
    this.#standing = 'opening'
    if (this.#isShared) health.begin()
    this.#recalled = false
    this.#options.around.notices.begin()
    try {
      return await this.#run(announce, signal)
    } catch (failure) {
      if (signal.aborted) this.#standing = this.#isShared ? 'elsewhere' : 'stopped'
      else {
        this.#standing = 'stopped'
        health.starting(foreseen(failure, 'Keeping the feed'))
      }
      throw failure
    }
  }

  async #run(announce: Announce, signal: AbortSignal): Promise<never> {
    const { around, clock, random } = this.#options
    const tell = firstOfSeries(REOPEN_QUIET_MS, (err: ListingstreamError) =>
      around.logger.error({ err }, 'opening the feed again'),
    )
    for (let unforeseen = 0; ;) {
      const feed = await openPatiently({ ...this.#options, open: (within) => this.#open(within) }, signal)
      try {
        await this.#keep(feed, announce, signal)
      } catch (failure) {
        signal.throwIfAborted()
        if (firstFailure(failure) instanceof SettingsReread) continue
        const error = foreseen(failure, 'Keeping the feed')
        if (error.disposition === 'stop') throw error
        unforeseen = error.disposition === 'retry' ? unforeseen + 1 : 0
        const wait = waitAfter(OPENING_BACKOFF, unforeseen, error.retryAfterMs, random)
        around.health.starting(error, wait)
        tell(error)
        await clock.sleep(wait, signal)
      }
    }
  }

  /** At once, with the settings as they are now. */
  reopen(): void {
    this.#reread = new SettingsReread()
    this.#running?.lose(this.#reread)
  }

  /**
   * Whether the source counts listings within the scope. Only its refusal is a no: an outage is for the passes to meet, and
   * a feed that is not open has nothing to lose.
   */
  async takesScope(scope: Scope, signal: AbortSignal): Promise<boolean> {
    const running = this.#running
    const listings = running?.feed.resources.find(({ name }) => name === LISTINGS.name)
    if (running === undefined || listings === undefined) return true
    const { source } = running.feed.runner.feed
    const within = { ...listings, scope }
    const either = AbortSignal.any([signal, running.signal])
    try {
      return (await source.count(within, everythingOf(within), 'walk', either)) !== undefined
    } catch {
      return true
    }
  }

  /** While it is not open there is only to say what it waits for. @throws {ListingstreamError} FEED_ELSEWHERE */
  async status(signal: AbortSignal): Promise<object> {
    const running = this.#running
    if (this.standing === 'elsewhere') throw feedElsewhere()
    if (running === undefined) return this.#closedStatus()
    return await supervisedStatus(this.#options, running.feed, signal)
  }

  #closedStatus(): object {
    return { prefix: this.prefix, health: this.readiness() }
  }

  /**
   * What the index holds of a key, and whether the source has it if that is asked for.
   *
   * @throws {ListingstreamError} NOT_READY while the feed is not open, RESOURCE_NOT_REPLICATED, and what the question ends in
   */
  async explainKey({ resource: name, key, ask }: RequestedKey, signal: AbortSignal): Promise<DaemonKey> {
    const running = this.#requireRunning()
    const { resources, runner } = running.feed
    const { index, source } = runner.feed
    const resource = requestedResource(resources, name)
    const either = AbortSignal.any([signal, running.signal])
    return {
      index: await indexedKey(index, resources, resource, key),
      source: ask ? await askSource(source, resources, resource, key, either) : null,
    }
  }

  /**
   * One pass on demand. An error that has the feed opened again does so at once: an idle feed would go on with it until
   * its next pass by schedule.
   *
   * @throws {ListingstreamError} NOT_READY while the feed is not open, RESTART_NEEDS_STOP, RESOURCE_NOT_REPLICATED,
   *   PASS_WAITING, and what the pass ends in
   */
  async runPass(
    { resource: name, pass }: RequestedPass,
    { dryRun, restart, fresh, deadLetters, approveUpTo, compare, keys }: PassRequestOptions,
    request: PassRequest,
  ): Promise<object> {
    const running = this.#requireRunning()
    if (restart) throw restartNeedsStop()
    const { feed } = running
    const resource = requestedResource(feed.resources, name)
    return this.#runRequested(running, { resource, pass }, request, (run): Promise<object> => {
      if (pass === 'republish') return republish(feed, resource, keys ?? 'all', run.signal, run.onBegin)
      if (deadLetters !== undefined && pass !== 'purge' && !isSubresource(resource))
        return retryLetters(feed, resource, pass, deadLetters, run.signal, run.onBegin)
      return runPass(feed, resource, pass, { dryRun, fresh, approveUpTo, compare }, run.signal, run.onBegin)
    })
  }

  /** What the guard holds, and an operator's decisions on it, each in the turn of a purge. Errors as of `runPass`. */
  readonly holds: HoldRequests = {
    hold: async (name, signal) => {
      const { feed } = this.#requireRunning()
      return await feed.reportHold(requestedList(feed.resources, name), signal)
    },
    approve: (name, { sweep, max }, request) =>
      this.#decide(name, request, async (feed, resource, run) => {
        const approval = { sweep: passId(sweep), upTo: max }
        return reportOf(await feed.runner.approveHold(resource, approval, run.onBegin, run.signal), false)
      }),
    reject: (name, { sweep }, request) =>
      this.#decide(name, request, async (feed, resource, run) =>
        rejectionOf(await feed.runner.rejectHold(resource, passId(sweep), run.onBegin, run.signal)),
      ),
  }

  async #decide(
    name: string,
    request: PassRequest,
    work: (feed: OpenFeed, resource: ListedResource, run: RequestedRun) => Promise<object>,
  ): Promise<object> {
    const running = this.#requireRunning()
    const resource = requestedList(running.feed.resources, name)
    const decide = (run: RequestedRun): Promise<object> => work(running.feed, resource, run)
    return await this.#runRequested(running, { resource, pass: 'purge' }, request, decide)
  }

  /** @throws {ListingstreamError} NOT_READY, RESOURCE_NOT_REPLICATED, NOTHING_TO_PAUSE, and what the commit ends in */
  pause({ resource, forMs }: RequestedPause, signal: AbortSignal): Promise<PauseAnswer> {
    return this.#commitAside(signal, (feed, within) => {
      const named = resource === undefined ? null : requestedResource(feed.resources, resource).name
      return pausePasses(feed, { resource: named, forMs: forMs ?? null }, within)
    })
  }

  /** The same of its end. */
  resume({ resource }: RequestedResume, signal: AbortSignal): Promise<PauseAnswer> {
    return this.#commitAside(signal, (feed, within) => {
      const named = resource === undefined ? null : requestedResource(feed.resources, resource).name
      return resumePasses(feed, named, within)
    })
  }

  /** In the topic `control`. @throws {ListingstreamError} NOT_READY, and what the commit ends in */
  async publishNotification(notification: FeedNotification, signal: AbortSignal): Promise<void> {
    await this.#commitAside(signal, (feed, within) =>
      commitNotification(feed.runner.feed, notification, within),
    )
  }

  async #commitAside<T>(
    signal: AbortSignal,
    work: (feed: OpenFeed, within: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const running = this.#requireRunning()
    try {
      return await work(running.feed, AbortSignal.any([signal, running.signal]))
    } catch (failure) {
      const error = firstFailure(failure)
      if (error instanceof ListingstreamError && error.disposition === 'reopen') running.lose(error)
      throw failure
    }
  }

  #requireRunning(): RunningFeed {
    if (this.#running === undefined) throw this.#standing === 'elsewhere' ? feedElsewhere() : notReady()
    return this.#running
  }

  async #runRequested(
    running: RunningFeed,
    { resource: { name }, pass }: { readonly resource: Replicated; readonly pass: PassKind },
    { signal, gone }: PassRequest,
    work: (run: RequestedRun) => Promise<object>,
  ): Promise<object> {
    const either = AbortSignal.any([signal, running.signal])
    try {
      return await this.#requests.run({ resource: name, pass }, { signal: either, gone }, work)
    } catch (failure) {
      const error = firstFailure(failure)
      if (error instanceof ListingstreamError && error.disposition === 'reopen') running.lose(error)
      throw failure
    }
  }

  #open(signal: AbortSignal): Promise<OpenFeed> {
    this.#reread = undefined
    return this.#options.open(signal)
  }

  /** Until the signal aborts or the feed as it is open is over; always rejects, when the feed is closed. */
  async #keep(opened: OpenFeed, announce: Announce, signal: AbortSignal): Promise<void> {
    const { around, clock, schedule } = this.#options
    await using feed = opened
    // Before a pass ends what is open.
    if (!this.#recalled) this.#recalled = await recallNotices(feed, around, signal)
    // Whoever reads it may ask at once.
    await using announced = await announce(feed.owner)
    around.health.started()
    const tasks = [
      (within: AbortSignal) => this.#takeRequests(feed, within),
      (within: AbortSignal) => runSchedule(feed.runner, feed.resources, schedule, around.parking, within),
      (within: AbortSignal) => watchOwnership(feed, announced, clock, within),
    ]
    try {
      await together(tasks, signal)
    } finally {
      await feed.runner.idle()
    }
  }

  /** While it lasts, passes may be asked for; rejects when one of them finds that the feed has to be opened again. */
  async #takeRequests(feed: OpenFeed, signal: AbortSignal): Promise<never> {
    if (this.#reread !== undefined) throw this.#reread
    const lost = Promise.withResolvers<never>()
    this.#running = { feed, signal, lose: lost.reject }
    try {
      return await orAborted(lost.promise, signal)
    } finally {
      this.#running = undefined
    }
  }
}
