/** Initial downloads: by the program, and by the naive replicator. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { PROGRAM } from '../../src/app/version.ts'
import type { Bench } from './bench.ts'
import { measureProcess, passSeconds, runMeasured, type Measured } from './measured-program.ts'
import type { Source } from './source.ts'
import { requireEachOnce } from './topic.ts'
import { withToken, type Walk } from './walks.ts'

export interface Download {
  /** From the recovered index to the end of the pass: metadata, all pages, all commits. */
  readonly seconds: number
  readonly listingsPerSecond: number
  /** Of the whole process. */
  readonly wallSeconds: number
  /** Milliseconds per 1,000 listings, of the whole process and all its threads. */
  readonly cpuMs: number
  readonly peakRssMb: number
  /** Milliseconds per 1,000 listings, meanwhile. */
  readonly sourceCpuMs: number | undefined
  readonly brokerCpuMs: number | undefined
}

export interface DownloadOptions {
  readonly source: Source
  readonly prefix: string
  /** DATA_DIR; it stays, and is the feed's own. */
  readonly folder: string
  readonly nodeFlags?: readonly string[]
  /** Of the topic: every listing once. @default true */
  readonly check?: boolean
}

/** @throws {Error} if the program fails, or the topic does not hold each listing exactly once */
export async function download(
  bench: Bench,
  { source, prefix, folder, nodeFlags = [], check = true }: DownloadOptions,
  signal: AbortSignal,
): Promise<Download> {
  const others = (): readonly (number | undefined)[] => [source.cpuSeconds, bench.brokerCpuSeconds]
  const before = others()
  const settings = { ...bench.settings, ...source.settings, TOPIC_PREFIX: prefix }
  const run = await runMeasured({ args: ['snapshot'], settings, folder, nodeFlags }, signal)
  const after = others()
  if (check) await requireEachOnce(bench.broker, `${prefix}.listings`, source.keys)
  const listings = source.keys.length
  const took = (place: number): number | undefined => {
    const [from, to] = [before[place], after[place]]
    return from === undefined || to === undefined ? undefined : ((to - from) / listings) * 1e6
  }
  return {
    ...ofRun(run, passSeconds(run), listings),
    sourceCpuMs: took(0),
    brokerCpuMs: took(1),
  }
}

type Rates = Omit<Download, 'sourceCpuMs' | 'brokerCpuMs'>

export function ofRun(run: Measured, seconds: number, listings: number): Rates {
  return {
    seconds,
    listingsPerSecond: listings / seconds,
    wallSeconds: run.wallSeconds,
    cpuMs: (run.cpuSeconds / listings) * 1e6,
    peakRssMb: run.peakRssMb,
  }
}

const NAIVE = join(import.meta.dirname, '../processes/naive-replicator.ts')
const SENT = z.object({ sent: z.number(), seconds: z.number() })

/** @throws {Error} if it fails, or has not sent each listing once */
export async function naiveDownload(
  bench: Bench,
  source: Source,
  walk: Walk,
  signal: AbortSignal,
): Promise<Rates> {
  const folder = await bench.newFolder('naive')
  const run = await measureProcess(
    {
      file: NAIVE,
      args: [],
      cwd: folder,
      env: {
        SPARK_ACCESS_TOKEN: source.settings['SPARK_ACCESS_TOKEN'] ?? '',
        PAGES: `${source.url}${withToken(walk.whole, '')}`,
        USER_AGENT: PROGRAM,
        KAFKA_BROKERS: bench.settings.KAFKA_BROKERS,
        TOPIC: `${bench.prefix('naive')}.listings`,
        NODE_NO_WARNINGS: '1',
        KAFKAJS_NO_PARTITIONER_WARNING: '1',
      },
    },
    signal,
  )
  await rm(folder, { recursive: true, force: true })
  const { sent, seconds } = SENT.parse(JSON.parse(run.stdout))
  if (sent !== source.keys.length) throw new Error(`The naive replicator sent ${sent} listings.`)
  return ofRun(run, seconds, sent)
}
