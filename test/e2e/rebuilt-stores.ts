import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { types } from 'pg'

import { compareRecord, type Difference } from '../../src/demo/compare-record.ts'
import { sourceFields } from '../../src/demo/source-fields.ts'
import { collectionOf, sourceRecords, type SourceRecord } from '../../src/demo/source-records.ts'
import { storedRecord, type StoredColumn, type StoredRow } from '../../src/demo/stored-record.ts'
import type { Replicated } from '../../src/domain/resource.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { TestPostgres } from '../fixtures/postgres.ts'

/** A store that `rebuild` fills, read as its readers do. */
export interface RebuiltStore {
  /** Value of `--to`. */
  readonly to: string
  /** What the command needs beside it. */
  readonly settings: Readonly<Record<string, string>>
  query(sql: string): Promise<StoredRow[]>
  /** Changes it behind the program's back. */
  change(sql: string): Promise<void>
  /** Of a table, the rows with these keys. */
  rows(table: string, keyColumn: string, keys: readonly string[]): Promise<StoredRow[]>
  /** All tables with their numbers of rows, as one transaction sees them: `accounts 7, listings 200`. */
  glance(): Promise<string>
}

export function sqliteStore(folder: string): RebuiltStore {
  const file = join(folder, 'store.db')
  // A file that is not there is a rejection.
  const read = async <T>(work: (database: DatabaseSync) => T): Promise<T> => {
    using database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 })
    return work(database)
  }
  return {
    to: `sqlite:${file}`,
    settings: {},
    query: (sql) => read((database) => database.prepare(sql).all()),
    change: async (sql) => {
      using database = new DatabaseSync(file, { timeout: 10_000 })
      database.exec(sql)
    },
    rows: (table, keyColumn, keys) =>
      read((database) => {
        const one = database.prepare(`SELECT * FROM "${table}" WHERE "${keyColumn}" = ?`)
        return keys.flatMap((key) => one.all(key))
      }),
    glance: () =>
      read((database) => {
        database.exec('BEGIN')
        const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
        const names = tables.map(({ name }) => String(name)).filter(isVisible)
        return sentence(
          names.map((name) => [name, database.prepare(`SELECT count(*) AS n FROM "${name}"`).get()?.['n']]),
        )
      }),
  }
}

export async function postgresStore(postgres: TestPostgres): Promise<RebuiltStore> {
  const url = await postgres.createDatabase()
  return {
    to: url,
    settings: { PGPASSWORD: postgres.password },
    query: (sql) => postgres.query(url, sql),
    change: async (sql) => {
      await using client = await postgres.connect(url)
      await client.query(sql)
    },
    rows: async (table, keyColumn, keys) => {
      await using client = await postgres.connect(url)
      const text = `SELECT * FROM "${table}" WHERE "${keyColumn}" = ANY ($1::text[])`
      return (await client.query<StoredRow>({ text, values: [keys], types: { getTypeParser: parserOf } }))
        .rows
    },
    glance: async () => {
      await using client = await postgres.connect(url)
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      const { rows } = await client.query<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
      )
      const counts: [string, unknown][] = []
      for (const { name } of rows.filter((row) => isVisible(row.name))) {
        const { rows: counted } = await client.query<{ n: string }>(`SELECT count(*) AS n FROM "${name}"`)
        counts.push([name, counted[0]?.n])
      }
      return sentence(counts)
    },
  }
}

const TEXTS = new Map<number, (value: string) => unknown>([
  [types.builtins.DATE, String],
  [types.builtins.INT8, Number],
  [types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString()],
])

/** Values as SQLite has them. */
function parserOf(type: number): (value: string) => unknown {
  return TEXTS.get(type) ?? types.getTypeParser(type)
}

function isVisible(name: string): boolean {
  return !name.startsWith('_')
}

function sentence(counts: readonly (readonly [string, unknown])[]): string {
  return counts
    .map(([name, count]) => `${name} ${String(count)}`)
    .sort()
    .join(', ')
}

/** Offsets that are staged, of all partitions; undefined while no round is under way. */
export async function staged(store: RebuiltStore): Promise<number | undefined> {
  const rows = await store
    .query(`SELECT value FROM _listingstream_state WHERE name = 'reached'`)
    // The store is not made yet, or is just being written.
    .catch(() => [])
  const text = rows[0]?.['value']
  if (typeof text !== 'string') return undefined
  const reached: Readonly<Record<string, readonly number[]>> = JSON.parse(text)
  return Object.values(reached)
    .flat()
    .reduce((sum, offset) => sum + offset, 0)
}

/** `VOLATILE_FIELDS`, left at its default. */
const VOLATILE_FIELDS = ['DaysOnMarket', 'CumulativeDaysOnMarket']
const CHUNK = 500

export interface StoreComparison {
  readonly records: number
  /** What the source says of them: texts, numbers, booleans, in whatever list or object. */
  readonly values: number
  readonly differences: readonly Difference[]
}

/** Every record that the source shows now with its row, value by value, and the number of rows; whole tables are never in memory. */
export async function compareStore(
  simulator: Simulator,
  store: RebuiltStore,
  resource: Replicated,
): Promise<StoreComparison> {
  const table = resource.name.replaceAll('-', '_')
  const columns = (await store.query(
    `SELECT column_name, type, field FROM _listingstream_columns WHERE table_name = '${table}' ORDER BY position`,
  )) as unknown as readonly StoredColumn[]
  const fields = sourceFields(resource, collectionOf(simulator, resource))
  const volatileFields = new Set([...VOLATILE_FIELDS, ...resource.volatileFields])
  const keyColumn = columns[0]?.column_name ?? ''
  const differences: Difference[] = []
  let records = 0
  let values = 0
  const compare = async (sources: readonly SourceRecord[]): Promise<void> => {
    records += sources.length
    const keys = sources.map(({ Id }) => Id)
    const rows = await store.rows(table, keyColumn, keys)
    const stored = new Map(
      rows.map((row) => {
        const record = storedRecord(resource, columns, row)
        return [record.key, record]
      }),
    )
    for (const source of sources) {
      values += valuesIn(source)
      const event = stored.get(source.Id)
      const renderedAt = simulator.now()
      if (event === undefined) differences.push({ key: source.Id, field: table, problem: 'no row' })
      else differences.push(...compareRecord({ resource, source, event, fields, volatileFields, renderedAt }))
    }
  }
  let chunk: SourceRecord[] = []
  for (const source of sourceRecords(simulator, resource)) {
    chunk.push(source)
    if (chunk.length < CHUNK) continue
    await compare(chunk)
    chunk = []
  }
  await compare(chunk)
  const counted = await store.query(`SELECT count(*) AS n FROM "${table}"`)
  const rows = Number(counted[0]?.['n'])
  if (rows !== records) differences.push({ key: '', field: table, problem: `${rows} rows of ${records}` })
  return { records, values, differences }
}

function valuesIn(value: unknown): number {
  if (value === null) return 0
  if (typeof value !== 'object') return 1
  return Object.values(value).reduce<number>((sum, inner) => sum + valuesIn(inner), 0)
}
