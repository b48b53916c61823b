import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Replicated } from '../../src/domain/resource.ts'
import { RESOURCES, SUBRESOURCES } from '../../src/resources/index.ts'
import { pythonMissing, pythonWith, PYTHON_EXAMPLE } from '../fixtures/python.ts'
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts'
import { killWhileItFills, watchedBy } from './killed-rebuild.ts'
import { LiveFeed } from './live-feed.ts'
import { compareStore, postgresStore, sqliteStore, type RebuiltStore } from './rebuilt-stores.ts'
import {
  byPython,
  contentColumns,
  flipped,
  keepRows,
  keyColumnOf,
  tableOf,
  topicVerification,
  verification,
} from './verified-store.ts'

const NAMES: readonly string[] = ['listings', 'accounts', 'listing-photos']
const WANTED: readonly Replicated[] = [...RESOURCES, ...SUBRESOURCES].filter(({ name }) =>
  NAMES.includes(name),
)
/** `make rebuild-proof` has more of both. */
const LISTINGS = Number(process.env['REBUILD_LISTINGS'] ?? 1_500)
const KILLS = Number(process.env['REBUILD_KILLS'] ?? 3)
/** Offsets between two kills: there are about two records for each listing. */
const EVERY = Math.floor((2 * LISTINGS) / (KILLS + 1))
const PATIENCE_MS = 400_000 + 30 * LISTINGS
const SETTINGS = { RESOURCES: 'listings,accounts', SUBRESOURCES: 'photos', PAGE_LIMIT: '1000' }

