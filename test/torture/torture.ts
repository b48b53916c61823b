import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { runFolder, type ArenaOptions } from './arena.ts'
import { mayMount } from './break-disk.ts'
import { removeLeftovers, TortureCluster } from './cluster.ts'
import { tortureOnce, type RunResult } from './run.ts'
import { faultOfSeed, scenarioName, SCENARIOS, type ScenarioName } from './scenarios.ts'

export interface TortureOptions {
  /** Of the first run. */
  readonly seed: number
  readonly runs: number
  readonly listings: number
  /** Each seed has its own where undefined. */
  readonly fault: string | undefined
  readonly say: (line: string) => void
}

export interface TortureResults {
  readonly results: readonly RunResult[]
  /** Runs that this machine does not allow, in words. */
  readonly skipped: readonly string[]
}

const FINDINGS_SHOWN = 8

export async function torture(options: TortureOptions, signal: AbortSignal): Promise<TortureResults> {
  const { listings, say } = options
  const fault = options.fault === undefined ? undefined : scenarioName(options.fault)
  await removeLeftovers()
  await using clusters = new Clusters(say)
  const folder = resolve('.stack', `torture-runs-${process.pid}`)
  await mkdir(folder, { recursive: true })
  const canMount = await mayMount(folder)
  const results: RunResult[] = []
  const skipped: string[] = []
  for (let seed = options.seed; seed < options.seed + options.runs && !signal.aborted; seed += 1) {
    const name = fault ?? faultOfSeed(seed)
    if (name === 'disk full' && !canMount) {
      skipped.push(`${name} (seed ${seed}): this user may not mount a tmpfs`)
      continue
    }
    const cluster = await clusters.of(SCENARIOS[name].brokers, signal)
    const result = await tried(name, { seed, listings, cluster, folder }, signal)
    if (result === undefined) break
    results.push(result)
    say(lineOf(result, results.length + skipped.length, options.runs))
    if (result.findings.length === 0) await rm(result.folder, { recursive: true, force: true })
    else say(describe(result, listings))
  }
  if (results.every(({ findings }) => findings.length === 0))
    await rm(folder, { recursive: true, force: true })
  return { results, skipped }
}

/** Undefined if it was interrupted. A run that breaks down itself is a finding, and not the end of the others. */
async function tried(
  name: ScenarioName,
  options: ArenaOptions,
  signal: AbortSignal,
): Promise<RunResult | undefined> {
  const started = performance.now()
  try {
    return await tortureOnce(name, options, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    const what = `the run broke down: ${error instanceof Error ? error.stack : String(error)}`
    const seconds = (performance.now() - started) / 1_000
    const findings = [{ column: 'unsettled', what }] as const
    const { seed, folder } = options
    return { seed, fault: name, findings, changes: 0, records: 0, seconds, folder: runFolder(folder, seed) }
  }
}

/** The three brokers are started when the first run needs them. */
class Clusters implements AsyncDisposable {
  readonly #say: (line: string) => void
  readonly #started = new Map<number, TortureCluster>()

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  async of(brokers: number, signal: AbortSignal): Promise<TortureCluster> {
    const cluster = this.#started.get(brokers) ?? (await TortureCluster.start(brokers, this.#say, signal))
    this.#started.set(brokers, cluster)
    return cluster
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cluster of this.#started.values()) await cluster[Symbol.asyncDispose]()
  }
}

function lineOf(
  { seed, fault, findings, changes, records, seconds }: RunResult,
  done: number,
  of: number,
): string {
  const verdict = findings.length === 0 ? 'ok' : `${findings.length} VIOLATIONS`
  return `${done}/${of} seed ${seed}, ${fault}: ${verdict} (${changes} changes, ${records} records, ${seconds.toFixed(1)} s)`
}

function describe({ seed, fault, findings, folder }: RunResult, listings: number): string {
  const shown = findings.slice(0, FINDINGS_SHOWN).map(({ column, what }) => `    ${column}: ${what}`)
  const more = findings.length > shown.length ? [`    … and ${findings.length - shown.length} more`] : []
  const replay = `    again: make torture SEED=${seed} RUNS=1 LISTINGS=${listings} FAULT=${JSON.stringify(fault)}`
  return [...shown, ...more, replay, `    log: ${join(folder, 'program.log')}`].join('\n')
}
