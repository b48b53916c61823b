import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

import { compareTopic } from '../../src/demo/compare-topic.ts'
import { recordsInSqlite } from '../../src/demo/stored-record.ts'
import { RESOURCES, SUBRESOURCES } from '../../src/resources/index.ts'
import type { Replicated } from '../../src/domain/resource.ts'
import { LiveFeed } from './live-feed.ts'

const LISTINGS = 200
const WANTED = ['listings', 'accounts', 'listing-photos'] as const
const SETTINGS = { RESOURCES: 'listings,accounts', SUBRESOURCES: 'photos', PAGE_LIMIT: '50' }
const PATIENCE = { timeout: 60_000, interval: 50 }

/** With everything published. */
async function openFeed(seed: number): Promise<LiveFeed> {
  const feed = await LiveFeed.open({ simulator: { listings: LISTINGS, seed }, settings: SETTINGS })
  await feed.done('snapshot')
  await feed.done('snapshot', '--resource', 'accounts')
  return feed
}

function storeOf(feed: LiveFeed): { readonly file: string; readonly to: readonly [string, string] } {
  const file = join(feed.folder, 'store.db')
  return { file, to: ['--to', `sqlite:${file}`] }
}

function resourceOf(name: string): Replicated {
  return [...RESOURCES, ...SUBRESOURCES].find((resource) => resource.name === name)!
}

/** What of the store is not what the source says, value by value. */
function differences({ simulator }: LiveFeed, file: string, names: readonly string[] = WANTED): unknown {
  return names.flatMap((name): readonly unknown[] => {
    const { records, differences: found } = compareTopic(
      simulator,
      resourceOf(name),
      recordsInSqlite(file, resourceOf(name)),
    )
    return records === 0 ? [`${name} has nothing to compare`] : found
  })
}

test.concurrent('a resource that the feed does not publish is refused by name, and no store is made', async () => {
  await using feed = await openFeed(305)
  const { file, to } = storeOf(feed)
  for (const also of [[], ['--resource', 'accounts']]) {
    const { code, stderr } = await feed.run(['rebuild', ...to, '--resource', 'contacts', ...also])
    expect(code).toBe(2)
    expect(stderr).toContain('does not publish contacts. It has: listings, accounts, listing-photos')
    expect(stderr).toContain('RESOURCE_NOT_PUBLISHED')
  }
  expect(existsSync(file)).toBe(false)
}, 300_000)

/** What happens at the source between two passes. */
function day({ simulator }: LiveFeed): void {
  simulator.listings.apply({ action: 'prices', count: 12 })
  simulator.listings.apply({ action: 'new', count: 5 })
  simulator.listings.apply({ action: 'remove', count: 7 })
  simulator.collection('accounts')?.obey({ action: 'new', count: 2 })
}

async function publish(feed: LiveFeed): Promise<void> {
  await feed.done('update')
  await feed.done('update', '--resource', 'accounts')
  await feed.done('purge')
}

type Line = Readonly<Record<string, unknown>>

/** The steps of a rebuild, as it tells them to a machine. */
async function rebuilt(feed: LiveFeed, ...args: readonly string[]): Promise<readonly Line[]> {
  const told = await feed.done('rebuild', ...storeOf(feed).to, '--json', ...args)
  return told.split('\n').map((line) => JSON.parse(line) as Line)
}

