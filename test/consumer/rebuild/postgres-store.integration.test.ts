import { afterAll, beforeAll } from 'vitest'

import { PostgresStore } from '../../../src/consumer/rebuild/postgres/postgres-store.ts'
import { parsePostgresUrl } from '../../../src/consumer/rebuild/postgres/postgres-target.ts'
import type { Column, ColumnValue, Table } from '../../../src/consumer/rebuild/store.ts'
import { startPostgres, type TestPostgres } from '../../fixtures/postgres.ts'
import { storeContract, type StorePlace } from './store-contract.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres({}, AbortSignal.timeout(60_000))
})
afterAll(() => postgres[Symbol.asyncDispose]())

storeContract('a database of PostgreSQL', place)

async function place(): Promise<StorePlace> {
  const url = await postgres.createDatabase()
  const target = { ...parsePostgresUrl(url), password: postgres.password }
  return {
    open: () => new PostgresStore(target),
    read: (table) => readTable(url, table),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function readTable(
  url: string,
  { name, columns }: Table,
): Promise<Record<string, ColumnValue[]> | undefined> {
  const found = await postgres.query(
    url,
    `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
    [name],
  )
  if (!columns.every((column) => found.some((one) => one['column_name'] === column.name))) return undefined
  const rows = await postgres.query<Record<string, string | null>>(
    url,
    `SELECT ${columns.map(asText).join(', ')} FROM "${name}"`,
  )
  const values = rows.map((row) => columns.map((column) => portValue(column, row[column.name] ?? null)))
  return Object.fromEntries(values.map((row) => [String(row[0]), row]))
}

function asText({ name, type }: Column): string {
  const value = type === 'timestamp' ? `("${name}" AT TIME ZONE 'UTC')` : `"${name}"`
  return `${value}::text AS "${name}"`
}

/** As the port has it. */
function portValue({ type }: Column, text: string | null): ColumnValue {
  if (text === null) return null
  switch (type) {
    case 'integer':
    case 'real':
      return Number(text)
    case 'boolean':
      return text === 'true' ? 1 : 0
    case 'timestamp':
      return new Date(`${text.replace(' ', 'T')}Z`).toISOString()
    case 'json':
      return JSON.stringify(JSON.parse(text))
    case 'text':
    case 'date':
      return text
  }
}
