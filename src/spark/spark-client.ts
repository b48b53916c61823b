/** Requests to the API with what belongs to every one of them: identity, number, envelope, retries, metrics. */
import type { Instant } from '../domain/instant.ts'
import type { RequestPurpose } from '../domain/request-purpose.ts'
import type { Clock } from '../replication/ports.ts'
import { waitAfter, type Backoff } from '../support/backoff.ts'
import { InvariantViolation } from '../support/errors.ts'
import type { Renewable } from '../support/renewable.ts'
import { keepSecret } from '../support/secrets.ts'
import type { Tries } from '../support/tries.ts'
import type { JsonObject } from '../domain/json.ts'
import { readAnswer, type Call, type Outcome } from './answer.ts'
import type { Envelope } from './envelope.ts'
import { get } from './query.ts'
import { onlyResult } from './envelope.ts'
import { parseHttpDate } from './http-dates.ts'
import type { PageReader } from './page-body.ts'
import type { ReadRecords } from './records.ts'
import { SparkApiError } from './spark-api-error.ts'
import { pathOf, type HttpResponse, type Transport } from './transport.ts'

/** Longer than this a request does not wait within itself: it fails, and the error carries the wait. */
const LONGEST_WAIT_MS = 5 * 60_000

export interface RetryOptions extends Backoff {
  /** Requests in all, the first one included. */
  readonly attempts: number
}

/** One request as it ended, for metrics. */
export interface RequestEvent {
  /** Without query; `{Id}` stands for a record's key. */
  readonly path: string
  readonly purpose: RequestPurpose
  /** Null if no answer came. */
  readonly status: number | null
  /** `OK`, or the code of the error. */
  readonly code: string
  /** From its sending on. */
  readonly durationMs: number
  /** Of the answer's body, as they came over the wire. */
  readonly bytes: number
}

/** Whose key a token is, as `/v1/system` says. */
interface KeyUser {
  readonly userId: string
  readonly mlsId: string
}

export const SYSTEM_PATH = '/v1/system'

export interface SparkClientOptions {
  /** Disposed of by whoever made it. */
  readonly transport: Transport
  readonly pageReader: PageReader
  /** Read again when it is refused. */
  readonly accessToken: Renewable
  /** Whose key the first token is; a later one of somebody else is refused. Undefined: anybody's. */
  readonly user: KeyUser | undefined
  /** Higher than that of any request of an earlier process (R6). */
  readonly firstRequestNumber: number
  readonly retry: RetryOptions
  /** Must not throw. */
  readonly onRequest: (event: RequestEvent) => void
  /** Told of attempts that are made again, and of how calls end. */
  readonly tries: Tries
  /** The Date of an answer, whatever it was, and when it came by `clock` (R4). Must not throw. */
  readonly onDate: (date: Instant, at: Instant) => void
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
}

/** A call that depends on how the attempt before it failed. */
export type CallAfter = (last: SparkApiError | undefined) => Call

/** A call as it ended, with what is known of the attempt that ended it. */
export interface Exchange {
  readonly request: number
  readonly serverDate: Instant | null
  /** When its headers, or the failure, came, by `clock`. */
  readonly receivedAt: Instant
  readonly etag: string | null
  readonly lastModified: string | null
  readonly outcome: Outcome
}

export interface Success extends Exchange {
  readonly envelope: Envelope
  /** Of a call with `pageOf`; undefined if the answer has no results. */
  readonly rows: ReadRecords | undefined
}

export class SparkClient {
  readonly #options: SparkClientOptions
  #nextRequest: number
  /** The last one that is known to be the user's. */
  #trustedToken: string

