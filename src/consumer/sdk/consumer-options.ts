import { z } from 'zod'

import type { Backoff } from '../../support/backoff.ts'
import { ConsumerOptionsError } from './consumer-errors.ts'
import { isOfFeed } from './dead-letter-topic.ts'
import type { OnTrouble } from './trouble.ts'

/** What becomes of a change that cannot be handled: the reader ends with an error, or it goes on without it. */
export type FailureChoice = 'stop' | { readonly deadLetter: string }

/** Where the feed is, and how its changes are read. Durations are milliseconds. */
export interface ConsumerOptions {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[]
  /** `true` for TLS with the system's authorities; or PEM texts. @default no TLS */
  readonly ssl?: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** @default none */
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
  /** @default `listingstream-consumer` */
  readonly clientId?: string
  /**
   * Base URL of the schema registry, Confluent-compatible: of Confluent's own the bare host, of Apicurio's `…/apis/ccompat/v7`;
   * with basic authentication `auth`, `user:password`.
   */
  readonly registry: string | { readonly url: string; readonly auth?: string }
  /** Of the feed, its `TOPIC_PREFIX`. @default `spark` */
  readonly prefix?: string
  /**
   * The members of a group share the partitions out and go on where they were. Without one, all partitions are read from
   * `from` and nothing is remembered. @default none
   */
  readonly groupId?: string
  /** Where a partition begins of which the group has committed nothing. @default `beginning` */
  readonly from?: 'beginning' | 'end'
  /**
   * JSON texts of the schemas that the subscriber knows (`listingstream schema show --json`): values are seen through them,
   * whatever later versions they were written with. What these have beside is in `unmappedFields`, a symbol that a text does
   * not have is `UNKNOWN`. @default values are as they were written
   */
  readonly readerSchemas?: readonly string[]
  /** Ends the reading, once what runs has ended. @default never */
  readonly signal?: AbortSignal
  /**
   * If the log does not hold what comes next, because the topic was made anew or truncated: CONSUMER_OFFSET_LOST, or all of
   * the partition once more. @default `stop`
   */
  readonly onLostOffset?: 'stop' | 'beginning'
  /**
   * A record that is no event: CONSUMER_UNREADABLE, or it goes raw to that topic. The topic must exist, not compacted and under
   * no feed's prefix. @default `stop`
   */
  readonly onUnreadable?: FailureChoice
  /** Told of what failed and is tried again by itself: an outage, a handler. Must not throw. @default nobody */
  readonly onTrouble?: OnTrouble
  /** Of records that wait to be handled; beyond it comes one answer of the brokers. @default 32 MiB */
  readonly maxBufferedBytes?: number
  /** How often what is acknowledged is committed; also at each rebalance and at the end. @default 5,000 */
  readonly commitIntervalMs?: number
  /** Without a sign of life for so long, the group goes on without this member. @default 30,000 */
  readonly sessionTimeoutMs?: number
  /** So long the group waits at a rebalance for handlers that run; after 0.8 of it their signal aborts. @default 60,000 */
  readonly rebalanceTimeoutMs?: number
  /** @default 3,000 */
  readonly heartbeatIntervalMs?: number
}

/** What a handler adds to them. */
export interface HandlerOptions extends ConsumerOptions {
  /** Handlers that run at a time, each for another key. @default 8 */
  readonly concurrency?: number
  /** How often a change is tried before `onFailure`. @default 10 */
  readonly attempts?: number
  /** Wait between two tries, by full jitter. @default from 200 ms, doubling up to 30 s */
  readonly backoff?: Backoff
  /** CONSUMER_HANDLER_FAILED, or its records go raw to that topic, which is as that of `onUnreadable`. @default `stop` */
  readonly onFailure?: FailureChoice
  /** How long a handler may run on after `signal` aborted, before its own signal does. @default 10,000 */
  readonly stopTimeoutMs?: number
  /** Once, when all is handled that was there at the start. @default nobody */
  readonly onCaughtUp?: () => void | Promise<void>
}

const text = z.string().min(1)
const duration = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
const count = z.number().int().min(1)
const choice = z.union([z.literal('stop'), z.object({ deadLetter: text })])
const call = z.custom<never>((value) => typeof value === 'function', 'is no function')

const BASE = {
  brokers: z.array(text).min(1),
  registry: z.union([z.url(), z.object({ url: z.url(), auth: z.string().optional() })]),
  ssl: z
    .union([z.boolean(), z.object({ ca: text.optional(), cert: text.optional(), key: text.optional() })])
    .optional(),
  sasl: z
    .object({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: text,
      password: z.string(),
    })
    .optional(),
  clientId: text.optional(),
  prefix: text.optional(),
  groupId: text.optional(),
  from: z.enum(['beginning', 'end']).optional(),
  readerSchemas: z.array(text).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onLostOffset: z.enum(['stop', 'beginning']).optional(),
  onUnreadable: choice.optional(),
  onTrouble: call.optional(),
  maxBufferedBytes: count.optional(),
  commitIntervalMs: duration.optional(),
  sessionTimeoutMs: duration.optional(),
  rebalanceTimeoutMs: duration.optional(),
  heartbeatIntervalMs: duration.optional(),
}

const CONSUMER = z.looseObject(BASE)
const HANDLER = z.looseObject({
  ...BASE,
  concurrency: count.optional(),
  attempts: count.optional(),
  backoff: z.object({ baseMs: z.number().min(0), capMs: z.number().min(0) }).optional(),
  onFailure: choice.optional(),
  stopTimeoutMs: z.number().int().min(0).optional(),
  onCaughtUp: call.optional(),
})

/** For callers without a compiler. @throws {ConsumerOptionsError} CONSUMER_OPTIONS, with all mistakes */
export function checkConsumerOptions(options: ConsumerOptions): void {
  requireRight(CONSUMER, options, { onUnreadable: options.onUnreadable })
}

/** @throws {ConsumerOptionsError} CONSUMER_OPTIONS, with all mistakes */
export function checkHandlerOptions(options: HandlerOptions): void {
  const { onUnreadable, onFailure } = options
  requireRight(HANDLER, options, { onUnreadable, onFailure })
}

function requireRight(
  schema: z.ZodType,
  options: ConsumerOptions,
  choices: Readonly<Record<string, FailureChoice | undefined>>,
): void {
  const checked = schema.safeParse(options)
  if (!checked.success) throw new ConsumerOptionsError(z.prettifyError(checked.error))
  const { heartbeatIntervalMs = HEARTBEAT_MS, sessionTimeoutMs = SESSION_MS } = options
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    throw new ConsumerOptionsError('heartbeatIntervalMs must be less than sessionTimeoutMs.')
  }
  const { prefix = PREFIX } = options
  for (const [name, chosen = 'stop'] of Object.entries(choices)) {
    if (chosen === 'stop' || !isOfFeed(chosen.deadLetter, prefix)) continue
    throw new ConsumerOptionsError(
      `${name}.deadLetter is ${chosen.deadLetter}, and topics that begin with ${prefix}. are the feed's: a record of another writer stops its publisher and its readers. Make a topic of its own, with another beginning and cleanup.policy=delete.`,
    )
  }
}

export const PREFIX = 'spark'
export const SESSION_MS = 30_000
export const REBALANCE_MS = 60_000
export const HEARTBEAT_MS = 3_000
export const COMMIT_MS = 5_000
export const BUFFERED_BYTES = 32 * 1024 * 1024
