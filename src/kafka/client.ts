import type { ConnectionOptions } from 'node:tls'

import kafkajs from 'kafkajs'
import type { Kafka, RetryOptions, SASLOptions } from 'kafkajs'
import Cluster from 'kafkajs/src/cluster/index.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

import { renewed } from '../support/renewable.ts'
import { keepSecret } from '../support/secrets.ts'
import { clientLog } from './client-log.ts'
import type { KafkaSasl, KafkaSettings, KafkaTls, KafkaToken } from './settings.ts'
import { SocketSet } from './sockets.ts'
import { noteRefusals, type Troubles } from './troubles.ts'

const CONNECTION_TIMEOUT_MS = 3_000
/**
 * How long before its end a session is renewed (KIP-368). A broker refuses to renew twice within a second, so a session has to
 * begin with more than this before it: an access token is used for half of its life (access-tokens.ts).
 */
const RENEWED_BEFORE_MS = 5_000
const METADATA_MAX_AGE_MS = 300_000
const READ_COMMITTED = 1

export interface ClientLimits {
  /** How long one request may wait for its answer. */
  readonly requestTimeoutMs: number
  /** First pause and number of retries; the pause doubles up to one second. */
  readonly retry: { readonly initialMs: number; readonly retries: number }
}

/** One kafkajs client with sockets of its own, closed as a whole. */
export interface KafkaClient extends AsyncDisposable {
  readonly kafka: Kafka
  readonly troubles: Troubles
  /** The layer below kafkajs's consumer and producer: it fetches without a group, and sends what it is told (docs/kafka.md §4, §13). */
  fetchCluster(): Cluster
  close(): Promise<void>
}

export function createClient(settings: KafkaSettings, limits: ClientLimits): KafkaClient {
  stopIdleTimers()
  const sockets = new SocketSet(settings.tries)
  const closing = new AbortController()
  noteRefusals(sockets.factory, sockets.troubles)
  const connection = {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    ...(settings.ssl === undefined || settings.ssl === false
      ? {}
      : { ssl: tlsOptions(settings.ssl === true ? {} : settings.ssl) }),
    ...(settings.sasl === undefined ? {} : { sasl: saslOptions(settings.sasl, closing.signal) }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    reauthenticationThreshold: RENEWED_BEFORE_MS,
    requestTimeout: limits.requestTimeoutMs,
    enforceRequestTimeout: true,
    socketFactory: sockets.factory,
    retry: retryOptions(limits.retry),
  }
  const kafka = new kafkajs.Kafka({
    ...connection,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => clientLog(settings.log ?? (() => undefined), () => sockets.closed),
  })
  const close = (): Promise<void> => {
    closing.abort()
    return sockets.close()
  }
  return {
    kafka,
    troubles: sockets.troubles,
    fetchCluster: () => {
      const cluster = new Cluster({
        ...connection,
        logger: kafka.logger(),
        metadataMaxAge: METADATA_MAX_AGE_MS,
        allowAutoTopicCreation: false,
        isolationLevel: READ_COMMITTED,
      })
      return tellingRefusals(cluster, sockets.troubles)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const COORDINATOR_REFUSALS: ReadonlySet<string> = new Set([
  'GROUP_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
])

/** kafkajs asks one broker after the other for a coordinator, and forgets that all of them have refused to name it. */
function tellingRefusals(cluster: Cluster, troubles: Troubles): Cluster {
  const find = cluster.findGroupCoordinator.bind(cluster)
  const findAndTell = async (wanted: { readonly groupId: string }): Promise<unknown> => {
    const begun = performance.now()
    try {
      return await find(wanted)
    } catch (error) {
      const refusal = troubles.since(begun)
      const isRefused =
        error instanceof kafkajs.KafkaJSGroupCoordinatorNotFound &&
        refusal instanceof kafkajs.KafkaJSProtocolError &&
        COORDINATOR_REFUSALS.has(refusal.type)
      throw isRefused ? refusal : error
    }
  }
  return Object.defineProperty(cluster, 'findGroupCoordinator', { value: findAndTell })
}

/** All fields, because kafkajs's own defaults depend on NODE_ENV. */
function retryOptions(retry: ClientLimits['retry']): RetryOptions {
  return {
    initialRetryTime: retry.initialMs,
    maxRetryTime: 1_000,
    retries: retry.retries,
    factor: 0.2,
    multiplier: 2,
  }
}

/** kafkajs keeps the object and looks into it for each authentication; it also writes there. */
export function saslOptions(sasl: KafkaSasl, closing: AbortSignal): SASLOptions {
  if (sasl.mechanism === 'oauthbearer') return tokenOptions(sasl, closing)
  const { mechanism, username, password } = sasl
  // The library's type is a union over the mechanisms.
  const options: { mechanism: 'plain'; username: string; password: string } = {
    mechanism: 'plain',
    username,
    get password() {
      const current = renewed(password)
      keepSecret(current)
      return current
    },
  }
  return Object.defineProperty(options, 'mechanism', { value: mechanism, enumerable: true })
}

function tokenOptions({ mechanism, token }: KafkaToken, closing: AbortSignal): SASLOptions {
  return {
    mechanism,
    async oauthBearerProvider() {
      try {
        return { value: await token(closing) }
      } catch (cause) {
        throw new NoToken(cause)
      }
    },
  }
}

class NoToken extends Error {
  /** Read by kafkajs's retrier, which would ask sixty times before it says so; who called tries again at leisure. */
  readonly retriable = false

  constructor(cause: unknown) {
    super('There is no access token.', { cause })
    this.name = 'NoToken'
  }
}

/** kafkajs keeps the object, and each connection takes the texts out of it anew. */
export function tlsOptions({ ca, cert, key }: KafkaTls): ConnectionOptions {
  const options: ConnectionOptions = {}
  for (const [name, text] of Object.entries({ ca, cert, key })) {
    if (text === undefined) continue
    Object.defineProperty(options, name, { enumerable: true, get: () => renewed(text) })
  }
  return options
}

const schedule = RequestQueue.prototype.scheduleCheckPendingRequests

function scheduleIfNeeded(this: RequestQueue): void {
  if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return
  schedule.call(this)
}

/**
 * kafkajs looks for waiting requests every millisecond, for ever, on every connection that was used once
 * (tulios/kafkajs#1751). There is nothing to look for while none waits and nothing is throttled.
 */
function stopIdleTimers(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = scheduleIfNeeded
}
