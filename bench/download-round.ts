/** One initial download by the real program, and the proof that it was right. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { connectKafka } from '../src/kafka/cluster.ts'
import { readTopic } from '../src/kafka/read-topic.ts'
import { PROGRAM_FILE } from '../src/app/demo/program-process.ts'

export interface Download {
  /** From the recovered index to the end of the pass: metadata, all pages, all commits. */
  readonly seconds: number
  /** Of the whole process, start and end included. */
  readonly wallSeconds: number
  readonly listingsPerSecond: number
  readonly cpuSecondsPer10k: number
  readonly peakRssMb: number
}

export interface DownloadOptions {
  readonly listings: number
  readonly prefix: string
  readonly settings: Readonly<Record<string, string>>
  /** For `node`, e.g. `--cpu-prof`. */
  readonly nodeFlags?: readonly string[]
}

/** @throws {Error} if the program fails, or the topic does not hold each listing exactly once. */
export async function download(options: DownloadOptions, signal: AbortSignal): Promise<Download> {
  const { listings, prefix, settings, nodeFlags = [] } = options
  const folder = await mkdtemp(join(tmpdir(), 'listingstream-bench-'))
  try {
    const begun = performance.now()
    const child = spawn(process.execPath, [...nodeFlags, PROGRAM_FILE, 'snapshot'], {
      env: { ...process.env, ...settings, TOPIC_PREFIX: prefix, DATA_DIR: folder, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    })
    const usage = new UsageSampler(child.pid ?? 0)
    let from = 0
    let to = 0
    const said: string[] = []
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line)
      if (line.includes('key index is up')) from = performance.now()
      if (line.includes('pass completed')) to = performance.now()
    }
    if (child.exitCode === null) await once(child, 'exit')
    const wall = performance.now() - begun
    const { cpuSeconds, peakRssMb } = usage.stop()
    if (child.exitCode !== 0) throw new Error(`snapshot failed:\n${said.slice(-10).join('\n')}`)
    await requireEachOnce(prefix, settings, listings, signal)
    const seconds = (to - from) / 1000
    return {
      seconds,
      wallSeconds: wall / 1000,
      listingsPerSecond: listings / seconds,
      cpuSecondsPer10k: (cpuSeconds / listings) * 10_000,
      peakRssMb,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function requireEachOnce(
  prefix: string,
  settings: Readonly<Record<string, string>>,
  listings: number,
  signal: AbortSignal,
): Promise<void> {
  const topic = `${prefix}.listings`
  const brokers = (settings['KAFKA_BROKERS'] ?? '').split(',')
  await using cluster = await connectKafka({ brokers, clientId: 'bench' }, signal)
  const offsets = await cluster.topicOffsets(topic, signal)
  const ranges = offsets.map(({ beginning, end }, partition) => ({ partition, from: beginning, to: end }))
  const keys = new Set<string>()
  let records = 0
  for await (const batch of readTopic(cluster, { topic, ranges }, signal)) {
    for (const { key } of batch.records) keys.add(key?.toString('latin1') ?? '')
    records += batch.records.length
  }
  if (records !== listings || keys.size !== listings) {
    throw new Error(
      `The topic holds ${records} records of ${keys.size} listings, not ${listings} of as many.`,
    )
  }
}

const SAMPLE_MS = 50
/** `USER_HZ` of Linux on all its usual platforms. */
const TICKS_PER_SECOND = 100

/** CPU time and peak memory of a process, read from /proc until it is gone. */
class UsageSampler {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  #ticks = 0
  #peakKb = 0

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS)
  }

  stop(): { cpuSeconds: number; peakRssMb: number } {
    clearInterval(this.#timer)
    return { cpuSeconds: this.#ticks / TICKS_PER_SECOND, peakRssMb: this.#peakKb / 1024 }
  }

  async #sample(): Promise<void> {
    try {
      const stat = await readFile(`/proc/${this.#pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      this.#ticks = Math.max(this.#ticks, Number(fields[11]) + Number(fields[12]))
      const status = await readFile(`/proc/${this.#pid}/status`, 'utf8')
      const peak = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0)
      this.#peakKb = Math.max(this.#peakKb, peak)
    } catch {
      // It has ended.
    }
  }
}
