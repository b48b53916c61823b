/** One HTTP request to the API: bytes out, bytes in. Knows nothing of envelopes and does not retry. */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Agent } from 'undici'
import { SparkApiError, type SparkErrorCode } from './spark-api-error.ts'

const unzip = promisify(gunzip)

/** A page of 1,000 listings with every expansion stays well below this; what is longer is no page. */
const LARGEST_BODY_BYTES = 256 * 1024 * 1024

/** Node's 16 KiB would send a page through its thread pool three hundred times. */
const UNZIP_CHUNK_BYTES = 1024 * 1024

/** Between pages lies a transaction; the socket should outlive it, and must not outlive the server's patience by much. */
const KEEP_ALIVE_MS = 30_000

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** From the root of the API, `/v1/…`, with its query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpResponse {
  readonly status: number
  /** Unzipped. */
  readonly body: Buffer
  /** Of the body, as they came over the wire. */
  readonly bytes: number
  header(name: string): string | undefined
}

export interface TransportOptions {
  /** Without `/v1`; may have a path of its own. */
  readonly apiUrl: URL
  /** For headers and body together. */
  readonly requestTimeoutMs: number
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
}

export class Transport implements AsyncDisposable {
  readonly #options: TransportOptions
  readonly #basePath: string
  readonly #agent: Agent

  constructor(options: TransportOptions) {
    this.#options = options
    this.#basePath = options.apiUrl.pathname.replace(/\/+$/, '')
    this.#agent = new Agent({
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: LARGEST_BODY_BYTES,
    })
  }

  /** Follows no redirect: the access token goes to no other host. @throws {SparkApiError} if no whole answer came. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    signal.throwIfAborted()
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(), this.#options.requestTimeoutMs)
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
    { method, target, headers, body }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const response = await this.#agent.request({
      origin: this.#options.apiUrl.origin,
      path: `${this.#basePath}${target}`,
      method,
      headers: { ...this.#options.headers, ...headers },
      body: body ?? null,
      signal,
    })
    const header = (name: string): string | undefined => {
      const value = response.headers[name]
      return Array.isArray(value) ? value[0] : value
    }
    const raw = Buffer.from(await response.body.arrayBuffer())
    const plain = await decode(raw, header('content-encoding'), target)
    signal.throwIfAborted()
    return { status: response.statusCode, body: plain, bytes: raw.length, header }
  }

  #outage({ target }: HttpRequest, cause: unknown, timedOut: boolean): SparkApiError {
    const path = pathOf(target)
    const host = this.#options.apiUrl.host
    if (timedOut) {
      const seconds = this.#options.requestTimeoutMs / 1000
      return outage(
        'SPARK_TIMEOUT',
        path,
        `${path} was not answered within ${seconds} s by ${host}. It is asked again; lower PAGE_LIMIT if this stays.`,
        cause,
      )
    }
    const reason = codeOf(cause)
    if (reason === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return unreadable(path, 'is too long', cause)
    return outage(
      'SPARK_CONNECTION',
      path,
      `The connection to ${host} for ${path} failed${reason === undefined ? '' : ` (${reason})`}. Check SPARK_API_URL and the network.`,
      cause,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

async function decode(raw: Buffer, encoding: string | undefined, target: string): Promise<Buffer> {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return raw
    case 'gzip':
    case 'x-gzip':
      if (raw.length === 0) return raw
      try {
        return await unzip(raw, { chunkSize: UNZIP_CHUNK_BYTES, maxOutputLength: LARGEST_BODY_BYTES })
      } catch (error) {
        throw unreadable(pathOf(target), 'is no whole gzip stream', error)
      }
    default:
      throw unreadable(pathOf(target), 'has an encoding that was not asked for')
  }
}

/** The answer came, but cannot be what the API sent. */
export function unreadable(path: string, what: string, cause?: unknown, httpStatus?: number): SparkApiError {
  return new SparkApiError(
    `The answer to ${path} ${what}. It is asked for again; if this stays, check what stands between this host and SPARK_API_URL.`,
    { code: 'SPARK_BAD_RESPONSE', retryable: true, path, cause, httpStatus },
  )
}

function outage(code: SparkErrorCode, path: string, message: string, cause: unknown): SparkApiError {
  return new SparkApiError(message, { code, retryable: true, path, cause })
}

export function pathOf(target: string): string {
  const [path = target] = target.split('?', 1)
  return path
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
