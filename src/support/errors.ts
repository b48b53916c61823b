import { quoteForeign, strike } from './secrets.ts'

/** Exit codes of failures (docs/operations.md): 1 failed, 2 wrong usage or settings, 3 held by the guard, 4 fenced. */
export type FailureExitCode = 1 | 2 | 3 | 4

/**
 * What becomes of a feed that meets an error. `retry`: what failed is tried again by itself, later and later. `reopen`: the
 * feed as it is open is at its end, and opening it again mends it. `stop`: somebody has to decide; the process ends.
 */
export type Disposition = 'retry' | 'reopen' | 'stop'

export type ListingstreamErrorOptions = {
  /** Stable, upper-case, documented in docs/operations.md, e.g. `SPARK_UNAUTHORIZED`. */
  readonly code: string
  readonly cause?: unknown
  /** The other side asked to wait at least this long before the next attempt (`Retry-After`). */
  readonly retryAfterMs?: number
  /** @default 1 */
  readonly exitCode?: FailureExitCode
} & (
  | {
      /** Whether the same call may succeed later without anybody changing anything. */
      readonly retryable: true
      /** @default `retry` */
      readonly disposition?: Disposition
    }
  // Waiting may still be right: somebody may mend what the other side refuses, while the feed stands still.
  | { readonly retryable: false; readonly disposition: Disposition }
)

/**
 * Base of every error that this program raises on purpose. The message tells the operator what happened and what
 * to do; code decides by what the error says of itself, never by the message. Secrets are struck from it (R15). Aborts are
 * not errors of this kind.
 */
export class ListingstreamError extends Error {
  readonly code: string
  readonly retryable: boolean
  readonly disposition: Disposition
  readonly retryAfterMs: number | undefined
  readonly exitCode: FailureExitCode

  constructor(message: string, options: ListingstreamErrorOptions) {
    super(strike(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = options.code
    this.retryable = options.retryable
    this.disposition = options.disposition ?? 'retry'
    this.retryAfterMs = options.retryAfterMs
    this.exitCode = options.exitCode ?? 1
  }
}

/** A law of our own code was broken: a bug to report. What met it stands still as for an `UnexpectedError`. */
export class InvariantViolation extends ListingstreamError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(`${message} This is a bug in listingstream; please report it.`, {
      code: 'INVARIANT_VIOLATION',
      retryable: false,
      disposition: 'retry',
      ...options,
    })
  }
}

/**
 * Something failed in a way that nobody foresaw: a bug, or something outside that was not thought of. It parks what met
 * it, and nothing else; the cause and its stack are in the log.
 */
export class UnexpectedError extends ListingstreamError {
  /** @param doing "The purge of listings" */
  constructor(doing: string, cause: unknown) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    super(
      `${doing} failed in a way that nobody foresaw (${quoteForeign(why)}). Please report it, with the log.`,
      {
        code: 'UNEXPECTED_ERROR',
        retryable: false,
        disposition: 'retry',
        cause,
      },
    )
  }
}

/** Whether it is none of the failures that we foresaw. */
export function isUnforeseen(error: unknown): boolean {
  return !(error instanceof ListingstreamError) || error instanceof InvariantViolation
}

/** The failure itself if it is one that we foresaw, otherwise what tells of it. @param doing "The purge of listings" */
export function foreseen(failure: unknown, doing: string): ListingstreamError {
  const error = firstFailure(failure)
  return error instanceof ListingstreamError && !isUnforeseen(error)
    ? error
    : new UnexpectedError(doing, error)
}

/** What failed first, where letting go of what was open failed too. */
export function firstFailure(error: unknown): unknown {
  return error instanceof SuppressedError ? firstFailure(error.suppressed) : error
}

/** Whether it is an error that another room raises under this code, where a port's comment names it. */
export function hasCode(error: unknown, code: string): error is ListingstreamError {
  return error instanceof ListingstreamError && error.code === code
}

/** Errors that are not ours are not retried: nobody said that they may be. */
export function isRetryable(error: unknown): boolean {
  return error instanceof ListingstreamError && error.retryable
}
