import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const NAMES = [
  'Feed',
  'Source',
  'Scope',
  'Daemon',
  'Freshness',
  'Live records',
  'Snapshot',
  'Update',
  'Purge',
  'Held deletes',
  'Last error',
  'Dead letters',
  'API requests',
]
const PATIENCE = { timeout: 60_000, interval: 50 }
const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'

/** Text by the name at the beginning of its line. */
function linesOf(text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\n').map((line) => [line.slice(0, 14).trimEnd(), line.slice(14)]))
}

test('a prefix that nobody has published under is said to be one, with exit code 1', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 95 } })
  for (const args of [['status'], ['status', '--json']]) {
    const status = await feed.run(args)
    expect(status).toMatchObject({ code: 1, stdout: '' })
    expect(status.stderr).toContain('[NO_FEED]')
    expect(status.stderr).toContain(feed.settings['TOPIC_PREFIX'])
  }
}, 120_000)

test('status is a dozen lines in one order, with and without a daemon; what is not known says why', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 30, seed: 96 } })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  listings.apply({ action: 'remove', count: 20 })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })

  const alone = linesOf(await feed.done('status'))
  expect([...alone.keys()]).toEqual(NAMES)
  expect(alone.get('Live records')).toBe('30')
  expect(alone.get('Daemon')).toMatch(
    /^not running here; process \d+ on .* was the last to write, \d+ s ago$/,
  )
  expect(alone.get('Freshness')).toMatch(/^all changes up to \d+ (s|min) ago \(/)
  expect(alone.get('Snapshot')).toMatch(/^completed \d+ s ago: 30 walked$/)
  expect(alone.get('Update')).toBe('never')
  expect(alone.get('Held deletes')).toContain("20 (20 deletes are half of the feed's 30 records or more)")
  expect(alone.get('Dead letters')).toBe('none')
  expect(alone.get('API requests')).toMatch(/^– \(/)
  const aloneJson = JSON.parse(await feed.done('status', '--json')) as object
  await rm(join(feed.dataDir, 'index'), { recursive: true })
  expect(linesOf(await feed.done('status')).get('Live records')).toBe('– (there is no index in DATA_DIR)')

  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  await expect.poll(() => daemon.metric(updated), PATIENCE).toBe(1)
  const beside = linesOf(await feed.done('status'))
  expect([...beside.keys()]).toEqual(NAMES)
  expect(beside.get('Daemon')).toMatch(new RegExp(`^up for \\d+ s, ready: process ${daemon.process.pid} on `))
  expect(beside.get('Live records')).toBe('30')
  expect(beside.get('Snapshot')).toMatch(/^completed /)
  expect(beside.get('Purge')).toMatch(/^held, begun \d+ s ago: 10 walked; next in /)
  expect(beside.get('Update')).toMatch(/^completed \d+ s ago: \d+ walked; next in 24 h$/)
  expect(beside.get('API requests')).toMatch(
    /^\d+ in the last \d+ s; \d+ of 100,000 in the last 5 min \(\d+ update\)$/,
  )
  expect(beside.get('Last error')).toBe('none known')
  const besideJson = JSON.parse(await feed.done('status', '--json')) as object
  expect(Object.keys(besideJson)).toEqual(Object.keys(aloneJson))
  expect(besideJson).toMatchObject({ budget: { limit: 100_000, granted: 100_000, misfit: null } })
  expect(aloneJson).toMatchObject({ budget: null })
}, 180_000)
