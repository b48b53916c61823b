import type { AddressInfo } from 'node:net'

import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { z } from 'zod'

import { PASS_KINDS, PURGE_COMPARES, type PassKind } from '../domain/pass.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import { ListingstreamError } from '../support/errors.ts'
import { strikeJson } from '../support/secrets.ts'
import { INSTANCE_HEADER } from './daemon-client.ts'
import { addHoldRoutes, type HoldRequests } from './hold-routes.ts'
import { HttpListenError, RefusedRequestError } from './http-errors.ts'
import { badRequest, goneOf, parseRequest, refuse, refusing, type PassRequest } from './http-requests.ts'
import type { Logger } from './logger.ts'
import { refuseChange, refuseHost, refuseRead, type GuardOptions } from './request-guard.ts'

/** Of one republish: more are everything. */
export const MOST_KEYS = 100_000

const KEY = z.string().transform((text, context): RecordKey => {
  const key = parseRecordKey(text)
  if (key !== undefined) return key
  context.addIssue({ code: 'custom', message: 'is no key of a record' })
  return z.NEVER
})

const PASS_OPTIONS = z
  .strictObject({
    /** Of a purge: say what it would do. */
    dryRun: z.boolean().default(false),
    /** Of a snapshot: begin a new generation. */
    restart: z.boolean().default(false),
    /** Of a purge: begin anew, whatever was interrupted. */
    fresh: z.boolean().default(false),
    /** Of a purge: so many deletes that the guard would hold go through. */
    approveUpTo: z.int().nonnegative().optional(),
    /** Of a purge: how it compares. */
    compare: z.enum(PURGE_COMPARES).optional(),
    /** Of an update: dead letters whose keys are asked for again. */
    deadLetters: z.union([z.literal('all'), z.array(z.string())]).optional(),
    /** Of a republish, which needs one of the two. */
    keys: z.array(KEY).min(1).max(MOST_KEYS).optional(),
    all: z.literal(true).optional(),
  })
  .default({ dryRun: false, restart: false, fresh: false })
const PASS = z.enum(PASS_KINDS)

export type PassRequestOptions = z.output<typeof PASS_OPTIONS>

/** `GET /status`, `/resources/…` and what guards them; each callback may reject with a `ListingstreamError`. */
export interface HttpServerOptions extends GuardOptions {
  /** Of the daemon, while it has its feed: who hands work over names whom it means. @default none */
  readonly instanceId?: () => string | undefined
  /** 0: any free port. */
  readonly port: number
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** `ready` decides between 200 and 503; the whole report is the answer. */
  readiness(): { readonly ready: boolean }
  status(signal: AbortSignal): Promise<object> | object
  /** What is known of one key. */
  explainKey(wanted: RequestedKey, signal: AbortSignal): Promise<object>
  /** Runs a pass and answers with its result, however long it takes. */
  runPass(wanted: RequestedPass, options: PassRequestOptions, request: PassRequest): Promise<object>
  readonly holds: HoldRequests
  readonly logger: Logger
  readonly limits?: Partial<HttpLimits>
}

export interface RequestedPass {
  /** Undefined where the path names none: it was there before there were several. */
  readonly resource: string | undefined
  readonly pass: PassKind
}

export interface RequestedKey {
  readonly resource: string
  readonly key: RecordKey
  /** Whether the source is asked for it, too. */
  readonly ask: boolean
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
/** Of a republish: as many keys as it takes. */
const LARGEST_KEYS_BYTES = 16 * 1024 * 1024
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
  refuseForOthers(app, options)
  addReadRoutes(app, options, stop)
  addPassRoutes(app, options, stop)
  addHoldRoutes(app, options.holds, options, stop)
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

/** A file that a daemon left may lead to another one, at the same port. */
function refuseForOthers(app: FastifyInstance, { instanceId }: HttpServerOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    const meant = request.headers[INSTANCE_HEADER]
    if (meant === undefined || meant === instanceId?.()) return
    return reply.code(421).send({
      code: 'DAEMON_OTHER_INSTANCE',
      message: 'The daemon that this was meant for is not here any more. Run the command again.',
      retryable: true,
    })
  })
}

