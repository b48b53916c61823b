import { InvariantViolation } from '../../support/errors.ts'
import { PostgresConnection } from '../rebuild/postgres/postgres-connection.ts'
import { qualified, quoted } from '../rebuild/postgres/postgres-names.ts'
import { postgresName, type PostgresTarget } from '../rebuild/postgres/postgres-target.ts'
import { StateTables } from '../rebuild/postgres/state-tables.ts'
import type { ColumnType, Table, VisibleState } from '../rebuild/store.ts'
import { parseState } from '../rebuild/stored-state.ts'
import { notFilled } from './not-filled.ts'
import type { StoredValue, StoreReader } from './store-reader.ts'

const BATCH_ROWS = 500
const CURSOR = '_listingstream_verify'

export class PostgresReader implements StoreReader {
  readonly name: string
  readonly #target: PostgresTarget
  #connection: PostgresConnection | undefined

  constructor(target: PostgresTarget) {
    this.#target = target
    this.name = postgresName(target)
  }

  async open(signal: AbortSignal): Promise<VisibleState> {
    const connection = await PostgresConnection.open(this.#target, signal)
    this.#connection = connection
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', [], signal)
    const documents = await new StateTables(connection, this.#target.schema).read(signal)
    const { visible } = parseState(documents, this.name)
    if (visible === null) throw notFilled(this.name)
    return visible
  }

  async *rows(
    { name, columns }: Table,
    signal: AbortSignal,
  ): AsyncGenerator<readonly (readonly StoredValue[])[], void, undefined> {
    const connection = this.#connection
    if (connection === undefined) throw new InvariantViolation('The store to be verified is not open.')
    const listed = columns.map((column) => quoted(column.name)).join(', ')
    const from = qualified(this.#target.schema, name)
    await connection.query(`DECLARE ${CURSOR} NO SCROLL CURSOR FOR SELECT ${listed} FROM ${from}`, [], signal)
    for (;;) {
      const rows = await connection.query(`FETCH ${BATCH_ROWS} FROM ${CURSOR}`, [], signal)
      if (rows.length === 0) break
      yield rows.map((row) => columns.map((column) => storedValue(column.type, row[column.name] ?? null)))
    }
    await connection.query(`CLOSE ${CURSOR}`, [], signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.[Symbol.asyncDispose]()
  }
}

/** @param text as the server writes it */
function storedValue(type: ColumnType, text: string | null): StoredValue {
  if (text === null) return null
  switch (type) {
    case 'text':
    case 'date':
    case 'json':
      return text
    case 'integer': {
      const number = Number(text)
      return Number.isSafeInteger(number) ? number : undefined
    }
    case 'real': {
      const number = Number(text)
      return Number.isFinite(number) ? number : undefined
    }
    case 'boolean':
      return text === 't' ? 1 : 0
    case 'timestamp':
      return instantText(text)
  }
}

/** Of the session's own style and time zone. */
const TIMESTAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?\+00$/

/** Undefined for what is no whole number of milliseconds in the years 1 to 9999. */
function instantText(text: string): string | undefined {
  const [, day, time, fraction = ''] = TIMESTAMP.exec(text) ?? []
  return day === undefined ? undefined : `${day}T${time}.${fraction.padEnd(3, '0')}Z`
}
