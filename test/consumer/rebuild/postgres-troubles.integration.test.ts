import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { PostgresStore } from '../../../src/consumer/rebuild/postgres/postgres-store.ts'
import { parsePostgresUrl } from '../../../src/consumer/rebuild/postgres/postgres-target.ts'
import { parseResourceName } from '../../../src/domain/resource.ts'
import { makeCertificate } from '../../../src/simulator/server/certificate.ts'
import { freePort } from '../../../src/stack/ports.ts'
import { startPostgres, type TestPostgres } from '../../fixtures/postgres.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'
import { LISTINGS, NEVER, openStore, performRound, round, stage } from './postgres-rounds.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres({}, AbortSignal.timeout(60_000))
})
afterAll(() => postgres[Symbol.asyncDispose]())

const SELECT = 'SELECT "ListingKey" AS key, "ListPrice" AS price FROM listings ORDER BY 1'

describe('a server that goes away', () => {
  test.each(['fast', 'crash'] as const)(
    'takes no batch with it that is not read again, and shows nothing half-way (%s)',
    async (how) => {
      await using server = await startPostgres({}, AbortSignal.timeout(60_000))
      const url = await server.createDatabase()
      {
        await using store = await openStore(url)
        await performRound(store, 'replay', { 1: 1 }, 5)
        await store.begin(round('catch-up', 9), [LISTINGS], { listings: [5] }, NEVER)
        await stage(store, { 1: 10 }, 7)
        await server.stop(how)
        await expect(stage(store, { 2: 20 }, 9)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      }
      await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
      await server.start(AbortSignal.timeout(60_000))
      expect(await server.query(url, SELECT)).toEqual([{ key: '1', price: 1 }])

      await using store = new PostgresStore({ ...parsePostgresUrl(url), password: server.password })
      const { staged } = await store.open(NEVER)
      // A crash may take what was staged last, in whole transactions; then it is read again.
      if (staged === null) await store.begin(round('catch-up', 9), [LISTINGS], { listings: [5] }, NEVER)
      if (staged?.reached['listings']?.[0] !== 7) await stage(store, { 1: 10 }, 7)
      await stage(store, { 2: 20 }, 9)
      await store.finish(NEVER)
      expect(await server.query(url, SELECT)).toEqual([
        { key: '1', price: 10 },
        { key: '2', price: 20 },
      ])
    },
  )

  test('lets go of the store when its client is gone in the middle of a statement', async () => {
    const url = await postgres.createDatabase()
    const store = await openStore(url)
    await store.begin(round('replay', 5), [LISTINGS], { listings: [0] }, NEVER)
    await using blocker = await postgres.connect(url)
    await blocker.query('BEGIN; LOCK TABLE _listingstream_public.listings')
    const stopped = new AbortController()
    const staging = store.stage(
      { rows: [{ table: LISTINGS, rows: [row('1')] }], reached: { listings: [1] } },
      stopped.signal,
    )
    stopped.abort(new Error('stopped'))
    await expect(staging).rejects.toThrow('stopped')
    await blocker.query('COMMIT')
    await using next = await openStore(url)
    await stage(next, { 1: 1 }, 5)
    await next.finish(NEVER)
    expect(await postgres.query(url, SELECT)).toEqual([{ key: '1', price: 1 }])
  })
})

describe('a store that cannot be used', () => {
  test.each([
    [
      'no server',
      async () => `postgres://x@127.0.0.1:${await freePort()}/x`,
      'STORE_UNAVAILABLE',
      'PGPASSWORD',
    ],
    ['another password', async () => withPassword('wrong-one'), 'STORE_UNUSABLE', 'PGPASSWORD'],
    ['no such database', async () => postgres.url('nowhere'), 'STORE_UNUSABLE', 'CREATE DATABASE'],
    ['an encoding that cannot hold every text', latin, 'STORE_UNUSABLE', "ENCODING 'UTF8'"],
    ['a server that takes no TLS', () => withQuery('sslmode=require'), 'STORE_UNUSABLE', 'sslmode'],
    ['no right to make tables', readOnlyUser, 'STORE_UNUSABLE', 'needs CREATE on the database'],
    ['a table of somebody else', foreignTable, 'STORE_FOREIGN', 'Rebuild into another schema'],
  ])('%s: says so, with what to do, and without the password (R15)', async (_name, make, code, advice) => {
    const error = await failureOf(await make())
    expect(error).toMatchObject({ code })
    expect(error.message).toContain(advice)
    expect(error.message).not.toContain('wrong-one')
    expect(error.message).not.toContain(postgres.password)
  })

  test.each(['public', 'own'])(
    'a schema %s with a table of somebody else is left as it is, and none is made beside it',
    async (schema) => {
      const url = await postgres.createDatabase()
      if (schema !== 'public') await postgres.query(url, `CREATE SCHEMA ${schema}`)
      await postgres.query(url, `CREATE TABLE ${schema}.listings (id int)`)
      const before = await relations(url)
      expect(await failureOf(`${url}?schema=${schema}`)).toMatchObject({ code: 'STORE_FOREIGN' })
      expect(await relations(url)).toEqual(before)
    },
  )

  test('is not one of which somebody has dropped a table: the others are ours, and all are made anew', async () => {
    const url = await postgres.createDatabase()
    const cities = { ...LISTINGS, name: 'cities', resource: parseResourceName('accounts')! }
    {
      await using store = await openStore(url)
      await store.begin(round('replay', 5), [LISTINGS, cities], { listings: [0] }, NEVER)
      await store.finish(NEVER)
    }
    await postgres.query(url, 'DROP TABLE cities')
    await using store = await openStore(url)
    await store.begin(round('replay', 5), [LISTINGS, cities], { listings: [0] }, NEVER)
    await stage(store, { 1: 1 }, 5)
    expect(await store.finish(NEVER)).toEqual({ lost: [] })
    expect(await postgres.query(url, SELECT)).toEqual([{ key: '1', price: 1 }])
  })

  test('"now" is said of what may pass, and of nothing else', async () => {
    const away = await failureOf(`postgres://x@127.0.0.1:${await freePort()}/x`)
    expect(away.message).toContain('cannot be written to now (')
    const noRole = postgres.url('postgres').replace(`${postgres.user}@`, 'nobody:wrong-one@')
    for (const url of [postgres.url('nowhere'), noRole, await readOnlyUser('visitor')]) {
      const { message } = await failureOf(url)
      expect(message).toContain('cannot be written to (')
      expect(message).not.toMatch(/\bnow\b/)
    }
  })

  test('a record that is more than a row can hold is refused by name', async () => {
    await using store = await openStore(await postgres.createDatabase())
    const numbers = Array.from({ length: 1_500 }, (_, i) => ({
      name: `n${i}`,
      type: 'real' as const,
      field: `n${i}`,
    }))
    const wide = { ...LISTINGS, columns: [LISTINGS.columns[0]!, ...numbers] }
    await store.begin(round('replay', 5), [wide], { listings: [0] }, NEVER)
    const values = ['1', ...numbers.map((_, i) => i + 0.5)]
    const rows = [{ key: '1', partition: 0, offset: 1, values }]
    await expect(
      store.stage({ rows: [{ table: wide, rows }], reached: { listings: [5] } }, NEVER),
    ).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('Rebuild into SQLite'),
    })
  })
})

