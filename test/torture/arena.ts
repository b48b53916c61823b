import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { DEFAULT_BEHAVIOUR, type Behaviour } from '../../src/simulator/behaviour.ts'
import { hash32, pick, Prng } from '../../src/simulator/prng.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { sleep } from '../../src/support/abort.ts'
import type { TortureCluster } from './cluster.ts'
import { daemonAnswer } from './daemon-answer.ts'
import { GuardJournal } from './guard-journal.ts'
import { LISTS, STAMPED_SETS, UNSTAMPED_SETS, type JudgedResource } from './judged-resources.ts'
import type { Sabotage } from './sabotage-kind.ts'
import { LiveMarket } from './live-market.ts'
import { Program, type Aim } from './program.ts'

export interface ArenaOptions {
  readonly seed: number
  readonly listings: number
  readonly cluster: TortureCluster
  /** Of the whole bench; the run has a folder of its own in it. */
  readonly folder: string
  /** A broken build of the program, for a test of the bench itself. */
  readonly sabotage?: Sabotage
  /** What the scenario cannot leave to chance. */
  readonly weather?: FixedWeather
}

export type FixedWeather = Partial<Pick<Weather, 'cacheLagMs' | 'overlapMs' | 'rows'>>

/** Settings that differ from run to run, so that no bug hides behind a default. */
interface Weather {
  readonly overlapMs: number
  readonly cacheLagMs: number
  readonly behaviour: Partial<Behaviour>
  /** Goes on when the faults are over. */
  readonly lasting: Partial<Behaviour>
  readonly mediaFetch: 'auto' | 'single' | 'expand'
  readonly rows: boolean
}

const DAEMON_POLL_MS = 20
const OPENS_WITHIN_MS = 120_000
const HALF_HOUR_MS = 1_800_000

/** One run: a market, a feed of its own, and the processes that work on it. */
export class Arena implements AsyncDisposable {
  readonly seed: number
  readonly prng: Prng
  readonly cluster: TortureCluster
  readonly simulator: Simulator
  readonly market: LiveMarket
  readonly guard = new GuardJournal()
  readonly folder: string
  readonly overlapMs: number
  readonly cacheLagMs: number
  /** How far the source's `Date` may be off. */
  clockSlackMs = 0
  /** Name of the resource whose topic was made anew. */
  recreated: string | undefined
  /** Name of the resource whose topic of rows was made anew. */
  recreatedRows: string | undefined
  /** The topic's `delete.retention.ms` is shorter than the run: what was deleted may be forgotten by its end (R9). */
  forgetsDeletes = false
  /** Of the source, and what it goes on doing when the faults are over. */
  lasting: Partial<Behaviour>
  /** Keys of listings that nobody can read in the form in which the source shows them. */
  readonly unreadable = new Set<string>()
  hadUnreadable = false
  /** What it replicates: lists, and two sets of each listing. */
  readonly resources: readonly [JudgedResource, ...JudgedResource[]]
  readonly signal: AbortSignal
  readonly #prefixes: string[] = []
  #settings: Readonly<Record<string, string>>
  /** Of the machine's clock, for the source and for every process. */
  readonly #aheadMs: number
  readonly #server: SimulatorServer
  readonly #programs: Program[] = []
  readonly #atEnd: (() => Promise<void>)[] = []

