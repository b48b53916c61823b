import { ListingstreamError } from '../support/errors.ts'
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
}

const PASSING: Traits = { retryable: true, refuses: null, garbled: false, attempts: Infinity }
const UNREADABLE: Traits = { retryable: false, refuses: null, garbled: true, attempts: 1 }

function refusing(refuses: Refused): Traits {
  return { retryable: false, refuses, garbled: false, attempts: 1 }
}

/** Every error of the API, by its code. */
const SPARK_ERRORS = {
  SPARK_UNAUTHORIZED: refusing('token'),
  // A personal token has no session to renew (docs/spark-api.md §3.6); the API gets one chance to have been wrong.
  SPARK_SESSION_EXPIRED: { ...refusing('token'), attempts: 2 },
  SPARK_KEY_DISABLED: refusing('token'),
  SPARK_USER_CHANGED: refusing('token'),
  SPARK_KEY_RESTRICTED: refusing('key'),
  SPARK_ACCOUNT_INACTIVE: refusing('key'),
  SPARK_WRONG_ENDPOINT: refusing('endpoint'),
  SPARK_NOT_PERMITTED: refusing('right'),
  SPARK_NOT_FOUND: refusing('record'),
  SPARK_METHOD_REFUSED: refusing('method'),
  SPARK_FILTER_REFUSED: refusing('filter'),
  SPARK_BAD_PARAMETER: refusing('parameter'),
  SPARK_REFUSED: refusing('request'),
  [TOKEN_REFUSED]: PASSING,
  SPARK_NOT_IN_SYNC: PASSING,
  SPARK_RATE_LIMITED: PASSING,
  [TOO_SLOW]: PASSING,
  // Asked as often as an outage, it would take minutes for each slice of a window that has to be found (R4).
  [FILTER_TOO_SLOW]: { ...PASSING, attempts: 4 },
  [DATA_FAILED]: { ...PASSING, attempts: 4 },
  SPARK_UNAVAILABLE: PASSING,
  SPARK_TIMEOUT: PASSING,
  SPARK_CONNECTION: PASSING,
  SPARK_BAD_RESPONSE: { ...PASSING, garbled: true },
  SPARK_PAGE_UNREADABLE: UNREADABLE,
  SPARK_BODY_TOO_LARGE: UNREADABLE,
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
}

/** Every failure of a request to the Spark API, with or without an answer. */
export class SparkApiError extends ListingstreamError {
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
    const { retryable, refuses, garbled, attempts }: Traits = SPARK_ERRORS[code]
    super(message, {
      code,
      retryable,
      // What the API refuses, somebody may mend while the feed stands still.
      disposition: 'retry',
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
export function unreadable(path: string, what: string, cause?: unknown, httpStatus?: number): SparkApiError {
  return new SparkApiError(
    `The answer to ${path} ${what}. It is asked for again; if this stays, check what stands between this host and SPARK_API_URL.`,
    { code: 'SPARK_BAD_RESPONSE', path, cause, httpStatus },
  )
}

/** Cut on its way, for example. */
export function noGzip(path: string, { cause }: { readonly cause?: unknown }): SparkApiError {
  return unreadable(path, 'is no whole gzip stream', cause)
}
