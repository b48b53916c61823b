import type { Table } from '../store.ts'
import { StoreError } from '../store-error.ts'
import type { Documents } from '../stored-state.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { COLUMNS_TABLE, qualified, quoted, stagingSchema, STATE_TABLE } from './postgres-names.ts'

/** Any number, as long as no other program's locks have it. */
const LOCK_CLASS = 0x11_57_57

/** What a store keeps of itself in the schema that its readers see, and the lock on it. */
export class StateTables {
  readonly #connection: PostgresConnection
  readonly #schema: string

  constructor(connection: PostgresConnection, schema: string) {
    this.#connection = connection
    this.#schema = schema
  }

  /**
   * Held as long as the session: however a process ends, the server lets go of it.
   *
   * @returns whether nobody else has it
   */
  async lock(signal: AbortSignal): Promise<boolean> {
    const sql = `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext($1))::text AS locked`
    const [row] = await this.#connection.query(sql, [this.#schema], signal)
    return row?.['locked'] === 'true'
  }

  /** @throws {StoreError} STORE_UNUSABLE of a database that cannot hold every text */
  async requireUnicode(signal: AbortSignal): Promise<void> {
    const [database] = await this.#connection.query(
      'SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()',
      [],
      signal,
    )
    if (database?.['encoding'] !== 'UTF8') {
      throw new StoreError(
        `${this.#connection.name} is in ${database?.['encoding']}, which cannot hold every text. Make a database with ENCODING 'UTF8'.`,
        'STORE_UNUSABLE',
      )
    }
  }

  /** Schemas and tables, where they are not there yet. Within a transaction of the caller. */
  async make(signal: AbortSignal): Promise<void> {
    const schemas = [this.#schema, stagingSchema(this.#schema)]
    const found = await this.#connection.query('SELECT nspname AS name FROM pg_namespace', [], signal)
    const missing = schemas.filter((schema) => found.every(({ name }) => name !== schema))
    const { state, columns } = await this.#existing(signal)
    const statements = missing.map((schema) => `CREATE SCHEMA ${quoted(schema)}`)
    if (!state) {
      statements.push(`CREATE TABLE ${this.#state} (name text PRIMARY KEY, value text NOT NULL)`)
    }
    if (!columns) {
      statements.push(
        `CREATE TABLE ${this.#columns} (table_name text, position integer, column_name text, type text, field text, PRIMARY KEY (table_name, position))`,
      )
    }
    if (statements.length > 0) await this.#connection.query(statements.join('; '), [], signal)
  }

  /** Of a schema that has no such table: none. */
  async read(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { state } = await this.#existing(signal)
    if (!state) return new Map()
    const rows = await this.#connection.query(`SELECT name, value FROM ${this.#state}`, [], signal)
    return new Map(rows.map(({ name, value }) => [name ?? '', value ?? '']))
  }

  /** Within a transaction of the caller. */
  async keep(documents: Documents, signal: AbortSignal): Promise<void> {
    const put = `INSERT INTO ${this.#state} VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
    for (const [name, value] of Object.entries(documents)) {
      if (value !== null) await this.#connection.query(put, [name, value], signal)
      else await this.#connection.query(`DELETE FROM ${this.#state} WHERE name = $1`, [name], signal)
    }
  }

  /** For those who read the store: which column of which table holds what of the events. */
  async describeColumns(tables: readonly Table[], signal: AbortSignal): Promise<void> {
    await this.#connection.query(`DELETE FROM ${this.#columns}`, [], signal)
    const rows = tables.flatMap((table) =>
      table.columns.map(({ name, type, field }, position) => [table.name, position, name, type, field]),
    )
    const columns = [0, 1, 2, 3, 4].map((place) => rows.map((row) => row[place]))
    const sql = `INSERT INTO ${this.#columns} SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[])`
    await this.#connection.query(sql, columns, signal)
  }

  async #existing(signal: AbortSignal): Promise<{ readonly state: boolean; readonly columns: boolean }> {
    const sql = 'SELECT to_regclass($1)::text AS state, to_regclass($2)::text AS columns'
    const [found] = await this.#connection.query(sql, [this.#state, this.#columns], signal)
    const isThere = (name: string): boolean => typeof found?.[name] === 'string'
    return { state: isThere('state'), columns: isThere('columns') }
  }

  get #state(): string {
    return qualified(this.#schema, STATE_TABLE)
  }

  get #columns(): string {
    return qualified(this.#schema, COLUMNS_TABLE)
  }
}
