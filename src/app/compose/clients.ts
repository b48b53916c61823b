/** From checked settings to the options of the clients. Secrets leave their wrapper here and nowhere else. */
import type {
  KafkaSettings as KafkaOptions,
  OAuthSettings,
  RegistrySettings,
  Settings,
  WebhookSettings,
} from '../../config/settings.ts'
import type { Millis } from '../../domain/instant.ts'
import { BUDGET_WINDOW_MS, type BudgetWatcher } from '../../domain/request-budget.ts'
import type { RequestPurpose } from '../../domain/request-purpose.ts'
import { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import type { KafkaLog, KafkaSasl, KafkaSettings } from '../../kafka/settings.ts'
import { budgetLog } from '../../ops/budget-log.ts'
import type { Logger } from '../../ops/logger.ts'
import type { FeedMetrics } from '../../ops/feed-metrics.ts'
import type { WebhookOptions, WebhookWay } from '../../ops/notifications/webhook.ts'
import type { Outages } from '../../ops/outages.ts'
import { AccessTokens } from '../../network/access-tokens.ts'
import { WayOut } from '../../network/way-out.ts'
import { RequestLimiter } from '../../spark/budget/request-limiter.ts'
import { HttpTransport, type ApiWayOut } from '../../spark/http-transport.ts'
import { createSparkSource, type SparkSource, type SparkSourceOptions } from '../../spark/spark-source.ts'
import { SYSTEM_TIMER } from '../../support/timer.ts'
import { PROGRAM } from '../version.ts'
import { now, SYSTEM_CLOCK } from './system-clock.ts'

export function kafkaSettings(
  { brokers, ssl, sasl }: KafkaOptions,
  logger: Logger,
  outages: Outages,
): KafkaSettings {
  return {
    brokers,
    tries: outages.of('kafka'),
    clientId: 'listingstream',
    log: kafkaLog(logger),
    ...(ssl === null
      ? {}
      : {
          ssl: {
            ...(ssl.ca === null ? {} : { ca: ssl.ca }),
            ...(ssl.cert === null ? {} : { cert: ssl.cert }),
            ...(ssl.key === null ? {} : { key: ssl.key }),
          },
        }),
    ...(sasl === null ? {} : { sasl: sasl.mechanism === 'oauthbearer' ? accessTokens(sasl) : sasl }),
  }
}

function accessTokens({
  mechanism,
  tokenUrl,
  clientId,
  clientSecret,
  scope,
  proxy,
}: OAuthSettings): KafkaSasl {
  const fetch = wayOut(tokenUrl, { ca: null, proxy }).fetch()
  const tokens = new AccessTokens({
    url: tokenUrl,
    clientId,
    clientSecret,
    scope,
    fetch,
    now: () => performance.now(),
  })
  return { mechanism, token: (signal) => tokens.token(signal) }
}

export function schemaRegistry(settings: RegistrySettings, outages: Outages): SchemaRegistry {
  const { url, auth } = settings
  const way = wayOut(url, settings)
  return new SchemaRegistry({
    url,
    fetch: way.fetch(),
    waySettings: way.settings,
    ...(auth === null ? {} : { auth }),
    tries: outages.of('registry'),
  })
}

/** One in a process: with one of its own for each source, a key would be asked as many times as often as it may be. */
export function sparkTransport(
  settings: Pick<Settings['spark'], 'apiUrl' | 'requestTimeoutMs' | 'apiRate' | 'ca' | 'proxy'>,
  watcher: BudgetWatcher,
): RequestLimiter {
  const { apiUrl, requestTimeoutMs, apiRate } = settings
  return new RequestLimiter({
    transport: new HttpTransport({
      apiUrl,
      requestTimeoutMs,
      userAgent: PROGRAM,
      wayOut: apiWayOut(settings),
    }),
    rate: apiRate,
    windowMs: BUDGET_WINDOW_MS,
    timer: SYSTEM_TIMER,
    now,
    watcher,
  })
}

export function webhookOptions({ url, secret, proxy }: WebhookSettings, prefix: string): WebhookOptions {
  let last: (WebhookWay & { readonly to: string }) | undefined
  const way = (to: string): WebhookWay => {
    // Connections to an address that was renewed end by themselves.
    if (last?.to !== to) {
      const found = wayOut(to, { ca: null, proxy })
      last = { to, fetch: found.fetch(), settings: found.settings }
    }
    return last
  }
  return { url, secret, prefix, way, now }
}

function wayOut(url: string, { ca, proxy }: Pick<RegistrySettings, 'ca' | 'proxy'>): WayOut {
  const { https, http, except } = proxy
  return new WayOut({
    url,
    ca: ca?.reveal() ?? null,
    proxy: { https: https?.reveal() ?? null, http: http?.reveal() ?? null, except },
  })
}

/** Undefined for the usual one. */
function apiWayOut({
  apiUrl,
  ca,
  proxy,
}: Pick<Settings['spark'], 'apiUrl' | 'ca' | 'proxy'>): ApiWayOut | undefined {
  const way = wayOut(apiUrl, { ca, proxy })
  return way.isUsual ? undefined : way
}

/** The same, shown by the metrics. */
export function watchedTransport(
  settings: Settings['spark'],
  { metrics, logger }: { readonly metrics: FeedMetrics; readonly logger: Logger },
): RequestLimiter {
  const sent = (purpose: RequestPurpose, waited: Millis): void => metrics.requestSent(purpose, waited)
  const transport = sparkTransport(settings, { sent, ...budgetLog(logger) })
  metrics.showBudget(() => transport.report())
  return transport
}

export function sparkSource(
  { accessToken, pageLimit, mediaFetch }: Settings['spark'],
  options: Omit<SparkSourceOptions, 'accessToken' | 'pageLimit' | 'setsWay' | 'clock' | 'random'>,
): SparkSource {
  return createSparkSource({
    ...options,
    accessToken,
    pageLimit,
    setsWay: mediaFetch,
    clock: SYSTEM_CLOCK,
    random: Math.random,
  })
}

/** What the client reports, the program decides upon and reports itself; in between it is detail. */
function kafkaLog(logger: Logger): KafkaLog {
  return (level, message, extra) => logger.debug({ ...extra, kafka: level }, message)
}
