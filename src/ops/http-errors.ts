import {
  ListingstreamError,
  type FailureExitCode,
  type ListingstreamErrorOptions,
} from '../support/errors.ts'

/** A refusal that is answered with a status of its own. */
export class RefusedRequestError extends ListingstreamError {
  readonly status: 400 | 404 | 409

  constructor(status: 400 | 404 | 409, message: string, options: ListingstreamErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** Of what was asked for and is not there, or not as it is now: nothing failed, and no log has more. Of others, whether a later try may do. */
const STATUS_OF: Readonly<Record<string, 404 | 409>> = {
  NO_HOLD: 404,
  NO_DEAD_LETTER: 404,
  HOLD_SUPERSEDED: 409,
  NO_SNAPSHOT: 409,
  SCOPE_CHANGED: 409,
  NO_CHANGE_STAMP: 409,
  NO_PURGE: 409,
  NOTHING_TO_PAUSE: 409,
  REPUBLISH_UNFINISHED: 409,
  RESTART_NEEDS_STOP: 409,
}

export function statusOf(error: ListingstreamError): number {
  if (error instanceof RefusedRequestError) return error.status
  return STATUS_OF[error.code] ?? (error.retryable ? 503 : 500)
}

/** What every answer is that is not what was asked for; a command that handed its work over ends by it as if it had done it. */
interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly exitCode: FailureExitCode
}

export function errorBody({
  code,
  message,
  retryable = false,
  exitCode = 1,
}: Pick<ErrorBody, 'code' | 'message'> & Partial<ErrorBody>): ErrorBody {
  return { code, message, retryable, exitCode }
}

/** The address that the server is to listen at is taken, or not this machine's. */
export class HttpListenError extends ListingstreamError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'HTTP_LISTEN_FAILED', retryable: false, disposition: 'stop', cause })
  }
}
