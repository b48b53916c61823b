import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

const PATIENCE = { timeout: 90_000, interval: 200 }
const owed = 'listingstream_owed_seconds{resource="listings"}'
const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'

test('a second that the API cannot show holds nothing back, is told wherever one looks, and is read when it can be (R4, R8)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 30, seed: 57 } })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  const { keys } = listings.apply({ action: 'new', count: 1 })
  const broken = String(listings.truth().get(keys[0] ?? '')?.['ModificationTimestamp'])
  const later = new Date(Date.parse(broken) + 2_000).toISOString()
  listings.apply({ action: 'new', count: 4, at: later })
  feed.simulator.configure({ brokenSeconds: [broken] })

  expect(await feed.done('update')).toContain('4 published')
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 30, CREATED: 4 })
  expect(await feed.done('status')).toContain(
    `but those of one second that the API cannot show (${broken.replace('Z', '.000Z')})`,
  )
  // All keys are shown, so that none is missing.
  expect(await feed.done('purge')).toContain('0 gone')

  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '500ms', PURGE_INTERVAL: '1d' })
  await expect.poll(() => daemon.metric(updated), PATIENCE).toBeGreaterThanOrEqual(2)
  expect(await daemon.metric(owed)).toBe(1)
  const ready = await daemon.get('/readyz')
  expect([ready.status, JSON.parse(ready.text)]).toMatchObject([
    200,
    { owedSeconds: [{ resource: 'listings', seconds: [broken] }] },
  ])

  feed.simulator.configure({ brokenSeconds: [] })
  await expect.poll(() => daemon.metric(owed), PATIENCE).toBe(0)
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 30, CREATED: 5 })
  expect(feed.check(events)).toEqual(CLEAN)
}, 300_000)
