import type { Table } from '../store.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { columnSql, DELETED_COLUMN, keyOf, qualified, quoted } from './postgres-names.ts'
import { lastWords } from './staging-tables.ts'

/**
 * What a catch-up has collected of a table changes the visible one. Within the caller's transaction; readers are held up only
 * where there are new columns, and see all of it or nothing.
 *
 * @param staged the table of changes, as SQL text
 * @param known columns of the visible table
 */
export async function merge(
  connection: PostgresConnection,
  { schema, table, staged, known }: MergedTable,
  signal: AbortSignal,
): Promise<void> {
  const visible = qualified(schema, table.name)
  const has = new Set(known)
  const added = table.columns.filter(({ name }) => !has.has(name))
  const key = keyOf(table)
  const [, ...others] = table.columns.map(({ name }) => quoted(name))
  const columns = [key, ...others].join(', ')
  const sets = others.map((name) => `${name} = excluded.${name}`)
  const last = `(${lastWords(staged, table)}) AS last`
  const statements = [
    ...(added.length === 0
      ? []
      : [`ALTER TABLE ${visible} ${added.map((column) => `ADD COLUMN ${columnSql(column)}`).join(', ')}`]),
    `DELETE FROM ${visible} AS visible USING ${last} WHERE last.${quoted(DELETED_COLUMN)} AND visible.${key} = last.${key}`,
    `INSERT INTO ${visible} (${columns}) SELECT ${columns} FROM ${last} WHERE NOT ${quoted(DELETED_COLUMN)}
     ON CONFLICT (${key}) DO ${sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}`}`,
  ]
  await connection.query(statements.join(';\n'), [], signal)
}

export interface MergedTable {
  readonly schema: string
  readonly table: Table
  readonly staged: string
  readonly known: readonly string[]
}
