/** Profiles of the program's threads (`node --cpu-prof`), summed up by the part of the work. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

export const RESULTS = join(import.meta.dirname, '../results')

const PROFILE = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  /** Microseconds. */
  timeDeltas: z.array(z.number()),
})
type Profile = z.output<typeof PROFILE>

const SUMMARY = z.object({
  name: z.string(),
  listings: z.number(),
  threads: z.array(
    z.object({
      thread: z.string(),
      /** Milliseconds of the profile, and of those that it did not wait. */
      wallMs: z.number(),
      busyMs: z.number(),
      parts: z.array(z.object({ part: z.string(), ms: z.number() })),
      functions: z.array(z.object({ name: z.string(), ms: z.number() })),
    }),
  ),
})
export type ProfileSummary = z.output<typeof SUMMARY>

/** By the file of a function; the first that fits counts. */
const PARTS: readonly (readonly [part: string, files: RegExp])[] = [
  ['transcoding JSON to Avro', /\/events\/content\/transcod|\/support\/json-bytes|\/spark\/page-scan/],
  ['JSON.parse', /\/spark\/json-text/],
  ['HTTP, gunzip', /node:zlib|node_modules\/undici|\/(src|dist)\/spark\//],
  ['SHA-256', /\/events\/content\/digest|node:internal\/crypto/],
  [
    'projection to the schema',
    /\/events\/content\/(projection|field-value|custom-fields|canonical-json|record-reader)/,
  ],
  ['Avro encoding', /node_modules\/avsc|\/(src|dist)\/events\//],
  ['page thread: messages', /\/(src|dist)\/app\/pages\//],
  ['key index', /node_modules\/(classic|abstract)-level|\/(src|dist)\/key-index\//],
  ['Kafka: batches, compression, network', /node_modules\/kafkajs|\/(src|dist)\/kafka\//],
  ['headers, partitions, transactions', /\/(src|dist)\/(publisher|feed)\//],
  ['classifying and committing', /\/(src|dist)\/(replication|domain|support|resources)\//],
  ['recovery', /\/(src|dist)\/recovery\//],
  ['store', /\/(src|dist)\/consumer\//],
  ['start: loading modules', /node:internal\/(modules|deps|bootstrap|process\/esm)|wasm:\/\/|node_modules\//],
  ['everything else of the program', /\/(src|dist)\//],
]
const BY_NAME: ReadonlyMap<string, string> = new Map([
  ['(idle)', 'idle'],
  ['(garbage collector)', 'garbage collection'],
])
const REST = 'runtime: sockets, promises, timers'
const SHOWN_FUNCTIONS = 40

/** Runs `work` with the flags for `node`, and writes `<name>-profile.json` into the results. */
export async function profiled(
  name: string,
  listings: number,
  work: (nodeFlags: readonly string[]) => Promise<void>,
): Promise<void> {
  const folder = join(RESULTS, 'profiles', name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await work(['--cpu-prof', `--cpu-prof-dir=${folder}`])
  const summary = { name, listings, threads: await summarize(folder) }
  await writeFile(join(RESULTS, `${name}-profile.json`), `${JSON.stringify(summary, undefined, 2)}\n`)
}

export async function readSummary(name: string): Promise<ProfileSummary> {
  return SUMMARY.parse(JSON.parse(await readFile(join(RESULTS, `${name}-profile.json`), 'utf8')))
}

/** One profile a thread: `CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile`; thread 0 is the main one. */
async function summarize(folder: string): Promise<ProfileSummary['threads']> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile')).sort()
  const threads = []
  for (const file of files) {
    const profile = PROFILE.parse(JSON.parse(await readFile(join(folder, file), 'utf8')))
    threads.push({ thread: nameOf(file, profile), ...sumUp(profile) })
  }
  return threads
}

function nameOf(file: string, profile: Profile): string {
  if (file.split('.')[4] === '0') return 'main thread'
  const urls = profile.nodes.map(({ callFrame }) => callFrame.url)
  const entry = urls.find((url) => /-thread\.(js|ts)$/.test(url))
  return entry === undefined
    ? `thread ${file.split('.')[4]}`
    : entry.replace(/.*\/(.*)-thread\..*/, '$1 thread')
}

/** What the runtime does itself counts for the file that called it. */
function sumUp(profile: Profile): Omit<ProfileSummary['threads'][number], 'thread'> {
  const partOf = new Map<number, string>()
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const [root] = profile.nodes
  const waiting: [id: number, caller: string][] = root === undefined ? [] : [[root.id, REST]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [id, caller] = next
    const node = nodes.get(id)
    if (node === undefined) continue
    const { functionName, url } = node.callFrame
    const part = BY_NAME.get(functionName) ?? PARTS.find(([, files]) => files.test(url))?.[0] ?? caller
    partOf.set(id, part)
    for (const child of node.children ?? []) waiting.push([child, part])
  }

  const parts = new Map<string, number>()
  const functions = new Map<string, number>()
  for (const [i, id] of profile.samples.entries()) {
    const ms = (profile.timeDeltas[i] ?? 0) / 1000
    add(parts, partOf.get(id) ?? REST, ms)
    const frame = nodes.get(id)?.callFrame
    if (frame !== undefined) add(functions, shown(frame), ms)
  }
  const wallMs = [...parts.values()].reduce((sum, ms) => sum + ms, 0)
  return {
    wallMs,
    busyMs: wallMs - (parts.get('idle') ?? 0),
    parts: sorted(parts).map(([part, ms]) => ({ part, ms })),
    functions: sorted(functions)
      .slice(0, SHOWN_FUNCTIONS)
      .map(([name, ms]) => ({ name, ms })),
  }
}

function shown({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^.*\/(?=(?:src|dist|node_modules)\/)/, '')
  return url === '' ? functionName : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`
}

function add(sums: Map<string, number>, name: string, ms: number): void {
  sums.set(name, (sums.get(name) ?? 0) + ms)
}

function sorted(sums: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...sums].sort((a, b) => b[1] - a[1])
}
