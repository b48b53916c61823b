import { SourceError, type SweepDoubt } from '../domain/sweep-doubt.ts'
import { DATA_FAILED, FILTER_TOO_SLOW, TOKEN_REFUSED, TOO_SLOW } from '../domain/error-codes.ts'

/** What of a request the API does not take; `request`: it does not say what. */
export type Refused =
  | 'token'
  | 'key'
  | 'endpoint'
  | 'right'
  | 'record'
  | 'method'
  | 'filter'
  | 'parameter'
  | 'request'

interface Traits {
  readonly retryable: boolean
  readonly refuses: Refused | null
  readonly garbled: boolean
  readonly attempts: number
  /** What it says of a sweep, unless the error itself says more. */
  readonly doubt: SweepDoubt
}

function passing(doubt: SweepDoubt): Traits {
  return { retryable: true, refuses: null, garbled: false, attempts: Infinity, doubt }
}

function unreadableRows(doubt: SweepDoubt): Traits {
  return { retryable: false, refuses: null, garbled: true, attempts: 1, doubt }
}

function refusing(refuses: Refused, doubt: SweepDoubt): Traits {
  return { retryable: false, refuses, garbled: false, attempts: 1, doubt }
}

/** Every error of the API, by its code. */
const SPARK_ERRORS = {
  SPARK_UNAUTHORIZED: refusing('token', 'unauthorized'),
  // A personal token has no session to renew (docs/spark-api.md §3.6); the API gets one chance to have been wrong.
  SPARK_SESSION_EXPIRED: { ...refusing('token', 'session_expired'), attempts: 2 },
  SPARK_KEY_DISABLED: refusing('token', 'key_disabled'),
  SPARK_USER_CHANGED: refusing('token', 'user_changed'),
  SPARK_KEY_RESTRICTED: refusing('key', 'key_restricted'),
  SPARK_ACCOUNT_INACTIVE: refusing('key', 'account_inactive'),
  SPARK_WRONG_ENDPOINT: refusing('endpoint', 'wrong_endpoint'),
  SPARK_NOT_PERMITTED: refusing('right', 'not_permitted'),
  SPARK_NOT_FOUND: refusing('record', 'not_found'),
  SPARK_METHOD_REFUSED: refusing('method', 'method_refused'),
  SPARK_FILTER_REFUSED: refusing('filter', 'filter_refused'),
  SPARK_BAD_PARAMETER: refusing('parameter', 'parameter_refused'),
  SPARK_REFUSED: refusing('request', 'refused'),
  [TOKEN_REFUSED]: passing('token_refused'),
  SPARK_NOT_IN_SYNC: passing('not_in_sync'),
  SPARK_RATE_LIMITED: passing('rate_limited'),
  [TOO_SLOW]: passing('too_slow'),
  // Asked as often as an outage, it would take minutes for each slice of a window that has to be found (R4).
  [FILTER_TOO_SLOW]: { ...passing('filter_too_slow'), attempts: 4 },
  [DATA_FAILED]: { ...passing('data_failed'), attempts: 4 },
  SPARK_UNAVAILABLE: passing('unavailable'),
  SPARK_TIMEOUT: passing('timeout'),
  SPARK_CONNECTION: passing('no_connection'),
  SPARK_BAD_RESPONSE: { ...passing('wrong_form'), garbled: true },
  SPARK_PAGE_UNREADABLE: unreadableRows('unreadable_rows'),
  SPARK_BODY_TOO_LARGE: unreadableRows('too_large'),
} as const satisfies Readonly<Record<string, Traits>>

export type SparkErrorCode = keyof typeof SPARK_ERRORS

/** What an error of this code says of the request; null if it is no refusal. */
export function refusedBy(code: SparkErrorCode): Refused | null {
  return SPARK_ERRORS[code].refuses
}

export interface SparkApiErrorOptions {
  readonly code: SparkErrorCode
  /** Path on the API, without its query. */
  readonly path: string
  /** Undefined if no answer came. */
  readonly httpStatus?: number | undefined
  /** `D.Code` (docs/spark-api.md §3.3). */
  readonly apiCode?: number | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
  /** @default that of the code */
  readonly doubt?: SweepDoubt | undefined
}

/** Every failure of a request to the Spark API, with or without an answer. */
export class SparkApiError extends SourceError {
  declare readonly code: SparkErrorCode
  readonly path: string
  readonly httpStatus: number | undefined
  readonly apiCode: number | undefined
  /** Null if it is no refusal. */
  readonly refuses: Refused | null
  /** An answer came, but is none. */
  readonly garbled: boolean
  /** Requests in all, the first one included, before it is believed. */
  readonly attempts: number

  constructor(message: string, options: SparkApiErrorOptions) {
    const { code, cause, retryAfterMs } = options
    const { retryable, refuses, garbled, attempts, doubt }: Traits = SPARK_ERRORS[code]
    super(message, {
      code,
      retryable,
      // What the API refuses, somebody may mend while the feed stands still.
      disposition: 'retry',
      doubt: options.doubt ?? doubt,
      cause,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
    this.path = options.path
    this.httpStatus = options.httpStatus
    this.apiCode = options.apiCode
    this.refuses = refuses
    this.garbled = garbled
    this.attempts = attempts
  }
}

/** No whole answer came in time. */
export class SparkTimeoutError extends SparkApiError {
  constructor(path: string, host: string, timeoutMs: number, cause: unknown) {
    super(
      `${path} was not answered within ${timeoutMs / 1000} s by ${host}. It is asked again; lower PAGE_LIMIT if this stays.`,
      { code: 'SPARK_TIMEOUT', path, cause },
    )
  }
}

/** The answer came, but cannot be what the API sent. */
export function unreadable(
  path: string,
  what: string,
  more: Pick<SparkApiErrorOptions, 'cause' | 'httpStatus' | 'doubt'> = {},
): SparkApiError {
  return new SparkApiError(
    `The answer to ${path} ${what}. It is asked for again; if this stays, check what stands between this host and SPARK_API_URL.`,
    { ...more, code: 'SPARK_BAD_RESPONSE', path },
  )
}

/** Cut on its way, for example. */
export function noGzip(path: string, { cause }: { readonly cause?: unknown }): SparkApiError {
  return unreadable(path, 'is no whole gzip stream', { cause, doubt: 'cut_answer' })
}
