import { ListingstreamError } from '../../support/errors.ts'

/** Whether the same may succeed later without anybody changing anything. */
const STORE_ERRORS = {
  /** The server is away, refuses for now, or another process holds a lock. */
  STORE_UNAVAILABLE: true,
  /** Another rebuild writes the store. */
  STORE_BUSY: false,
  /** No database, no right to write it, no room. */
  STORE_UNUSABLE: false,
  /** It holds what a rebuild of this feed has not made. */
  STORE_FOREIGN: false,
  /** A newer version of this program made it. */
  STORE_NEWER: false,
  /** It is of topics that were made anew since. */
  STORE_OUTDATED: false,
  /** An older version of this program made it, which did not keep what a proof needs. */
  STORE_WITHOUT_DIGESTS: false,
} as const satisfies Readonly<Record<string, boolean>>

export type StoreErrorKind = keyof typeof STORE_ERRORS

/** Of the store that a feed is rebuilt into. */
export class StoreError extends ListingstreamError {
  constructor(message: string, code: StoreErrorKind, options: { readonly cause?: unknown } = {}) {
    super(
      message,
      STORE_ERRORS[code]
        ? { ...options, code, retryable: true }
        : { ...options, code, retryable: false, disposition: 'stop' },
    )
  }
}
