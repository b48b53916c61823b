import type { AddressInfo } from 'node:net'

import { fastify, type FastifyInstance } from 'fastify'

import { ListingstreamError } from '../support/errors.ts'
import { strikeJson } from '../support/secrets.ts'
import { errorBody, HttpListenError, statusOf } from './http-errors.ts'
import { refuse } from './http-requests.ts'
import type { Logger } from './logger.ts'
import { addRoutesOfFeeds, type ServedFeeds } from './many-feeds-routes.ts'
import { addAssetRoutes } from './page/asset-routes.ts'
import { refuseHost, type GuardOptions } from './request-guard.ts'

/** Health, metrics and what is served of each feed. */
export interface HttpServerOptions extends GuardOptions, ServedFeeds {
  /** 0: any free port. */
  readonly port: number
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  readonly logger: Logger
  readonly limits?: Partial<HttpLimits>
}

interface HttpLimits {
  /** For a request with its body, from the first byte; looked at `checkMs` apart. @default 28_000 */
  readonly requestMs: number
  /** @default 1_000 */
  readonly checkMs: number
  /** Open at once; what is more is closed. @default 256 */
  readonly connections: number
}

export interface HttpServer extends AsyncDisposable {
  /** At which processes of this machine reach it, without a slash at its end. */
  readonly url: string
}

/** A client is cut off before 30 s, whatever part of its request it is slow with. */
const LIMITS: HttpLimits = { requestMs: 28_000, checkMs: 1_000, connections: 256 }
/** Of a connection between two requests. */
const KEEP_ALIVE_MS = 10_000
const LARGEST_BODY_BYTES = 65_536
/** How long a closing server waits for clients to take their answers. */
const CLOSE_GRACE_MS = 2_000

/**
 * Health, metrics and status for monitoring, and passes on demand. Listens when it resolves.
 *
 * @throws {ListingstreamError} `HTTP_LISTEN_FAILED` if the address cannot be bound.
 */
export async function startHttpServer(options: HttpServerOptions, signal: AbortSignal): Promise<HttpServer> {
  signal.throwIfAborted()
  const closing = new AbortController()
  const limits = { ...LIMITS, ...options.limits }
  const app = fastify({
    requestTimeout: limits.requestMs,
    http: { headersTimeout: limits.requestMs, connectionsCheckingInterval: limits.checkMs },
    keepAliveTimeout: KEEP_ALIVE_MS,
    bodyLimit: LARGEST_BODY_BYTES,
    forceCloseConnections: 'idle',
  })
  app.server.maxConnections = limits.connections
  // A form of another site may send text/plain without being asked; JSON it may not.
  app.removeContentTypeParser('text/plain')
  const stop = AbortSignal.any([signal, closing.signal])
  answerErrorsAsJson(app, options.logger, stop)
  app.addHook('onRequest', async (request, reply) => {
    const refusal = refuseHost(request.headers, options)
    if (refusal !== undefined) return refuse(reply, refusal)
  })
  addSharedHooks(app)
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.text()),
  )
  addAssetRoutes(app)
  await addRoutesOfFeeds(app, options, options, stop)
  try {
    await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    await app.close()
    throw new HttpListenError(
      `The HTTP server cannot listen at ${options.host} port ${options.port}. Free that port, or set HTTP_PORT and HTTP_HOST to others.`,
      error,
    )
  }
  return {
    url: localUrl(options.host, app.server.address()),
    async [Symbol.asyncDispose]() {
      closing.abort()
      const force = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS)
      try {
        await app.close()
      } finally {
        clearTimeout(force)
      }
    },
  }
}

function addSharedHooks(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json')
    return isJson && typeof payload === 'string' ? strikeJson(payload) : payload
  })
}

/** `{code, message, retryable, exitCode}`, so that a command that handed its work over can end as if it had done it. */
function answerErrorsAsJson(app: FastifyInstance, logger: Logger, stop: AbortSignal): void {
  app.setNotFoundHandler(async (request, reply) =>
    reply.code(404).send(
      errorBody({
        code: 'HTTP_NOT_FOUND',
        message: `There is no ${request.method} ${pathOf(request.url)}.`,
      }),
    ),
  )
  app.setErrorHandler(async (thrown: unknown, request, reply) => {
    const error = stop.aborted && thrown === stop.reason ? stopping() : thrown
    if (error instanceof ListingstreamError) {
      return reply.code(statusOf(error)).send(errorBody(error))
    }
    if (isClientError(error)) {
      const { message } = error
      return reply.code(error.statusCode).send(errorBody({ code: 'HTTP_BAD_REQUEST', message, exitCode: 2 }))
    }
    logger.error({ err: error, method: request.method, path: pathOf(request.url) }, 'request failed')
    return reply.code(500).send(
      errorBody({
        code: 'INTERNAL_ERROR',
        message: 'It failed unexpectedly; the log of the daemon says how.',
      }),
    )
  })
}

function stopping(): ListingstreamError {
  return new ListingstreamError('The daemon was stopped before this was done; what it had done is kept.', {
    code: 'DAEMON_STOPPING',
    retryable: true,
  })
}

/** Raised by fastify itself for a request that it cannot read. */
function isClientError(error: unknown): error is Error & { statusCode: number } {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode >= 400 &&
    error.statusCode < 500
  )
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url
}

function localUrl(host: string, address: AddressInfo | string | null): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0
  if (host === '0.0.0.0' || host === '::') return `http://${host === '::' ? '[::1]' : '127.0.0.1'}:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
