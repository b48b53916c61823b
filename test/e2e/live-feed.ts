import { connectKafka } from '../../src/kafka/cluster.ts'
import type { OpenCollection } from '../../src/simulator/records/open-collection.ts'
import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts'
import {
  startSimulator,
  type ServerOptions,
  type SimulatorServer,
} from '../../src/simulator/server/start-simulator.ts'
import { CliProcess, runCli, type CliExit, type CliOptions } from '../fixtures/cli.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { checkTopic, type Verdict } from '../fixtures/topic-checker.ts'
import { committedEvents, consoleEvents, type TopicEvent } from '../fixtures/topic-events.ts'

/** For one command or one reading, on a machine that has other things to do. */
const DEADLINE_MS = 150_000

export interface LiveFeedOptions {
  readonly simulator?: SimulatorOptions & ServerOptions
  /** Over what every feed gets. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A simulated source, and the real program between it and the real broker, under a prefix of its own. */
export class LiveFeed implements AsyncDisposable {
  readonly simulator: Simulator
  /** Working directory of the program. */
  readonly folder: string
  readonly dataDir: string
  readonly settings: Readonly<Record<string, string>>
  readonly topic: string
  readonly #owned: AsyncDisposableStack

  private constructor(
    { simulator, url }: SimulatorServer,
    folder: string,
    settings: Readonly<Record<string, string>>,
    owned: AsyncDisposableStack,
  ) {
    const prefix = uniqueTopicPrefix()
    const { brokers, registryUrl } = testStack()
    this.simulator = simulator
    this.folder = folder
    this.dataDir = `${folder}/data`
    this.topic = `${prefix}.listings`
    this.settings = {
      SPARK_API_URL: url,
      SPARK_ACCESS_TOKEN: simulator.accessToken,
      API_RATE: '100000',
      PAGE_LIMIT: '10',
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      TOPIC_PREFIX: prefix,
      DATA_DIR: this.dataDir,
      HTTP_PORT: '0',
      ...settings,
    }
    this.#owned = owned
  }

  static async open({ simulator, settings = {} }: LiveFeedOptions = {}): Promise<LiveFeed> {
    await using owned = new AsyncDisposableStack()
    const folder = owned.use(await tempFolder())
    const source = owned.use(await startSimulator({ accessToken: 'token-that-no-log-shows', ...simulator }))
    return new LiveFeed(source, folder.path, settings, owned.move())
  }

  /** Runs a command to its end. Whatever it says, it must not say the token (R15). */
  async run(args: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<CliExit> {
    const exit = await runCli(this.#command(args, settings), AbortSignal.timeout(DEADLINE_MS))
    if (`${exit.stdout}${exit.stderr}`.includes(this.simulator.accessToken)) {
      throw new Error(`${args.join(' ')} shows the access token:\n${exit.stdout}${exit.stderr}`)
    }
    return exit
  }

  /** Runs a command that has to succeed; answers what it printed. */
  async done(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args)
    if (code === 0) return stdout.trim()
    throw new Error(`${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  }

  start(args: readonly string[], settings: Readonly<Record<string, string>> = {}): CliProcess {
    return new CliProcess(this.#command(args, settings))
  }

  /** A topic as a client sees it that is not ours, with at least so many records. */
  readByConsole(atLeast: number, resource = 'listings'): Promise<TopicEvent[]> {
    return consoleEvents(this.#topicOf(resource), { atLeast }, AbortSignal.timeout(DEADLINE_MS))
  }

  read(resource = 'listings'): Promise<TopicEvent[]> {
    return committedEvents(this.#topicOf(resource), AbortSignal.timeout(DEADLINE_MS))
  }

  /** Records in the topic. */
  async size(): Promise<number> {
    return (await this.read()).length
  }

  check(events: readonly TopicEvent[], hidden: readonly string[] = []): Verdict {
    return checkTopic(events, this.simulator, new Set(hidden))
  }

  /** Those of the program's topics that exist. */
  async topics(): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    await using cluster = await connectKafka({ brokers: testStack().brokers, clientId: 'e2e' }, signal)
    const names = ['listings', 'checkpoints', 'control', 'dead-letters']
    const prefix = this.topic.replace(/\.listings$/, '')
    const found = await cluster.describeTopics(
      names.map((name) => `${prefix}.${name}`),
      signal,
    )
    return [...found.keys()]
  }

  /** Visible keys, ascending. */
  keys(): readonly string[] {
    return [...this.simulator.truth().listings.keys()]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync()
  }

  /** What the source lists beside listings. */
  collection(name: string): OpenCollection {
    const collection = this.simulator.collection(name)
    if (collection === undefined) throw new Error(`The simulator has no ${name}.`)
    return collection
  }

  #topicOf(resource: string): string {
    return this.topic.replace(/listings$/, resource)
  }

  #command(args: readonly string[], settings: Readonly<Record<string, string>>): CliOptions {
    return { args, settings: { ...this.settings, ...settings }, folder: this.folder }
  }
}

/** Number of events by change reason, name of a delete, `Tombstone`. */
export function tally(events: readonly TopicEvent[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type, value } of events) {
    const name = /(?:Upserted|Replaced)$/.test(type) ? (value as { change: string }).change : type
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Query parameters of those requests that read a page of listings, in order. */
export function pageRequests(requests: readonly LoggedRequest[]): readonly URLSearchParams[] {
  return requests
    .map(({ url }) => new URL(url, 'http://source'))
    .filter(({ pathname, searchParams }) => pathname === '/v1/listings' && searchParams.has('_skiptoken'))
    .map(({ searchParams }) => searchParams)
}
