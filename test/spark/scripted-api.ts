/** An API on loopback that answers by script, one step a request, and keeps what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { instant } from '../../src/domain/instant.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import type { RequestEvent } from '../../src/spark/spark-client.ts'
import { httpSource, type HttpSource, type HttpSourceOptions } from './http-source.ts'

export const NOW = instant(Date.parse('2026-05-02T14:00:00Z'))
const DATE = 'Sat, 02 May 2026 14:00:00 GMT'
export const TOKEN = 'invented-token-4711'

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export type Step = Reply | ((request: IncomingMessage, response: ServerResponse) => void)

interface ScriptedApi extends AsyncDisposable {
  readonly url: string
  readonly asked: readonly Asked[]
}

/** A request beyond the script gets 418, which no client retries. */
async function scriptedApi(steps: readonly Step[]): Promise<ScriptedApi> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(Buffer.from(chunk))
      const url = new URL(request.url ?? '', 'http://api.example')
      const step = steps[asked.length] ?? { status: 418 }
      asked.push({
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      if (typeof step === 'function') step(request, response)
      else answer(response, step)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status ?? 200, { date: DATE, ...headers }).end(body)
}

/** For requests that come in no order: each round has a reply for each of the paths. */
export function replyByPath(paths: readonly string[], rounds: readonly (readonly Reply[])[]): Step[] {
  const asked = new Map<string, number>()
  const step: Step = (request, response) => {
    const path = new URL(request.url ?? '', 'http://api.example').pathname
    const round = asked.get(path) ?? 0
    asked.set(path, round + 1)
    answer(response, rounds[round]?.[paths.indexOf(path)] ?? { status: 418 })
  }
  return rounds.flatMap((replies) => replies.map(() => step))
}

export interface Fixture extends AsyncDisposable {
  readonly api: ScriptedApi
  readonly source: HttpSource
  /** What the client would have waited between attempts. */
  readonly waits: readonly number[]
  readonly events: readonly RequestEvent[]
}

/** A source in front of a scripted API; its waits take no time. */
export async function fixture(
  steps: readonly Step[],
  options: Partial<HttpSourceOptions> = {},
): Promise<Fixture> {
  const api = await scriptedApi(steps)
  const waits: number[] = []
  const events: RequestEvent[] = []
  const source = httpSource({
    apiUrl: api.url,
    accessToken: TOKEN,
    retry: { attempts: 4, baseMs: 100, capMs: 1_000 },
    onRequest: (event) => events.push(event),
    clock: {
      now: () => NOW,
      sleep: async (ms, signal) => {
        signal.throwIfAborted()
        waits.push(ms)
      },
    },
    random: () => 0.5,
    ...options,
  })
  return {
    api,
    source,
    waits,
    events,
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]()
      await api[Symbol.asyncDispose]()
    },
  }
}

export function d(members: Readonly<Record<string, JsonValue>>): Reply {
  return { body: JSON.stringify({ D: { Success: true, ...members } }) }
}

export function failure(
  status: number,
  code?: number,
  extra: Readonly<Record<string, JsonValue>> = {},
): Reply {
  const named = code === undefined ? {} : { Code: code, Message: 'A message.' }
  return { status, body: JSON.stringify({ D: { Success: false, ...named, ...extra } }) }
}

export function zipped(reply: Reply): Reply {
  const { body = '' } = reply
  return { ...reply, headers: { ...reply.headers, 'content-encoding': 'gzip' }, body: gzipSync(body) }
}

/** A 26-digit key, rising with `n`. */
export function keyOf(n: number): string {
  return `20260102030405${String(n).padStart(6, '0')}000000`
}

export function row(n: number, fields: Readonly<Record<string, JsonValue>> = {}): JsonValue {
  const Id = keyOf(n)
  return { Id, ResourceUri: `/v1/listings/${Id}`, StandardFields: { ListingKey: Id, ...fields } }
}

/** A page with its rows and the token that it names. */
export function page(rows: readonly JsonValue[], SkipToken?: JsonValue): Reply {
  return d({ Results: rows, ...(SkipToken === undefined ? {} : { SkipToken }) })
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
