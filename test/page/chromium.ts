import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import type { AxeResults } from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

/** Debian's, and what other systems call it. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Pictures for README.md are taken where this names a folder. */
const PICTURES = process.env['PAGE_PICTURES']
/** Whatever the page is to show, a machine that has other things to do shows it within. */
const PATIENCE_MS = 60_000

/** A browser of this machine. Disposing of it ends it. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? PLACES.find((path) => existsSync(path))
  if (executablePath === undefined) {
    throw new Error('No Chromium was found: apt-get install chromium, or name its path in CHROMIUM.')
  }
  return await chromium.launch({
    executablePath,
    // Root has no sandbox of its own to give away, and containers have a small /dev/shm.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-first-run'],
  })
}

/** A page with what it complains of: errors, requests that failed, policies that were broken. */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page
  readonly complaints: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('pageerror', (error) => this.complaints.push(`${error.message}\n${error.stack ?? ''}`))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text())
    })
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<WatchedPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const watched = new WatchedPage(await context.newPage())
    await watched.page.goto(url)
    return watched
  }

  /** What is wrong with it for who does not see it, or cannot point: none, or what and where. */
  async violations(): Promise<readonly string[]> {
    // By the debugger: the policy of the page takes no script from elsewhere.
    const isThere = await this.page.evaluate(() => 'axe' in globalThis)
    if (!isThere) await this.page.evaluate(await readFile(AXE, 'utf8'))
    const { violations } = await this.page.evaluate<AxeResults>('axe.run()')
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('; ')}`,
    )
  }

  /** Of everything, as wide as the window: how far it can be moved sideways. */
  sidewaysPixels(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  }

  /** One of the figures beside the verdict. */
  figure(name: string): Promise<string> {
    const figures = this.page.locator('.figures div', { has: this.page.getByText(name, { exact: true }) })
    return figures.locator('dd').innerText()
  }

  async takePicture(name: string, options: { readonly fullPage?: boolean } = {}): Promise<void> {
    if (PICTURES !== undefined)
      await this.page.screenshot({ path: join(PICTURES, `${name}.png`), ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close()
  }
}
