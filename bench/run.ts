/**
 * `make bench`: each part measures something of the program as it is shipped beside what it is compared to, in turns, on one
 * machine. Environment: LISTINGS (100000), MANY (1000000), ROUNDS (3) for other sizes; BENCH_ONLY=download,start for these parts
 * alone; BENCH_PROFILE=1 for one more round of some parts under `--cpu-prof` (`node bench/profile.ts`);
 * BENCH_USE_RUNNING_STACK=1 for KAFKA_BROKERS and SCHEMA_REGISTRY_URL instead of a stack of its own.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PARTS } from './parts/index.ts'
import { Bench, SIZES } from './tools/bench.ts'
import { describeFigure } from './tools/describe.ts'
import { describeMachine } from './tools/machine.ts'
import type { Part } from './tools/part.ts'
import { RESULTS } from './tools/profiles.ts'
import { Progress } from './tools/progress.ts'
import { startStack } from './tools/stack.ts'

const PART_MS = 10 * 60_000
const WHOLE_MS = 30 * 60_000

// Ctrl-C too leaves no broker and no simulator behind.
const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`stopped by ${name}`)))
}
const whole = AbortSignal.any([interrupted.signal, AbortSignal.timeout(WHOLE_MS)])

/** Answers the names of the parts that failed. */
async function main(): Promise<readonly string[]> {
  const parts = chosenParts()
  const progress = new Progress(parts.map((part) => part.estimate(SIZES)))
  const machine = describeMachine()
  await mkdir(RESULTS, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'listingstream-bench-'))
  const failed: string[] = []
  try {
    await using stack = await startStack('bench', (line) => progress.say(line), whole)
    await using bench = new Bench(stack, progress, folder)
    for (const [place, part] of parts.entries()) {
      progress.begin(place, part.title)
      if (whole.aborted || !(await runPart(part, bench, machine))) failed.push(part.name)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return failed
}

function chosenParts(): readonly Part[] {
  const names = process.env['BENCH_ONLY']?.split(',')
  const unknown = names?.filter((name) => !PARTS.some((part) => part.name === name)) ?? []
  if (unknown.length > 0) {
    const known = PARTS.map(({ name }) => name).join(', ')
    throw new Error(`BENCH_ONLY names ${unknown.join(', ')}; there are ${known}.`)
  }
  return PARTS.filter(({ name }) => names?.includes(name) ?? true)
}

/** Its results in `bench/results/<name>.json`; a part that fails leaves none of an earlier run. */
async function runPart(
  part: Part,
  bench: Bench,
  machine: ReturnType<typeof describeMachine>,
): Promise<boolean> {
  const file = join(RESULTS, `${part.name}.json`)
  await rm(file, { force: true })
  const begun = performance.now()
  try {
    const { figures, details } = await part.run(bench, AbortSignal.any([whole, AbortSignal.timeout(PART_MS)]))
    const seconds = Math.round((performance.now() - begun) / 1000)
    const result = { part: part.name, title: part.title, machine, sizes: SIZES, seconds, figures, details }
    await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`)
    process.stdout.write(`\n${part.title} (${seconds} s)\n${figures.map(describeFigure).join('')}\n`)
    return true
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    bench.say(`${part.title} failed: ${text}`)
    return false
  }
}

const failed = await main()
if (failed.length > 0) {
  process.stderr.write(`These parts failed, and have no figures: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
