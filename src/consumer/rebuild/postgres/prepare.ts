import type { Table } from '../store.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { DELETED_COLUMN, keyOf, ORDER_COLUMN, quoted } from './postgres-names.ts'

/**
 * Makes of all rows of a replay what its readers will see, while nobody reads it yet: the last word on each key that is there,
 * the index over the keys, and what the planner goes by. What is done already is not done again.
 *
 * @param staged the table, as SQL text
 */
export async function prepare(
  connection: PostgresConnection,
  staged: string,
  table: Table,
  signal: AbortSignal,
): Promise<void> {
  if (await isPrepared(connection, staged, signal)) return
  const key = keyOf(table)
  const [order, deleted] = [quoted(ORDER_COLUMN), quoted(DELETED_COLUMN)]
  const statements = [
    `DELETE FROM ${staged} AS staged
     USING (SELECT ${key} AS key, max(${order}) AS latest FROM ${staged} GROUP BY ${key}) AS last
     WHERE staged.${key} = last.key AND (staged.${order} < last.latest OR staged.${deleted})`,
    `ALTER TABLE ${staged} ADD PRIMARY KEY (${key})`,
    `ANALYZE ${staged}`,
  ]
  await connection.transaction(() => connection.query(statements.join(';\n'), [], signal), signal)
}

/** Rows of a round that goes on after all come to it as they come. */
export async function unprepare(
  connection: PostgresConnection,
  staged: string,
  signal: AbortSignal,
): Promise<void> {
  const [name] = await primaryKey(connection, staged, signal)
  if (name === undefined) return
  await connection.query(`ALTER TABLE ${staged} DROP CONSTRAINT ${quoted(name)}`, [], signal)
}

async function isPrepared(
  connection: PostgresConnection,
  staged: string,
  signal: AbortSignal,
): Promise<boolean> {
  return (await primaryKey(connection, staged, signal)).length > 0
}

async function primaryKey(
  connection: PostgresConnection,
  staged: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const sql = `SELECT conname AS name FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p'`
  const rows = await connection.query(sql, [staged], signal)
  return rows.flatMap(({ name }) => (name === null || name === undefined ? [] : [name]))
}
