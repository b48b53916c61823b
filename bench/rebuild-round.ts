import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { rebuildStore } from '../src/app/rebuild/rebuild-store.ts'
import { parsePostgresUrl } from '../src/consumer/rebuild/postgres/postgres-target.ts'
import type { StoreTarget } from '../src/consumer/rebuild/store-target.ts'
import { readAvro } from '../src/events/decode-value.ts'
import { unframe } from '../src/events/wire-format.ts'
import { readRanges } from '../src/kafka/read-topic.ts'
import { startPostgres, type TestPostgres } from '../test/fixtures/postgres.ts'
import type { BenchFeed } from './rebuild-feed.ts'

export interface Measured {
  readonly records: number
  readonly seconds: number
}

export interface MeasuredStore {
  readonly name: string
  /** An empty one. */
  fresh(): Promise<StoreTarget>
  /** Rows of a table of the last one. */
  count(table: string): Promise<number>
}

/** What any subscriber does at least: every record read, all partitions in flight, every value decoded by avsc. */
export async function decodeAll(
  { cluster, resources, names, writerSchemas }: BenchFeed,
  signal: AbortSignal,
): Promise<Measured> {
  const begun = performance.now()
  const ranges = []
  for (const resource of resources) {
    const topic = names.data(resource)
    const offsets = await cluster.topicOffsets(topic, signal)
    ranges.push(
      ...offsets.map(({ beginning, end }, partition) => ({ topic, partition, from: beginning, to: end })),
    )
  }
  let records = 0
  for await (const batch of readRanges(cluster, { ranges }, signal)) {
    for (const { value } of batch.records) {
      records += 1
      if (value === null) continue
      const { schemaId, avro } = unframe(value)
      const { type, name } = await writerSchemas.get(schemaId, signal)
      readAvro(type, avro, name)
    }
  }
  return { records, seconds: (performance.now() - begun) / 1000 }
}

/** From nothing to the finished first fill. @throws {Error} if rows are missing */
export async function rebuildInto(
  feed: BenchFeed,
  store: MeasuredStore,
  signal: AbortSignal,
): Promise<Measured> {
  const target = await store.fresh()
  const begun = performance.now()
  const nobody = { roundBegun() {}, staged() {}, waiting() {}, roundFinished() {}, failed() {} }
  const { records } = await rebuildStore(
    feed,
    { target, resources: null, follow: false, observer: nobody },
    signal,
  )
  const seconds = (performance.now() - begun) / 1000
  let rows = 0
  for (const { name } of feed.resources) rows += await store.count(name.replaceAll('-', '_'))
  // Of a first snapshot, every record is a row.
  if (rows !== records) throw new Error(`${store.name} has ${rows} rows of ${records} records.`)
  return { records, seconds }
}

export interface MeasuredStores extends AsyncDisposable {
  readonly all: readonly MeasuredStore[]
}

/** A file of SQLite, and a server of PostgreSQL of our own; without its packages and an engine for containers, the file alone. */
export async function storesToMeasure(
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<MeasuredStores> {
  await using owned = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'listingstream-bench-'))
  owned.defer(() => rm(folder, { recursive: true, force: true }))
  const all = [sqliteStore(folder)]
  try {
    all.push(postgresStore(owned.use(await startPostgres({}, signal))))
  } catch (error) {
    say(`PostgreSQL is left out: ${error instanceof Error ? error.message : String(error)}`)
  }
  const stores = owned.move()
  return { all, [Symbol.asyncDispose]: () => stores.disposeAsync() }
}

function postgresStore(server: TestPostgres): MeasuredStore {
  let url = ''
  return {
    name: 'PostgreSQL',
    async fresh() {
      url = await server.createDatabase()
      return { ...parsePostgresUrl(url), password: server.password }
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
    async fresh() {
      for (const end of ['', '-wal', '-shm', '.lock']) await rm(`${file}${end}`, { force: true })
      return { kind: 'sqlite', file }
    },
    count(table) {
      using database = new DatabaseSync(file, { readOnly: true })
      return Promise.resolve(Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']))
    },
  }
}
