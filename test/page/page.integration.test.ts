import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

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

test('the page says whether the topics can be trusted, by what the daemon tells it each second', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 71 } })
  await feed.done('snapshot')
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '2s' })
  await using shown = await WatchedPage.open(browser, daemon.url)
  const { page } = shown
  await page.getByRole('heading', { name: 'Subscribers can trust the topics' }).waitFor()
  await page.screenshot({ path: '/tmp/P-first.png', fullPage: true })
  expect(shown.complaints).toEqual([])
})
