import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'

import { sqliteFailure } from '../rebuild/sqlite/sqlite-error.ts'
import { quoted, STATE_TABLE } from '../rebuild/sqlite/sqlite-names.ts'
import type { ColumnType, Table, VisibleState } from '../rebuild/store.ts'
import { StoreError } from '../rebuild/store-error.ts'
import { parseState } from '../rebuild/stored-state.ts'
import { notFilled } from './not-filled.ts'
import type { StoredValue, StoreReader } from './store-reader.ts'

const BUSY_TIMEOUT_MS = 5_000
const BATCH_ROWS = 500

export class SqliteReader implements StoreReader {
  readonly name: string
  #database: DatabaseSync | undefined

  constructor(file: string) {
    this.name = resolve(file)
  }

  async open(): Promise<VisibleState> {
    if (!existsSync(this.name)) throw new StoreError(`There is no file ${this.name}.`, 'STORE_UNUSABLE')
    try {
      const database = new DatabaseSync(this.name, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
      this.#database = database
      database.exec('BEGIN')
      const hasState = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = ?`).get(STATE_TABLE)
      if (hasState === undefined) throw notFilled(this.name)
      const rows = database.prepare(`SELECT name, value FROM ${STATE_TABLE}`).all()
      const documents = new Map(rows.map(({ name, value }) => [String(name), String(value)]))
      const { visible } = parseState(documents, this.name)
      if (visible === null) throw notFilled(this.name)
      return visible
    } catch (error) {
      throw sqliteFailure(error, this.name)
    }
  }

  async *rows(
    { name, columns }: Table,
    signal: AbortSignal,
  ): AsyncGenerator<readonly (readonly StoredValue[])[], void, undefined> {
    const database = this.#database
    if (database === undefined) throw notFilled(this.name)
    try {
      const listed = columns.map((column) => quoted(column.name)).join(', ')
      const select = database.prepare(`SELECT ${listed} FROM ${quoted(name)}`)
      // Of a number that a double does not hold, reading would fail otherwise.
      select.setReadBigInts(true)
      let batch: (readonly StoredValue[])[] = []
      for (const row of select.iterate()) {
        batch.push(columns.map((column) => storedValue(column.type, row[column.name])))
        if (batch.length < BATCH_ROWS) continue
        yield batch
        batch = []
        // It is synchronous: whoever wants to stop it has to be heard.
        await turn()
        signal.throwIfAborted()
      }
      if (batch.length > 0) yield batch
    } catch (error) {
      throw sqliteFailure(error, this.name)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#database?.isOpen === true) this.#database.close()
  }
}

/** A column of SQLite takes values of any type. */
function storedValue(type: ColumnType, value: SQLOutputValue | undefined): StoredValue {
  if (value === null) return null
  if (typeof value === 'bigint') {
    const number = Number(value)
    return isNumber(type) && Number.isSafeInteger(number) ? number : undefined
  }
  if (typeof value === 'number') return isNumber(type) ? value : undefined
  return typeof value === 'string' && !isNumber(type) ? value : undefined
}

function isNumber(type: ColumnType): boolean {
  return type === 'integer' || type === 'real' || type === 'boolean'
}
