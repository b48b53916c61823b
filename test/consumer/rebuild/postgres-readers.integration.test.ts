import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { parsePostgresUrl } from '../../../src/consumer/rebuild/postgres/postgres-target.ts'
import { ThreadedWriter } from '../../../src/consumer/rebuild/writing/threaded-writer.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { startPostgres, type TestPostgres } from '../../fixtures/postgres.ts'
import { LISTINGS, NEVER, openStore, performRound, round, stage } from './postgres-rounds.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres({}, AbortSignal.timeout(60_000))
})
afterAll(() => postgres[Symbol.asyncDispose]())

const SELECT = 'SELECT "ListingKey" AS key, "ListPrice" AS price FROM listings ORDER BY 1'
const OLD = [{ key: '1', price: 1 }]
const NEW = [
  { key: '1', price: 10 },
  { key: '2', price: 20 },
]

test('rights, indexes, views, triggers and policies that others have made outlive a replay', async () => {
  const url = await postgres.createDatabase()
  await using store = await openStore(url)
  await performRound(store, 'replay', { 1: 1 }, 5)
  await postgres.query(url, `CREATE ROLE clerk_${nameOf(url)} LOGIN PASSWORD 'x'`)
  await postgres.query(url, `CREATE ROLE "Boss ${nameOf(url)}"`)
  await postgres.query(
    url,
    `CREATE VIEW cheap AS SELECT * FROM listings WHERE "ListPrice" < 15;
     CREATE SCHEMA reports; CREATE VIEW reports.cheapest WITH (security_barrier = true) AS SELECT min("ListPrice") AS price FROM cheap;
     CREATE INDEX "by price" ON listings ("ListPrice") WHERE "ListPrice" > 0;
     CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER watch BEFORE UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION nothing();
     GRANT SELECT ON listings TO clerk_${nameOf(url)}; GRANT SELECT ON cheap TO clerk_${nameOf(url)};
     GRANT UPDATE ("ListPrice") ON listings TO "Boss ${nameOf(url)}" WITH GRANT OPTION;
     ALTER TABLE listings ENABLE ROW LEVEL SECURITY;
     CREATE POLICY small ON listings FOR SELECT TO clerk_${nameOf(url)} USING ("ListPrice" < 15)`,
  )
  const before = await surroundings(url)

  expect(await performRound(store, 'replay', { 1: 10, 2: 20 }, 9)).toEqual([])

  expect(await postgres.query(url, SELECT)).toEqual(NEW)
  expect(await postgres.query(url, 'SELECT * FROM reports.cheapest')).toEqual([{ price: 10 }])
  expect(await surroundings(url)).toEqual(before)
  expect(before).toMatchObject({ indexes: [{}, {}], views: [{}, {}], triggers: [{}], policies: [{}] })
})

