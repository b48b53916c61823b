import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface SeenRequest {
  readonly call: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/** Answers instead of the registry, e.g. with an error; undefined leaves the answer to it. */
export type Interruption = (call: string, response: ServerResponse) => boolean

/** The few calls of a Confluent-compatible registry that we use, kept in memory: same bytes, same id. */
export class LoopbackRegistry implements AsyncDisposable {
  readonly requests: SeenRequest[] = []
  readonly compatibility = new Map<string, string>()
  /** Schema texts by subject, oldest first. */
  readonly versions = new Map<string, string[]>()
  /** Schema texts that the compatibility check refuses. */
  readonly refused = new Set<string>()
  interrupt: Interruption = () => false
  readonly #texts: string[] = []
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  static async start(): Promise<LoopbackRegistry> {
    const registry = new LoopbackRegistry()
    registry.#server.listen(0, '127.0.0.1')
    await once(registry.#server, 'listening')
    return registry
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/base`
  }

  calls(): string[] {
    return this.requests.map(({ call }) => call)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const call = `${request.method} ${(request.url ?? '').replace('/base', '')}`
    const parsed = body === '' ? undefined : JSON.parse(body)
    this.requests.push({ call, authorization: request.headers.authorization, body: parsed })
    if (this.interrupt(call, response)) return
    const [status, answer] = this.#handle(call, parsed)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  #handle(call: string, body: { schema: string; compatibility: string }): [number, unknown] {
    const [, method, path] = /^(\w+) (.*)$/.exec(call) ?? []
    const [kind, second = '', third, fourth] = (path ?? '').slice(1).split('/').map(decodeURIComponent)
    if (kind === 'config' && method === 'PUT') {
      this.compatibility.set(second, body.compatibility)
      return [200, body]
    }
    if (kind === 'config') {
      const level = this.compatibility.get(second)
      return level === undefined ? [404, { error_code: 40408 }] : [200, { compatibilityLevel: level }]
    }
    if (kind === 'schemas') {
      const schema = this.#texts[Number(third) - 1]
      return schema === undefined ? [404, { error_code: 40403 }] : [200, { schema }]
    }
    const versions = this.versions.get(second) ?? []
    if (method === 'POST' && third === 'versions') {
      if (!versions.includes(body.schema)) this.versions.set(second, [...versions, body.schema])
      return [200, { id: this.#idOf(body.schema) }]
    }
    if (method === 'POST' && versions.includes(body.schema)) return [200, { id: this.#idOf(body.schema) }]
    if (kind === 'compatibility') return [200, { is_compatible: !this.refused.has(body.schema) }]
    if (method === 'GET' && third === 'versions' && fourth === undefined && versions.length > 0) {
      return [200, versions.map((_, i) => i + 1)]
    }
    const number = fourth === 'latest' ? versions.length : Number(fourth)
    const found = versions[number - 1]
    if (method === 'GET' && found !== undefined) {
      return [200, { id: this.#idOf(found), schema: found, version: number }]
    }
    return [404, { error_code: 40401, message: 'not there' }]
  }

  #idOf(schema: string): number {
    if (!this.#texts.includes(schema)) this.#texts.push(schema)
    return this.#texts.indexOf(schema) + 1
  }
}
