import type { NextOffsets } from '../../../domain/pass.ts'
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
  VisibleState,
} from '../store.ts'
import { StoreError } from '../store-error.ts'
import {
  finished,
  finishedDocuments,
  parseState,
  reachedDocuments,
  roundDocuments,
  type Documents,
} from '../stored-state.ts'
import { describeColumns, merge, swap } from './make-visible.ts'
import { SqliteFile } from './sqlite-file.ts'
import { COLUMNS_TABLE, STATE_TABLE } from './sqlite-names.ts'
import { namesIn, StagingTables } from './staging-tables.ts'

const OWN_TABLES = `
  CREATE TABLE IF NOT EXISTS ${STATE_TABLE} (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS ${COLUMNS_TABLE}
    (table_name TEXT, position INTEGER, column_name TEXT, type TEXT, field TEXT, PRIMARY KEY (table_name, position))`

/**
 * A database of SQLite. It is in WAL mode: readers see the last finished round, however long the next one takes. Calls work
 * synchronously: it belongs on a thread of its own.
 */
export class SqliteStore implements RebuildStore {
  // SQLITE_MAX_COLUMN is 2000; one goes to the tables of changes.
  readonly limits = { maxColumns: 1_999, maxNameBytes: 250 }
  readonly #file: SqliteFile
  #visible: VisibleState | null = null
  #round: { staged: StagedState; readonly tables: StagingTables } | undefined

  /** @throws {StoreError} */
  constructor(file: string) {
    this.#file = SqliteFile.open(file)
  }

  async open(): Promise<StoreState> {
    const state = this.#file.look(() => {
      if (!namesIn(this.#file).has(STATE_TABLE)) return { visible: null, staged: null }
      const rows = this.#file.prepare(`SELECT name, value FROM ${STATE_TABLE}`).all()
      const documents = new Map(rows.map(({ name, value }) => [String(name), String(value)]))
      return parseState(documents, this.#file.path)
    })
    this.#visible = state.visible
    const { staged } = state
    if (staged !== null) {
      this.#round = { staged, tables: new StagingTables(this.#file, staged.round.kind) }
    }
    return state
  }

  async begin(round: Round, tables: readonly Table[], from: NextOffsets): Promise<void> {
    const staging = new StagingTables(this.#file, round.kind)
    const staged: StagedState = { round, tables, reached: from }
    // Not before: a file that is refused stays as it is.
    this.#file.look(() => this.#requireOwn(tables))
    this.#file.letReadersIn()
    this.#file.transaction(() => {
      this.#requireOwn(tables)
      this.#file.exec(OWN_TABLES)
      if (!staging.reuse(tables)) staging.create(tables)
      this.#keep(roundDocuments(staged))
    })
    this.#round = { staged, tables: staging }
  }

  async addColumns(table: Table, added: readonly Column[]): Promise<void> {
    const round = this.#current()
    const tables = round.staged.tables.map((one) => (one.name === table.name ? table : one))
    const staged = { ...round.staged, tables }
    this.#file.transaction(() => {
      round.tables.addColumns(table, added)
      this.#keep(roundDocuments(staged))
    })
    round.staged = staged
  }

  async stage({ rows, reached }: StagedBatch): Promise<void> {
    const round = this.#current()
    this.#file.transaction(() => {
      for (const { table, rows: of } of rows) round.tables.write(table, of)
      this.#keep(reachedDocuments({ reached }))
    })
    round.staged = { ...round.staged, reached }
  }

  async finish(): Promise<FinishedRound> {
    const { staged } = this.#current()
    const visible = finished(staged)
    const lost = this.#file.transaction(() => {
      const gone = staged.round.kind === 'replay' ? swap(this.#file, this.#visible, staged) : []
      if (staged.round.kind === 'catch-up') merge(this.#file, staged)
      describeColumns(this.#file, staged.tables)
      this.#keep(finishedDocuments(visible))
      return gone
    })
    this.#visible = visible
    this.#round = undefined
    return { lost }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file[Symbol.dispose]()
  }

  /** @throws {StoreError} STORE_FOREIGN for what bears the name of one of our tables */
  #requireOwn(tables: readonly Table[]): void {
    const ours = new Set(this.#visible?.tables.map(({ name }) => name))
    const existing = namesIn(this.#file)
    const foreign = tables.find(({ name }) => existing.has(name) && !ours.has(name))
    if (foreign === undefined) return
    throw new StoreError(
      `${this.#file.path} has a table, view or index ${foreign.name} that listingstream did not make. Rebuild into another file, or rename it.`,
      'STORE_FOREIGN',
    )
  }

  #keep(documents: Documents): void {
    const put = this.#file.prepare(`INSERT OR REPLACE INTO ${STATE_TABLE} VALUES (?, ?)`)
    const drop = this.#file.prepare(`DELETE FROM ${STATE_TABLE} WHERE name = ?`)
    for (const [name, value] of Object.entries(documents)) {
      if (value === null) drop.run(name)
      else put.run(name, value)
    }
  }

  #current(): { staged: StagedState; readonly tables: StagingTables } {
    if (this.#round === undefined) throw new InvariantViolation('No round of a rebuild is under way.')
    return this.#round
  }
}
