import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { readDaemonFile } from '../../src/ops/daemon-file.ts'
import { IDLE } from '../e2e/held-deletes.ts'
import { LiveDaemon } from '../e2e/live-daemon.ts'
import { LiveFeed } from '../e2e/live-feed.ts'
import { CliProcess } from '../fixtures/cli.ts'
import { launchChromium, WatchedPage } from './chromium.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
})

test('with several feeds the page begins with all of them, those first that need somebody, and leads to each', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 30, seed: 91 } })
  const { TOPIC_PREFIX: prefix = '', DATA_DIR: _one, ...settings } = feed.settings
  const names = [`${prefix}.east`, `${prefix}.west`, `${prefix}.revoked`]
  const feeds = names.map((name) => ({
    TOPIC_PREFIX: name,
    ...(name.endsWith('revoked') ? { SPARK_ACCESS_TOKEN: 'a-token-that-nobody-knows' } : {}),
  }))
  await writeFile(join(feed.folder, 'listingstream.config.json'), JSON.stringify({ feeds }), { mode: 0o600 })
  const daemon = new CliProcess({
    args: ['run'],
    settings: { ...settings, UPDATE_INTERVAL: '5s' },
    folder: feed.folder,
  })
  await using _ended = daemon
  const file = join(feed.folder, 'data', names[0] ?? '')
  const info = await vi.waitUntil(() => readDaemonFile(file), { timeout: 60_000, interval: 100 })
  const url = new URL(info?.url ?? '').origin
  await using shown = await WatchedPage.open(browser, url)
  const { page } = shown
  await page.getByRole('heading', { name: '2 of 3 feeds are in step with their source' }).waitFor()
  const rows = page.getByRole('region', { name: 'Feeds, one by one' }).locator('tbody tr')
  expect(await rows.first().innerText()).toContain(names[2])
  expect(await rows.first().innerText()).toMatch(/SPARK_|AUTH|TOKEN/)
  expect(await shown.violations()).toEqual([])
  await shown.takePicture('feeds')
  await page
    .getByRole('link', { name: names[1] ?? '' })
    .first()
    .click()
  await page.getByRole('heading', { name: 'Subscribers can trust the topics', exact: true }).waitFor()
  expect(await page.title()).toBe(`${names[1]} · Listingstream`)
  await page.goBack()
  await page.getByRole('heading', { name: '2 of 3 feeds are in step with their source' }).waitFor()
  expect(shown.complaints).toEqual([])
}, 240_000)

test('a daemon that is gone is told, and one that comes back shows what the one before did', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 40, seed: 92 }, settings: IDLE })
  const first = await LiveDaemon.start(feed, {})
  const port = new URL(first.url).port
  await using shown = await WatchedPage.open(browser, first.url)
  const { page } = shown
  const passes = page.getByRole('region', { name: 'Passes, one by one' })
  await passes.getByRole('row', { name: /listings snapshot .*completed/ }).waitFor()
  const key = page.getByRole('search').getByLabel('Key')
  await key.fill('2026050214')
  await first.process.kill('SIGTERM')
  await page.getByText('connection lost', { exact: true }).waitFor()
  await page.getByText(/Connection lost, trying again\. .* What is shown is .* old/).waitFor()
  await page.getByRole('heading', { name: 'When last heard of: Subscribers can trust the topics' }).waitFor()
  expect(await page.locator('.verdict.good').count()).toBe(0)
  await page.getByRole('button', { name: 'Run update of listings now' }).click()
  const notice = page.getByRole('alert').getByText('Whether this was done is not known')
  await notice.waitFor()
  expect(await page.locator('body').innerText()).not.toContain('Failed to fetch')
  expect(await shown.violations()).toEqual([])
  await using _second = await LiveDaemon.start(feed, { HTTP_PORT: port })
  await page.getByText('live', { exact: true }).waitFor()
  await notice.waitFor({ state: 'detached' })
  expect(await key.inputValue()).toBe('2026050214')
  await passes.getByRole('row', { name: /listings snapshot .*completed/ }).waitFor()
}, 240_000)

test('bound to more than this machine, the page asks for the token before it shows anything', async () => {
  const settings = { ...IDLE, HTTP_HOST: '0.0.0.0', ADMIN_TOKEN: 'token-of-the-operator' }
  await using feed = await LiveFeed.open({ simulator: { listings: 10, seed: 93 }, settings })
  await using daemon = await LiveDaemon.start(feed, {})
  await using shown = await WatchedPage.open(browser, daemon.url)
  const { page } = shown
  await page.getByRole('heading', { name: 'This daemon asks for its token' }).waitFor()
  expect(await page.locator('main').innerText()).not.toContain('listings')
  expect(await shown.violations()).toEqual([])
  await page.getByRole('button', { name: 'Give the token' }).click()
  await page.getByLabel('ADMIN_TOKEN').fill('token-of-the-operator')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Subscribers can trust the topics', exact: true }).waitFor()
  // It is nowhere but in the tab.
  expect(await page.content()).not.toContain('token-of-the-operator')
  expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('token-of-the-operator')
}, 240_000)
