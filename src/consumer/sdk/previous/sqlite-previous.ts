import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import { z } from 'zod'

import { sqliteFailure } from '../../rebuild/sqlite/sqlite-error.ts'
import type { PreviousEntry, PreviousStore } from './previous-store.ts'

/** How long a statement waits while another process writes to the file. */
const BUSY_TIMEOUT_MS = 5_000
const TABLE = 'listingstream_previous'

const ROW = z.object({
  topic: z.string(),
  partition: z.number(),
  offset: z.number(),
  observed_at: z.string(),
  value: z.string().nullable(),
})

/**
 * In a file of SQLite, which is made if it is not there. It survives a `kill -9`; after a power cut the last changes may be
 * missing in it: they are then told once more, as one with what comes next.
 *
 * @throws {StoreError} STORE_UNUSABLE, STORE_UNAVAILABLE; so do its methods
 */
export async function sqlitePrevious(file: string): Promise<PreviousStore & AsyncDisposable> {
  // Who does not use it does not load it.
  const { DatabaseSync } = await import('node:sqlite')
  const path = resolve(file)
  const database = open(path, () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }))
  const select = database.prepare(
    `SELECT topic, "partition", "offset", observed_at, value FROM ${TABLE} WHERE key = ?`,
  )
  const upsert = database.prepare(`INSERT OR REPLACE INTO ${TABLE} VALUES (?, ?, ?, ?, ?, ?)`)
  return {
    get: async (key) => {
      const row = attempt(path, () => select.get(key))
      return row === undefined ? undefined : entryOf(row)
    },
    set: async (key, { topic, partition, offset, observedAt, value }) => {
      const text = value === null ? null : JSON.stringify(value)
      attempt(path, () => upsert.run(key, topic, partition, offset, observedAt, text))
    },
    [Symbol.asyncDispose]: async () => {
      if (database.isOpen) database.close()
    },
  }
}

function open(path: string, make: () => DatabaseSync): DatabaseSync {
  return attempt(path, () => {
    using opened = new DisposableStack()
    const database = opened.adopt(make(), (made) => made.close())
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (
         key TEXT PRIMARY KEY, topic TEXT NOT NULL, "partition" INTEGER NOT NULL, "offset" INTEGER NOT NULL,
         observed_at TEXT NOT NULL, value TEXT
       ) STRICT`,
    )
    opened.move()
    return database
  })
}

function entryOf(row: unknown): PreviousEntry {
  const { observed_at: observedAt, value, ...place } = ROW.parse(row)
  return { ...place, observedAt, value: value === null ? null : JSON.parse(value) }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw sqliteFailure(error, path)
  }
}
