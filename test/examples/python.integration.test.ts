import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { LiveFeed } from '../e2e/live-feed.ts'
import { pythonMissing, runPython } from '../fixtures/python.ts'
import { testStack } from '../fixtures/test-stack.ts'

const DEADLINE_MS = 170_000

test('the table of the Python example follows creates, changes and deletes from where it was, each event once (R13)', async (context) => {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const missing = await pythonMissing(signal)
  if (missing !== undefined) return context.skip(missing)
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 131 } })
  const { listings } = feed.simulator
  const file = join(feed.folder, 'prices.sqlite')
  const address = { ...testStack(), topicPrefix: feed.topic.replace(/\.listings$/, '') }
  const follow = (): Promise<string> =>
    runPython('listings_to_sqlite.py', [file, '--until-end'], address, signal)

  await feed.done('snapshot')
  expect(await follow()).toContain('caught up after 60 events')
  expect(rowsIn(file)).toEqual(rowsOf(feed))

  listings.apply({ action: 'prices', count: 7 })
  listings.apply({ action: 'new', count: 3 })
  await feed.done('update')
  listings.apply({ action: 'remove', count: 5 })
  await feed.done('purge')
  expect(await follow()).toContain('caught up after 20 events')
  expect(rowsIn(file)).toEqual(rowsOf(feed))
  expect(await follow()).toContain('caught up after 0 events')
})

function rowsIn(file: string): readonly unknown[] {
  using database = new DatabaseSync(file, { readOnly: true })
  return database
    .prepare('SELECT * FROM listings ORDER BY listing_key')
    .all()
    .map((row) => Object.values(row))
}

function rowsOf(feed: LiveFeed): readonly unknown[] {
  return [...feed.simulator.truth().listings].map(([key, fields]) => [
    key,
    ...['StandardStatus', 'ListPrice', 'City', 'CloseDate'].map((name) => fields[name] ?? null),
  ])
}
