/** What every path does with its request: who asks, what was asked for, and that nobody waits any longer. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import { ListingstreamError } from '../support/errors.ts'
import { errorBody, RefusedRequestError } from './http-errors.ts'
import type { Refusal } from './request-guard.ts'

/** Who asked for a pass. */
export interface PassRequest {
  /** Aborts when the server closes. */
  readonly signal: AbortSignal
  /** Aborts when the client goes before it has its answer. */
  readonly gone: AbortSignal
}

export function goneOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableEnded) gone.abort(new ListingstreamError('Nobody waits for it.', REQUESTER_GONE))
  })
  return gone.signal
}

const REQUESTER_GONE = { code: 'HTTP_CLIENT_GONE', retryable: true } as const

/** As a hook: before the body is read. @param guard answers undefined if the request is not refused */
export function refusing(guard: (headers: FastifyRequest['headers']) => Refusal | undefined) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const refusal = guard(request.headers)
    return refusal === undefined ? undefined : refuse(reply, refusal)
  }
}

export function refuse(reply: FastifyReply, { status, code, message }: Refusal): FastifyReply {
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="listingstream"')
  return reply.code(status).send(errorBody({ code, message }))
}

/** As it stands in a path or a body. */
export const RECORD_KEY = z.string().transform((text, context): RecordKey => {
  const key = parseRecordKey(text)
  if (key !== undefined) return key
  context.addIssue({ code: 'custom', message: 'is not the key of a record' })
  return z.NEVER
})

/** Of a query. @default no */
export const YES_OR_NO = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')

/** @throws {RefusedRequestError} HTTP_BAD_REQUEST */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const flaws = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw badRequest(`${flaws.join('; ')}.`)
}

export function badRequest(why: string): RefusedRequestError {
  return new RefusedRequestError(400, `The request is not right. ${why}`, {
    code: 'HTTP_BAD_REQUEST',
    retryable: false,
    disposition: 'stop',
    exitCode: 2,
  })
}
