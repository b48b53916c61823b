import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { writeFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { SqliteStore } from '../../../src/consumer/rebuild/sqlite/sqlite-store.ts'
import type { Round } from '../../../src/consumer/rebuild/store.ts'
import { packBatch, type PackableRecord } from '../../../src/consumer/rebuild/writing/packed-batch.ts'
import { StoreWriter } from '../../../src/consumer/rebuild/writing/store-writer.ts'
import { ComparedKeys } from '../../../src/consumer/verify/compared-keys.ts'
import { SqliteReader } from '../../../src/consumer/verify/sqlite-reader.ts'
import { readStoredKeys } from '../../../src/consumer/verify/stored-keys.ts'
import { parseSchemaId } from '../../../src/domain/content.ts'
import { instant } from '../../../src/domain/instant.ts'
import { digestOf } from '../../../src/events/content/digest.ts'
import { compileType } from '../../../src/events/schema/compile-type.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { frame } from '../../../src/events/wire-format.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'

const NEVER = new AbortController().signal
const SOURCE = { resource: ACCOUNTS, keyColumn: 'Id' }
const ROUND: Round = {
  kind: 'replay',
  feed: { prefix: 'spark', clusterId: 'c', generation: 1 },
  ends: { accounts: [9] },
  pinnedAt: instant(0),
}
const SCHEMA = readSchemaFile(ACCOUNTS.events.upserted)
const { type, named } = compileType(SCHEMA)
const registry = { byId: async (id: number) => (id === 7 ? SCHEMA : undefined) }

function upsert(key: string, offset: number): PackableRecord {
  const account = { fields: { Name: `Name of ${key}` }, maskedFields: [], unmappedFields: {} }
  const value = { accountKey: key, change: 'CREATED', observedAt: 0, volatileFields: {}, account }
  const header = Buffer.from(`digest${digestOf(named['listingstream.Account']!.toBuffer(account))}`)
  return {
    key: Buffer.from(key),
    value: Buffer.from(frame(parseSchemaId(7)!, type.toBuffer(value))),
    offset,
    visitHeaders: (visit) => visit(header, 0, 6, 6, header.length),
  }
}

/** With the rows a, b and c. */
async function filled(file: string): Promise<void> {
  await using writer = new StoreWriter(new SqliteStore(file), [SOURCE], NEVER)
  await writer.open()
  await writer.learn({ id: 7, text: SCHEMA })
  await writer.begin(ROUND, [{ name: ACCOUNTS.name, newest: null }], { accounts: [0] })
  const records = ['a', 'b', 'c'].map(upsert)
  await writer.stage(
    packBatch(records, { resource: ACCOUNTS.name, partition: 0, reached: { accounts: [9] } }),
  )
  await writer.finish()
}

async function altered(file: string): Promise<readonly string[]> {
  await using reader = new SqliteReader(file)
  using keys = new ComparedKeys()
  const [table] = (await reader.open()).tables
  await readStoredKeys({ reader, registry }, { source: SOURCE, table: table! }, keys, NEVER)
  expect((await keys.digest('stored', NEVER)).keys).toBe(3)
  return (await Array.fromAsync(keys.altered(false))).map(({ key }) => key)
}

function change(file: string, sql: string): void {
  using database = new DatabaseSync(file)
  database.exec(sql)
}

test.each([
  ['nothing', `SELECT 1`, []],
  ['a text', `UPDATE accounts SET Name = 'Name of B' WHERE Id = 'b'`, ['b']],
  // SQLite makes a text of it.
  ['a text to a number', `UPDATE accounts SET Name = 5 WHERE Id = 'b'`, ['b']],
  ['a text to bytes', `UPDATE accounts SET Name = x'00ff' WHERE Id = 'b'`, ['b']],
  ['a field to another one', `UPDATE accounts SET Company = Name, Name = NULL WHERE Id = 'c'`, ['c']],
  ['the schema', `UPDATE accounts SET SchemaId = 8 WHERE Id = 'a'`, ['a']],
  ['the schema to what is none', `UPDATE accounts SET SchemaId = 9223372036854775807 WHERE Id = 'a'`, ['a']],
  ['the digest', `UPDATE accounts SET ContentDigest = '${'0'.repeat(32)}' WHERE Id = 'a'`, ['a']],
])('a row of which somebody has changed %s', async (_, sql, found) => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'store.db')
  await filled(file)
  change(file, sql)
  expect(await altered(file)).toEqual(found)
})

test('rows that an older version has written are no lie, and cannot be proved: STORE_WITHOUT_DIGESTS says so', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'store.db')
  await filled(file)
  change(file, `UPDATE accounts SET ContentDigest = NULL, SchemaId = NULL WHERE Id <> 'a'`)
  await expect(altered(file)).rejects.toMatchObject({
    code: 'STORE_WITHOUT_DIGESTS',
    message: expect.stringContaining('2 rows of accounts'),
  })
})

test('a file that is not there is not made, and one that no rebuild has filled is told', async () => {
  await using folder = await tempFolder()
  const missing = join(folder.path, 'missing.db')
  await using nothing = new SqliteReader(missing)
  await expect(nothing.open()).rejects.toMatchObject({ code: 'STORE_UNUSABLE' })
  const other = join(folder.path, 'other.db')
  change(other, 'CREATE TABLE mine (id INTEGER)')
  await using foreign = new SqliteReader(other)
  await expect(foreign.open()).rejects.toMatchObject({
    code: 'STORE_UNUSABLE',
    message: expect.stringContaining('listingstream rebuild'),
  })
  const text = join(folder.path, 'text.db')
  await writeFile(text, 'no database at all, but long enough to be looked at as one')
  await using broken = new SqliteReader(text)
  await expect(broken.open()).rejects.toMatchObject({ code: 'STORE_UNUSABLE' })
})
