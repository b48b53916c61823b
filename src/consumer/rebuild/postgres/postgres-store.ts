import type { NextOffsets } from '../../../domain/pass.ts'
import { sleep } from '../../../support/abort.ts'
import { InvariantViolation } from '../../../support/errors.ts'
import type {
  Column,
  FinishedRound,
  RebuildStore,
  Round,
  StagedBatch,
  StagedState,
  StoreState,
  Table,
  WaitingListener,
} from '../store.ts'
import { StoreError } from '../store-error.ts'
import { parseState, reachedDocuments, roundDocuments } from '../stored-state.ts'
import { columnsBySchema } from './catalog.ts'
import { finishRound } from './finish-round.ts'
import type { OpenStore } from './open-store.ts'
import { PostgresConnection } from './postgres-connection.ts'
import { postgresName, type PostgresTarget } from './postgres-target.ts'
import { unprepare } from './prepare.ts'
import { StagingTables } from './staging-tables.ts'
import { StateTables } from './state-tables.ts'

/** A session that has just lost its client may hold the lock for a moment more. */
const LOCK_TRIES = 20
const LOCK_RETRY_MS = 250

/**
 * A schema of a PostgreSQL database, from version 12 on. Readers see the last finished round; rows of the next one are in another
 * schema until it is finished. One session does it all: if it breaks, the store has to be opened anew.
 */
export class PostgresStore implements RebuildStore {
  // 1600 is the most that a table may have; two go to what a round needs. A longer name would be cut.
  readonly limits = { maxColumns: 1_598, maxNameBytes: 63 }
  readonly #target: PostgresTarget
  #open: OpenStore | undefined
  /** Names of the tables that readers see. */
  #visible: readonly string[] = []
  #staged: StagedState | undefined
  /** Of the tables of the round, those that may hold rows. */
  #touched = new Set<string>()
  #mayBePrepared = false
  /** Whether what the store needs for itself is there for certain. */
  #isMade = false

  constructor(target: PostgresTarget) {
    this.#target = target
  }

  async open(signal: AbortSignal): Promise<StoreState> {
    const { schema } = this.#target
    const connection = await PostgresConnection.open(this.#target, signal)
    const state = new StateTables(connection, schema)
    const staging = new StagingTables(connection, schema)
    const open = { connection, schema, state, staging }
    this.#open = open
    await this.#take(open, signal)
    await state.requireUnicode(signal)
    const kept = parseState(await state.read(signal), connection.name)
    const found = await this.#existing(open, kept, signal)
    // Where somebody has dropped one of several, the others are still ours.
    this.#visible = kept.visible?.tables.map(({ name }) => name) ?? []
    this.#staged = found.staged ?? undefined
    this.#touched = new Set(found.staged?.tables.map(({ name }) => name))
    this.#mayBePrepared = found.staged?.round.kind === 'replay'
    return found
  }

  async begin(round: Round, tables: readonly Table[], from: NextOffsets, signal: AbortSignal): Promise<void> {
    const { connection, state, staging } = this.#opened()
    const staged: StagedState = { round, tables, reached: from }
    // Before anything is made: a schema that is refused stays as it is.
    await this.#requireOwn(tables, signal)
    await connection.transaction(async () => {
      if (!this.#isMade) await state.make(signal)
      // Those of rounds that follow each other are made once.
      const fit = round.kind === 'catch-up' && (await staging.fit(tables, signal))
      if (fit)
        await staging.empty(
          tables.filter(({ name }) => this.#touched.has(name)),
          signal,
        )
      else await staging.create(tables, signal)
      await state.keep(roundDocuments(staged), signal)
    }, signal)
    this.#isMade = true
    this.#staged = staged
    this.#touched = new Set()
    this.#mayBePrepared = false
  }

  async addColumns(table: Table, added: readonly Column[], signal: AbortSignal): Promise<void> {
    const { connection, state, staging } = this.#opened()
    const before = this.#current()
    const tables = before.tables.map((one) => (one.name === table.name ? table : one))
    const staged = { ...before, tables }
    await connection.transaction(async () => {
      await staging.addColumns(table, added, signal)
      await state.keep(roundDocuments(staged), signal)
    }, signal)
    this.#staged = staged
  }

  async stage({ rows, reached }: StagedBatch, signal: AbortSignal): Promise<void> {
    const { connection, state, staging } = this.#opened()
    const before = this.#current()
    if (this.#mayBePrepared) {
      for (const table of before.tables) await unprepare(connection, staging.nameOf(table), signal)
      this.#mayBePrepared = false
    }
    await connection.transaction(async () => {
      for (const { table, rows: of } of rows) {
        this.#touched.add(table.name)
        await staging.write(table, of, reached, signal)
      }
      await state.keep(reachedDocuments({ reached }), signal)
    }, signal)
    this.#staged = { ...before, reached }
  }

  async finish(signal: AbortSignal, onWaiting: WaitingListener = () => undefined): Promise<FinishedRound> {
    const staged = this.#current()
    const touched = staged.tables.filter(({ name }) => this.#touched.has(name))
    this.#mayBePrepared = staged.round.kind === 'replay'
    const round = { staged, touched, before: this.#visible, onWaiting }
    const lost = await finishRound(this.#opened(), round, signal)
    this.#visible = staged.tables.map(({ name }) => name)
    this.#staged = undefined
    this.#touched = new Set()
    return { lost }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.connection[Symbol.asyncDispose]()
  }

  /** @throws {StoreError} STORE_BUSY */
  async #take({ state }: OpenStore, signal: AbortSignal): Promise<void> {
    for (let tries = 1; !(await state.lock(signal)); tries += 1) {
      if (tries === LOCK_TRIES) {
        const name = postgresName(this.#target)
        throw new StoreError(
          `Another rebuild writes ${name}. Wait for its end, or stop it: in the database it is the session that calls itself "listingstream rebuild".`,
          'STORE_BUSY',
        )
      }
      await sleep(LOCK_RETRY_MS, signal)
    }
  }

  /** Without what somebody has dropped: it is made again. */
  async #existing(open: OpenStore, state: StoreState, signal: AbortSignal): Promise<StoreState> {
    const { connection, schema, staging } = open
    const found = await columnsBySchema(connection, schema, signal)
    const whole = state.visible?.tables.every(({ name }) => found.has(name)) === true
    const fits = state.staged !== null && (await staging.fit(state.staged.tables, signal))
    const visible = whole ? state.visible : null
    // What a catch-up has staged is nothing without the rows that it changes.
    const staged = fits && (whole || state.staged?.round.kind === 'replay') ? state.staged : null
    return { visible, staged }
  }

  /** @throws {StoreError} STORE_FOREIGN for a table that bears the name of one of ours */
  async #requireOwn(tables: readonly Table[], signal: AbortSignal): Promise<void> {
    const { connection, schema } = this.#opened()
    const existing = await columnsBySchema(connection, schema, signal)
    const foreign = tables.find(({ name }) => existing.has(name) && !this.#visible.includes(name))
    if (foreign === undefined) return
    throw new StoreError(
      `${connection.name} has a table or view ${schema}.${foreign.name} that listingstream did not make. Rebuild into another schema (?schema=…), or rename it.`,
      'STORE_FOREIGN',
    )
  }

  #opened(): OpenStore {
    if (this.#open === undefined) throw new InvariantViolation('The store of a rebuild is not open.')
    return this.#open
  }

  #current(): StagedState {
    if (this.#staged === undefined) throw new InvariantViolation('No round of a rebuild is under way.')
    return this.#staged
  }
}
