import { resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

import { StoreError } from '../store-error.ts'
import { sqliteFailure } from './sqlite-error.ts'

/** How long a statement waits while another process writes to the file. */
const BUSY_TIMEOUT_MS = 5_000
/** Rows have some kilobytes: in SQLite's 4 KiB pages most would be cut in two. Of a new file alone. */
const PAGE_BYTES = 16_384

/** A database of which this process is the only one that rebuilds into it. */
export class SqliteFile implements Disposable {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #lock: DatabaseSync

  private constructor(path: string, database: DatabaseSync, lock: DatabaseSync) {
    this.path = path
    this.#database = database
    this.#lock = lock
  }

  /** Makes it if it is not there, and writes nothing to one that is. @throws {StoreError} */
  static open(file: string): SqliteFile {
    const path = resolve(file)
    using opened = new DisposableStack()
    try {
      const lock = opened.adopt(takeLock(path), close)
      const database = opened.adopt(new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }), close)
      // A crash of the machine may take the last commits, whole ones.
      database.exec('PRAGMA synchronous = NORMAL')
      // A view that names a table which is about to be replaced would refuse the renaming otherwise.
      database.exec('PRAGMA legacy_alter_table = ON; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536')
      opened.move()
      return new SqliteFile(path, database, lock)
    } catch (error) {
      throw sqliteFailure(error, path)
    }
  }

  /** For good: readers see the last commit while this one writes. @throws {StoreError} */
  letReadersIn(): void {
    try {
      this.#database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL`)
    } catch (error) {
      throw sqliteFailure(error, this.path)
    }
  }

  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql)
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  /** Of one state of the file. @throws {StoreError} */
  look<T>(work: () => T): T {
    return this.#within('BEGIN', work)
  }

  /** All of the work or nothing of it. @throws {StoreError} */
  transaction<T>(work: () => T): T {
    return this.#within('BEGIN IMMEDIATE', work)
  }

  #within<T>(begin: string, work: () => T): T {
    try {
      this.#database.exec(begin)
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw sqliteFailure(error, this.path)
    }
  }

  [Symbol.dispose](): void {
    close(this.#database)
    close(this.#lock)
  }
}

/**
 * A file beside the database, held as long as this process lives and however it ends: the operating system lets go of it.
 * The database itself cannot be locked so, or nobody could read it.
 */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    close(lock)
    if (!(sqliteFailure(cause, path) instanceof StoreError)) throw cause
    throw new StoreError(
      `Another rebuild writes ${path}, or ${path}.lock cannot be locked. Wait for its end, or stop it.`,
      'STORE_BUSY',
      { cause },
    )
  }
}

function close(database: DatabaseSync): void {
  if (database.isOpen) database.close()
}
