import type { Millis } from '../domain/instant.ts'
import type { Scope } from '../domain/scope.ts'
import type { ByResource } from './by-resource.ts'
import type { Secret, SettingText } from './secret.ts'

/** README.md, "Settings", typed. Durations are milliseconds. */
export interface Settings {
  readonly spark: SparkSettings
  readonly source: SourceSettings
  readonly requests: RequestSettings
  readonly kafka: KafkaSettings
  readonly registry: RegistrySettings
  readonly feed: FeedSettings
  readonly topics: TopicSettings
  readonly passes: PassSettings
  readonly lag: LagSettings
  readonly http: HttpSettings
  readonly tracing: TracingSettings
  readonly log: LogSettings
  /** Null: nobody is notified. */
  readonly webhook: WebhookSettings | null
  readonly process: ProcessSettings
}

/** A command asks for the groups that it needs; what belongs to another group is neither needed nor checked. */
export type SettingsGroup = keyof Settings

const FEED_GROUPS: ReadonlySet<string> = new Set([
  'spark',
  'source',
  'requests',
  'feed',
  'topics',
  'passes',
] satisfies SettingsGroup[])

/** Whether each feed of a process has its own; all others belong to the process. */
export function isFeedGroup(group: string): boolean {
  return FEED_GROUPS.has(group)
}

/** How connections over HTTP leave this network. */
export interface ProxySettings {
  /** URL of the proxy for https addresses, and for http ones. Null: none. */
  readonly https: SettingText | null
  readonly http: SettingText | null
  /** Hosts that are asked directly, separated by commas. */
  readonly except: string
}

interface SparkSettings {
  /** Without `/v1` and without a slash at its end. @default https://replication.sparkapi.com */
  readonly apiUrl: string
  readonly accessToken: Secret
  /** Of one request, from its sending to the last byte of its answer. @default 60 s */
  readonly requestTimeoutMs: Millis
  /** PEM text of the authorities that are trusted in the place of the system's; null: the system's. */
  readonly ca: SettingText | null
  readonly proxy: ProxySettings
  /** Requests of the key in any 5 minutes (docs/spark-api.md §3.4). @default 1500 */
  readonly apiRate: number
  /** `_limit` for listings. @default 1000 */
  readonly pageLimit: number
  /** How sets of a listing's parts are fetched: one by one, many in one list by `_expand`, or by how many are due. @default auto */
  readonly mediaFetch: 'auto' | 'single' | 'expand'
}

/** For commands that only reckon with requests. */
type RequestSettings = Pick<SparkSettings, 'apiRate' | 'pageLimit' | 'mediaFetch'>

/** For commands that tell which source a feed has, but do not ask it. */
interface SourceSettings {
  /** As in `SparkSettings`; null if it was not set. */
  readonly apiUrl: string | null
}

export interface KafkaSettings {
  /** `host:port`. @default localhost:9092 */
  readonly brokers: readonly string[]
  /** Null: no encryption. Certificates and key are PEM texts of files that may be renewed; null uses the system's. */
  readonly ssl: {
    readonly ca: SettingText | null
    readonly cert: SettingText | null
    readonly key: Secret | null
  } | null
  readonly sasl: SaslSettings | null
  /** @default zstd */
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** How long the broker lets a transaction stay open. @default 60 s */
  readonly transactionTimeoutMs: Millis
}

type SaslSettings = PasswordSettings | OAuthSettings

interface PasswordSettings {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: Secret
}

/** Of the client credentials grant, by which access tokens are had. */
export interface OAuthSettings {
  readonly mechanism: 'oauthbearer'
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
  /** Null: the server's default. */
  readonly scope: string | null
  readonly proxy: ProxySettings
}

export interface RegistrySettings {
  /** Base of the Confluent-compatible API. @default http://localhost:8081/apis/ccompat/v7 */
  readonly url: string
  /** `user:password`. */
  readonly auth: Secret | null
  /** As in `SparkSettings`. */
  readonly ca: SettingText | null
  readonly proxy: ProxySettings
}

interface FeedSettings {
  /** @default spark */
  readonly topicPrefix: string
  /** As it was given; a relative path counts from the working directory. @default ./data */
  readonly dataDir: string
  /** Names of what is replicated, each once. @default listings */
  readonly resources: readonly string[]
  /** Which sets of a listing's parts are replicated with it. @default none */
  readonly subresources: readonly string[]
  /** Whether each of them has a topic of flat rows, too. @default false */
  readonly rowTopics: boolean
  /** What of listings is replicated. @default all of them, with all that the source says unasked */
  readonly listingsScope: Scope
}

/** Of topics that the program makes. */
interface TopicSettings {
  /** @default 3 */
  readonly partitions: number
  /** Null: the broker's own default. */
  readonly replicationFactor: number | null
  /** @default true */
  readonly create: boolean
}

interface PassSettings {
  /** @default 5 min */
  readonly updateIntervalMs: Millis
  /** @default 24 h */
  readonly purgeIntervalMs: Millis
  /** From the begin of one full walk to the next, of resources without a change stamp. @default 24 h */
  readonly fullWalkIntervalMs: Millis
  /** From the begin of one full cycle to the next, of sets without a change stamp of their own. @default 7 d */
  readonly mediaFullIntervalMs: Millis
  /** @default 20 min */
  readonly updateOverlapMs: Millis
  /** The most that the overlap widens to by itself, where changes arrive late. @default 2 h */
  readonly updateOverlapMaxMs: Millis
  /** From the begin of one content reconcile to the next, of records and of sets. @default 7 d */
  readonly reconcileIntervalMs: Millis
  /** How a purge that is no content reconcile compares. @default versions */
  readonly purgeCompare: 'keys' | 'versions' | 'content'
  /** Complete sweeps in a row that a key must be absent from. @default 1 */
  readonly purgeConfirmSweeps: number
  /** Share of the records read again in a pass that may gain masked fields before it is held. @default 0.1 */
  readonly maskMaxRatio: number
  /** The same of records that change at all; null: any. @default null */
  readonly changeMaxRatio: number | null
  /** R10. @default 100, 0.1, 5000 */
  readonly guard: {
    readonly maxDeletes: ByResource<number>
    readonly maxRatio: ByResource<number>
    readonly hardMax: ByResource<number>
  }
  /** @default DaysOnMarket, CumulativeDaysOnMarket */
  readonly volatileFields: readonly string[]
}

interface LagSettings {
  /** Between two looks at the consumer groups; 0: none. @default 1 min */
  readonly intervalMs: Millis
}

interface HttpSettings {
  /** 0: any free port. @default 8080 */
  readonly port: number
  /** @default 127.0.0.1 */
  readonly host: string
  readonly adminToken: Secret | null
}

interface ProcessSettings {
  /** Full walks of records at once, of all feeds. Null: 2 of a list of feeds, and as many as come of a feed by itself. */
  readonly maxWalks: number | null
  /** Of the instances that share the feeds. Null: this process has all of them. */
  readonly groupId: string | null
}

interface TracingSettings {
  /** Base of an OpenTelemetry collector, without `/v1/traces`. Null: nothing is traced. */
  readonly endpoint: string | null
  /** `name=value,…` of each request to it. */
  readonly headers: Secret | null
  /** @default listingstream */
  readonly service: string
}

export interface WebhookSettings {
  /** It may hold a token, and is shown to nobody. */
  readonly url: Secret
  /** What notifications are signed with. */
  readonly secret: Secret
  readonly proxy: ProxySettings
}

interface LogSettings {
  /** @default info */
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}
