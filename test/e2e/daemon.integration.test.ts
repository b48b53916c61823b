import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

const PATIENCE = { timeout: 60_000, interval: 50 }
const upserts = 'listingstream_events_total{topic="listings",type="ListingUpserted"}'
const deletes = 'listingstream_events_total{topic="listings",type="ListingDeleted"}'

test('the daemon downloads, updates and purges by itself, tells of it over HTTP, and stops on SIGTERM with exit code 0', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 40, seed: 71 },
  })
  const { listings } = feed.simulator
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '500ms', PURGE_INTERVAL: '1s' })
  expect((await daemon.get('/livez')).status).toBe(200)
  await expect.poll(() => daemon.metric(upserts), PATIENCE).toBe(40)
  await expect.poll(async () => (await daemon.get('/readyz')).status, PATIENCE).toBe(200)

  listings.apply({ action: 'prices', count: 6 })
  listings.apply({ action: 'new', count: 2 })
  listings.apply({ action: 'remove', count: 3 })
  await expect.poll(() => daemon.metric(deletes), PATIENCE).toBe(3)
  // What was removed before an update came may have been among the changed.
  const changed = feed.check(await feed.read())
  expect({ ...changed, lost: [] }).toEqual(CLEAN)
  await expect.poll(async () => feed.check(await feed.read()).lost, PATIENCE).toEqual([])
  expect(JSON.parse((await daemon.get('/status')).text)).toMatchObject({
    prefix: feed.settings['TOPIC_PREFIX'],
    owner: { pid: daemon.process.pid },
    health: { ready: true },
  })

  const stoppedAt = performance.now()
  const exit = await daemon.process.kill('SIGTERM')
  expect(exit).toMatchObject({ code: 0, stdout: '' })
  expect(performance.now() - stoppedAt).toBeLessThan(10_000)
  expect(exit.stderr).not.toContain(feed.simulator.accessToken)
  expect(exit.stderr).toMatch(/"event":"stopping","why":"stopped by SIGTERM"/)
  expect(exit.stderr.trimEnd().split('\n').at(-1)).toContain('"event":"stopped"')
  const events = await feed.readByConsole(45)
  expect(tally(events)).toMatchObject({ SNAPSHOT: 40, CREATED: 2, ListingDeleted: 3, Tombstone: 3 })
  expect(feed.check(events)).toEqual(CLEAN)
}, 180_000)

test('commands beside a daemon are handed to it, and do their own work once it has stopped', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 30, seed: 72 },
  })
  const { listings } = feed.simulator
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  const passes = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
  await expect.poll(() => daemon.metric(passes), PATIENCE).toBe(1)

  listings.apply({ action: 'prices', count: 4 })
  expect(await feed.done('update')).toContain('4 published')
  expect(await daemon.metric(passes)).toBe(2)
  expect(JSON.parse(await feed.done('status', '--json'))).toMatchObject({
    generation: 1,
    owner: { pid: daemon.process.pid },
    passes: expect.arrayContaining([
      expect.objectContaining({ pass: 'snapshot', state: 'completed', walked: 30 }),
      expect.objectContaining({ pass: 'update', state: 'completed', walked: 4 }),
    ]),
  })
  listings.apply({ action: 'remove', count: 20 })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  expect(await daemon.metric('listingstream_deletes_held{resource="listings"}')).toBe(20)
  expect(daemon.process.running).toBe(true)

  expect(await daemon.process.kill('SIGTERM')).toMatchObject({ code: 0 })
  expect(existsSync(join(feed.dataDir, 'daemon.json'))).toBe(false)
  expect(JSON.parse(await feed.done('status', '--json'))).toMatchObject({
    owner: { pid: daemon.process.pid },
    passes: expect.arrayContaining([expect.objectContaining({ pass: 'purge', state: 'held' })]),
  })
  expect(await feed.done('update')).toMatch(/completed: \d+ walked, \d+ unchanged$/)
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 30, UPDATED: 4 })
}, 180_000)