  constructor(options: SparkClientOptions) {
    this.#options = options
    this.#trustedToken = options.accessToken.reveal()
    keepSecret(this.#trustedToken)
    this.#nextRequest = options.firstRequestNumber
  }

  /** @throws {SparkApiError} if the call failed for good, or as often as it may. */
  async succeed(call: Call | CallAfter, signal: AbortSignal): Promise<Success> {
    const exchange = await this.call(call, signal)
    const { outcome } = exchange
    if (outcome.kind === 'failure') throw outcome.error
    if (outcome.kind === 'not_modified')
      throw new InvariantViolation('A conditional request was used as a plain one.')
    return { ...exchange, envelope: outcome.envelope, rows: outcome.rows }
  }

  /**
   * Tries until it succeeds, fails for good or has failed as often as it may. Rejects only if the signal aborts.
   */
  async call(call: Call | CallAfter, signal: AbortSignal): Promise<Exchange> {
    let last: SparkApiError | undefined
    for (let failures = 1; ; failures += 1) {
      const attempted = typeof call === 'function' ? call(last) : call
      const token = this.#options.accessToken.reveal()
      const exchange =
        (await this.#refusalOf(token, signal)) ?? (await this.#attempt(attempted, token, signal))
      if (exchange.outcome.kind !== 'failure') {
        this.#options.tries.succeeded(whatOf(attempted))
        return exchange
      }
      last = exchange.outcome.error
      if (last.refuses === 'token' && this.#isRenewed(token)) continue
      const wait = this.#waitAfter(last, failures, attempted.attempts)
      // A refusal is an answer; whoever asked decides what it means.
      if (last.retryable || wait !== undefined) {
        this.#options.tries.failed(whatOf(attempted), last, wait ?? null)
      } else this.#options.tries.succeeded(whatOf(attempted))
      if (wait === undefined) return exchange
      await this.#options.clock.sleep(wait, signal)
    }
  }

  #isRenewed(token: string): boolean {
    const { accessToken } = this.#options
    accessToken.refresh()
    return accessToken.reveal() !== token
  }

  /**
   * Who may see other listings than the feed's user would make the rest look deleted: a token that is new is asked whose
   * it is before anything else. Undefined if it may be used.
   */
  async #refusalOf(token: string, signal: AbortSignal): Promise<Exchange | undefined> {
    const { user } = this.#options
    if (token === this.#trustedToken) return undefined
    keepSecret(token)
    const exchange =
      user === undefined ? undefined : await this.#attempt(get('update', SYSTEM_PATH), token, signal)
    if (exchange !== undefined && user !== undefined) {
      if (exchange.outcome.kind !== 'success') return exchange
      const error = userMismatch(user, onlyResult(exchange.outcome.envelope), this.#options.accessToken.file)
      if (error !== undefined) return { ...exchange, outcome: { kind: 'failure', error } }
    }
    this.#trustedToken = token
    return undefined
  }

  /** Undefined: not again. */
  #waitAfter(error: SparkApiError, failures: number, most = Infinity): number | undefined {
    const { retry, random } = this.#options
    const { retryAfterMs = 0 } = error
    if (failures >= Math.min(retry.attempts, error.attempts, most) || retryAfterMs > LONGEST_WAIT_MS)
      return undefined
    return waitAfter(retry, failures - 1, retryAfterMs, random)
  }

  async #attempt(call: Call, token: string, signal: AbortSignal): Promise<Exchange> {
    const { transport, pageReader, accessToken, onRequest, onDate, clock } = this.#options
    let request = this.#nextRequest
    let began = performance.now()
    // It may have waited for long until then (R6).
    const onSend = (): void => {
      request = this.#nextRequest
      this.#nextRequest += 1
      began = performance.now()
    }
    let response: HttpResponse | undefined
    let serverDate: Instant | null = null
    let receivedAt: Instant | undefined
    let outcome: Outcome
    try {
      const headers = { ...call.headers, authorization: `Bearer ${token}` }
      const zippedFrom = call.pageOf === undefined ? undefined : pageReader.zippedFrom
      response = await transport.send({ ...call, headers, zippedFrom }, onSend, signal)
      receivedAt = clock.now()
      serverDate = parseHttpDate(response.header('date'))
      if (serverDate !== null) onDate(serverDate, receivedAt)
      const answeredAt = serverDate ?? receivedAt
      outcome = await readAnswer(
        call,
        response,
        { pageReader, answeredAt, tokenFile: accessToken.file },
        signal,
      )
    } catch (error) {
      if (!(error instanceof SparkApiError)) throw error
      outcome = { kind: 'failure', error }
    }
    onRequest({
      path: call.label ?? pathOf(call.target),
      purpose: call.purpose,
      status: response?.status ?? null,
      code: outcome.kind === 'failure' ? outcome.error.code : 'OK',
      durationMs: performance.now() - began,
      bytes: response?.bytes ?? 0,
    })
    return {
      request,
      serverDate,
      receivedAt: receivedAt ?? clock.now(),
      etag: response?.header('etag') ?? null,
      lastModified: response?.header('last-modified') ?? null,
      outcome,
    }
  }
}

function userMismatch(
  user: KeyUser,
  system: JsonObject | undefined,
  file: string | null,
): SparkApiError | undefined {
  if (system?.['Id'] === user.userId && system['MlsId'] === user.mlsId) return undefined
  const from = file === null ? '' : ` (read from ${file})`
  return new SparkApiError(
    `The new SPARK_ACCESS_TOKEN${from} is not of the user and MLS that the feed was read with, so it is not used: a user who may see fewer listings would make the rest look deleted. Set one of the same user, or restart with --accept-source.`,
    { code: 'SPARK_USER_CHANGED', path: SYSTEM_PATH },
  )
}

/** The same for all pages of a walk, so that another request's success is not taken for the end of its trouble. */
function whatOf({ target }: Call): string {
  const [path = target, query] = target.split('?', 2)
  const params = new URLSearchParams(query)
  params.delete('_skiptoken')
  return params.size === 0 ? path : `${path}?${params.toString()}`
}
