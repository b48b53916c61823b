import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'

import { SqliteStore } from '../../../src/consumer/rebuild/sqlite/sqlite-store.ts'
import type { Round } from '../../../src/consumer/rebuild/store.ts'
import { packBatch, type PackableRecord } from '../../../src/consumer/rebuild/writing/packed-batch.ts'
import { StoreWriter } from '../../../src/consumer/rebuild/writing/store-writer.ts'
import { instant } from '../../../src/domain/instant.ts'
import { compileType } from '../../../src/events/schema/compile-type.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { frame } from '../../../src/events/wire-format.ts'
import { parseSchemaId } from '../../../src/domain/content.ts'
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
const DIGEST = '0123456789abcdef0123456789abcdef'
const DIGEST_HEADER = Buffer.from(`digest${DIGEST}`)
const DELETED = readSchemaFile(ACCOUNTS.events.deleted)

function upsert(key: string, name: string, offset: number): PackableRecord {
  const account = { fields: { Name: name }, maskedFields: [], unmappedFields: {} }
  const value = { accountKey: key, change: 'CREATED', observedAt: 0, volatileFields: {}, account }

  return record(key, offset, frame(parseSchemaId(7)!, compileType(SCHEMA).type.toBuffer(value)))
}

function remove(key: string, offset: number): PackableRecord {
  const avro = compileType(DELETED).type.toBuffer({ accountKey: key })
  return record(key, offset, frame(parseSchemaId(8)!, avro))
}

function record(key: string, offset: number, value: Uint8Array | null): PackableRecord {
  return {
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    offset,
    visitHeaders: (visit) => visit(DIGEST_HEADER, 0, 6, 6, DIGEST_HEADER.length),
  }
}

function names(file: string): readonly unknown[] {
  using database = new DatabaseSync(file, { readOnly: true })
  return database
    .prepare('SELECT * FROM accounts ORDER BY Id')
    .all()
    .map((row) => [row['Id'], row['Name'], row['ContentDigest'], row['SchemaId']])
}

test('a batch is worth the last word on each key, be it an event of a delete or a tombstone alone (R13)', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'store.db')
  await using writer = new StoreWriter(new SqliteStore(file), [SOURCE], NEVER)
  await writer.open()
  await writer.learn({ id: 7, text: SCHEMA })
  await writer.learn({ id: 8, text: DELETED })
  // No schema was registered when the round began.
  await writer.begin(ROUND, [{ name: ACCOUNTS.name, newest: null }], { accounts: [0] })
  const facts = { resource: ACCOUNTS.name, partition: 0, reached: { accounts: [9] } }
  const records = [
    upsert('a', 'old', 0),
    upsert('b', 'B', 1),
    upsert('a', 'new', 2),
    upsert('c', 'C', 3),
    remove('b', 4),
    record('b', 5, null),
    record('c', 6, null),
    record('d', 7, null),
    remove('e', 8),
  ]
  expect(await writer.stage(packBatch(records, facts))).toEqual({ records: 9, rows: 5 })
  await writer.finish()
  expect(names(file)).toEqual([['a', 'new', DIGEST, 7]])
})

test('a resource of which there is no event yet has a table with its key alone', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'store.db')
  await using writer = new StoreWriter(new SqliteStore(file), [SOURCE], NEVER)
  await writer.open()
  await writer.begin(ROUND, [{ name: ACCOUNTS.name, newest: null }], { accounts: [0] })
  await writer.finish()
  expect(names(file)).toEqual([])
})
