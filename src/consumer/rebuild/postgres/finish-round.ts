import { sleep } from '../../../support/abort.ts'
import { hasCode } from '../../../support/errors.ts'
import type { OtherTransaction, StagedState, Table, WaitingListener } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { finished, finishedDocuments } from '../stored-state.ts'
import { columnsBySchema } from './catalog.ts'
import { merge } from './merge.ts'
import { waitForOldReaders } from './old-readers.ts'
import type { OpenStore } from './open-store.ts'
import { inWords, lockHolders } from './other-transactions.ts'
import { prepare } from './prepare.ts'
import { swap } from './swap.ts'

/** Readers that come meanwhile wait as long, behind ours; below the server's `deadlock_timeout` (1 s) so that none of them is ended for us. */
const LOCK_TIMEOUT_MS = 700
/** Between two tries readers go on. */
const PAUSE_MS = 2_000
const TRIES = 15
const OLD_READERS_MS = 60_000

export interface RoundToFinish {
  readonly staged: StagedState
  /** Of its tables, those that may hold rows. */
  readonly touched: readonly Table[]
  /** Names of the tables that are visible now. */
  readonly before: readonly string[]
  readonly onWaiting: WaitingListener
}

/**
 * Makes a round visible as a whole.
 *
 * @returns in words, what others had made for the tables and could not be kept
 * @throws {StoreError} STORE_UNAVAILABLE also when readers hold the tables for longer than half a minute
 */
export async function finishRound(
  store: OpenStore,
  round: RoundToFinish,
  signal: AbortSignal,
): Promise<string[]> {
  const { connection, staging } = store
  if (round.staged.round.kind === 'replay') {
    for (const table of round.staged.tables) await prepare(connection, staging.nameOf(table), table, signal)
    const { onWaiting } = round
    await waitForOldReaders(connection, { patienceMs: OLD_READERS_MS, onWaiting }, signal)
  }
  for (let tries = 1; ; tries += 1) {
    try {
      return await connection.transaction(() => makeVisible(store, round, signal), signal, {
        durable: true,
        lockTimeoutMs: LOCK_TIMEOUT_MS,
      })
    } catch (error) {
      if (!isLocked(error)) throw error
      const holders = await holdersOf(store, round, signal)
      if (tries === TRIES) throw held(connection.name, holders, error)
      round.onWaiting(holders)
      await sleep(PAUSE_MS, signal)
    }
  }
}

async function holdersOf(
  { connection, schema }: OpenStore,
  { staged, before }: RoundToFinish,
  signal: AbortSignal,
): Promise<readonly OtherTransaction[]> {
  const tables = [...new Set([...before, ...staged.tables.map(({ name }) => name)])]
  return await lockHolders(connection, { schema, tables, alone: staged.round.kind === 'replay' }, signal)
}

function held(store: string, holders: readonly OtherTransaction[], cause: unknown): StoreError {
  const who = holders.length === 0 ? '' : ` They are those of the server's processes ${inWords(holders)}.`
  return new StoreError(
    `${store} is filled, and not yet shown: transactions of others hold its tables.${who} End them (SELECT pg_terminate_backend(pid)), or wait for them, and run it again, which --follow does by itself: nothing is read twice.`,
    'STORE_UNAVAILABLE',
    { cause },
  )
}

async function makeVisible(
  { connection, schema, state, staging }: OpenStore,
  { staged, touched, before }: RoundToFinish,
  signal: AbortSignal,
): Promise<string[]> {
  const { tables } = staged
  const lost: string[] = []
  if (staged.round.kind === 'replay') {
    const existing = await columnsBySchema(connection, schema, signal)
    const old = before.filter((name) => existing.has(name))
    const nameOf = (table: Table): string => staging.nameOf(table)
    lost.push(...(await swap(connection, { schema, before: old, tables, staged: nameOf }, signal)))
  } else {
    const columns = await columnsBySchema(connection, schema, signal)
    for (const table of tables) {
      const known = columns.get(table.name) ?? []
      const grew = known.length < table.columns.length
      if (!grew && !touched.includes(table)) continue
      await merge(connection, { schema, table, staged: staging.nameOf(table), known }, signal)
    }
    await staging.empty(touched, signal)
  }
  if (staged.round.kind === 'replay' || touched.length > 0) await state.describeColumns(tables, signal)
  await state.keep(finishedDocuments(finished(staged)), signal)
  return lost
}

function isLocked(error: unknown): boolean {
  if (!hasCode(error, 'STORE_UNAVAILABLE')) return false
  const { cause } = error
  return cause instanceof Error && 'code' in cause && LOCKED.has(String(cause.code))
}

/** lock_not_available, deadlock_detected. */
const LOCKED = new Set(['55P03', '40P01'])
