import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { ManyMarkets } from './many-markets.ts'

const PATIENCE = { timeout: 60_000, interval: 100 }
const UPDATED = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'

test('of three feeds in one process one has its token revoked; the other two go on as if nothing were', async () => {
  await using markets = await ManyMarkets.open(
    3,
    { listings: 40 },
    { UPDATE_INTERVAL: '500ms', PURGE_INTERVAL: '1s', PAGE_LIMIT: '10', KAFKA_PARTITIONS: '1' },
  )
  const [east, revoked, west] = markets.markets
  await using daemon = markets.start('data')
  const updates = async (prefix: string): Promise<number> => (await daemon.metric(UPDATED)).get(prefix) ?? 0
  for (const { prefix } of markets.markets) {
    await expect.poll(() => updates(prefix), PATIENCE).toBeGreaterThan(0)
  }

  revoked!.simulator.configure({ access: 'bad-key' })
  await expect
    .poll(async () => (await daemon.feeds()).get(revoked!.prefix)?.reasons.map(({ code }) => code), PATIENCE)
    .toContain('SPARK_UNAUTHORIZED')
  const before = await Promise.all([east!, west!].map(({ prefix }) => updates(prefix)))
  for (const { simulator } of markets.markets) {
    simulator.listings.apply({ action: 'prices', count: 5 })
    simulator.listings.apply({ action: 'new', count: 2 })
    simulator.listings.apply({ action: 'remove', count: 3 })
  }
  for (const [at, market] of [east!, west!].entries()) {
    await expect.poll(() => updates(market.prefix), PATIENCE).toBeGreaterThan(before[at]! + 2)
    await expect.poll(() => markets.check(market), PATIENCE).toEqual(CLEAN)
    expect((await daemon.get(`/feeds/${market.prefix}/readyz`)).status).toBe(200)
  }
  expect((await daemon.get('/readyz')).status).toBe(200)
  expect((await daemon.get(`/feeds/${revoked!.prefix}/readyz`)).status).toBe(503)

  // Commands find the feed that they are for, and are handed to the daemon below that feed's path.
  expect(await markets.run('data', 'status')).toMatchObject({ code: 2 })
  const status = await markets.run('data', 'status', '--feed', east!.prefix, '--json')
  expect(JSON.parse(status.stdout)).toMatchObject({
    prefix: east!.prefix,
    daemon: { pid: daemon.process.pid, ready: true },
  })
  const update = await markets.run('data', 'update', '--feed', west!.prefix)
  // With a feed of its own it would have told of it.
  expect(update).toMatchObject({ code: 0, stderr: '' })

  revoked!.simulator.configure({ access: 'granted' })
  await expect.poll(() => markets.check(revoked!), PATIENCE).toEqual(CLEAN)
  expect(await daemon.process.kill('SIGTERM')).toMatchObject({ code: 0 })
}, 180_000)
