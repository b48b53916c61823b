/** The stores that `rebuild` fills. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { startPostgres, type TestPostgres } from '../../test/fixtures/postgres.ts'
import type { Bench } from './bench.ts'
import type { Variables } from './measured-program.ts'

export interface MeasuredStore {
  readonly name: string
  /** For `--to`, of an empty one. */
  fresh(): Promise<string>
  readonly settings: Variables
  /** Rows of a table of the last one. */
  count(table: string): Promise<number>
}

export interface MeasuredStores extends AsyncDisposable {
  readonly all: readonly MeasuredStore[]
}

/** A file of SQLite, and a server of PostgreSQL of our own; without its packages and an engine for containers, the file alone. */
export async function storesToMeasure(bench: Bench, signal: AbortSignal): Promise<MeasuredStores> {
  await using owned = new AsyncDisposableStack()
  const folder = await mkdtemp(join(bench.folder, 'stores-'))
  owned.defer(() => rm(folder, { recursive: true, force: true }))
  const all = [sqliteStore(folder)]
  try {
    all.push(postgresStore(owned.use(await startPostgres({}, signal))))
  } catch (error) {
    bench.say(`PostgreSQL is left out: ${error instanceof Error ? error.message : String(error)}`)
  }
  const stores = owned.move()
  return { all, [Symbol.asyncDispose]: () => stores.disposeAsync() }
}

function postgresStore(server: TestPostgres): MeasuredStore {
  let url = ''
  return {
    name: 'PostgreSQL',
    settings: { PGPASSWORD: server.password },
    async fresh() {
      url = await server.createDatabase()
      return url
    },
    async count(table) {
      const [row] = await server.query<{ n: string }>(url, `SELECT count(*) AS n FROM ${table}`)
      return Number(row?.n)
    },
  }
}

function sqliteStore(folder: string): MeasuredStore {
  const file = join(folder, 'store.db')
  return {
    name: 'SQLite',
    settings: {},
    async fresh() {
      for (const end of ['', '-wal', '-shm', '.lock']) await rm(`${file}${end}`, { force: true })
      return `sqlite:${file}`
    },
    count(table) {
      using database = new DatabaseSync(file, { readOnly: true })
      return Promise.resolve(Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']))
    },
  }
}
