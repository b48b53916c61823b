import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { IDLE, STRICT } from '../e2e/held-deletes.ts'
import { LiveDaemon } from '../e2e/live-daemon.ts'
import { LiveFeed, tally } from '../e2e/live-feed.ts'
import { launchChromium, WatchedPage } from './chromium.ts'

const PATIENCE = { timeout: 60_000, interval: 100 }

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
})

test('freshness moves: it grows until an update is done, and what that published is on the page', async () => {
  const settings = { UPDATE_INTERVAL: '4s', PURGE_INTERVAL: '1d', LAG_INTERVAL: '2s' }
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 71 }, settings })
  await feed.done('snapshot')
  await using daemon = await LiveDaemon.start(feed, {})
  await using shown = await WatchedPage.open(browser, daemon.url)
  const { page } = shown
  await page.getByRole('heading', { name: 'Subscribers can trust the topics', exact: true }).waitFor()
  const ages: number[] = []
  const seesMove = async (): Promise<boolean> => {
    ages.push(Number.parseInt(await shown.figure('behind the source'), 10))
    const grew = ages.some((age, index) => age > (ages[index - 1] ?? age))
    const fell = ages.some((age, index) => age < (ages[index - 1] ?? age))
    return grew && fell
  }
  await expect.poll(seesMove, PATIENCE).toBe(true)

  feed.simulator.listings.apply({ action: 'prices', count: 7 })
  feed.simulator.listings.apply({ action: 'new', count: 3 })
  await expect.poll(() => shown.figure('events in the last hour'), PATIENCE).toBe('10')
  await expect.poll(() => shown.figure('records live'), PATIENCE).toBe('63')
  const charts = page.getByRole('img', { name: /^(Freshness|Events) over/ })
  expect(await charts.nth(1).getAttribute('aria-label')).toBe('Events over 1 hours: 3 CREATED, 7 UPDATED.')
  expect(await charts.nth(0).getAttribute('aria-label')).toMatch(/At the worst: listings \d+ (s|min)/)
  expect(await page.locator('.chart canvas').count()).toBe(2)
  // What an earlier process did is known by the topic.
  await page.getByRole('row', { name: /listings snapshot .*completed.* 60/ }).waitFor()
  expect(await shown.violations()).toEqual([])
  expect(shown.complaints).toEqual([])
}, 240_000)

test('a running download shows how far it is, how fast, and how long yet', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 1_000, seed: 72 } })
  feed.simulator.faults.add({ path: '/v1/listings', fault: { kind: 'delay', ms: 250 }, times: 90 })
  await using daemon = await LiveDaemon.start(feed, { PAGE_LIMIT: '10' })
  await using shown = await WatchedPage.open(browser, daemon.url, { colorScheme: 'dark' })
  const { page } = shown
  await page.getByRole('heading', { name: 'The first download of listings is under way' }).waitFor()
  const progress = page.getByRole('progressbar', { name: 'Download of listings' })
  await progress.waitFor()
  const value = (): Promise<number> => progress.evaluate((bar) => ('value' in bar ? Number(bar.value) : -1))
  await expect.poll(value, PATIENCE).toBeGreaterThan(0)
  const before = await value()
  await expect.poll(value, PATIENCE).toBeGreaterThan(before)
  expect(await progress.getAttribute('max')).toBe('1000')
  const words = /^\d+ % · [\d,]+ records a second · about \d+ s left · begun [\d:]+$/m
  await expect.poll(() => page.locator('div.running').innerText(), PATIENCE).toMatch(words)
  expect(await shown.violations()).toEqual([])
  await shown.takePicture('download')
  await page.getByRole('heading', { name: 'Subscribers can trust the topics', exact: true }).waitFor()
  await page.getByText('No pass runs.').waitFor()
  expect(shown.complaints).toEqual([])
}, 240_000)

