import { expect, test } from 'vitest'

import { withAdmin } from '../fixtures/kafka-admin.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, pageRequests, tally } from './live-feed.ts'

interface Shown {
  readonly seq: number
  readonly watermarks: Readonly<Record<string, string>>
  readonly passes: readonly { resource: string; pass: string; state: string; startedAt: string }[]
}

async function shown(feed: LiveFeed): Promise<Shown> {
  return JSON.parse(await feed.done('checkpoint', 'show', '--json')) as Shown
}

test('the watermark goes back, and the next update reads that time again; what is the same publishes nothing (R4, R5)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 71 } })
  expect(await feed.run(['checkpoint', 'show'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[NO_FEED]'),
  })
  await feed.done('snapshot')
  const [first] = (await shown(feed)).passes
  // Whose checkpoint takes the place of the first one's: only its marker tells when that began.
  await feed.done('snapshot')
  await feed.done('update')
  const before = await shown(feed)
  const watermark = before.watermarks['listings'] ?? ''
  expect(before.passes.map(({ pass, state }) => `${pass} ${state}`)).toEqual([
    'snapshot completed',
    'update completed',
  ])
  expect(await feed.done('checkpoint', 'show')).toMatch(/^Watermark +listings: .* ago$/m)

  // As early as it may be.
  const began = Date.parse(first?.startedAt ?? '')
  const to = new Date(began).toISOString()
  const tooEarly = new Date(began - 1).toISOString()
  for (const refused of [tooEarly, '2099-01-01T00:00:00Z']) {
    expect(await feed.run(['checkpoint', 'set-watermark', refused])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[WATERMARK_REFUSED]'),
    })
  }
  expect(await feed.run(['checkpoint', 'set-watermark', 'yesterday'])).toMatchObject({ code: 2 })
  expect((await shown(feed)).seq).toBe(before.seq)

  expect(await feed.done('checkpoint', 'set-watermark', to)).toContain(`is ${to}; it was ${watermark}`)
  const after = await shown(feed)
  expect(after.watermarks['listings']).toBe(to)
  expect(after.seq).toBeGreaterThan(before.seq)
  const requests = pageRequests(feed.simulator.requests.latest).length
  await feed.done('update')
  const [filter] = pageRequests(feed.simulator.requests.latest)
    .slice(requests)
    .map((query) => query.get('_filter'))
  // Less the overlap of twenty minutes, and a second.
  const bound = new Date(Math.floor((began - 1_201_000) / 1000) * 1000).toISOString()
  expect(filter).toContain(`Gt ${bound.replace('.000', '')}`)
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 20 })
  const last = (await shown(feed)).watermarks['listings'] ?? ''
  expect(Date.parse(last)).toBeGreaterThanOrEqual(Date.parse(watermark))
}, 240_000)

test('where no marker tells of the first snapshot any more, the oldest one bounds the watermark', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 73 } })
  await feed.done('snapshot')
  const [first] = (await shown(feed)).passes
  await feed.done('snapshot')
  const topic = feed.topic.replace(/listings$/, 'control')
  await withAdmin(async (admin) => {
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] })
  })
  await feed.done('update')
  expect(await feed.run(['checkpoint', 'set-watermark', first?.startedAt ?? ''])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('[WATERMARK_REFUSED]'),
  })
}, 180_000)

test('a watermark is not set under a daemon, but shown beside one', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 72 } })
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
  await expect.poll(() => daemon.metric(updated), { timeout: 60_000, interval: 50 }).toBe(1)
  const { watermarks } = await shown(feed)
  expect(await feed.run(['checkpoint', 'set-watermark', '2026-01-01T00:00:00Z'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[WATERMARK_NEEDS_STOP]'),
  })
  expect((await shown(feed)).watermarks).toEqual(watermarks)
}, 180_000)
