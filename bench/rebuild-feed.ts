import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openFeedReader, type FeedReader } from '../src/app/compose/feed-reader.ts'
import { READER_GROUPS } from '../src/app/compose/settings-groups.ts'
import { loadSettings } from '../src/config/load-settings.ts'
import { PROGRAM_FILE } from '../src/demo/program-process.ts'
import { SIMULATOR_TOKEN, startSimulator } from './simulator-process.ts'

type Variables = Readonly<Record<string, string>>

export type BenchFeed = FeedReader

const OF_THE_FEED = { RESOURCES: 'listings,accounts', SUBRESOURCES: 'photos', LOG_LEVEL: 'warn' }

export interface FillOptions {
  readonly prefix: string
  readonly listings: number
  /** Of the stack. */
  readonly settings: Variables
}

/** Snapshots of listings with their photos, and of accounts, by the real program. */
export async function fillFeed(
  { prefix, listings, settings }: FillOptions,
  signal: AbortSignal,
): Promise<void> {
  await using api = await startSimulator(listings, ['--stored-pages'])
  const folder = await mkdtemp(join(tmpdir(), 'listingstream-bench-'))
  const { PATH, HOME, TMPDIR } = process.env
  const source = { SPARK_API_URL: api.url, SPARK_ACCESS_TOKEN: SIMULATOR_TOKEN, API_RATE: '100000' }
  const own = { TOPIC_PREFIX: prefix, DATA_DIR: folder, HTTP_PORT: '0' }
  const env = { PATH, HOME, TMPDIR, ...settings, ...source, ...own, ...OF_THE_FEED }
  try {
    for (const resource of ['listings', 'accounts']) {
      const args = [PROGRAM_FILE, 'snapshot', '--resource', resource]
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'], signal })
      await once(child, 'close')
      if (child.exitCode !== 0) throw new Error(`The snapshot of ${resource} failed.`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function openBenchFeed(prefix: string, settings: Variables, signal: AbortSignal): Promise<BenchFeed> {
  Object.assign(process.env, settings, OF_THE_FEED, { TOPIC_PREFIX: prefix })
  return openFeedReader(loadSettings(READER_GROUPS), signal)
}
