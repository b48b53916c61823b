import type { Table } from '../store.ts'
import { makeAgain, madeByOthers, withoutRights } from './carry-over.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { DELETED_COLUMN, ORDER_COLUMN, qualified, quoted } from './postgres-names.ts'

export interface Swap {
  readonly schema: string
  /** Names of the tables that are visible now. */
  readonly before: readonly string[]
  readonly tables: readonly Table[]
  /** The table of a replay, as SQL text. */
  readonly staged: (table: Table) => string
}

/**
 * The tables of a replay take the place of the visible ones, with what others had made for these. Within the caller's transaction, of which
 * readers wait for the end.
 *
 * @returns in words, what could not be kept
 */
export async function swap(
  connection: PostgresConnection,
  { schema, before, tables, staged }: Swap,
  signal: AbortSignal,
): Promise<string[]> {
  const old = before.map((name) => qualified(schema, name))
  // All at once, and before anything is done that takes time.
  if (old.length > 0) await connection.query(`LOCK TABLE ${old.join(', ')}`, [], signal)
  const theirs = await madeByOthers(connection, schema, before, signal)
  const statements = old.map((name) => `DROP TABLE ${name} CASCADE`)
  for (const table of tables) {
    const name = staged(table)
    statements.push(
      `ALTER TABLE ${name} DROP COLUMN ${quoted(ORDER_COLUMN)}, DROP COLUMN ${quoted(DELETED_COLUMN)}`,
      `ALTER TABLE ${name} RESET (autovacuum_enabled)`,
      `ALTER TABLE ${name} SET SCHEMA ${quoted(schema)}`,
    )
  }
  if (statements.length > 0) await connection.query(statements.join(';\n'), [], signal)
  const replaced = tables.map(({ name }) => name).filter((name) => before.includes(name))
  await withoutRights(connection, schema, replaced, signal)
  const names = new Set(tables.map(({ name }) => name))
  const lost = theirs.filter(({ table }) => !names.has(table)).map(({ what }) => what)
  const kept = theirs.filter(({ table }) => names.has(table))
  return [...lost, ...(await makeAgain(connection, kept, signal))]
}