test('what cannot be made again is named, and stops nothing', async () => {
  const url = await postgres.createDatabase()
  await using store = await openStore(url)
  await performRound(store, 'replay', { 1: 1 }, 5)
  await postgres.query(
    url,
    `CREATE MATERIALIZED VIEW summary AS SELECT count(*) FROM listings;
     CREATE TABLE visits (listing text REFERENCES listings ("ListingKey"));
     ALTER TABLE listings ADD COLUMN note text; CREATE VIEW notes AS SELECT note FROM listings`,
  )
  const lost = await performRound(store, 'replay', { 1: 10, 2: 20 }, 9)
  expect(lost.toSorted()).toEqual([
    'the constraint visits_listing_fkey of public.visits',
    'the materialized view public.summary',
    expect.stringMatching(/^the view public\.notes \(.*note.* does not exist/),
  ])
  expect(await postgres.query(url, SELECT)).toEqual(NEW)
})

test('new tables have the rights that the owner of the schema gives to new tables', async () => {
  const url = await postgres.createDatabase()
  await postgres.query(url, `CREATE ROLE readers_${nameOf(url)}`)
  await postgres.query(
    url,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO readers_${nameOf(url)}`,
  )
  await using store = await openStore(url)
  await performRound(store, 'replay', { 1: 1 }, 5)
  const rights = `SELECT has_table_privilege('readers_${nameOf(url)}', 'listings', 'SELECT') AS may`
  expect(await postgres.query(url, rights)).toEqual([{ may: true }])
  // What was taken away since stays away.
  await postgres.query(url, `REVOKE ALL ON listings FROM readers_${nameOf(url)}`)
  expect(await performRound(store, 'replay', { 1: 10 }, 9)).toEqual([])
  expect(await postgres.query(url, rights)).toEqual([{ may: false }])
})

test('a table is not shown to a transaction that would see a part of its rows, and is when that has ended', async () => {
  const url = await postgres.createDatabase()
  await using store = await openStore(url)
  await performRound(store, 'replay', { 1: 1 }, 5)
  await store.begin(round('replay', 9), [LISTINGS], { listings: [0] }, NEVER)
  await stage(store, { 1: 10 }, 7)
  await using reader = await postgres.connect(url)
  // It looks at another table only, so that nothing of it is in the way.
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM _listingstream_columns')
  await using idle = await postgres.connect(url)
  await idle.query('BEGIN; SELECT FROM _listingstream_columns')
  await stage(store, { 2: 20 }, 9)

  const told: unknown[] = []
  const finished = store.finish(NEVER, (waitingFor) => told.push(waitingFor))
  // The rows are ready: nothing but the old transaction is waited for.
  await vi.waitUntil(async () => (await readyTables(url)).length === 1, { timeout: 20_000 })
  expect((await reader.query(SELECT)).rows).toEqual(OLD)
  await vi.waitUntil(() => told.length > 0, { timeout: 20_000 })
  await reader.query('COMMIT')
  await finished
  expect((await reader.query(SELECT)).rows).toEqual(NEW)
  expect((await idle.query(SELECT)).rows).toEqual(NEW)
  expect(told).toEqual([[{ pid: await pidOf(reader), application: '' }]])
})

test('who reads for long is waited for, and nobody behind it', async () => {
  const url = await postgres.createDatabase()
  await using store = await openStore(url)
  await performRound(store, 'replay', { 1: 1 }, 5)
  await using long = await postgres.connect(url)
  await long.query('BEGIN')
  await long.query(SELECT)
  await store.begin(round('replay', 9), [LISTINGS], { listings: [0] }, NEVER)
  await stage(store, { 1: 10, 2: 20 }, 9)
  const told: unknown[] = []
  const finished = store.finish(NEVER, (waitingFor) => told.push(waitingFor))
  await vi.waitUntil(async () => (await waitingLocks(url)).length > 0, { timeout: 20_000, interval: 20 })
  expect(await postgres.query(url, SELECT)).toEqual(OLD)
  await vi.waitUntil(() => told.length > 0, { timeout: 20_000 })
  // A reader that had to wait behind ours may be at it just then, too.
  expect(told.flat()).toContainEqual({ pid: await pidOf(long), application: '' })
  await long.query('COMMIT')
  await finished
  expect(await postgres.query(url, SELECT)).toEqual(NEW)
})

test('a catch-up that cannot change a table tells who writes to it, and of nobody who only reads', async () => {
  const url = await postgres.createDatabase()
  await using store = await openStore(url)
  await performRound(store, 'replay', { 1: 1 }, 5)
  await using reader = await postgres.connect(url)
  await reader.query('BEGIN')
  await reader.query(SELECT)
  await using writer = await postgres.connect(url)
  await writer.query('BEGIN; LOCK TABLE listings IN SHARE MODE')
  await store.begin(round('catch-up', 9), [LISTINGS], { listings: [5] }, NEVER)
  await stage(store, { 1: 10, 2: 20 }, 9)
  const told: unknown[] = []
  const finished = store.finish(NEVER, (waitingFor) => told.push(waitingFor))
  await vi.waitUntil(() => told.length > 0, { timeout: 20_000 })
  await writer.query('COMMIT')
  await finished
  expect(told[0]).toEqual([{ pid: await pidOf(writer), application: '' }])
  expect(await postgres.query(url, SELECT)).toEqual(NEW)
})

test('the thread that writes tells the one that reads for whom it waits', async () => {
  const url = await postgres.createDatabase()
  const target = { ...parsePostgresUrl(url), password: postgres.password }
  await using writer = new ThreadedWriter({ target, sources: [{ resource: ACCOUNTS, keyColumn: 'Id' }] })
  await writer.open()
  const planned = { ...round('replay', 5), ends: { accounts: [5] } }
  await writer.begin(planned, [{ name: ACCOUNTS.name, newest: null }], { accounts: [0] })
  await using reader = await postgres.connect(url)
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM _listingstream_columns')
  const told: unknown[] = []
  const finished = writer.finish((waitingFor) => told.push(waitingFor))
  await vi.waitUntil(() => told.length > 0, { timeout: 20_000 })
  await reader.query('COMMIT')
  expect(await finished).toEqual({ lost: [] })
  expect(told).toEqual([[{ pid: await pidOf(reader), application: '' }]])
})

/** Of the server's process that a connection talks to. */
async function pidOf(connection: Awaited<ReturnType<TestPostgres['connect']>>): Promise<number> {
  const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]!.pid
}

/** Tables of the next round that are complete. */
async function readyTables(url: string): Promise<unknown[]> {
  return await postgres.query(url, `SELECT FROM pg_indexes WHERE schemaname = '_listingstream_public'`)
}

async function waitingLocks(url: string): Promise<unknown[]> {
  return await postgres.query(url, `SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'`)
}

async function surroundings(url: string): Promise<Record<string, unknown>> {
  const of = (sql: string): Promise<unknown> => postgres.query(url, sql)
  return {
    indexes: await of(`SELECT indexdef FROM pg_indexes WHERE tablename = 'listings' ORDER BY 1`),
    views: await of(
      `SELECT viewname, definition, c.relacl::text, c.reloptions FROM pg_views JOIN pg_class c ON c.relname = viewname
       WHERE schemaname IN ('public', 'reports') ORDER BY 1`,
    ),
    triggers: await of(`SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'watch'`),
    policies: await of('SELECT * FROM pg_policies'),
    table: await of(
      `SELECT relacl::text, relrowsecurity, reloptions FROM pg_class WHERE oid = 'listings'::regclass`,
    ),
    columns: await of(
      `SELECT attname, attacl::text FROM pg_attribute WHERE attrelid = 'listings'::regclass AND attacl IS NOT NULL`,
    ),
  }
}

/** Roles are of the server, not of a database. */
function nameOf(url: string): string {
  return new URL(url).pathname.slice(-8)
}
