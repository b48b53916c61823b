/** The requests of a process by the keys that it has: feeds with the same key share what the API takes of it. */
import type { Settings } from '../../config/settings.ts'
import { SettingsError, type SettingsMistake } from '../../config/settings-error.ts'
import type { BudgetReport } from '../../domain/request-budget.ts'
import { budgetLog } from '../../ops/budget-log.ts'
import type { FeedMetrics } from '../../ops/feed-metrics.ts'
import type { Logger } from '../../ops/logger.ts'
import type { RequestLimiter } from '../../spark/budget/request-limiter.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../spark/transport.ts'
import { InvariantViolation } from '../../support/errors.ts'
import { sparkTransport } from '../compose/clients.ts'

type KeySettings = Pick<Settings, 'spark' | 'feed'>

export class ApiKeys implements AsyncDisposable {
  readonly #limiters = new Map<string, RequestLimiter>()

  /** @throws {SettingsError} if feeds with one key disagree about it */
  constructor(feeds: readonly KeySettings[], logger: Logger) {
    const byKey = Map.groupBy(feeds, ({ spark }) => keyOf(spark))
    const mistakes = [...byKey.values()].flatMap(disagreements)
    if (mistakes.length > 0) throw new SettingsError(mistakes)
    for (const [key, sharing] of byKey) {
      const feed = sharing.map((one) => one.feed.topicPrefix).join(',')
      const watcher = { sent: () => undefined, ...budgetLog(logger.child({ feed })) }
      for (const { spark } of sharing.slice(0, 1)) this.#limiters.set(key, sparkTransport(spark, watcher))
    }
  }

  /** Of a feed's key, as it was at the start: a token that is renewed is the same key's. */
  transportOf({ spark, feed }: KeySettings, metrics: FeedMetrics): FeedTransport {
    const limiter = this.#limiters.get(keyOf(spark))
    if (limiter === undefined)
      throw new InvariantViolation(`Nobody bounds the requests of ${feed.topicPrefix}.`)
    return new FeedTransport(limiter, metrics)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#limiters.values()].map((limiter) => limiter[Symbol.asyncDispose]()))
  }
}

/** The requests of one feed among those of its key, shown by the feed's metrics. */
export class FeedTransport implements Transport {
  readonly host: string
  readonly #limiter: RequestLimiter
  readonly #metrics: FeedMetrics

  constructor(limiter: RequestLimiter, metrics: FeedMetrics) {
    this.host = limiter.host
    this.#limiter = limiter
    this.#metrics = metrics
    metrics.showBudget(() => limiter.report())
  }

  report(): BudgetReport {
    return this.#limiter.report()
  }

  send(request: HttpRequest, onSend: () => void, signal: AbortSignal): Promise<HttpResponse> {
    const since = performance.now()
    const onSent = (): void => {
      this.#metrics.requestSent(request.purpose, performance.now() - since)
      onSend()
    }
    return this.#limiter.send(request, onSent, signal)
  }
}

function keyOf({ apiUrl, accessToken }: Settings['spark']): string {
  return JSON.stringify([apiUrl, accessToken.reveal()])
}

/** Of feeds with one key. */
function disagreements([one, ...others]: readonly KeySettings[]): readonly SettingsMistake[] {
  return others.flatMap((other) => {
    const wrong: string[] = []
    if (one?.spark.apiRate !== other.spark.apiRate) wrong.push('API_RATE')
    if (one?.spark.requestTimeoutMs !== other.spark.requestTimeoutMs) wrong.push('SPARK_REQUEST_TIMEOUT')
    if (one?.spark.ca?.reveal() !== other.spark.ca?.reveal()) wrong.push('SPARK_API_CA')
    return wrong.map((setting) => ({
      name: `${setting} of feed ${other.feed.topicPrefix}`,
      problem: `The feed ${one?.feed.topicPrefix} has the same token, so that they share its requests: give both the same`,
    }))
  })
}
