import type { StatementSync } from 'node:sqlite'

import type { Column, RoundKind, StagedRow, Table } from '../store.ts'
import type { SqliteFile } from './sqlite-file.ts'
import { columnSql, DELETED_COLUMN, isStagingName, keyOf, quoted, stagingName } from './sqlite-names.ts'

/** What a table is called and what it consists of, as SQLite has it. */
interface NamedTable {
  readonly name: string
}

/** The tables that a round writes, and the statements for them. Within transactions of the caller. */
export class StagingTables {
  readonly #file: SqliteFile
  readonly #kind: RoundKind
  readonly #writers = new Map<string, Writer>()

  constructor(file: SqliteFile, kind: RoundKind) {
    this.#file = file
    this.#kind = kind
  }

  /** Anew, and no others. */
  create(tables: readonly Table[]): void {
    for (const { name } of tablesOf(this.#file)) {
      if (isStagingName(name)) this.#file.exec(`DROP TABLE ${quoted(name)}`)
    }
    for (const table of tables) {
      const [key, ...others] = table.columns
      if (key === undefined) continue
      const columns = [`${columnSql(key)} NOT NULL PRIMARY KEY`, ...others.map(columnSql)]
      if (this.#kind === 'catch-up') columns.push(`${quoted(DELETED_COLUMN)} INTEGER NOT NULL DEFAULT 0`)
      this.#file.exec(`CREATE TABLE ${quoted(stagingName(this.#kind, table))} (${columns.join(', ')})`)
    }
  }

  /** Empty if they are as a round before this one has left them: the readers' statements stay as they are. */
  reuse(tables: readonly Table[]): boolean {
    const wanted = new Set(tables.map((table) => stagingName(this.#kind, table)))
    const found = tablesOf(this.#file).filter(({ name }) => isStagingName(name))
    if (found.length !== wanted.size || !found.every(({ name }) => wanted.has(name))) return false
    const fits = tables.every((table) => {
      const columns = columnsOf(this.#file, stagingName(this.#kind, table))
      const expected = table.columns.map(({ name }) => name)
      return columns.join() === [...expected, ...(this.#kind === 'catch-up' ? [DELETED_COLUMN] : [])].join()
    })
    if (fits) for (const name of wanted) this.#file.exec(`DELETE FROM ${quoted(name)}`)
    return fits
  }

  addColumns(table: Table, added: readonly Column[]): void {
    const name = quoted(stagingName(this.#kind, table))
    for (const column of added) this.#file.exec(`ALTER TABLE ${name} ADD COLUMN ${columnSql(column)}`)
    this.#writers.delete(table.name)
  }

  write(table: Table, rows: Iterable<StagedRow>): void {
    const { upsert, remove } = this.#writer(table)
    for (const { key, values } of rows) {
      if (values === null) remove.run(key)
      else upsert.run(...values)
    }
  }

  #writer(table: Table): Writer {
    const known = this.#writers.get(table.name)
    if (known !== undefined) return known
    const name = quoted(stagingName(this.#kind, table))
    const columns = table.columns.map((column) => quoted(column.name)).join(', ')
    const places = table.columns.map(() => '?').join(', ')
    const writer = {
      upsert: this.#file.prepare(`INSERT OR REPLACE INTO ${name} (${columns}) VALUES (${places})`),
      remove: this.#file.prepare(
        this.#kind === 'replay'
          ? `DELETE FROM ${name} WHERE ${keyOf(table)} = ?`
          : `INSERT OR REPLACE INTO ${name} (${keyOf(table)}, ${quoted(DELETED_COLUMN)}) VALUES (?, 1)`,
      ),
    }
    this.#writers.set(table.name, writer)
    return writer
  }
}

interface Writer {
  /** Takes a value for each column. */
  readonly upsert: StatementSync
  /** Takes the key. */
  readonly remove: StatementSync
}

export function tablesOf(file: SqliteFile): readonly NamedTable[] {
  return file
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all()
    .map(({ name }) => ({ name: String(name) }))
}

/** Of tables, views and indexes, which share their names, in lower case: case parts none of them. */
export function namesIn(file: SqliteFile): ReadonlySet<string> {
  const rows = file.prepare(`SELECT lower(name) AS name FROM sqlite_schema WHERE type <> 'trigger'`).all()
  return new Set(rows.map(({ name }) => String(name)))
}

export function columnsOf(file: SqliteFile, table: string): readonly string[] {
  return file
    .prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid')
    .all(table)
    .map(({ name }) => String(name))
}
