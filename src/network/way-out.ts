/** How requests to one address leave this network: by a proxy or directly, trusting which authorities. */
import { BlockList, isIP } from 'node:net'

import type { Agent, Dispatcher } from 'undici'
import request from 'undici/lib/api/api-request.js'

import type { HttpFetch } from '../support/http-fetch.ts'

/** Asked directly whatever else is: a proxy's own loopback is another machine's. */
const LOOPBACK = 'localhost,127.0.0.1,::1'

export interface WayOutOptions {
  /** What is asked. Its scheme decides which of the proxies it is. */
  readonly url: string
  readonly proxy: {
    /** URL of the proxy for https addresses, and for http ones, perhaps with `user:password@`. Null: none. */
    readonly https: string | null
    readonly http: string | null
    /** Hosts that are asked directly: names, which stand for all below them too, `*`, with or without `:port`; ranges of addresses. */
    readonly except: string
  }
  /** PEM text of the authorities that are trusted in the place of the system's. Null: the system's. */
  readonly ca: string | null
}

export class WayOut {
  readonly #proxy: string | null
  readonly #isPlain: boolean
  readonly #except: string
  readonly #ca: string | null

  constructor({ url, proxy, ca }: WayOutOptions) {
    this.#isPlain = new URL(url).protocol === 'http:'
    const listed = proxy.except.split(',')
    const isNear = isInRange(new URL(url).hostname, listed.filter(isRange))
    this.#proxy = isNear ? null : this.#isPlain ? proxy.http : proxy.https
    // undici knows no ranges.
    this.#except = [LOOPBACK, ...listed.filter((entry) => !isRange(entry))].join(',')
    this.#ca = ca
  }

  /** Names of the settings that decide it, but for the address and the authorities. */
  get settings(): readonly string[] {
    if (this.#proxy === null) return []
    return [this.#isPlain ? 'HTTP_PROXY' : 'HTTPS_PROXY', 'NO_PROXY']
  }

  /** Directly, and trusting what is trusted anyway. */
  get isUsual(): boolean {
    return this.#proxy === null && this.#ca === null
  }

  /** Connects nowhere yet. The code for proxies is loaded only where there is one. */
  async open(options: Agent.Options = {}): Promise<Dispatcher> {
    const tls = this.#ca === null ? {} : { ca: this.#ca }
    if (this.#proxy === null) {
      const { default: Agent } = await import('undici/lib/dispatcher/agent.js')
      return new Agent({ ...options, connect: tls })
    }
    // The whole of undici, 40 ms of CPU: an agent for proxies does not work without it.
    const { EnvHttpProxyAgent } = await import('undici')
    return new EnvHttpProxyAgent({
      ...options,
      connect: tls,
      requestTls: tls,
      // The environment was read with the settings: an empty text is none, and not looked for there.
      httpProxy: this.#isPlain ? this.#proxy : '',
      httpsProxy: this.#isPlain ? '' : this.#proxy,
      noProxy: this.#except,
    })
  }

  /** `fetch` by this way. Its connections end by themselves when they are idle. */
  fetch(): HttpFetch {
    if (this.isUsual) return fetch
    let opening: Promise<Dispatcher> | undefined
    return async (url, { method, headers, body, signal }) => {
      opening ??= this.open({ allowH2: false })
      const { origin, pathname, search } = new URL(url)
      const path = `${pathname}${search}`
      const asked = { origin, path, method, headers, body: body ?? null, signal }
      const answer = await request.call(await opening, asked)
      const header = (name: string): string | null => {
        const value = answer.headers[name.toLowerCase()]
        return (Array.isArray(value) ? value[0] : value) ?? null
      }
      return { status: answer.statusCode, headers: { get: header }, body: answer.body }
    }
  }
}

function isRange(entry: string): boolean {
  return entry.includes('/')
}

/** Of addresses alone: a name is not looked up for it. */
function isInRange(hostname: string, ranges: readonly string[]): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(address)
  if (version === 0) return false
  const list = new BlockList()
  for (const range of ranges) {
    const [base = '', length] = range.split('/')
    list.addSubnet(base, Number(length), isIP(base) === 4 ? 'ipv4' : 'ipv6')
  }
  return list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
