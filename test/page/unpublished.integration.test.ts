import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { IDLE } from '../e2e/held-deletes.ts'
import { LiveDaemon } from '../e2e/live-daemon.ts'
import { LiveFeed } from '../e2e/live-feed.ts'
import { launchChromium, WatchedPage } from './chromium.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
})

test('a record that could not be published is in the verdict, and its key says why; what is paused has no next', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 96 }, settings: IDLE })
  const [large = ''] = feed.keys()
  const fields = { PublicRemarks: 'x'.repeat(1_000_000) }
  feed.simulator.listings.apply({ action: 'set', keys: [large], fields, stamp: false })
  expect(await feed.done('snapshot')).toContain('1 dead_lettered')
  await using daemon = await LiveDaemon.start(feed, {})
  await using shown = await WatchedPage.open(browser, daemon.url)
  const { page } = shown
  const title = 'Subscribers can trust the topics, but for 1 record that could not be published'
  await page.getByRole('heading', { name: title }).waitFor()
  expect(await page.locator('.verdict.good').count()).toBe(0)
  expect(await shown.figure('dead letter')).toBe('1')
  await page.getByText('1 waits;').waitFor()
  const search = page.getByRole('search')
  await search.getByLabel('Key').fill(large)
  await search.getByRole('button', { name: 'Look up' }).click()
  await page
    .locator('#found')
    .getByText(/It could not be published, since .*at most/)
    .waitFor()
  expect(await shown.violations()).toEqual([])

  const running = page.getByRole('region', { name: 'Running now' })
  await running.getByText(/Next: /).waitFor()
  await page.getByRole('button', { name: 'Pause all passes' }).click()
  await page.getByRole('dialog').getByLabel('For').selectOption('2 h')
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await running.getByText(/Those by schedule are paused until /).waitFor()
  expect(await running.innerText()).not.toContain('Next')
  expect(shown.complaints).toEqual([])
}, 240_000)
