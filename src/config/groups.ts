import { z } from 'zod'

import { group, type Group, type RawValues } from './group.ts'
import { kafkaGroup } from './kafka-group.ts'
import { proxies, proxySettings } from './proxy-settings.ts'
import type { Settings, SettingsGroup } from './settings.ts'
import type { SettingsMistake } from './settings-error.ts'
import {
  adminToken,
  basicAuth,
  byResource,
  duration,
  fieldNames,
  flag,
  headerPairs,
  host,
  httpUrl,
  integer,
  oneOf,
  path,
  pem,
  ratio,
  token,
  resourceNames,
  selection,
  sparkqlFilter,
  subresourceNames,
  topicPrefix,
  webhookSecret,
  webhookUrl,
  groupId,
} from './values.ts'

const apiUrl = httpUrl('https://replication.sparkapi.com').refine(
  (url) => !/\/v\d+$/.test(url),
  'Leave out the version at its end. Example: https://replication.sparkapi.com',
)

/** Of the only feed. */
export const DEFAULT_PREFIX = 'spark'

const requestSettings = {
  API_RATE: integer(1500, { min: 10, max: 100_000 }).default(1500),
  PAGE_LIMIT: integer(1000, { min: 1, max: 1000 }).default(1000),
  MEDIA_FETCH: oneOf('auto', 'single', 'expand').default('auto'),
}

