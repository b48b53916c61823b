import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { CliProcess, runCli, type CliExit } from '../fixtures/cli.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { checkTopic, type Verdict } from '../fixtures/topic-checker.ts'
import { committedEvents } from '../fixtures/topic-events.ts'

const DEADLINE_MS = 120_000

const LISTENING = z.object({ url: z.string(), msg: z.literal('listening for health, metrics and status') })

/** One simulated source, and the prefix of its feed. */
export interface Market extends SimulatorServer {
  readonly prefix: string
}

/** Several sources, and the settings of a process that keeps a feed of each. */
export class ManyMarkets implements AsyncDisposable {
  readonly markets: readonly Market[]
  /** Working directory of the program, with its settings file. */
  readonly folder: string
  readonly #owned: AsyncDisposableStack

  private constructor(markets: readonly Market[], folder: string, owned: AsyncDisposableStack) {
    this.markets = markets
    this.folder = folder
    this.#owned = owned
  }

  /** @param settings over what every process gets, in its settings file */
  static async open(
    count: number,
    simulator: SimulatorOptions,
    settings: Readonly<Record<string, string>>,
  ): Promise<ManyMarkets> {
    await using owned = new AsyncDisposableStack()
    const { path } = owned.use(await tempFolder())
    const { brokers, registryUrl } = testStack()
    const run = uniqueTopicPrefix()
    const markets: Market[] = []
    for (let at = 0; at < count; at += 1) {
      const accessToken = `token-of-market-${at}`
      const source = owned.use(await startSimulator({ seed: 100 + at, accessToken, ...simulator }))
      const dispose = async (): Promise<void> => source[Symbol.asyncDispose]()
      markets.push({ ...source, prefix: `${run}-${at}`, [Symbol.asyncDispose]: dispose })
    }
    const file = {
      API_RATE: '100000',
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      HTTP_PORT: '0',
      ...settings,
      feeds: markets.map(({ prefix, url, simulator: { accessToken } }) => ({
        TOPIC_PREFIX: prefix,
        SPARK_API_URL: url,
        SPARK_ACCESS_TOKEN: accessToken,
      })),
    }
    await writeFile(join(path, 'listingstream.config.json'), JSON.stringify(file))
    return new ManyMarkets(markets, path, owned.move())
  }

  /** `run` in a folder for data of its own. */
  start(name: string, settings: Readonly<Record<string, string>> = {}): MarketsDaemon {
    return new MarketsDaemon(this.folder, { DATA_DIR: join(this.folder, name), ...settings })
  }

  /** One command to its end, beside the process of that name. */
  run(name: string, ...args: readonly string[]): Promise<CliExit> {
    const settings = { DATA_DIR: join(this.folder, name) }
    return runCli({ args, settings, folder: this.folder }, AbortSignal.timeout(DEADLINE_MS))
  }

  /** What is wrong in the topic of a market's listings. */
  async check({ prefix, simulator }: Market): Promise<Verdict> {
    return checkTopic(
      await committedEvents(`${prefix}.listings`, AbortSignal.timeout(DEADLINE_MS)),
      simulator,
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync()
  }
}

const FEEDS = z.object({
  feeds: z.array(
    z.object({
      prefix: z.string(),
      state: z.string(),
      ready: z.boolean(),
      reasons: z.array(z.object({ code: z.string() })),
    }),
  ),
})

/** `run` of all markets. Disposing of it kills it. */
export class MarketsDaemon implements AsyncDisposable {
  readonly process: CliProcess
  #url: string | undefined

  constructor(folder: string, settings: Readonly<Record<string, string>>) {
    this.process = new CliProcess({ args: ['run'], settings, folder })
  }

  /** Of its HTTP server, once it listens. */
  async url(): Promise<string> {
    if (this.#url !== undefined) return this.#url
    await this.process.logged('listening for health', AbortSignal.timeout(DEADLINE_MS))
    const lines = this.process.stderr.split('\n').flatMap((line) => {
      const said = LISTENING.safeParse(line.startsWith('{') && line.endsWith('}') ? JSON.parse(line) : null)
      return said.success ? [said.data.url] : []
    })
    this.#url = lines[0]
    if (this.#url === undefined) throw new Error(`It listens nowhere:\n${this.process.stderr}`)
    return this.#url
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${await this.url()}${path}`)
    return { status: response.status, text: await response.text() }
  }

  /** By prefix; none while it does not answer. */
  async feeds(): Promise<ReadonlyMap<string, z.output<typeof FEEDS>['feeds'][number]>> {
    const { feeds } = FEEDS.parse(JSON.parse((await this.get('/feeds')).text))
    return new Map(feeds.map((feed) => [feed.prefix, feed]))
  }

  /** Values of a metric by feed; the name with its other labels. */
  async metric(name: string): Promise<ReadonlyMap<string, number>> {
    const { text } = await this.get('/metrics')
    const lines = text.split('\n').flatMap((line) => {
      const [, before = '', feed = '', after = '', value = ''] =
        /^(.*?),?feed="([^"]*)"(.*?) (\S+)$/.exec(line) ?? []
      return `${before}${after}`.replace('{}', '') === name ? [[feed, Number(value)] as const] : []
    })
    return new Map(lines)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]()
  }
}
