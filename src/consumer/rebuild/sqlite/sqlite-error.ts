import { errorCode } from '../../../support/error-code.ts'
import { quoteForeign } from '../../../support/secrets.ts'
import { StoreError } from '../store-error.ts'

// Primary result codes (https://www.sqlite.org/rescode.html).
const BUSY = new Set([5, 6])
const FULL = 13

/** What SQLite has refused, told to an operator; anything else as it is. */
export function sqliteFailure(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || errorCode(error) !== 'ERR_SQLITE_ERROR') return error
  const why = quoteForeign(error.message)
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
  if (BUSY.has(code)) {
    return new StoreError(
      `Another process holds ${file} locked for writing (${why}). Run it again when that one has ended: what is done stays done; --follow does so by itself.`,
      'STORE_UNAVAILABLE',
      { cause: error },
    )
  }
  const advice =
    code === FULL
      ? 'The disk is full: make room and run it again; what is done stays done.'
      : 'Check that it is a database of SQLite, and that this user may write it and its folder.'
  return new StoreError(`${file} cannot be used as a store (${why}). ${advice}`, 'STORE_UNUSABLE', {
    cause: error,
  })
}
