import type { NextOffsets } from '../../../domain/pass.ts'
import type { Column, StagedRow, Table } from '../store.ts'
import { copyText } from './copy-text.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import {
  columnSql,
  DELETED_COLUMN,
  keyOf,
  ORDER_COLUMN,
  qualified,
  quoted,
  stagingSchema,
} from './postgres-names.ts'
import { columnsBySchema } from './catalog.ts'

const OWN_COLUMNS = [ORDER_COLUMN, DELETED_COLUMN]

/** The tables that a round writes: every row that comes is added, and the last word on each key is found at the end. Within transactions of the caller. */
export class StagingTables {
  readonly #connection: PostgresConnection
  readonly #schema: string
  readonly #staging: string

  constructor(connection: PostgresConnection, schema: string) {
    this.#connection = connection
    this.#schema = schema
    this.#staging = stagingSchema(schema)
  }

  nameOf({ name }: Pick<Table, 'name'>): string {
    return qualified(this.#staging, name)
  }

  /** Whether they are all there, with these columns in this order. */
  async fit(tables: readonly Table[], signal: AbortSignal): Promise<boolean> {
    const found = await columnsBySchema(this.#connection, this.#staging, signal)
    return (
      found.size === tables.length &&
      tables.every((table) => {
        const names = [...OWN_COLUMNS, ...table.columns.map(({ name }) => name)]
        return found.get(table.name)?.join() === names.join()
      })
    )
  }

  /** Anew, and no others. */
  async create(tables: readonly Table[], signal: AbortSignal): Promise<void> {
    const old = await columnsBySchema(this.#connection, this.#staging, signal)
    const statements = [...old.keys()].map((name) => `DROP TABLE ${qualified(this.#staging, name)}`)
    for (const table of tables) {
      // Made where it will be in the end, so that it has the rights that the owner of the schema gives to new tables.
      const temporary = `_listingstream_next_${table.name}`
      const [key, ...others] = table.columns
      if (key === undefined) continue
      const own = `${quoted(ORDER_COLUMN)} bigint NOT NULL, ${quoted(DELETED_COLUMN)} boolean NOT NULL`
      const columns = [own, `${columnSql(key)} NOT NULL`, ...others.map(columnSql)].join(', ')
      statements.push(
        // Nobody reads it before it is finished: to tend it meanwhile is wasted.
        `CREATE TABLE ${qualified(this.#schema, temporary)} (${columns}) WITH (autovacuum_enabled = false)`,
        `ALTER TABLE ${qualified(this.#schema, temporary)} SET SCHEMA ${quoted(this.#staging)}`,
        `ALTER TABLE ${qualified(this.#staging, temporary)} RENAME TO ${quoted(table.name)}`,
      )
    }
    await this.#connection.query(statements.join(';\n'), [], signal)
  }

  /** @param tables those that may hold rows */
  async empty(tables: readonly Pick<Table, 'name'>[], signal: AbortSignal): Promise<void> {
    if (tables.length === 0) return
    const names = tables.map((table) => this.nameOf(table)).join(', ')
    await this.#connection.query(`TRUNCATE ${names}`, [], signal)
  }

  async addColumns(table: Table, added: readonly Column[], signal: AbortSignal): Promise<void> {
    const adding = added.map((column) => `ADD COLUMN ${columnSql(column)}`).join(', ')
    await this.#connection.query(`ALTER TABLE ${this.nameOf(table)} ${adding}`, [], signal)
  }

  async write(
    table: Table,
    rows: Iterable<StagedRow>,
    reached: NextOffsets,
    signal: AbortSignal,
  ): Promise<void> {
    const columns = [...table.columns.map(({ name }) => name), ...OWN_COLUMNS].map(quoted).join(', ')
    const sql = `COPY ${this.nameOf(table)} (${columns}) FROM STDIN`
    await this.#connection.copy(sql, copyText(rows, table.columns, orderOf(reached)), signal)
  }
}

/** SQL for the last word on each key of a staged table: its columns, and whether the key is gone. */
export function lastWords(staged: string, table: Table): string {
  // By bytes: much faster than by the rules of a language, and as good to bring equal ones together.
  const key = `${keyOf(table)} COLLATE "C"`
  return `SELECT DISTINCT ON (${key}) * FROM ${staged} ORDER BY ${key}, ${quoted(ORDER_COLUMN)} DESC`
}

/** Rises with every batch of a round: each brings at least one partition forward, and none goes back. */
function orderOf(reached: NextOffsets): number {
  return Object.values(reached)
    .flat()
    .reduce((sum, offset) => sum + offset, 0)
}