  private constructor(
    options: ArenaOptions,
    parts: { server: SimulatorServer; prng: Prng; weather: Weather; aheadMs: number; folder: string },
    signal: AbortSignal,
  ) {
    this.seed = options.seed
    this.cluster = options.cluster
    this.signal = signal
    this.#server = parts.server
    this.simulator = parts.server.simulator
    this.prng = parts.prng
    this.folder = parts.folder
    this.#aheadMs = parts.aheadMs
    this.overlapMs = parts.weather.overlapMs
    this.cacheLagMs = parts.weather.cacheLagMs
    this.lasting = parts.weather.lasting
    this.resources = [...LISTS, ...chooseSets(new Prng(hash32(options.seed, 4)))]
    this.market = new LiveMarket({
      simulator: this.simulator,
      resources: this.resources,
      prng: new Prng(hash32(options.seed, 3)),
      cacheLagMs: this.cacheLagMs,
    })
    const prefix = `torture-${process.pid}-${options.seed}`
    this.#prefixes.push(prefix)
    this.#settings = {
      SPARK_API_URL: parts.server.url,
      SPARK_ACCESS_TOKEN: this.simulator.accessToken,
      SPARK_REQUEST_TIMEOUT: '1500ms',
      KAFKA_BROKERS: options.cluster.brokers.join(','),
      SCHEMA_REGISTRY_URL: options.cluster.registryUrl,
      TOPIC_PREFIX: prefix,
      DATA_DIR: join(this.folder, 'data'),
      API_RATE: '100000',
      RESOURCES: LISTS.map(({ name }) => name).join(','),
      SUBRESOURCES: this.resources.flatMap(({ set }) => set?.part ?? []).join(','),
      MEDIA_FETCH: parts.weather.mediaFetch,
      ROW_TOPICS: String(parts.weather.rows),
      PAGE_LIMIT: '25',
      KAFKA_PARTITIONS: String(1 + parts.prng.below(3)),
      UPDATE_INTERVAL: '150ms',
      PURGE_INTERVAL: '600ms',
      FULL_WALK_INTERVAL: '600ms',
      UPDATE_OVERLAP: `${parts.weather.overlapMs}ms`,
      PURGE_MAX_DELETES: '1000000',
      PURGE_HARD_MAX: '1000000',
      // Many end at once.
      PURGE_MAX_RATIO: '0.1,openhouses=1',
      HTTP_PORT: '0',
      TORTURE_CLOCK_MS: String(parts.aheadMs),
      ...(options.sabotage === undefined ? {} : { TORTURE_SABOTAGE: options.sabotage }),
      NODE_COMPILE_CACHE: join(options.folder, '../torture-compile-cache'),
    }
  }

  static async open(options: ArenaOptions, signal: AbortSignal): Promise<Arena> {
    const { seed, listings } = options
    const prng = new Prng(hash32(seed, 1))
    const folder = runFolder(options.folder, seed)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    const rows = new Prng(hash32(seed, 6)).below(2) === 0
    const weather = { rows, ...chooseWeather(prng, options.weather), ...options.weather }
    const { cacheLagMs, lasting } = weather
    const behaviour = { ...weather.behaviour, ...lasting }
    const aheadMs = beforeHalfHour(new Prng(hash32(seed, 5)))
    const clock = (): number => Date.now() + aheadMs
    const server = await startSimulator({ listings, seed, cacheLagMs, behaviour, clock })
    return new Arena(options, { server, prng, weather, aheadMs, folder }, signal)
  }

  /** Of every process from now on. */
  get settings(): Readonly<Record<string, string>> {
    return this.#settings
  }

  get prefix(): string {
    return this.#settings['TOPIC_PREFIX'] ?? ''
  }

  /** Every one that the run has used. */
  get prefixes(): readonly string[] {
    return this.#prefixes
  }

  get dataDir(): string {
    return this.#settings['DATA_DIR'] ?? ''
  }

  change(settings: Readonly<Record<string, string>>): void {
    this.#settings = { ...this.#settings, ...settings }
  }

  /** From now on another feed of the same source. */
  moveTo(name: string): void {
    const prefix = `${this.#prefixes[0]}-${name}`
    this.#prefixes.push(prefix)
    this.change({ TOPIC_PREFIX: prefix, DATA_DIR: join(this.folder, `data-${name}`) })
  }

  /** Time goes by, for the source and for every process from now on: a clock that is ahead alone is not believed (R4). */
  advanceClock(ms: number): void {
    // A set follows its stamp from when that is shown: in one step it would come so much later than the overlap.
    this.simulator.advanceClock(this.cacheLagMs)
    this.simulator.advanceClock(ms - this.cacheLagMs)
    this.change({ TORTURE_CLOCK_MS: String(this.#aheadMs + ms) })
  }

  /** Starts the program. All that is still running at the end of the run is killed. */
  async start(
    args: readonly string[],
    options: { readonly aim?: Aim; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<Program> {
    const env = { ...this.#settings, ...options.env }
    const program = await Program.start({ args, env, folder: this.folder, aim: options.aim })
    this.#programs.push(program)
    return program
  }

  /** Resolves when the daemon has opened the feed and takes requests, or has ended. Rejects if it does neither in time. */
  async opened(daemon: Program, dataDir = this.dataDir): Promise<string | undefined> {
    const until = performance.now() + OPENS_WITHIN_MS
    while (daemon.exit === undefined) {
      const info = await readDaemonInfo(dataDir)
      if (info?.pid === daemon.pid && (await takesRequests(info.url, this.signal))) return info.url
      if (performance.now() > until) {
        throw new Error(`The daemon ${daemon.pid} has not opened the feed within ${OPENS_WITHIN_MS} ms.`)
      }
      await sleep(DAEMON_POLL_MS, this.signal)
    }
    return undefined
  }

  /** A pause of between `from` and `to` milliseconds. */
  async pause(from: number, to: number): Promise<void> {
    await sleep(from + this.prng.below(to - from), this.signal)
  }

  /** What has to be undone when the run is over. */
  atEnd(undo: () => Promise<void>): void {
    this.#atEnd.push(undo)
  }

  async stopPrograms(): Promise<void> {
    for (const program of this.#programs) await program.kill()
  }

  /** No faults, no programs, a market that stands still. */
  async calm(): Promise<void> {
    await this.market[Symbol.asyncDispose]()
    await this.stopPrograms()
    this.simulator.faults.clear()
    this.simulator.configure({ ...DEFAULT_BEHAVIOUR, ...this.lasting })
    this.cluster.heal()
    await this.cluster.ready(this.signal)
  }

  async log(): Promise<string> {
    return (await this.#programs[0]?.log()) ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.market[Symbol.asyncDispose]()
    for (const program of this.#programs) await program[Symbol.asyncDispose]()
    await this.#server[Symbol.asyncDispose]()
    for (const undo of this.#atEnd.toReversed()) await undo()
  }
}

export function runFolder(folder: string, seed: number): string {
  return join(folder, `run-${seed}`)
}

/** A lag needs an overlap above it (design: what is visible late is found by the overlap). */
function chooseWeather(prng: Prng, fixed: FixedWeather = {}): Omit<Weather, 'rows'> {
  const anyOverlapMs = pick([0, 3_000, 1_200_000], prng.next32())
  const overlapMs = fixed.overlapMs ?? anyOverlapMs
  return {
    overlapMs,
    cacheLagMs: overlapMs === 0 ? 0 : pick([0, 0, 700], prng.next32()),
    behaviour: {
      endOfWalk: pick(
        ['empty-page', 'repeated-token', 'no-token', 'null-token', 'empty-token'] as const,
        prng.next32(),
      ),
      countResults: pick(['absent', 'empty'] as const, prng.next32()),
      keyOrderSeed: prng.below(1_000),
      gzip: prng.below(2) === 0,
      emptyStandardFields: pick(['empty', 'absent'] as const, prng.next32()),
      setLagMs: overlapMs === 0 ? 0 : pick([0, 0, 300, 2_000], prng.next32()),
    },
    lasting: {
      unknownPartAttributes: prng.below(2) === 0,
      maskedPartAttributes: pick([[], [], ['Name'], ['Caption', 'Uri640']], prng.next32()),
    },
    mediaFetch: pick(['auto', 'auto', 'single', 'expand'] as const, prng.next32()),
  }
}

/** So far ahead that it is some seconds before a half hour, when open houses end. */
function beforeHalfHour(prng: Prng): number {
  const left = 3_000 + prng.below(6_000)
  return HALF_HOUR_MS - ((Date.now() + left) % HALF_HOUR_MS)
}

/** One that the listing has a stamp for, and one that it has none for. */
function chooseSets(prng: Prng): readonly JudgedResource[] {
  return [pick(STAMPED_SETS, prng.next32()), pick(UNSTAMPED_SETS, prng.next32())]
}

const NOT_READY = 503

async function takesRequests(url: string, signal: AbortSignal): Promise<boolean> {
  // Of what takes any, this reads the least.
  const response = await daemonAnswer(`${url}/resources/listings/hold`, signal).catch(() => undefined)
  await response?.text().catch(() => undefined)
  return response !== undefined && response.status !== NOT_READY
}

async function readDaemonInfo(dataDir: string): Promise<{ pid: number; url: string } | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, 'daemon.json'), 'utf8')) as { pid: number; url: string }
  } catch {
    return undefined
  }
}
