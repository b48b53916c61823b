import { expect } from 'vitest'

import { readDaemonFile, type DaemonInfo } from '../../src/ops/daemon-file.ts'
import type { LiveFeed } from './live-feed.ts'
import { sampleOf } from './metrics-sample.ts'

export const PATIENCE = { timeout: 60_000, interval: 100 }

/** The daemon of a feed, once it has its feed, over HTTP. */
export class DaemonHttp {
  readonly #info: DaemonInfo

  private constructor(info: DaemonInfo) {
    this.#info = info
  }

  static async of(feed: LiveFeed): Promise<DaemonHttp> {
    await expect.poll(() => readDaemonFile(feed.dataDir), PATIENCE).toBeDefined()
    const info = await readDaemonFile(feed.dataDir)
    if (info === undefined) throw new Error('The daemon has gone.')
    return new DaemonHttp(info)
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${this.#info.url}${path}`)
    return { status: response.status, text: await response.text() }
  }

  /** The value of a metric, its name without `listingstream_`; 0 before it first counted. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get('/metrics')
    return sampleOf(text, `listingstream_${name}`)
  }

  /** Resolves when so many updates that had not begun yet have been completed. */
  async updates(count: number): Promise<void> {
    const completed = 'passes_total{resource="listings",pass="update",state="completed"}'
    // The one that runs may have read before.
    const wanted = (await this.metric(completed)) + 1 + count
    await expect.poll(() => this.metric(completed), PATIENCE).toBeGreaterThanOrEqual(wanted)
  }
}
