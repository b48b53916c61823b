/** Who is in the way of a round that is to become visible. */
import { quoteForeign } from '../../../support/secrets.ts'
import type { OtherTransaction } from '../store.ts'
import type { PostgresConnection, Row } from './postgres-connection.ts'
import { stagingSchema } from './postgres-names.ts'

/** @param row with `pid` and `application` */
export function otherTransaction({ pid, application }: Row): OtherTransaction {
  return { pid: Number(pid), application: application ?? '' }
}

/** `4711 (psql), 4712 ("")`. */
export function inWords(others: readonly OtherTransaction[]): string {
  return others.map(({ pid, application }) => `${pid} (${quoteForeign(application)})`).join(', ')
}

/**
 * Those that hold locks on tables of a store, a moment after it has given up to wait for them: while it waits, it cannot ask.
 *
 * @param alone whether the store needs the tables for itself, so that those who only read are in the way, too
 */
export async function lockHolders(
  connection: PostgresConnection,
  { schema, tables, alone }: LockedTables,
  signal: AbortSignal,
): Promise<readonly OtherTransaction[]> {
  const rows = await connection.query(
    `SELECT l.pid::text AS pid, coalesce(max(a.application_name), '') AS application,
       bool_or(l.mode <> 'AccessShareLock')::text AS writes
     FROM pg_locks l JOIN pg_class c ON c.oid = l.relation LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND c.relnamespace IN (to_regnamespace(quote_ident($1::text)), to_regnamespace(quote_ident($2::text)))
       AND c.relname = ANY ($3::text[])
     GROUP BY l.pid ORDER BY l.pid`,
    [schema, stagingSchema(schema), tables],
    signal,
  )
  const writing = rows.filter(({ writes }) => writes === 'true')
  // A catch-up meets readers only where it adds a column.
  return (alone || writing.length === 0 ? rows : writing).map(otherTransaction)
}

interface LockedTables {
  readonly schema: string
  /** Names. */
  readonly tables: readonly string[]
  readonly alone: boolean
}
