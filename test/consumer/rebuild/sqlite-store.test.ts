import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'

import { SqliteStore } from '../../../src/consumer/rebuild/sqlite/sqlite-store.ts'
import type { ColumnValue, Table } from '../../../src/consumer/rebuild/store.ts'
import { instant } from '../../../src/domain/instant.ts'
import { parseResourceName } from '../../../src/domain/resource.ts'
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

async function begin(store: SqliteStore): Promise<void> {
  const resource = parseResourceName('listings')!
  const columns = [{ name: 'ListingKey', type: 'text', field: 'listingKey' }] as const
  const feed = { prefix: 'spark', clusterId: 'c', generation: 1 }
  const round = { kind: 'replay', feed, ends: { listings: [5] }, pinnedAt: instant(0) } as const
  await store.open()
  await store.begin(round, [{ name: 'listings', resource, columns }], { listings: [0] })
}

test.each([
  ['table', 'CREATE TABLE Listings (id)'],
  ['view', 'CREATE VIEW listings AS SELECT 1'],
  ['index', 'CREATE TABLE houses (id); CREATE INDEX listings ON houses (id)'],
])(
  'a file in which a %s of somebody else has the name is refused, byte for byte as it was',
  async (_what, sql) => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'theirs.db')
    {
      using theirs = new DatabaseSync(file)
      theirs.exec(sql)
    }
    const before = await readFile(file)
    {
      await using store = new SqliteStore(file)
      await expect(begin(store)).rejects.toMatchObject({ code: 'STORE_FOREIGN' })
    }
    expect(await readFile(file)).toEqual(before)
  },
)

test('a file is in WAL mode from the first round on', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'store.db')
  await using store = new SqliteStore(file)
  await begin(store)
  using reader = new DatabaseSync(file, { readOnly: true })
  expect(reader.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
})

test('a file that another process holds locked is said to be tried again with --follow alone', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'store.db')
  using other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  await using store = new SqliteStore(file)
  await expect(begin(store)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(/Run it again when that one has ended.*--follow does so by itself/),
  })
}, 20_000)
