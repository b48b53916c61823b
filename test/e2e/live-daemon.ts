import { vi } from 'vitest'

import { readDaemonFile } from '../../src/ops/daemon-file.ts'
import type { CliProcess } from '../fixtures/cli.ts'
import type { LiveFeed } from './live-feed.ts'
import { sampleOf } from './metrics-sample.ts'

/** `run` as a process of its own, reached over HTTP. Disposing of it kills it. */
export class LiveDaemon implements AsyncDisposable {
  readonly process: CliProcess
  /** Of its HTTP server, without a slash at its end. */
  readonly url: string

  private constructor(process: CliProcess, url: string) {
    this.process = process
    this.url = url
  }

  /** Resolves once it has its feed. */
  static async start(feed: LiveFeed, settings: Readonly<Record<string, string>>): Promise<LiveDaemon> {
    return LiveDaemon.attach(feed, feed.start(['run'], settings))
  }

  /** To a `run` that was started already. Resolves once it has its feed. */
  static async attach(feed: LiveFeed, process: CliProcess): Promise<LiveDaemon> {
    const found = async (): Promise<string | null> => {
      if (!process.running) return ''
      return (await readDaemonFile(feed.dataDir))?.url ?? null
    }
    const url = await vi.waitUntil(found, { timeout: 60_000, interval: 50 })
    if (url === '') throw new Error(`The daemon ended:\n${process.stderr}`)
    return new LiveDaemon(process, url)
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.url}${path}`)
    return { status: response.status, text: await response.text() }
  }

  async post(path: string): Promise<{ status: number; body: unknown }> {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${this.url}${path}`, { method: 'POST', headers, body: '{}' })
    return { status: response.status, body: await response.json() }
  }

  /** The value of a metric, 0 before it first counted. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get('/metrics')
    return sampleOf(text, name)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]()
  }
}