function addReadRoutes(app: FastifyInstance, options: HttpServerOptions, stop: AbortSignal): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json')
    return isJson && typeof payload === 'string' ? strikeJson(payload) : payload
  })
  app.get('/livez', async () => ({ alive: true, instanceId: options.instanceId?.() }))
  app.get('/readyz', async (_request, reply) => {
    const report = options.readiness()
    return reply.code(report.ready ? 200 : 503).send(report)
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.text()),
  )
  app.get('/status', async (request, reply) => {
    const refusal = refuseRead(request.headers, options)
    return refusal === undefined ? options.status(stop) : refuse(reply, refusal)
  })
  app.get('/resources/:resource/keys/:key', async (request, reply) => {
    const { resource, key } = parseRequest(KEY_PATH, request.params)
    const { ask } = parseRequest(KEY_QUERY, request.query)
    // To ask the source costs requests of its budget.
    const refusal = ask ? refuseChange(request.headers, options) : refuseRead(request.headers, options)
    return refusal === undefined ? options.explainKey({ resource, key, ask }, stop) : refuse(reply, refusal)
  })
}

const KEY_PATH = z.object({ resource: z.string(), key: KEY })
const KEY_QUERY = z.object({
  ask: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
})

const RESOURCE_PATH = z.object({ resource: z.string().optional() })
const PASS_PATH = RESOURCE_PATH.extend({ pass: PASS })

function addPassRoutes(app: FastifyInstance, options: HttpServerOptions, stop: AbortSignal): void {
  const onRequest = refusing((headers) => refuseChange(headers, options))
  const run = (request: FastifyRequest, reply: FastifyReply, path: unknown): Promise<object> => {
    const { resource, pass } = parseRequest(PASS_PATH, path)
    const passOptions = parseRequest(PASS_OPTIONS, request.body ?? undefined)
    requireFitting(pass, passOptions)
    return options.runPass({ resource, pass }, passOptions, { signal: stop, gone: goneOf(reply) })
  }
  for (const passes of ['/resources/:resource/passes', '/passes']) {
    app.post(`${passes}/:pass`, { onRequest }, (request, reply) => run(request, reply, request.params))
    const ofKeys = { onRequest, bodyLimit: LARGEST_KEYS_BYTES }
    app.post(`${passes}/republish`, ofKeys, (request, reply) => {
      return run(request, reply, { ...RESOURCE_PATH.parse(request.params), pass: 'republish' })
    })
  }
}

/** @throws {RefusedRequestError} if the options are not those of the pass */
function requireFitting(
  pass: PassKind,
  { deadLetters, approveUpTo, compare, fresh, keys, all }: PassRequestOptions,
): void {
  if (deadLetters !== undefined && pass !== 'update' && pass !== 'snapshot') {
    throw badRequest(`A ${pass} takes no deadLetters.`)
  }
  if (approveUpTo !== undefined && pass !== 'purge') throw badRequest('Only a purge takes approveUpTo.')
  if (compare !== undefined && pass !== 'purge') throw badRequest('Only a purge takes compare.')
  if (fresh && pass !== 'purge') throw badRequest('Only a purge takes fresh.')
  const wanted = [keys, all].filter((one) => one !== undefined).length
  if (wanted !== (pass === 'republish' ? 1 : 0)) {
    throw badRequest('A republish takes either keys or "all": true, and no other pass takes them.')
  }
}

/** `{code, message, retryable, exitCode}`, so that a command that handed its work over can end as if it had done it. */
function answerErrorsAsJson(app: FastifyInstance, logger: Logger, stop: AbortSignal): void {
  app.setNotFoundHandler(async (request, reply) =>
    reply
      .code(404)
      .send({ code: 'HTTP_NOT_FOUND', message: `There is no ${request.method} ${pathOf(request.url)}.` }),
  )
  app.setErrorHandler(async (thrown: unknown, request, reply) => {
    const error = stop.aborted && thrown === stop.reason ? stopping() : thrown
    if (error instanceof ListingstreamError) {
      const { code, message, retryable, exitCode } = error
      return reply.code(statusOf(error)).send({ code, message, retryable, exitCode })
    }
    if (isClientError(error)) {
      return reply.code(error.statusCode).send({ code: 'HTTP_BAD_REQUEST', message: error.message })
    }
    logger.error({ err: error, method: request.method, path: pathOf(request.url) }, 'request failed')
    return reply
      .code(500)
      .send({ code: 'INTERNAL_ERROR', message: 'It failed unexpectedly; the log of the daemon says how.' })
  })
}

function stopping(): ListingstreamError {
  return new ListingstreamError('The daemon was stopped before this was done; what it had done is kept.', {
    code: 'DAEMON_STOPPING',
    retryable: true,
  })
}

function statusOf(error: ListingstreamError): number {
  if (error instanceof RefusedRequestError) return error.status
  return error.retryable ? 503 : 500
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