test('a certificate is looked at as sslmode says', async () => {
  await using server = await startPostgres({}, AbortSignal.timeout(60_000))
  await using folder = await tempFolder()
  const url = await server.createDatabase()
  const ours = await makeCertificate('127.0.0.1')
  const other = await makeCertificate('127.0.0.1')
  const admin = server.url('postgres')
  await server.query(
    admin,
    `COPY (SELECT 1) TO PROGRAM 'umask 077; echo ${base64(ours.key)} | base64 -d > server.key'`,
  )
  await server.query(admin, `COPY (SELECT 1) TO PROGRAM 'echo ${base64(ours.cert)} | base64 -d > server.crt'`)
  await server.query(admin, 'ALTER SYSTEM SET ssl = on')
  await server.stop()
  await server.start(AbortSignal.timeout(60_000))
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder.path, name), text)
    return encodeURIComponent(join(folder.path, name))
  }
  const good = await file('good.pem', ours.authority)
  const bad = await file('bad.pem', other.authority)
  const encrypted = async (query: string): Promise<unknown> => {
    await using _store = await openStore(`${url}?${query}`)
    return await server.query(
      admin,
      `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'listingstream rebuild'`,
    )
  }
  expect(await encrypted('')).toEqual([{ ssl: true }])
  expect(await encrypted('sslmode=disable')).toEqual([{ ssl: false }])
  expect(await encrypted('sslmode=require')).toEqual([{ ssl: true }])
  expect(await encrypted(`sslmode=verify-full&sslrootcert=${good}`)).toEqual([{ ssl: true }])
  for (const query of [
    `sslmode=verify-full&sslrootcert=${bad}`,
    'sslmode=verify-ca',
    'sslmode=verify-ca&sslrootcert=none.pem',
  ]) {
    await expect(encrypted(query)).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('sslrootcert'),
    })
  }
})

async function failureOf(url: string): Promise<Error> {
  try {
    const { password } = parsePostgresUrl(url)
    const store = new PostgresStore({ ...parsePostgresUrl(url), password: password ?? postgres.password })
    await using _closed = store
    await store.open(NEVER)
    await performRound(store, 'replay', { 1: 1 }, 5)
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Nothing failed.')
}

function row(key: string) {
  return { key, partition: 0, offset: 1, values: [key, 1] }
}

async function withPassword(password: string): Promise<string> {
  return (await postgres.createDatabase()).replace('@', `:${password}@`)
}

async function withQuery(query: string): Promise<string> {
  return `${await postgres.createDatabase()}?${query}`
}

async function latin(): Promise<string> {
  const name = 'latin'
  await postgres.query(
    postgres.url('postgres'),
    `CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
  )
  return postgres.url(name)
}

async function readOnlyUser(name = 'guest'): Promise<string> {
  const url = await postgres.createDatabase()
  await postgres.query(url, `CREATE ROLE ${name} LOGIN PASSWORD 'wrong-one'`)
  return url.replace(`${postgres.user}@`, `${name}:wrong-one@`)
}

/** Schemas, and what is in them. */
async function relations(url: string): Promise<unknown[]> {
  return await postgres.query(
    url,
    `SELECT nspname, relname FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1, 2`,
  )
}

async function foreignTable(): Promise<string> {
  const url = await postgres.createDatabase()
  await postgres.query(url, 'CREATE TABLE listings (id int)')
  return url
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
