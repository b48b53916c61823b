import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { IDLE, STRICT } from '../e2e/held-deletes.ts'
import { LiveDaemon } from '../e2e/live-daemon.ts'
import { LiveFeed, tally } from '../e2e/live-feed.ts'
import { launchChromium, WatchedPage } from './chromium.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
})

/** Another site, with a frame that shows the daemon's page and a form that posts to it. */
async function otherSite(daemon: string): Promise<AsyncDisposable & { readonly url: string }> {
  const content = `<!doctype html><title>elsewhere</title>
    <iframe name="framed" src="${daemon}/"></iframe>
    <form method="post" enctype="text/plain" action="${daemon}/passes/purge"><input name='{"a":"' value='"}'></form>`
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(content),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a page of another origin has nothing done, reads nothing and frames nothing', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 120, seed: 81 },
    settings: { ...STRICT, ...IDLE },
  })
  await feed.done('snapshot')
  feed.simulator.listings.apply({ action: 'remove', count: 60 })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  await using daemon = await LiveDaemon.start(feed, {})
  const { held } = JSON.parse((await daemon.get('/status')).text) as { held: [{ sweep: string }] }
  const [{ sweep }] = held
  const passes = async (): Promise<readonly string[]> =>
    (await daemon.get('/metrics')).text
      .split('\n')
      .filter((line) => line.startsWith('listingstream_passes_total') && line.includes('purge'))
  const before = await passes()
  await using site = await otherSite(daemon.url)
  await using shown = await WatchedPage.open(browser, site.url)
  const { page } = shown
  const approve = `${daemon.url}/resources/listings/hold/approve`
  const body = JSON.stringify({ sweep, max: 60 })

  // As JSON the browser asks first, and is not allowed; without asking first, JSON may not be sent.
  for (const [mode, type] of [
    ['cors', 'application/json'],
    ['no-cors', 'text/plain'],
  ]) {
    const options = JSON.stringify({ method: 'POST', mode, headers: { 'content-type': type }, body })
    await page.evaluate(
      `fetch(${JSON.stringify(approve)}, ${options}).then(() => 'sent', (error) => error.message)`,
    )
  }
  expect(await page.evaluate(`fetch('${daemon.url}/status').then(() => 'read', () => 'refused')`)).toBe(
    'refused',
  )
  expect(await page.evaluate(`fetch('${daemon.url}/stream').then(() => 'read', () => 'refused')`)).toBe(
    'refused',
  )
  const framed = page.frame({ name: 'framed' })
  expect(await framed?.locator('#page').count()).toBe(0)

  // A form needs no permission to be sent.
  const answer = page.waitForResponse(`${daemon.url}/passes/purge`)
  await page.evaluate('document.forms[0].submit()')
  expect((await answer).status()).toBe(403)
  await page.waitForURL(`${daemon.url}/passes/purge`)
  expect(await page.locator('body').innerText()).toContain('HTTP_CROSS_ORIGIN')

  // What a browser says of itself is what counts: forged by hand, it is the same.
  const headers = { origin: site.url.slice(0, -1), 'content-type': 'application/json' }
  const forged = await fetch(approve, { method: 'POST', headers, body })
  expect([forged.status, await forged.json()]).toMatchObject([403, { code: 'HTTP_CROSS_ORIGIN' }])

  expect(await passes()).toEqual(before)
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 120 })
}, 240_000)
