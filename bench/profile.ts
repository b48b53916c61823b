/**
 * Where the program's thread spends its time: sums up a profile of `node --cpu-prof` by the part of the work.
 * `BENCH_PROFILE=1 make bench` writes one; `node bench/profile.ts [file]` reads it, without a file the newest one in
 * `bench/results`.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

const RESULTS = join(import.meta.dirname, 'results')

const PROFILE = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  /** Microseconds. */
  timeDeltas: z.array(z.number()),
})
type Profile = z.infer<typeof PROFILE>

/** By the file of a function; the first that fits counts. */
const PARTS: readonly (readonly [part: string, files: RegExp])[] = [
  ['JSON.parse', /src\/spark\/json-text/],
  ['HTTP, gunzip, UTF-8', /node:zlib|node_modules\/undici|src\/spark\//],
  ['SHA-256 (digests, event ids)', /src\/events\/content\/digest|node:internal\/crypto/],
  ['projection to the schema', /src\/events\/content\/(projection|field-value|custom-fields|canonical-json)/],
  ['Avro encoding', /node_modules\/avsc|src\/events\//],
  ['key index', /node_modules\/(classic|abstract)-level|src\/key-index\//],
  ['kafkajs: records, CRC, zstd, network', /node_modules\/kafkajs|src\/kafka\//],
  ['headers, partitions, transactions', /src\/publisher\//],
  ['classifying and committing', /src\/(replication|domain|support)\//],
  ['start: loading modules', /node:internal\/(modules|deps|bootstrap|process\/esm)|wasm:\/\/|node_modules\//],
  ['start: everything else', /src\/(app|cli|config|ops)\//],
]
const BY_NAME: ReadonlyMap<string, string> = new Map([
  ['(idle)', 'idle: waiting for API and broker'],
  ['(garbage collector)', 'garbage collection'],
])
const REST = 'runtime: sockets, promises, timers'

/** Milliseconds by part. What the runtime does itself counts for the file that called it. */
function sumUp(profile: Profile): ReadonlyMap<string, number> {
  const partOf = new Map<number, string>()
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const place = (id: number, caller: string): void => {
    const node = nodes.get(id)
    if (node === undefined) return
    const { functionName, url } = node.callFrame
    const part = BY_NAME.get(functionName) ?? PARTS.find(([, files]) => files.test(url))?.[0] ?? caller
    partOf.set(id, part)
    for (const child of node.children ?? []) place(child, part)
  }
  const [root] = profile.nodes
  if (root !== undefined) place(root.id, REST)

  const sums = new Map<string, number>()
  for (const [i, id] of profile.samples.entries()) {
    const part = partOf.get(id) ?? REST
    sums.set(part, (sums.get(part) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000)
  }
  return sums
}

async function newest(): Promise<string> {
  const names = await readdir(RESULTS).catch(() => [])
  const name = names
    .filter((file) => file.endsWith('.cpuprofile'))
    .sort()
    .at(-1)
  if (name === undefined) throw new Error('There is no profile yet: run BENCH_PROFILE=1 make bench.')
  return join(RESULTS, name)
}

const file = process.argv[2] ?? (await newest())
const sums = sumUp(PROFILE.parse(JSON.parse(await readFile(file, 'utf8'))))
const total = [...sums.values()].reduce((sum, ms) => sum + ms, 0)
const sorted = [...sums].sort((a, b) => b[1] - a[1])
for (const [part, ms] of sorted) {
  const share = `${((ms / total) * 100).toFixed(1)} %`
  process.stdout.write(`${part.padEnd(38)} ${ms.toFixed(0).padStart(7)} ms ${share.padStart(7)}\n`)
}
