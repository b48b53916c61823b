/** What a round becomes when it is finished. Within the one transaction of the caller. */
import { quoteForeign } from '../../../support/secrets.ts'
import type { StagedState, Table, VisibleState } from '../store.ts'
import type { SqliteFile } from './sqlite-file.ts'
import { COLUMNS_TABLE, columnSql, DELETED_COLUMN, keyOf, quoted, stagingName } from './sqlite-names.ts'
import { columnsOf, tablesOf } from './staging-tables.ts'

/**
 * The tables of a replay take the place of the visible ones.
 *
 * @returns in words, the indexes and triggers of others that could not be kept
 */
export function swap(file: SqliteFile, before: VisibleState | null, { tables }: StagedState): string[] {
  const existing = new Set(tablesOf(file).map(({ name }) => name))
  const kept = (before?.tables ?? []).filter(({ name }) => existing.has(name))
  const theirs = kept.flatMap((table) => attachedTo(file, table))
  for (const { name } of kept) file.exec(`DROP TABLE ${quoted(name)}`)
  for (const table of tables) {
    file.exec(`ALTER TABLE ${quoted(stagingName('replay', table))} RENAME TO ${quoted(table.name)}`)
  }
  const names = new Set(tables.map(({ name }) => name))
  return theirs.flatMap(({ name, sql, table }) => {
    const lost = `${name} on ${table}`
    if (!names.has(table)) return [lost]
    try {
      file.exec(sql)
      return []
    } catch (error) {
      return [`${lost} (${quoteForeign(error instanceof Error ? error.message : String(error))})`]
    }
  })
}

interface Attached {
  readonly name: string
  readonly table: string
  readonly sql: string
}

/** Indexes and triggers that somebody has made for a table: they would go with it. */
function attachedTo(file: SqliteFile, { name: table }: Table): readonly Attached[] {
  return file
    .prepare(
      `SELECT name, sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL`,
    )
    .all(table)
    .map(({ name, sql }) => ({ name: String(name), table, sql: String(sql) }))
}

/** What a catch-up has collected changes the visible tables. */
export function merge(file: SqliteFile, { tables }: StagedState): void {
  for (const table of tables) {
    const visible = quoted(table.name)
    const changes = quoted(stagingName('catch-up', table))
    const known = new Set(columnsOf(file, table.name))
    for (const column of table.columns) {
      if (!known.has(column.name)) file.exec(`ALTER TABLE ${visible} ADD COLUMN ${columnSql(column)}`)
    }
    const key = keyOf(table)
    const deleted = quoted(DELETED_COLUMN)
    const [, ...others] = table.columns.map(({ name }) => quoted(name))
    const columns = [key, ...others].join(', ')
    const sets = others.map((name) => `${name} = excluded.${name}`).join(', ')
    file.exec(
      `DELETE FROM ${visible} WHERE ${key} IN (SELECT ${key} FROM ${changes} WHERE ${deleted} = 1);
       INSERT INTO ${visible} (${columns}) SELECT ${columns} FROM ${changes} WHERE ${deleted} = 0
       ON CONFLICT (${key}) DO UPDATE SET ${sets};
       DELETE FROM ${changes}`,
    )
  }
}

/** Which column of which table holds what of the events, for those who read the store. */
export function describeColumns(file: SqliteFile, tables: readonly Table[]): void {
  file.exec(`DELETE FROM ${COLUMNS_TABLE}`)
  const insert = file.prepare(`INSERT INTO ${COLUMNS_TABLE} VALUES (?, ?, ?, ?, ?)`)
  for (const table of tables) {
    for (const [position, { name, type, field }] of table.columns.entries()) {
      insert.run(table.name, position, name, type, field)
    }
  }
}