test.concurrent('a store is what the source says, value by value, through changes, new fields and a new generation, and never half of it (R12)', async () => {
  await using feed = await openFeed(301)
  const { file } = storeOf(feed)
  const [first] = await rebuilt(feed, '--resource', 'accounts')
  expect(first).toMatchObject({ kind: 'replay', reason: 'first fill', resources: ['accounts'] })
  expect(tablesIn(file)).toEqual(['accounts'])
  expect(differences(feed, file, ['accounts'])).toEqual([])
  await using reader = readAllTheTime(file)

  expect((await rebuilt(feed))[0]).toMatchObject({ kind: 'replay', reason: 'other resources' })
  expect(differences(feed, file)).toEqual([])
  const counted = [counts(file)]

  day(feed)
  await publish(feed)
  const lines = await rebuilt(feed)
  expect(lines[0]).toMatchObject({ event: 'round-begun', kind: 'catch-up', resumed: false })
  expect(lines.at(-1)).toMatchObject({ event: 'round-finished', kind: 'catch-up', percent: 100 })
  expect(differences(feed, file)).toEqual([])
  counted.push(counts(file))

  expect(columnsOf(file)).not.toContain('EvoAdded')
  feed.simulator.listings.changeMetadata({ action: 'add', name: 'EvoAdded', type: 'Integer', nullRate: 0.5 })
  feed.simulator.listings.apply({ action: 'prices', count: 20 })
  await feed.done('update')
  expect((await rebuilt(feed))[0]).toMatchObject({ kind: 'catch-up' })
  expect(columnsOf(file)).toContain('EvoAdded')

  await feed.done('snapshot', '--restart')
  await feed.done('snapshot', '--resource', 'accounts')
  const reason = 'another generation of the feed'
  expect((await rebuilt(feed))[0]).toMatchObject({ kind: 'replay', reason, generation: 2 })
  expect(differences(feed, file)).toEqual([])

  expect(await reader.stop()).toEqual([`accounts ${LISTINGS / 5}`, ...counted])
  expectToBeSeen(feed, file)
}, 300_000)

/** A comparison that sees nothing proves nothing. */
function expectToBeSeen(feed: LiveFeed, file: string): void {
  {
    using database = new DatabaseSync(file)
    database.exec('UPDATE listings SET ListPrice = ListPrice + 1 WHERE rowid = 3')
  }
  expect(differences(feed, file)).toEqual([expect.objectContaining({ field: 'ListPrice' })])
}

// With an `expect` of its own: the shared one belongs to no test once another one beside it has ended.
test.concurrent('a following store shows changes within seconds, and ends when it is told to', async ({
  expect,
}) => {
  await using feed = await openFeed(303)
  const { file, to } = storeOf(feed)
  await using program = feed.start(['rebuild', ...to, '--follow'])
  await program.logged('the store is up to date', AbortSignal.timeout(120_000))
  for (let round = 0; round < 2; round += 1) {
    day(feed)
    await publish(feed)
    await expect.poll(() => differences(feed, file), PATIENCE).toEqual([])
  }
  expect(await program.kill('SIGTERM')).toMatchObject({ code: 0 })
}, 300_000)

/** Counts the rows of all tables over and over; answers which counts it has seen. */
function readAllTheTime(file: string): { stop(): Promise<readonly string[]> } & AsyncDisposable {
  const worker = new Worker(READER, { eval: true, workerData: file })
  return {
    async stop() {
      worker.postMessage('stop', [])
      const [seen] = (await once(worker, 'message')) as [readonly string[]]
      return seen
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

/** Looks at all tables in one transaction each time. */
const READER = `
const { DatabaseSync } = require('node:sqlite')
const { parentPort, workerData } = require('node:worker_threads')
const database = new DatabaseSync(workerData, { readOnly: true, timeout: 5000 })
const seen = new Set()
let stopped = false
parentPort.on('message', () => (stopped = true))
const look = () => {
  database.exec('BEGIN')
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\\\_%' ESCAPE '\\\\' ORDER BY name").all()
  seen.add(tables.map(({ name }) => name + ' ' + database.prepare('SELECT count(*) AS n FROM ' + name).get().n).join(', '))
  database.exec('COMMIT')
  if (!stopped) return setTimeout(look, 2)
  database.close()
  parentPort.postMessage([...seen])
  parentPort.close()
}
look()
`

function counts(file: string): string {
  const names = ['accounts', 'listing-photos', 'listings']
  const count = (name: string): number => recordsInSqlite(file, resourceOf(name)).size
  return names.map((name) => `${name.replaceAll('-', '_')} ${count(name)}`).join(', ')
}

function tablesIn(file: string): readonly string[] {
  using database = new DatabaseSync(file, { readOnly: true })
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).all()
  return tables.map(({ name }) => String(name)).filter((name) => !name.startsWith('_'))
}

function columnsOf(file: string): readonly string[] {
  using database = new DatabaseSync(file, { readOnly: true })
  return database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all('listings')
    .map(({ name }) => String(name))
}
