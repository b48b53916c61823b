import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const PATIENCE = { timeout: 60_000, interval: 50 }
const count = (state: string): string =>
  `listingstream_passes_total{resource="listings",pass="update",state="${state}"}`

test('a token that is renewed, in its file and at the source, goes on to be used without a restart and without a failed pass', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 88 } })
  const file = join(feed.folder, 'token')
  await writeFile(file, `${feed.simulator.accessToken}\n`)
  const settings = {
    SPARK_ACCESS_TOKEN: '',
    SPARK_ACCESS_TOKEN_FILE: file,
    UPDATE_INTERVAL: '200ms',
    PURGE_INTERVAL: '1d',
  }
  await using daemon = await LiveDaemon.start(feed, settings)
  await expect.poll(() => daemon.metric(count('completed')), PATIENCE).toBeGreaterThan(1)

  const first = feed.simulator.accessToken
  await writeFile(file, 'renewed-token-that-no-log-shows\n')
  feed.simulator.rotateToken('renewed-token-that-no-log-shows')
  const before = await daemon.metric(count('completed'))
  feed.simulator.listings.apply({ action: 'prices', count: 5 })
  await expect.poll(() => daemon.metric(count('completed')), PATIENCE).toBeGreaterThan(before + 2)
  expect(await daemon.metric(count('failed'))).toBe(0)
  expect((await daemon.get('/readyz')).status).toBe(200)
  expect(feed.check(await feed.read())).toEqual(CLEAN)

  process.kill(daemon.process.pid, 'SIGHUP')
  await daemon.process.logged('SIGHUP: the files of secrets', AbortSignal.timeout(10_000))
  expect(daemon.process.running).toBe(true)

  // Only at the source: the pass is parked with a word about the file, and goes on once that is right.
  feed.simulator.rotateToken('third-token-that-no-log-shows')
  await expect.poll(async () => (await daemon.get('/readyz')).text, PATIENCE).toContain(`read from ${file}`)
  const exit = await daemon.process.kill('SIGTERM')
  expect(exit.code).toBe(0)
  for (const token of [first, feed.simulator.accessToken, 'renewed-token-that-no-log-shows']) {
    expect(exit.stderr).not.toContain(token)
  }
}, 120_000)
