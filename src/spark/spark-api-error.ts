import { ListingstreamError } from '../support/errors.ts'
import type { TOKEN_REFUSED } from '../domain/error-codes.ts'

export type SparkErrorCode =
  | 'SPARK_UNAUTHORIZED'
  | 'SPARK_KEY_DISABLED'
  | 'SPARK_KEY_RESTRICTED'
  | 'SPARK_ACCOUNT_INACTIVE'
  | 'SPARK_SESSION_EXPIRED'
  | 'SPARK_USER_CHANGED'
  | 'SPARK_WRONG_ENDPOINT'
  | 'SPARK_NOT_PERMITTED'
  | 'SPARK_NOT_FOUND'
  | 'SPARK_METHOD_REFUSED'
  | 'SPARK_FILTER_REFUSED'
  | 'SPARK_BAD_PARAMETER'
  | 'SPARK_REFUSED'
  | typeof TOKEN_REFUSED
  | 'SPARK_NOT_IN_SYNC'
  | 'SPARK_RATE_LIMITED'
  | 'SPARK_TOO_SLOW'
  | 'SPARK_UNAVAILABLE'
  | 'SPARK_TIMEOUT'
  | 'SPARK_CONNECTION'
  | 'SPARK_BAD_RESPONSE'
  | 'SPARK_PAGE_UNREADABLE'
  | 'SPARK_BODY_TOO_LARGE'

export interface SparkApiErrorOptions {
  readonly code: SparkErrorCode
  readonly retryable: boolean
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

  constructor(message: string, options: SparkApiErrorOptions) {
    const { code, retryable, cause, retryAfterMs } = options
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
  }
}

/** The answer came, but cannot be what the API sent. */
export function unreadable(path: string, what: string, cause?: unknown, httpStatus?: number): SparkApiError {
  return new SparkApiError(
    `The answer to ${path} ${what}. It is asked for again; if this stays, check what stands between this host and SPARK_API_URL.`,
    { code: 'SPARK_BAD_RESPONSE', retryable: true, path, cause, httpStatus },
  )
}
