import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** How registries say that an application may not register. */
export const REGISTRY_REFUSALS = [
  { status: 403, body: { error_code: 403, message: 'Forbidden' } },
  { status: 403, body: { error_code: 40301, message: 'User is denied operation Write on Subject' } },
  { status: 405, body: { error_code: 405, message: 'HTTP 405 Method Not Allowed' } },
  { status: 413, body: undefined },
  { status: 422, body: { error_code: 42205, message: 'Subject is in read-only mode' } },
] as const
export type RegistryRefusal = (typeof REGISTRY_REFUSALS)[number]

/** Stands before a registry and lets everything through but new versions, once it is closed. */
export class RegistryGate implements AsyncDisposable {
  refusal: RegistryRefusal | undefined
  readonly #server: Server
  readonly #registry: URL
  #refused = 0

  private constructor(registry: URL) {
    this.#registry = registry
    this.#server = createServer((asked, answer) => this.#pass(asked, answer))
  }

  static async open(registryUrl: string): Promise<RegistryGate> {
    const gate = new RegistryGate(new URL(registryUrl))
    gate.#server.listen(0, '127.0.0.1')
    await once(gate.#server, 'listening')
    return gate
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The gate does not listen.')
    return `http://127.0.0.1:${address.port}${this.#registry.pathname}`
  }

  /** New versions that were refused. */
  get refused(): number {
    return this.#refused
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url = '/', headers } = asked
    if (this.refusal !== undefined && method === 'POST' && /\/subjects\/[^/]+\/versions/.test(url)) {
      this.#refused += 1
      asked.resume()
      const { status, body } = this.refusal
      answer.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
      answer.end(body === undefined ? '' : JSON.stringify(body))
      return
    }
    const { hostname, port } = this.#registry
    const forwarded = request({ hostname, port, path: url, method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(answer)
    })
    forwarded.on('error', () => answer.destroy())
    asked.pipe(forwarded)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}
