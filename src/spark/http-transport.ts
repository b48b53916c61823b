/** The transport over HTTP/1.1: one connection pool, gzip, a limit of bytes and a time for each answer. */
import type { Agent as AgentType, Dispatcher } from 'undici'
import request from 'undici/lib/api/api-request.js'
import Agent from 'undici/lib/dispatcher/agent.js'

import { errorCode } from '../support/error-code.ts'
import { ListingstreamError } from '../support/errors.ts'
import { isUntrusted } from '../support/untrusted.ts'
import { ERROR_BODY_BYTES } from './body-limits.ts'
import { statedLength, unzip, type Unzipped } from './gzip.ts'
import { noGzip, SparkApiError, SparkTimeoutError, unreadable } from './spark-api-error.ts'
import { OversizedAnswer } from './unreadable-page.ts'
import { pathOf, type HttpRequest, type HttpResponse, type Transport } from './transport.ts'

/** Between pages lies a transaction; the socket should outlive it, and must not outlive the server's patience by much. */
const KEEP_ALIVE_MS = 30_000
const CONNECTIONS = { allowH2: false, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }

export interface HttpTransportOptions {
  /** Base without `/v1`; may have a path of its own. */
  readonly apiUrl: string
  /** For headers and body together. */
  readonly requestTimeoutMs: number
  /** `X-SparkApi-User-Agent`, name and version of the program. */
  readonly userAgent: string
  /** @default directly, trusting the system's authorities */
  readonly wayOut?: ApiWayOut | undefined
}

/** Another way to the API than the usual one. */
export interface ApiWayOut {
  open(options: AgentType.Options): Promise<Dispatcher>
  /** Settings that decide it, for the operator whose connections fail. */
  readonly settings: readonly string[]
}

/** Opens no connection before the first request. Disposing of it ends requests under way. */
export class HttpTransport implements Transport, AsyncDisposable {
  readonly host: string
  readonly #origin: string
  readonly #basePath: string
  readonly #requestTimeoutMs: number
  readonly #headers: Readonly<Record<string, string>>
  readonly #wayOut: ApiWayOut | undefined
  #agent: Promise<Dispatcher> | undefined

  /** @throws {ListingstreamError} `SPARK_SETTINGS`, exit code 2, if the URL cannot be used. */
  constructor({ apiUrl, requestTimeoutMs, userAgent, wayOut }: HttpTransportOptions) {
    const { host, origin, pathname } = parseApiUrl(apiUrl)
    this.host = host
    this.#origin = origin
    this.#basePath = pathname.replace(/\/+$/, '')
    this.#requestTimeoutMs = requestTimeoutMs
    this.#headers = {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': userAgent,
      'x-sparkapi-user-agent': userAgent,
    }
    this.#wayOut = wayOut
  }

  /** Follows no redirect: the access token goes to no other host. */
  async send(request: HttpRequest, onSend: () => void, signal: AbortSignal): Promise<HttpResponse> {
    signal.throwIfAborted()
    onSend()
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(), this.#requestTimeoutMs)
    try {
      return await this.#exchange(request, AbortSignal.any([signal, timeout.signal]))
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SparkApiError) throw error
      throw this.#outage(request, error, timeout.signal.aborted)
    } finally {
      clearTimeout(timer)
    }
  }

  async #exchange(
    { method, target, headers, body, largestBody, zippedFrom = Infinity }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    this.#agent ??= this.#wayOut?.open(CONNECTIONS) ?? Promise.resolve(new Agent(CONNECTIONS))
    const response = await request.call(await this.#agent, {
      origin: this.#origin,
      path: `${this.#basePath}${target}`,
      method,
      headers: { ...this.#headers, ...headers },
      body: body ?? null,
      signal,
    })
    const header = (name: string): string | undefined => {
      const value = response.headers[name]
      return Array.isArray(value) ? value[0] : value
    }
    const status = response.statusCode
    const isError = status < 200 || status >= 300
    const limit = isError ? ERROR_BODY_BYTES : largestBody
    const path = pathOf(target)
    const raw = await wholeBody(response.body, limit)
    const answer = { status, bytes: raw?.length ?? limit, header }
    const isZipped = raw !== undefined && isGzip(header('content-encoding'), path) && raw.length > 0
    if (isZipped && !isError && statedLength(raw) >= zippedFrom) return { ...answer, body: raw, zipped: true }
    const plain = isZipped ? unzipped(await unzip(raw, limit), path) : raw
    signal.throwIfAborted()
    // An error status without a body says enough.
    if (plain === undefined && !isError) throw new OversizedAnswer(path, limit)
    return { ...answer, body: plain ?? Buffer.alloc(0) }
  }

  #outage({ target }: HttpRequest, cause: unknown, timedOut: boolean): SparkApiError {
    const path = pathOf(target)
    if (timedOut) return new SparkTimeoutError(path, this.host, this.#requestTimeoutMs, cause)
    const isCut = cause instanceof CutBody
    const reason = errorCode(isCut ? cause.cause : cause)
    const authority = isUntrusted(cause)
      ? ['SPARK_API_CA (the certificate is of an authority that is not known here)']
      : []
    const suspects = ['SPARK_API_URL', ...(this.#wayOut?.settings ?? []), ...authority]
    return new SparkApiError(
      `The connection to ${this.host} for ${path} failed${reason === undefined ? '' : ` (${reason})`}. Check ${suspects.join(', ')} and the network.`,
      { code: 'SPARK_CONNECTION', path, cause, doubt: isCut ? 'cut_answer' : undefined },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const agent = await this.#agent
    await agent?.destroy()
  }
}

/** The answer had begun to come. */
class CutBody extends Error {}

async function wholeBody(body: AsyncIterable<Buffer>, limit: number): Promise<Buffer | undefined> {
  try {
    return await bytesOf(body, limit)
  } catch (cause) {
    throw new CutBody('The answer ended before its end.', { cause })
  }
}

/** Undefined if there are more than `limit`; the rest is not fetched. */
async function bytesOf(body: AsyncIterable<Buffer>, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** @throws {SparkApiError} if it is neither gzip nor as it is. */
function isGzip(encoding: string | undefined, path: string): boolean {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return false
    case 'gzip':
    case 'x-gzip':
      return true
    default:
      throw unreadable(path, 'has an encoding that was not asked for', { doubt: 'wrong_form' })
  }
}

/** Undefined if it is too long. */
function unzipped(result: Unzipped, path: string): Buffer | undefined {
  if (Buffer.isBuffer(result)) return result
  if (result.why === 'too_long') return undefined
  throw noGzip(path, result)
}

function parseApiUrl(text: string): URL {
  const url = URL.parse(text)
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search !== '' ||
    url.username !== ''
  ) {
    throw new ListingstreamError(
      'SPARK_API_URL must be an http or https URL without user, query or fragment.',
      { code: 'SPARK_SETTINGS', retryable: false, disposition: 'stop', exitCode: 2 },
    )
  }
  return url
}
