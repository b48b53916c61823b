import { ListingstreamError, type ListingstreamErrorOptions } from '../support/errors.ts'

/** A refusal that is answered with a status of its own. */
export class RefusedRequestError extends ListingstreamError {
  readonly status: 400 | 404 | 409

  constructor(status: 400 | 404 | 409, message: string, options: ListingstreamErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** The address that the server is to listen at is taken, or not this machine's. */
export class HttpListenError extends ListingstreamError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'HTTP_LISTEN_FAILED', retryable: false, disposition: 'stop', cause })
  }
}
