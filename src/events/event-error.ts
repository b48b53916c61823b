import { ListingstreamError } from '../support/errors.ts'

/** Bytes of a topic, or a schema of the registry, that this program cannot read. Reading them again changes nothing. */
export class EventError extends ListingstreamError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { code: 'EVENT_UNREADABLE', retryable: false, disposition: 'retry', ...options })
  }
}
