import { errorCode } from '../support/error-code.ts'
import { InvariantViolation, ListingstreamError } from '../support/errors.ts'
import { LEDGER_DAMAGED } from '../domain/error-codes.ts'

/** Why nobody can read the index now. */
export abstract class KeyIndexError extends ListingstreamError {
  /** The same in a few words, for where a figure of the index is missing. */
  abstract readonly inShort: string
}

/** Another process has the index open. Retryable: a command for one pass ends by itself. */
export class IndexLockedError extends KeyIndexError {
  readonly inShort = 'another process has the index in DATA_DIR open'

  constructor(location: string, cause: unknown) {
    super(
      `The key index in ${location} is open in another listingstream process. Stop that process, or set DATA_DIR to another folder.`,
      { code: 'INDEX_LOCKED', retryable: true, cause },
    )
  }
}

/** Somebody only wanted to look at it. */
export class IndexMissingError extends KeyIndexError {
  readonly inShort = 'there is no index in DATA_DIR'

  constructor(location: string) {
    super(
      `There is no key index in ${location}. Check DATA_DIR; the next pass, or "listingstream index rebuild", builds it from the topics.`,
      { code: 'INDEX_MISSING', retryable: false, disposition: 'stop' },
    )
  }
}

/** The index cannot be read. Nothing is lost: `reset` empties it, and it is built again from the topics (R2). */
export class IndexCorruptError extends KeyIndexError {
  readonly inShort = 'the index in DATA_DIR is damaged'

  constructor(location: string, detail: string, cause?: unknown) {
    super(
      `The key index in ${location} is damaged: ${detail}. It is only a cache: start listingstream again and it is rebuilt from the topics.`,
      { code: 'INDEX_CORRUPT', retryable: false, disposition: 'reopen', cause },
    )
  }
}

/** What a pass had written down of its walk cannot be read. It walks again; the index itself is not concerned (R7). */
export class LedgerDamagedError extends ListingstreamError {
  constructor(location: string) {
    super(
      `A mark that a pass left in ${location} is damaged. Its walk begins again; nothing is lost. If it stays, look at the disk of DATA_DIR.`,
      { code: LEDGER_DAMAGED, retryable: true },
    )
  }
}

/**
 * The index cannot be created, opened or written. Not retryable: LevelDB refuses every write after a failed one until it is
 * opened anew.
 */
class IndexUnavailableError extends KeyIndexError {
  readonly inShort = 'the index in DATA_DIR cannot be opened'

  constructor(location: string, cause: unknown) {
    super(
      `The key index in ${location} cannot be opened or written. Check that DATA_DIR is a folder that this user may write to and that its disk has room, then start listingstream again.`,
      { code: 'INDEX_UNAVAILABLE', retryable: false, disposition: 'reopen', cause },
    )
  }
}

/** LevelDB's own code; of the cause where opening failed, which abstract-level wraps. */
export function levelErrorCode(error: unknown): string | undefined {
  const code = errorCode(error)
  const { cause } = error instanceof Error ? error : { cause: undefined }
  return code === 'LEVEL_DATABASE_NOT_OPEN' && cause !== undefined ? levelErrorCode(cause) : code
}

/** A truncated table reads as an I/O error, not as a corruption, so reading takes both as damage. */
export function readError(location: string, error: unknown): unknown {
  const code = levelErrorCode(error)
  return code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR'
    ? new IndexCorruptError(location, 'LevelDB could not read it', error)
    : misuse(error, code)
}

export function writeError(location: string, error: unknown): unknown {
  const code = levelErrorCode(error)
  if (code === 'LEVEL_CORRUPTION') {
    return new IndexCorruptError(location, 'LevelDB could not merge its tables', error)
  }
  return code === 'LEVEL_IO_ERROR' ? new IndexUnavailableError(location, error) : misuse(error, code)
}

/** What a failed `open` or `destroy` means to the operator. */
export function openingError(location: string, error: unknown): unknown {
  const code = levelErrorCode(error)
  if (code === 'LEVEL_LOCKED') return new IndexLockedError(location, error)
  return code === undefined ? error : new IndexUnavailableError(location, error)
}

const NOT_OPEN = ['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_ITERATOR_NOT_OPEN', 'LEVEL_SNAPSHOT_NOT_OPEN']

function misuse(error: unknown, code: string | undefined): unknown {
  return code !== undefined && NOT_OPEN.includes(code)
    ? new InvariantViolation('The key index was used after it was closed or reset.', { cause: error })
    : error
}
