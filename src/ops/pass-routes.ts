/** Passes of a feed on demand, over HTTP. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { PASS_KINDS, PURGE_COMPARES, type PassKind } from '../domain/pass.ts'
import { badRequest, goneOf, parseRequest, RECORD_KEY, refusing, type PassRequest } from './http-requests.ts'
import { refuseChange, type GuardOptions } from './request-guard.ts'

/** Of one republish: more are everything. */
export const MOST_KEYS = 100_000

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
    keys: z.array(RECORD_KEY).min(1).max(MOST_KEYS).optional(),
    all: z.literal(true).optional(),
  })
  .default({ dryRun: false, restart: false, fresh: false })
const PASS = z.enum(PASS_KINDS)

export type PassRequestOptions = z.output<typeof PASS_OPTIONS>

export interface RequestedPass {
  /** Undefined where the path names none: it was there before there were several. */
  readonly resource: string | undefined
  readonly pass: PassKind
}

export interface PassRequests {
  /** Runs a pass and answers with its result, however long it takes; may reject with a `ListingstreamError`. */
  runPass(wanted: RequestedPass, options: PassRequestOptions, request: PassRequest): Promise<object>
}

/** Of a republish: as many keys as it takes. */
const LARGEST_KEYS_BYTES = 16 * 1024 * 1024
const RESOURCE_PATH = z.object({ resource: z.string().optional() })
const PASS_PATH = RESOURCE_PATH.extend({ pass: PASS })

export function addPassRoutes(
  app: FastifyInstance,
  feed: PassRequests,
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  const onRequest = refusing((headers) => refuseChange(headers, guard))
  const run = (request: FastifyRequest, reply: FastifyReply, path: unknown): Promise<object> => {
    const { resource, pass } = parseRequest(PASS_PATH, path)
    const passOptions = parseRequest(PASS_OPTIONS, request.body ?? undefined)
    requireFitting(pass, passOptions)
    return feed.runPass({ resource, pass }, passOptions, { signal: stop, gone: goneOf(reply) })
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
  { dryRun, deadLetters, approveUpTo, compare, fresh, keys, all }: PassRequestOptions,
): void {
  if (deadLetters !== undefined && pass !== 'update' && pass !== 'snapshot') {
    throw badRequest(`A ${pass} takes no deadLetters.`)
  }
  if (approveUpTo !== undefined && pass !== 'purge') throw badRequest('Only a purge takes approveUpTo.')
  if (compare !== undefined && pass !== 'purge') throw badRequest('Only a purge takes compare.')
  if (dryRun && compare === 'content')
    throw badRequest('A dry run has no use for content: it publishes nothing.')
  if (fresh && pass !== 'purge') throw badRequest('Only a purge takes fresh.')
  const wanted = [keys, all].filter((one) => one !== undefined).length
  if (wanted !== (pass === 'republish' ? 1 : 0)) {
    throw badRequest('A republish takes either keys or "all": true, and no other pass takes them.')
  }
}
