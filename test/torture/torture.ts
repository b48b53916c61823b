import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { SerialQueue } from '../../src/support/serial-queue.ts'
import { runFolder, type ArenaOptions } from './arena.ts'
import { mayMount } from './break-disk.ts'
import { removeLeftovers, TortureCluster } from './cluster.ts'
import { tortureOnce, type RunResult } from './run.ts'
import { faultOfSeed, scenarioName, SCENARIOS, type ScenarioName } from './scenarios.ts'

export interface TortureOptions {
  /** Of the first run. */
  readonly seed: number
  readonly runs: number
  /** So many runs go on side by side, each lane with brokers of its own. */
  readonly lanes: number
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
  const fault = options.fault === undefined ? undefined : scenarioName(options.fault)
  await removeLeftovers()
  const folder = resolve('.stack', `torture-runs-${process.pid}`)
  await mkdir(folder, { recursive: true })
  const plan: Plan = { ...options, fault, folder, canMount: await mayMount(folder), seeds: seedsOf(options) }
  const starting = new SerialQueue()
  const found: Found = { results: [], skipped: [] }
  const broken = new AbortController()
  const ending = AbortSignal.any([signal, broken.signal])
  const lanes = Array.from({ length: options.lanes }, async (_, i) => {
    try {
      await using clusters = new Clusters(i + 1, starting, options.say)
      await runLane(plan, clusters, found, ending)
    } catch (error) {
      broken.abort(error)
      throw error
    }
  })
  // All of them end before one's failure is told: none leaves brokers behind.
  await Promise.allSettled(lanes)
  await Promise.all(lanes)
  if (found.results.every(({ findings }) => findings.length === 0))
    await rm(folder, { recursive: true, force: true })
  return { ...found, results: found.results.toSorted((a, b) => a.seed - b.seed) }
}

interface Plan extends Pick<TortureOptions, 'runs' | 'listings' | 'say'> {
  readonly fault: ScenarioName | undefined
  readonly folder: string
  readonly canMount: boolean
  /** Shared by the lanes: each takes the next one. */
  readonly seeds: Iterator<number>
}

interface Found {
  readonly results: RunResult[]
  readonly skipped: string[]
}

function* seedsOf({ seed, runs }: TortureOptions): Generator<number, undefined, undefined> {
  for (let next = seed; next < seed + runs; next += 1) yield next
}

/** One run after the other. */
async function runLane(
  { runs, listings, say, fault, folder, canMount, seeds }: Plan,
  clusters: Clusters,
  { results, skipped }: Found,
  signal: AbortSignal,
): Promise<void> {
  for (let { value: seed } = seeds.next(); seed !== undefined && !signal.aborted; seed = seeds.next().value) {
    const name = fault ?? faultOfSeed(seed)
    if (name === 'disk full' && !canMount) {
      skipped.push(`${name} (seed ${seed}): this user may not mount a tmpfs`)
      continue
    }
    const result = await tried(name, { seed, listings, folder }, clusters, signal)
    if (result === undefined) return
    results.push(result)
    say(lineOf(result, results.length + skipped.length, runs))
    if (result.findings.length === 0) await rm(result.folder, { recursive: true, force: true })
    else say(describe(result, listings))
  }
}

/** Undefined if it was interrupted. A run that breaks down itself is a finding, and not the end of the others. */
async function tried(
  name: ScenarioName,
  options: Omit<ArenaOptions, 'cluster'>,
  clusters: Clusters,
  signal: AbortSignal,
): Promise<RunResult | undefined> {
  const started = performance.now()
  try {
    const cluster = await clusters.of(SCENARIOS[name].brokers, signal)
    return await tortureOnce(name, { ...options, cluster }, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    const what = `the run broke down: ${error instanceof Error ? error.stack : String(error)}`
    const seconds = (performance.now() - started) / 1_000
    const findings = [{ column: 'unsettled', what }] as const
    const { seed, folder } = options
    return { seed, fault: name, findings, changes: 0, records: 0, seconds, folder: runFolder(folder, seed) }
  }
}

/** Of one lane. The three brokers are started when the first run needs them. */
class Clusters implements AsyncDisposable {
  readonly #lane: number
  readonly #starting: SerialQueue
  readonly #say: (line: string) => void
  readonly #started = new Map<number, TortureCluster>()

  /** @param starting of all lanes: two that look for free ports at once may find the same */
  constructor(lane: number, starting: SerialQueue, say: (line: string) => void) {
    this.#lane = lane
    this.#starting = starting
    this.#say = say
  }

  async of(brokers: number, signal: AbortSignal): Promise<TortureCluster> {
    const known = this.#started.get(brokers)
    if (known !== undefined) return known
    const cluster = await this.#starting.run(() =>
      TortureCluster.start(brokers, this.#say, signal, this.#lane),
    )
    this.#started.set(brokers, cluster)
    return cluster
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cluster of this.#started.values()) {
      try {
        await cluster[Symbol.asyncDispose]()
      } catch (error) {
        // What the runs have shown counts all the same; the next call removes what is left.
        this.#say(`brokers of lane ${this.#lane} could not be stopped: ${String(error)}`)
      }
    }
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