let postgres: TestPostgres
let feed: LiveFeed
beforeAll(async () => {
  postgres = await startPostgres({}, AbortSignal.timeout(60_000))
  feed = await LiveFeed.open({ simulator: { listings: LISTINGS, seed: 1301 }, settings: SETTINGS })
  await perform('snapshot')
  await perform('snapshot', '--resource', 'accounts')
}, PATIENCE_MS)
afterAll(async () => {
  await feed[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
})

/** Filled by the first test of each. */
const stores = new Map<string, RebuiltStore>()
const ALL_PROVED = { code: 0, findings: [], proved: Object.fromEntries(NAMES.map((name) => [name, true])) }
/** Rows of each table of which a field is flipped, each in another column. */
const FLIPPED = Math.min(200, Math.floor(LISTINGS / 5))

const STORES: readonly [string, () => Promise<RebuiltStore>][] = [
  ['SQLite', () => Promise.resolve(sqliteStore(feed.folder))],
  ['PostgreSQL', () => postgresStore(postgres)],
]

describe.each(STORES)('a store in %s', (kind, make) => {
  test(
    'is what the source says, value by value, however often it was killed while it was filled, and nobody saw a part of it',
    async () => {
      const store = await make()
      stores.set(kind, store)
      const readers = watchedBy(store)
      const kills = await killWhileItFills(feed, store, KILLS, EVERY)
      // The last may have come too late, where there is little to read.
      expect(kills.length).toBeGreaterThanOrEqual(Math.min(KILLS, LISTINGS > 10_000 ? KILLS : 1))
      const begun = performance.now()
      await finish(store)
      say(`${kind}: killed at ${kills.join(', ')} offsets; the rest took ${seconds(begun)} s`)
      const full = await store.glance()
      expect(await comparison(store, kind)).toEqual([])

      feed.simulator.listings.apply({ action: 'prices', count: 40 })
      feed.simulator.listings.apply({ action: 'new', count: 9 })
      feed.simulator.listings.apply({ action: 'remove', count: 11 })
      await perform('update')
      await perform('purge')
      await finish(store)
      expect(await comparison(store, kind)).toEqual([])
      const seen = await readers.stop()
      say(`${kind}: readers saw ${JSON.stringify(seen)}`)
      expect(seen).toEqual(['', full, await store.glance()])
    },
    PATIENCE_MS,
  )

  test(
    'is proved by the certificates of the last sweeps, by both implementations, and so it is behind the next changes',
    async (context) => {
      const store = storeOf(kind)
      await perform('purge')
      await perform('purge', '--resource', 'accounts')
      await finish(store)
      const begun = performance.now()
      expect(await verification(feed, store)).toMatchObject({ ...ALL_PROVED, read: none() })
      say(`${kind}: verified in ${seconds(begun)} s`)
      const signal = AbortSignal.timeout(PATIENCE_MS)
      const missing = await pythonMissing(signal)
      if (missing === undefined) {
        await pythonWith(PYTHON_EXAMPLE, signal)
        for (const name of NAMES) {
          expect(await byPython(feed, name, store, signal)).toMatch(`${name}: proved, `)
          expect(await byPython(feed, name, undefined, signal)).toMatch(`${name}: proved, `)
        }
        const [row] = await store.query('SELECT "ListingKey" AS key FROM listings ORDER BY 1 LIMIT 1')
        const key = String(row?.['key'])
        const putBack = await keepRows(store, 'listings', [key])
        await store.change(
          `UPDATE listings SET "ContentDigest" = '${'0'.repeat(32)}' WHERE "ListingKey" = '${key}'`,
        )
        await expect(byPython(feed, 'listings', store, signal)).rejects.toThrow('ended with 1')
        await putBack()
      }
      expect(await topicVerification(feed)).toMatchObject(ALL_PROVED)

      feed.simulator.listings.apply({ action: 'prices', count: 20 })
      feed.simulator.listings.apply({ action: 'new', count: 5 })
      await perform('update')
      // The store lags behind the topics, then it is ahead of the certificate.
      expect(await verification(feed, store)).toMatchObject({ ...ALL_PROVED, read: none() })
      await finish(store)
      const ahead = await verification(feed, store)
      expect(ahead).toMatchObject(ALL_PROVED)
      expect(ahead.read['listings']).toBeGreaterThan(LISTINGS)
      if (missing !== undefined) await context.annotate(missing)
    },
    PATIENCE_MS,
  )

  test.each(NAMES)(
    'is refuted by one flipped field of %s, and exactly that key is named; so is each of many, in whatever column',
    async (name) => {
      const store = storeOf(kind)
      const table = tableOf(name)
      const key = await keyColumnOf(store, table)
      const rows = await store.query(`SELECT "${key}" AS key FROM "${table}" ORDER BY 1 LIMIT ${FLIPPED}`)
      const keys = rows.map((row) => String(row['key']))
      const columns = await contentColumns(store, table)
      const flip = (i: number): string => {
        const column = columns[i % columns.length]!
        return `UPDATE "${table}" SET "${column.name}" = ${flipped(column)} WHERE "${key}" = '${keys[i]}'`
      }
      const putBack = await keepRows(store, table, keys)
      await store.change(flip(0))
      expect(await verification(feed, store)).toMatchObject({
        code: 1,
        findings: [`${name} ${keys[0]} altered`],
        proved: { ...ALL_PROVED.proved, [name]: false },
      })
      await store.change(
        keys
          .slice(1)
          .map((_, i) => flip(i + 1))
          .join('; '),
      )
      say(`${kind}: ${keys.length} rows of ${name} flipped in ${columns.length} columns`)
      const { findings } = await verification(feed, store)
      expect(findings).toEqual(keys.map((one) => `${name} ${one} altered`).sort())
      await putBack()
      expect(await verification(feed, store)).toMatchObject(ALL_PROVED)
    },
    PATIENCE_MS,
  )

  test(
    'is refuted by a row that is gone, one that the feed does not have, and one of another time, each named',
    async () => {
      const store = storeOf(kind)
      const rows = await store.query(`SELECT "ListingKey" AS key FROM listings ORDER BY 1 LIMIT 3`)
      const keys = rows.map((row) => String(row['key']))
      const [gone, copied, old] = keys
      const putBack = await keepRows(store, 'listings', keys)
      await store.change(`DELETE FROM listings WHERE "ListingKey" = '${gone}'`)
      await store.change(`UPDATE listings SET "ListingKey" = '9' WHERE "ListingKey" = '${copied}'`)
      // Whole, and yet not the newest: as if a transaction had passed the store by.
      const other = `(SELECT "ContentDigest" FROM kept_listings WHERE "ListingKey" = '${gone}')`
      await store.change(`UPDATE listings SET "ContentDigest" = ${other} WHERE "ListingKey" = '${old}'`)
      const { code, findings } = await verification(feed, store)
      expect({ code, findings: findings.map((line) => line.split(' ').slice(1)) }).toEqual({
        code: 1,
        findings: expect.arrayContaining([
          [gone, 'missing'],
          [copied, 'missing'],
          [old, 'altered'],
          ['9', 'surplus'],
        ]),
      })
      expect(findings.length).toBe(4)
      await putBack('9')
      expect(await verification(feed, store)).toMatchObject(ALL_PROVED)
    },
    PATIENCE_MS,
  )
})

function storeOf(kind: string): RebuiltStore {
  const store = stores.get(kind)
  if (store === undefined) throw new Error(`The store in ${kind} was not filled.`)
  return store
}

function none(): Record<string, number> {
  return Object.fromEntries(NAMES.map((name) => [name, 0]))
}

test(
  'a store that is followed outlives a restart of its server',
  async () => {
    const store = await postgresStore(postgres)
    await using program = feed.start(['rebuild', '--to', store.to, '--follow'], store.settings)
    await program.logged('the store is up to date', AbortSignal.timeout(PATIENCE_MS))
    await postgres.stop()
    feed.simulator.listings.apply({ action: 'prices', count: 5 })
    await perform('update')
    await program.logged('STORE_UNAVAILABLE', AbortSignal.timeout(PATIENCE_MS))
    await postgres.start(AbortSignal.timeout(60_000))
    await expect
      .poll(() => comparison(store, 'PostgreSQL'), { timeout: PATIENCE_MS, interval: 500 })
      .toEqual([])
    expect(await program.kill('SIGTERM')).toMatchObject({ code: 0 })
  },
  PATIENCE_MS,
)

test('an address that is refused does not show its password (R15)', async () => {
  for (const to of [
    'postgres://reader:hunter%2022@127.0.0.1:1/',
    'postgres://reader:hunter%2022@127.0.0.1:1/x',
  ]) {
    const { code, stdout, stderr } = await feed.run(['rebuild', '--to', to])
    expect(code).toBe(to.endsWith('x') ? 1 : 2)
    expect(stderr).toMatch(/127\.0\.0\.1:1/)
    expect(stdout + stderr).not.toMatch(/hunter/)
  }
})

/** However long it takes. */
async function perform(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await feed.start(args).exited
  expect(code, stderr.slice(-2_000)).toBe(0)
}

async function finish({ to, settings }: RebuiltStore): Promise<void> {
  const { code, stdout, stderr } = await feed.start(['rebuild', '--to', to], settings).exited
  expect(stdout + stderr).not.toContain(postgres.password)
  expect(code, stderr.slice(-2_000)).toBe(0)
}

async function comparison(store: RebuiltStore, kind: string): Promise<unknown[]> {
  const found: unknown[] = []
  for (const resource of WANTED) {
    const { records, values, differences } = await compareStore(feed.simulator, store, resource)
    say(`${kind}: ${records} of ${resource.name} compared, ${values} values, ${differences.length} differ`)
    found.push(...(records === 0 ? [`no ${resource.name}`] : differences.slice(0, 10)))
  }
  return found
}

function say(line: string): void {
  if (process.env['REBUILD_LISTINGS'] !== undefined) process.stderr.write(`${line}\n`)
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10
}
