import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { readDaemonFile } from '../../src/ops/daemon-file.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const QUIET = { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' }
const PATIENCE = { timeout: 60_000, interval: 50 }
const updates = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'

describe('no command ends up at another feed than its settings say', () => {
  test('beside a daemon, what would be done with other settings than its own is refused by name', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 85 } })
    await using daemon = await LiveDaemon.start(feed, QUIET)
    await expect.poll(() => daemon.metric(updates), PATIENCE).toBe(1)
    const mine = `${feed.settings['TOPIC_PREFIX']}`
    const refused: readonly [readonly string[], Readonly<Record<string, string>>, string][] = [
      [['update'], { TOPIC_PREFIX: 'another' }, `TOPIC_PREFIX: ${mine} there, another here`],
      [['status'], { TOPIC_PREFIX: 'another' }, `TOPIC_PREFIX: ${mine} there, another here`],
      [['status'], { SPARK_API_URL: 'http://127.0.0.1:1' }, 'there, http://127.0.0.1:1 here'],
      [['snapshot'], { SPARK_API_URL: 'http://127.0.0.1:1' }, 'SPARK_API_URL: '],
      [['dead-letters', 'retry', '--all'], { KAFKA_BROKERS: 'elsewhere:9092' }, 'there, elsewhere:9092 here'],
      [['purge'], { PURGE_MAX_DELETES: '1' }, 'PURGE_MAX_DELETES: 100 there, 1 here'],
      [['purge', '--dry-run'], { PURGE_MAX_RATIO: '0.5' }, 'PURGE_MAX_RATIO: 0.1 there, 0.5 here'],
      [['run'], { TOPIC_PREFIX: 'another' }, `TOPIC_PREFIX: ${mine} there, another here`],
    ]
    for (const [args, settings, difference] of refused) {
      const exit = await feed.run(args, settings)
      expect(exit, args.join(' ')).toMatchObject({ code: 2, stdout: '' })
      expect(exit.stderr).toContain(difference)
      expect(exit.stderr).toContain('[DAEMON_SETTINGS_DIFFER]')
    }
    expect(await daemon.metric(updates)).toBe(1)
    expect(await feed.done('update')).toContain('completed')
    expect(await daemon.metric(updates)).toBe(2)
  }, 180_000)

  test('a copy of DATA_DIR does not lead to the daemon of the original', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 86 } })
    await using daemon = await LiveDaemon.start(feed, QUIET)
    await expect.poll(() => daemon.metric(updates), PATIENCE).toBe(1)
    const copy = join(feed.folder, 'copy')
    await cp(feed.dataDir, copy, { recursive: true })
    // The owner lives, in another folder: that is what is to be said.
    const exit = await feed.run(['update'], { DATA_DIR: copy })
    expect(exit).toMatchObject({ code: 1, stdout: '' })
    expect(exit.stderr).toContain('[FEED_OWNED]')
    expect(await daemon.metric(updates)).toBe(1)
    // What only reads says the same of the feed, whoever holds it.
    const status = await feed.run(['status', '--json'], { DATA_DIR: copy })
    expect(JSON.parse(status.stdout)).toMatchObject({ prefix: feed.settings['TOPIC_PREFIX'] })
  }, 120_000)

  test('a daemon whose DATA_DIR is deleted keeps its feed, and makes the folder anew (R2, R3)', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 88 } })
    await using daemon = await LiveDaemon.start(feed, QUIET)
    await expect.poll(() => daemon.metric(updates), PATIENCE).toBe(1)
    await rm(feed.dataDir, { recursive: true })
    const exit = await feed.run(['purge', '--dry-run'])
    if (exit.code !== 0)
      expect(exit).toMatchObject({ code: 1, stderr: expect.stringContaining('[FEED_OWNED]') })
    await expect.poll(() => readDaemonFile(feed.dataDir), PATIENCE).toMatchObject({ url: daemon.url })
    await expect.poll(async () => (await daemon.get('/readyz')).status, PATIENCE).toBe(200)
    expect(await feed.done('update')).toContain('completed')
    expect((await feed.run(['status'])).stdout).toContain('20')
    expect(daemon.process.running).toBe(true)
    // Nothing of it was published again.
    expect(await daemon.metric('listingstream_events_total{topic="listings",type="ListingUpserted"}')).toBe(
      20,
    )
  }, 120_000)

  test('an index of another feed of the same source is rebuilt, though its offsets would fit (R2)', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 87 } })
    const other = { TOPIC_PREFIX: `${feed.settings['TOPIC_PREFIX']}-b` }
    await feed.done('snapshot')
    feed.simulator.listings.apply({ action: 'prices', count: 4 })
    expect(await feed.run(['snapshot'], { ...other, DATA_DIR: join(feed.folder, 'b') })).toMatchObject({
      code: 0,
    })
    // The index in the folder says what the first feed has; the second has other records at these offsets.
    const exit = await feed.run(['index', 'check'], other)
    expect(exit.code).toBe(1)
    expect(exit.stdout).toContain('belongs to another feed')
  }, 120_000)
})
