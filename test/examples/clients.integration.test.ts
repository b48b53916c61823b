import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { LiveFeed } from '../e2e/live-feed.ts'
import { CLICKHOUSE, clickhouseAnswer } from '../fixtures/clickhouse.ts'
import { kcatCounts, kcatMissing } from '../fixtures/kcat.ts'
import { PYTHON_EXAMPLE, pythonMissing, pythonWith, runPython } from '../fixtures/python.ts'
import { testStack } from '../fixtures/test-stack.ts'

const DEADLINE_MS = 170_000
/** The first time it downloads. */
const INSTALL_MS = 300_000

/** Of the example's table, behind the key. */
const COLUMNS = ['StandardStatus', 'ListPrice', 'City', 'CloseDate']

let feed: LiveFeed

beforeAll(async () => {
  feed = await LiveFeed.open({ simulator: { listings: 60, seed: 131 } })
  const signal = AbortSignal.timeout(INSTALL_MS)
  const requirements = (await pythonMissing(signal)) === undefined ? [PYTHON_EXAMPLE, CLICKHOUSE] : []
  await Promise.all([feed.done('snapshot'), ...requirements.map((file) => pythonWith(file, signal))])
}, INSTALL_MS)

afterAll(() => feed[Symbol.asyncDispose]())

test('the table of the Python example follows creates, changes and deletes from where it was, each event once (R13)', async (context) => {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const missing = await pythonMissing(signal)
  if (missing !== undefined) return context.skip(missing)
  const { listings } = feed.simulator
  const file = join(feed.folder, 'prices.sqlite')
  const address = { ...testStack(), topicPrefix: feed.topic.replace(/\.listings$/, '') }
  const follow = (): Promise<string> =>
    runPython('listings_to_sqlite.py', [file, '--until-end'], address, signal)

  expect(await follow()).toContain('caught up after 60 events')
  expect(rowsIn(file)).toEqual(rowsOf(feed, COLUMNS))

  listings.apply({ action: 'prices', count: 7 })
  listings.apply({ action: 'new', count: 3 })
  await feed.done('update')
  listings.apply({ action: 'remove', count: 5 })
  await feed.done('purge')
  expect(await follow()).toContain('caught up after 20 events')
  expect(rowsIn(file)).toEqual(rowsOf(feed, COLUMNS))
  expect(await follow()).toContain('caught up after 0 events')
})

test('kcat tells upserts, deletes and tombstones of a topic by their headers and sizes, as docs/consuming.md has it', async (context) => {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const missing = await kcatMissing(signal)
  if (missing !== undefined) return context.skip(missing)
  const events = await feed.read()
  const counts = await kcatCounts(feed.topic, signal)
  expect(counts).toEqual({
    upserts: events.filter(({ type }) => type === 'ListingUpserted').length,
    deletes: events.filter(({ type }) => type === 'ListingDeleted').length,
    tombstones: events.filter(({ type }) => type === 'Tombstone').length,
  })
})

test('the table of ClickHouse, made as docs/consuming.md has it, says what the source says (R13)', async (context) => {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const missing = await pythonMissing(signal)
  if (missing !== undefined) return context.skip(missing)
  const expected = rowsOf(feed, ['ListPrice', 'City'])
  const question = 'SELECT key, price, city FROM listings FINAL ORDER BY key'
  expect(
    await clickhouseAnswer({ topic: feed.topic, folder: feed.folder, question, expected }, signal),
  ).toEqual(expected)
})

function rowsIn(file: string): readonly unknown[] {
  using database = new DatabaseSync(file, { readOnly: true })
  return database
    .prepare('SELECT * FROM listings ORDER BY listing_key')
    .all()
    .map((row) => Object.values(row))
}

function rowsOf({ simulator }: LiveFeed, columns: readonly string[]): readonly unknown[] {
  return [...simulator.truth().listings].map(([key, fields]) => [
    key,
    ...columns.map((name) => (fields[name] === '********' ? null : (fields[name] ?? null))),
  ])
}
