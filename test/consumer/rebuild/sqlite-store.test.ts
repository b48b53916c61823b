import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'

import { SqliteStore } from '../../../src/consumer/rebuild/sqlite/sqlite-store.ts'
import type { ColumnValue, Table } from '../../../src/consumer/rebuild/store.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'
import { storeContract, type StorePlace } from './store-contract.ts'

storeContract('a file of SQLite', place)

async function place(): Promise<StorePlace> {
  const folder = await tempFolder()
  const file = join(folder.path, 'store.db')
  return {
    open: () => new SqliteStore(file),
    read: (table) => Promise.resolve(readTable(file, table)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

function readTable(file: string, { name, columns }: Table): Record<string, ColumnValue[]> | undefined {
  using database = new DatabaseSync(file, { readOnly: true })
  const names = columns.map((column) => `"${column.name}"`)
  const found = database.prepare('SELECT name FROM pragma_table_info(?)').all(name)
  if (!columns.every((column) => found.some((one) => one['name'] === column.name))) return undefined
  const rows = database.prepare(`SELECT ${names.join(', ')} FROM "${name}"`).all()
  const values = rows.map((row) => columns.map((column) => row[column.name] as ColumnValue))
  return Object.fromEntries(values.map((row) => [String(row[0]), row]))
}

test('a file that is no database is refused by name', async () => {
  await using folder = await tempFolder()
  expect(() => new SqliteStore(folder.path)).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }))
})