test('a held purge is shown with its breakdown, approved up to N and rejected, by keyboard and with the token', async () => {
  const settings = { ...STRICT, ...IDLE, ADMIN_TOKEN: 'token-of-the-operator' }
  await using feed = await LiveFeed.open({ simulator: { listings: 200, seed: 73 }, settings })
  await feed.done('snapshot')
  await using daemon = await LiveDaemon.start(feed, {})
  await using shown = await WatchedPage.open(browser, daemon.url)
  const { page } = shown
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 60 }).keys
  const purge = page.getByRole('button', { name: 'Run purge of listings now' })
  await purge.click()
  // A wrong one is refused, and asked for again.
  const dialog = page.getByRole('dialog', { name: "Operator's token" })
  await dialog.getByLabel('ADMIN_TOKEN').fill('some-other-token-of-hers')
  await page.keyboard.press('Enter')
  const field = dialog.getByLabel('ADMIN_TOKEN')
  await dialog.getByText('The token was not right.').waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  await page.getByText('Token × not right').waitFor()
  // What no header can carry is not even tried.
  await field.fill('token-of-the-operator…')
  await page.keyboard.press('Enter')
  await dialog.getByText('a character that no header can carry').waitFor()
  await field.fill('token-of-the-operator')
  expect(await shown.violations()).toEqual([])
  await dialog.getByRole('button', { name: 'Use it' }).click()

  const card = page.getByRole('region', { name: '60 deletes of listings held' })
  await card.waitFor()
  await page.getByText('Token ✓').waitFor()
  const notice = page.locator('.notice')
  await expect.poll(() => notice.innerText(), PATIENCE).toContain('held')
  const focused = (): Promise<string | null> =>
    page.evaluate(
      "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()",
    )
  await expect.poll(focused, PATIENCE).toBe('Run purge of listings now')
  // It is in sight, wherever the page was scrolled to.
  const box = await notice.boundingBox()
  expect(box?.y).toBeGreaterThan(0)
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(900)
  await notice.getByRole('button', { name: 'Dismiss' }).click()
  await notice.waitFor({ state: 'detached' })
  await expect.poll(focused, PATIENCE).toBe('Run purge of listings now')
  await page
    .getByRole('heading', { name: 'Subscribers can trust the topics, but somebody should look' })
    .waitFor()
  const byStatus = card.getByRole('table', { name: 'By status' })
  const counts = await byStatus.locator('td.num').allInnerTexts()
  expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(60)
  await page.evaluate('scrollTo(0, 0)')
  await shown.takePicture('held')
  await card.getByText('The first 20 keys').click()
  await card.getByText(removed.toSorted()[0] ?? '', { exact: true }).waitFor()
  expect(await shown.violations()).toEqual([])

  // Less than there is: all is held still.
  const most = card.getByLabel('Approve up to')
  await most.focus()
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type('10')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Let up to 10 of 60 deletes go?' }).waitFor()
  expect(await shown.violations()).toEqual([])
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('The purge of listings is held: 60 deletes held.').waitFor()
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 200 })

  await most.fill('60')
  await card.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('button', { name: 'Approve up to 60' }).click()
  await page.getByText('The purge of listings completed: 60 deleted.').waitFor()
  await card.waitFor({ state: 'detached' })
  expect(tally(await feed.read())).toMatchObject({ ListingDeleted: 60 })

  feed.simulator.listings.apply({ action: 'remove', count: 55 })
  await purge.click()
  const second = page.getByRole('region', { name: '55 deletes of listings held' })
  await second.getByRole('button', { name: 'Reject' }).click()
  const rejecting = page.getByRole('dialog', { name: 'Reject the hold of listings?' })
  await rejecting.waitFor()
  expect(await shown.violations()).toEqual([])
  await rejecting.getByRole('button', { name: 'Reject' }).click()
  await second.waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'Subscribers can trust the topics', exact: true }).waitFor()
  expect(tally(await feed.read())).toMatchObject({ ListingDeleted: 60 })
  // The refusal before the token was right is the browser's own line.
  expect(shown.complaints.filter((line) => !line.includes('401'))).toEqual([])
}, 300_000)

const HOSTILE = `<img src="/evil" onerror="globalThis.hacked = 1"><script>globalThis.hacked = 2</script>'"\`\${hacked}`

