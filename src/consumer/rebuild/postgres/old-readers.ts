import { sleep } from '../../../support/abort.ts'
import type { WaitingListener } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { inWords, otherTransaction } from './other-transactions.ts'
import type { PostgresConnection, Row } from './postgres-connection.ts'

const ASK_EVERY_MS = 200
/** Most have ended by then, and are no news. */
const TELL_AFTER_MS = 1_000

/**
 * Resolves when no transaction is left that sees the database as it was before now. It would find a table by its name
 * that takes its place later, and see of its rows those alone that were there when the transaction began: names of tables are looked
 * up as they are now, rows are not. That is so under REPEATABLE READ and SERIALIZABLE (`pg_dump`, say); a transaction of the
 * default level that is not in the middle of a statement sees nothing old, and is not waited for if this user may know of it.
 *
 * @param options `patienceMs`: how long it waits @throws {StoreError} STORE_UNAVAILABLE, naming who is left
 */
export async function waitForOldReaders(
  connection: PostgresConnection,
  { patienceMs, onWaiting }: { readonly patienceMs: number; readonly onWaiting: WaitingListener },
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now()
  let left = await transactionsWithASnapshot(connection, signal)
  let told = 0
  while (left.length > 0) {
    const waitedMs = performance.now() - begun
    if (waitedMs > patienceMs) throw tooOld(connection.name, left)
    if (waitedMs > TELL_AFTER_MS && left.length !== told) {
      onWaiting(left.map(otherTransaction))
      told = left.length
    }
    await sleep(ASK_EVERY_MS, signal)
    const still = new Set((await transactionsWithASnapshot(connection, signal)).map(identity))
    left = left.filter((row) => still.has(identity(row)))
  }
}

/** Of this database or of one that this user may not know. Locks show the transactions of every user, and nothing more of them. */
async function transactionsWithASnapshot(
  connection: PostgresConnection,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  return await connection.query(
    `SELECT l.virtualtransaction AS id, l.pid::text AS pid, coalesce(a.application_name, '') AS application
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'virtualxid' AND l.granted AND l.pid <> pg_backend_pid()
       AND (a.datname = current_database() OR a.datname IS NULL)
       AND a.backend_type IS DISTINCT FROM 'autovacuum worker'
       AND (a.backend_xmin IS NOT NULL OR a.state IS NULL)`,
    [],
    signal,
  )
}

function identity({ id, pid }: Row): string {
  return `${id} ${pid}`
}

function tooOld(store: string, left: readonly Row[]): StoreError {
  return new StoreError(
    `${store} is filled, and not yet shown: transactions that began before that would see a part of it. They are those of the server's processes ${inWords(left.map(otherTransaction))}; end them (SELECT pg_terminate_backend(pid)), or wait for them, and run it again, which --follow does by itself: nothing is read twice.`,
    'STORE_UNAVAILABLE',
  )
}
