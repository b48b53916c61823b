import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, get, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

import { z } from 'zod'

import { PROGRAM } from '../../src/app/version.ts'
import { cpuSecondsOf } from './proc.ts'

const SIMULATOR_TOKEN = 'simulator-token'
/** What the program says of itself, so that its pages and those that the bench asks for are the same to the simulator. */
export const HEADERS = {
  authorization: `Bearer ${SIMULATOR_TOKEN}`,
  'x-sparkapi-user-agent': PROGRAM,
  'accept-encoding': 'gzip',
}

const PROCESS = join(import.meta.dirname, '../processes/source.ts')
const ADDRESS = z.object({ url: z.string() })
const SENT = z.object({
  requests: z.number(),
  bytes: z.number(),
  byPath: z.record(z.string(), z.record(z.string(), z.number())),
})
const LOG = z.array(z.object({ url: z.string(), status: z.number(), bytes: z.number(), at: z.number() }))

export type Sent = z.output<typeof SENT>
export type Logged = z.output<typeof LOG>[number]

export interface SourceOptions {
  readonly listings: number
  /** About 150 fields a listing, or about 430. */
  readonly fields: 'standard' | 'full'
  /** @default false */
  readonly frozen?: boolean
  /** Where it puts its list of keys. */
  readonly folder: string
}

export class Source implements AsyncDisposable {
  readonly url: string
  /** Ascending. */
  readonly keys: readonly string[]
  readonly settings: Readonly<Record<string, string>>
  readonly #child: ReturnType<typeof spawn>
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })

  private constructor(child: ReturnType<typeof spawn>, url: string, keys: readonly string[]) {
    this.#child = child
    this.url = url
    this.keys = keys
    this.settings = { SPARK_API_URL: url, SPARK_ACCESS_TOKEN: SIMULATOR_TOKEN, API_RATE: '100000' }
  }

  static async start(options: SourceOptions, signal: AbortSignal): Promise<Source> {
    const { listings, fields, frozen = false, folder } = options
    const keysFile = join(folder, `keys-${listings}-${fields}-${Math.random().toString(36).slice(2)}.txt`)
    const told = JSON.stringify({ listings, fields, frozen, storedPages: true, keysFile })
    const child = spawn(process.execPath, ['--max-old-space-size=8192', PROCESS, told], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    if (child.stdout === null) throw new Error('The simulator was started without a pipe.')
    const gone = once(child, 'exit').then(() => Promise.reject(new Error('The simulator ended at once.')))
    const lines = createInterface({ input: child.stdout })
    const [line] = await Promise.race([once(lines, 'line', { signal }), gone])
    gone.catch(() => undefined)
    const { url } = ADDRESS.parse(JSON.parse(String(line)))
    const keys = (await readFile(keysFile, 'utf8')).trimEnd().split('\n')
    return new Source(child, url, keys)
  }

  get cpuSeconds(): number | undefined {
    return cpuSecondsOf(this.#child.pid)
  }

  /** Sums over all requests so far. */
  async sent(): Promise<Sent> {
    return SENT.parse(await this.#control('GET', 'requests'))
  }

  /** The latest requests, oldest first. */
  async log(): Promise<readonly Logged[]> {
    return LOG.parse(await this.#control('GET', 'log'))
  }

  async post(word: string, body: object): Promise<unknown> {
    return await this.#control('POST', word, body)
  }

  /** As it comes over the wire, in gzip. @param pathAndQuery as in `log()` */
  async compressed(pathAndQuery: string, signal: AbortSignal): Promise<Buffer> {
    const asked = get(`${this.url}${pathAndQuery}`, { headers: HEADERS, agent: this.#agent, signal })
    const [response] = await once(asked, 'response', { signal })
    const body = await buffer(response)
    if (response.statusCode !== 200) throw new Error(`${pathAndQuery}: ${response.statusCode}`)
    return body
  }

  async json(pathAndQuery: string, signal: AbortSignal): Promise<unknown> {
    return JSON.parse(gunzipSync(await this.compressed(pathAndQuery, signal)).toString())
  }

  /** Asks for all of them, so that they are rendered and stored. */
  async render(
    paths: readonly string[],
    onDone: (share: number) => void,
    signal: AbortSignal,
  ): Promise<{ readonly seconds: number; readonly bytes: number }> {
    const begun = performance.now()
    let next = 0
    let bytes = 0
    const worker = async (): Promise<void> => {
      for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
        const body = await this.compressed(path, signal)
        bytes += body.length
        onDone(next / paths.length)
      }
    }
    await Promise.all([worker(), worker(), worker()])
    return { seconds: (performance.now() - begun) / 1000, bytes }
  }

  async #control(method: string, word: string, body?: object): Promise<unknown> {
    const asked = request(`${this.url}/_simulator/${word}`, { method, agent: this.#agent })
    asked.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = await once(asked, 'response')
    const answer = (await buffer(response)).toString()
    if (response.statusCode !== 200) throw new Error(`${method} ${word}: ${response.statusCode} ${answer}`)
    return JSON.parse(answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    const ended = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined
    this.#child.kill('SIGTERM')
    await ended
  }
}
