import { ListingstreamError } from '../../../support/errors.ts'

/** A schema that a subscriber wants to see values through cannot be used for it. */
export class ReaderSchemaError extends ListingstreamError {
  constructor(what: string, options: { readonly cause?: unknown } = {}) {
    super(
      `${what} Take the texts for readerSchemas from a version of the feed's own: "listingstream schema show --json".`,
      { code: 'CONSUMER_READER_SCHEMA', retryable: false, disposition: 'stop', exitCode: 2, ...options },
    )
  }
}
