import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Replicated } from '../../src/domain/resource.ts'
import { RESOURCES, SUBRESOURCES } from '../../src/resources/index.ts'
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts'
import { killWhileItFills, watchedBy } from './killed-rebuild.ts'
import { LiveFeed } from './live-feed.ts'
import { compareStore, postgresStore, sqliteStore, type RebuiltStore } from './rebuilt-stores.ts'

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

const STORES: readonly [string, () => Promise<RebuiltStore>][] = [
  ['SQLite', () => Promise.resolve(sqliteStore(feed.folder))],
  ['PostgreSQL', () => postgresStore(postgres)],
]

describe.each(STORES)('a store in %s', (kind, make) => {
  test(
    'is what the source says, value by value, however often it was killed while it was filled, and nobody saw a part of it',
    async () => {
      const store = await make()
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
})

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