test('remarks that are hostile stay text, wherever the page shows them', async () => {
  const settings = { UPDATE_INTERVAL: '2s', PURGE_INTERVAL: '1d' }
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 74 }, settings })
  await using daemon = await LiveDaemon.start(feed, {})
  await using shown = await WatchedPage.open(browser, daemon.url)
  const { page } = shown
  const evil: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('evil')) evil.push(request.url())
  })
  await page.getByRole('heading', { name: 'Subscribers can trust the topics', exact: true }).waitFor()
  const [key = ''] = feed.keys()
  feed.simulator.listings.apply({
    action: 'set',
    keys: [key],
    fields: { PublicRemarks: `${HOSTILE}\u202E`, BedsTotal: `${HOSTILE}\u202E` },
  })
  await page
    .getByRole('row', { name: /listings update .* 1 / })
    .first()
    .waitFor()
  const search = page.getByRole('search')
  await search.getByLabel('Key').fill(key)
  await search.getByLabel('ask the source').check()
  await search.getByRole('button', { name: 'Look up' }).click()
  const found = page.locator('#found')
  const remarks = found.getByRole('row', { name: /standardFields\.PublicRemarks/ })
  expect(await remarks.locator('td').nth(2).innerText()).toContain(String.raw`${HOSTILE}\u202e`)
  expect(await found.innerText()).toContain('the source now\nshown')
  // A value that fits no field is there as the JSON that came.
  const odd = page.getByRole('region', { name: 'Values that fit no field' })
  await expect
    .poll(() => odd.innerText(), PATIENCE)
    .toContain(String.raw`BedsTotal ${JSON.stringify(HOSTILE).slice(0, -1)}\u202e"`)
  expect(await shown.violations()).toEqual([])

  // A key that nobody knows, and one that is none.
  await search.getByLabel('Key').fill('20260101000000000000000001')
  await search.getByRole('button', { name: 'Look up' }).click()
  await found.getByText('Nobody knows it').waitFor()
  await search.getByLabel('Key').fill('a <b>key</b>')
  await search.getByRole('button', { name: 'Look up' }).click()
  await found.getByText('“a <b>key</b>” is not the key of a record').waitFor()

  expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
  expect(await page.locator('img[src="/evil"], main script').count()).toBe(0)
  expect(evil).toEqual([])
  expect(shown.complaints.filter((line) => !line.includes('400'))).toEqual([])
}, 240_000)

test('passes by schedule are paused for a time and resumed, of all resources and of one', async () => {
  const settings = { UPDATE_INTERVAL: '2s', PURGE_INTERVAL: '1d', RESOURCES: 'listings,accounts' }
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 76 }, settings })
  await using daemon = await LiveDaemon.start(feed, {})
  await using shown = await WatchedPage.open(browser, daemon.url)
  const { page } = shown
  await page.getByRole('button', { name: 'Pause the passes of accounts' }).click()
  const dialog = page.getByRole('dialog', { name: 'Pause the passes of accounts?' })
  await dialog.getByLabel('For').selectOption('2 h')
  expect(await shown.violations()).toEqual([])
  await dialog.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('accounts: passes by schedule are paused').waitFor()
  await page
    .getByText('They go on by themselves in 2 h.')
    .or(page.getByText(/themselves in 1 h 59 min/))
    .waitFor()
  await page.getByRole('button', { name: 'Pause all passes' }).click()
  await page.getByRole('dialog').getByLabel('For').selectOption('as long as nobody resumes them')
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await page.getByText('They go on when somebody resumes them.').waitFor()
  // What is asked for by hand still runs.
  await page.getByRole('button', { name: 'Run update of listings now' }).click()
  await page.getByText('The update of listings completed').waitFor()
  await page.getByRole('button', { name: 'Resume all passes' }).click()
  await page.getByText('All resources: passes by schedule are paused').waitFor({ state: 'detached' })
  const status = JSON.parse((await daemon.get('/status')).text) as { paused: readonly unknown[] }
  expect(status.paused).toEqual([])
  expect(shown.complaints).toEqual([])
}, 240_000)

test('on a phone nothing scrolls sideways, light or dark, and there is nothing for axe to find', async () => {
  const settings = { ...STRICT, ...IDLE, RESOURCES: 'listings,accounts', SUBRESOURCES: 'photos' }
  await using feed = await LiveFeed.open({ simulator: { listings: 120, seed: 75 }, settings })
  await feed.done('snapshot')
  await feed.done('snapshot', '--resource', 'accounts')
  feed.simulator.listings.apply({ action: 'remove', count: 60 })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  await using daemon = await LiveDaemon.start(feed, {})
  for (const [width, colorScheme] of [
    [360, 'light'],
    [360, 'dark'],
    [1280, 'dark'],
  ] as const) {
    const viewport = { width, height: 780 }
    await using shown = await WatchedPage.open(browser, daemon.url, {
      viewport,
      colorScheme,
      reducedMotion: 'reduce',
    })
    const { page } = shown
    await page.getByRole('region', { name: '60 deletes of listings held' }).waitFor()
    await page.getByText('None waits: every record').waitFor()
    expect(await shown.sidewaysPixels()).toBe(0)
    expect(await shown.violations()).toEqual([])
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
    if (width === 360 && colorScheme === 'light') await shown.takePicture('phone')
    await page.getByRole('button', { name: 'Run update of listings now' }).click()
    await page.getByRole('status').getByText('The update of listings completed').waitFor()
    const box = await page.locator('.notice').boundingBox()
    expect(box?.x).toBeGreaterThanOrEqual(0)
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(viewport.height)
    expect(await shown.sidewaysPixels()).toBe(0)
    expect(await shown.violations()).toEqual([])
    expect(shown.complaints).toEqual([])
  }
}, 300_000)
