import { SparkApiError } from './spark-api-error.ts'

/**
 * An answer with records that came whole and cannot be read: broken JSON in one of them, such as `NaN`, spoils all. Asked
 * for again it would be the same; with fewer records it may be read.
 */
export class UnreadablePage extends SparkApiError {
  // Private, so that no log shows the customer's data.
  readonly #bytes: Uint8Array | undefined

  constructor(path: string, what: string, options: { bytes?: Uint8Array | undefined; cause?: unknown }) {
    super(`The answer to ${path} ${what}. Its records are asked for in smaller slices.`, {
      code: 'SPARK_PAGE_UNREADABLE',
      path,
      cause: options.cause,
    })
    this.#bytes = options.bytes
  }

  /** As they came, unzipped; undefined if nobody has them. */
  get bytes(): Uint8Array | undefined {
    return this.#bytes
  }
}

/** An answer that is longer than is read of such a one. With fewer records it may be short enough. */
export class OversizedAnswer extends SparkApiError {
  constructor(path: string, limitBytes: number) {
    super(
      `The answer to ${path} is longer than ${limitBytes} bytes, the most that is read of such a one. If this stays, lower PAGE_LIMIT, or check what stands between this host and SPARK_API_URL.`,
      { code: 'SPARK_BODY_TOO_LARGE', path },
    )
  }
}

/** Fewer records at once may be read. */
export function isUnreadable(error: SparkApiError): boolean {
  return error instanceof UnreadablePage || error instanceof OversizedAnswer
}