export const GROUPS: { readonly [G in SettingsGroup]: Group<Settings[G]> } = {
  spark: group(
    {
      SPARK_API_URL: apiUrl.default('https://replication.sparkapi.com'),
      SPARK_ACCESS_TOKEN: token(
        'This is required: the personal access token that the MLS or the vendor issued, here or in a file named by SPARK_ACCESS_TOKEN_FILE. Example: SPARK_ACCESS_TOKEN_FILE=/run/secrets/spark-token',
      ),
      SPARK_REQUEST_TIMEOUT: duration('60s', { min: 100, max: 3_600_000 }).default(60_000),
      SPARK_API_CA: pem.optional(),
      ...proxySettings,
      ...requestSettings,
    },
    (s) => ({
      apiUrl: s.SPARK_API_URL,
      accessToken: s.SPARK_ACCESS_TOKEN,
      requestTimeoutMs: s.SPARK_REQUEST_TIMEOUT,
      ca: s.SPARK_API_CA ?? null,
      proxy: proxies(s),
      apiRate: s.API_RATE,
      pageLimit: s.PAGE_LIMIT,
      mediaFetch: s.MEDIA_FETCH,
    }),
  ),

  source: group({ SPARK_API_URL: apiUrl.optional() }, (s) => ({ apiUrl: s.SPARK_API_URL ?? null })),

  requests: group(requestSettings, (s) => ({
    apiRate: s.API_RATE,
    pageLimit: s.PAGE_LIMIT,
    mediaFetch: s.MEDIA_FETCH,
  })),

  kafka: kafkaGroup,

  registry: group(
    {
      SCHEMA_REGISTRY_URL: httpUrl('http://localhost:8081/apis/ccompat/v7').default(
        'http://localhost:8081/apis/ccompat/v7',
      ),
      SCHEMA_REGISTRY_AUTH: basicAuth.optional(),
      SCHEMA_REGISTRY_CA: pem.optional(),
      ...proxySettings,
    },
    (s) => ({
      url: s.SCHEMA_REGISTRY_URL,
      auth: s.SCHEMA_REGISTRY_AUTH ?? null,
      ca: s.SCHEMA_REGISTRY_CA ?? null,
      proxy: proxies(s),
    }),
  ),

  feed: group(
    {
      TOPIC_PREFIX: topicPrefix.default(DEFAULT_PREFIX),
      DATA_DIR: path.default('./data'),
      RESOURCES: resourceNames.default(['listings']),
      SUBRESOURCES: subresourceNames.default([]),
      ROW_TOPICS: flag.default(false),
      LISTINGS_FILTER: sparkqlFilter.default(''),
      LISTINGS_SELECT: selection.default([]),
      EXPAND: oneOf('CustomFieldsRaw', 'CustomFieldsExpandedRaw').optional(),
    },
    (s) => ({
      topicPrefix: s.TOPIC_PREFIX,
      dataDir: s.DATA_DIR,
      resources: s.RESOURCES,
      subresources: s.SUBRESOURCES,
      rowTopics: s.ROW_TOPICS,
      listingsScope: { filter: s.LISTINGS_FILTER, select: s.LISTINGS_SELECT, expand: s.EXPAND ?? null },
    }),
  ),

  topics: group(
    {
      KAFKA_PARTITIONS: integer(3, { min: 1, max: 1000 }).default(3),
      KAFKA_REPLICATION_FACTOR: integer(3, { min: 1, max: 100 }).optional(),
      TOPICS_CREATE: flag.default(true),
    },
    (s) => ({
      partitions: s.KAFKA_PARTITIONS,
      replicationFactor: s.KAFKA_REPLICATION_FACTOR ?? null,
      create: s.TOPICS_CREATE,
    }),
  ),

  passes: group(
    {
      UPDATE_INTERVAL: duration('5m', { min: 100 }).default(300_000),
      PURGE_INTERVAL: duration('24h', { min: 100 }).default(86_400_000),
      FULL_WALK_INTERVAL: duration('24h', { min: 100 }).default(86_400_000),
      MEDIA_FULL_INTERVAL: duration('7d', { min: 100 }).default(604_800_000),
      UPDATE_OVERLAP: duration('20m', { min: 0 }).default(1_200_000),
      UPDATE_OVERLAP_MAX: duration('2h', { min: 0 }).default(7_200_000),
      RECONCILE_INTERVAL: duration('7d', { min: 100 }).default(604_800_000),
      PURGE_COMPARE: oneOf('versions', 'keys', 'content').default('versions'),
      PURGE_CONFIRM_SWEEPS: integer(1, { min: 1, max: 100 }).default(1),
      MASK_MAX_RATIO: ratio.default(0.1),
      CHANGE_MAX_RATIO: ratio.nullable().default(null),
      PURGE_MAX_DELETES: byResource(integer(100, { min: 0, max: 1_000_000_000 }), 100),
      PURGE_MAX_RATIO: byResource(ratio, 0.1),
      PURGE_HARD_MAX: byResource(integer(5000, { min: 1, max: 1_000_000_000 }), 5000),
      VOLATILE_FIELDS: fieldNames.default(['DaysOnMarket', 'CumulativeDaysOnMarket']),
    },
    (s) => ({
      updateIntervalMs: s.UPDATE_INTERVAL,
      purgeIntervalMs: s.PURGE_INTERVAL,
      fullWalkIntervalMs: s.FULL_WALK_INTERVAL,
      mediaFullIntervalMs: s.MEDIA_FULL_INTERVAL,
      updateOverlapMs: s.UPDATE_OVERLAP,
      updateOverlapMaxMs: s.UPDATE_OVERLAP_MAX,
      reconcileIntervalMs: s.RECONCILE_INTERVAL,
      purgeCompare: s.PURGE_COMPARE,
      purgeConfirmSweeps: s.PURGE_CONFIRM_SWEEPS,
      maskMaxRatio: s.MASK_MAX_RATIO,
      changeMaxRatio: s.CHANGE_MAX_RATIO,
      guard: { maxDeletes: s.PURGE_MAX_DELETES, maxRatio: s.PURGE_MAX_RATIO, hardMax: s.PURGE_HARD_MAX },
      volatileFields: s.VOLATILE_FIELDS,
    }),
  ),

  lag: group({ LAG_INTERVAL: duration('1m', { min: 0 }).default(60_000) }, (s) => ({
    intervalMs: s.LAG_INTERVAL,
  })),

  http: group(
    {
      HTTP_PORT: integer(8080, { min: 0, max: 65_535 }).default(8080),
      HTTP_HOST: host.default('127.0.0.1'),
      ADMIN_TOKEN: adminToken.optional(),
    },
    (s) => ({ port: s.HTTP_PORT, host: s.HTTP_HOST, adminToken: s.ADMIN_TOKEN ?? null }),
  ),

  process: group(
    {
      MAX_WALKS: integer(2, { min: 1, max: 1000 }).optional(),
      GROUP_ID: groupId.optional(),
    },
    (s) => ({ maxWalks: s.MAX_WALKS ?? null, groupId: s.GROUP_ID ?? null }),
  ),

  tracing: group(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl('http://collector:4318').optional(),
      OTEL_EXPORTER_OTLP_HEADERS: headerPairs.optional(),
      OTEL_SERVICE_NAME: z.string().default('listingstream'),
    },
    (s) => ({
      endpoint: s.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
      headers: s.OTEL_EXPORTER_OTLP_HEADERS ?? null,
      service: s.OTEL_SERVICE_NAME,
    }),
  ),

  webhook: group(
    { WEBHOOK_URL: webhookUrl.optional(), WEBHOOK_SECRET: webhookSecret.optional(), ...proxySettings },
    ({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret, ...s }) =>
      url === undefined || secret === undefined ? null : { url, secret, proxy: proxies(s) },
    webhookTogether,
  ),

  log: group(
    { LOG_LEVEL: oneOf('info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent').default('info') },
    (s) => ({ level: s.LOG_LEVEL }),
  ),
}

/** Nobody could tell who sent what is not signed. */
function webhookTogether(values: RawValues): readonly SettingsMistake[] {
  const missing = ['WEBHOOK_URL', 'WEBHOOK_SECRET'].filter((name) => values[name] === undefined)
  const [name, other] = missing
  if (name === undefined || other !== undefined) return []
  const because = name === 'WEBHOOK_URL' ? 'WEBHOOK_SECRET' : 'WEBHOOK_URL'
  return [{ name, problem: `This is required with ${because}. Example: ${name}_FILE=/run/secrets/webhook` }]
}
