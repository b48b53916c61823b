/** One initial download by the real program, and the proof that it was right. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

import { z } from 'zod'

import { PROGRAM_FILE } from '../src/demo/program-process.ts'
import { connectKafka } from '../src/kafka/cluster.ts'
import { readWholeTopic } from '../src/kafka/read-topic.ts'

export interface Download {
  /** From the recovered index to the end of the pass: metadata, all pages, all commits. */
  readonly seconds: number
  /** Of the whole process, start and end included. */
  readonly wallSeconds: number
  readonly listingsPerSecond: number
  /** Of the whole process, all its threads. */
  readonly cpuSecondsPer10k: number
  readonly peakRssMb: number
}

export interface DownloadOptions {
  /** The keys that the topic has to hold afterwards, each once. */
  readonly keys: ReadonlySet<string>
  readonly prefix: string
  /** The only settings that the program gets. */
  readonly settings: Readonly<Record<string, string>>
  /** For `node`, e.g. `--cpu-prof`. */
  readonly nodeFlags?: readonly string[]
}

/** @throws {Error} if the program fails, or the topic does not hold each listing exactly once. */
export async function download(options: DownloadOptions, signal: AbortSignal): Promise<Download> {
  const folder = await mkdtemp(join(tmpdir(), 'listingstream-bench-'))
  try {
    const run = await snapshot(options, folder, signal)
    await requireEachOnce(options, signal)
    const listings = options.keys.size
    return {
      seconds: run.seconds,
      wallSeconds: run.wallSeconds,
      listingsPerSecond: listings / run.seconds,
      cpuSecondsPer10k: (run.cpuSeconds / listings) * 10_000,
      peakRssMb: run.peakRssMb,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const LOG_LINE = z.object({ time: z.iso.datetime().pipe(z.coerce.date()), msg: z.string() })
const BEGINNING = 'key index is up with the topics'
const END = 'pass completed'

/** `process.resourceUsage()` of the program at its end, over a pipe of its own. */
const REPORT_USAGE = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs'
   process.once('exit', () => writeSync(3, JSON.stringify(process.resourceUsage())))`,
)}`
const USAGE = z.object({ userCPUTime: z.number(), systemCPUTime: z.number(), maxRSS: z.number() })

interface Run extends Pick<Download, 'seconds' | 'wallSeconds' | 'peakRssMb'> {
  readonly cpuSeconds: number
}

async function snapshot(options: DownloadOptions, folder: string, signal: AbortSignal): Promise<Run> {
  const { prefix, settings, nodeFlags = [] } = options
  const { PATH, HOME, TMPDIR } = process.env
  const begun = performance.now()
  const child = spawn(process.execPath, [...nodeFlags, '--import', REPORT_USAGE, PROGRAM_FILE, 'snapshot'], {
    cwd: folder,
    env: { PATH, HOME, TMPDIR, ...settings, TOPIC_PREFIX: prefix, DATA_DIR: folder, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    signal,
  })
  const [, , log, report] = child.stdio
  if (log === null || report === null || report === undefined || !('read' in report)) {
    throw new Error('The program was started without its pipes.')
  }
  const closed = once(child, 'close')
  const usageText = text(report)
  const said: string[] = []
  for await (const line of createInterface({ input: log })) said.push(line)
  await closed
  const wallSeconds = (performance.now() - begun) / 1000
  if (child.exitCode !== 0) throw new Error(`snapshot failed:\n${said.slice(-10).join('\n')}`)
  const usage = USAGE.parse(JSON.parse(await usageText))
  return {
    seconds: (timeOf(END, said) - timeOf(BEGINNING, said)) / 1000,
    wallSeconds,
    // Microseconds and kilobytes.
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakRssMb: usage.maxRSS / 1024,
  }
}

/** Milliseconds since 1970, by the program's own clock. */
function timeOf(message: string, lines: readonly string[]): number {
  for (const line of lines) {
    if (!line.startsWith('{')) continue
    const { time, msg } = LOG_LINE.parse(JSON.parse(line))
    if (msg === message) return time.getTime()
  }
  throw new Error(`The program did not log "${message}", so nothing was measured.`)
}

async function requireEachOnce(
  { keys, prefix, settings }: DownloadOptions,
  signal: AbortSignal,
): Promise<void> {
  const topic = `${prefix}.listings`
  const brokers = (settings['KAFKA_BROKERS'] ?? '').split(',')
  await using cluster = await connectKafka({ brokers, clientId: 'bench' }, signal)
  const found = new Set<string>()
  let records = 0
  for await (const batch of readWholeTopic(cluster, topic, signal)) {
    for (const { key } of batch.records) found.add(key?.toString('latin1') ?? '')
    records += batch.records.length
  }
  const missing = [...keys].filter((key) => !found.has(key)).length
  if (records !== keys.size || found.size !== keys.size || missing > 0) {
    throw new Error(
      `The topic holds ${records} records of ${found.size} keys and misses ${missing} of the ${keys.size} listings: the figures would be worth nothing.`,
    )
  }
}
