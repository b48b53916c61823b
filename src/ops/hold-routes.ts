/** What the guard holds of a resource, and an operator's decision on it, over HTTP. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { goneOf, parseRequest, refusing, type PassRequest } from './http-requests.ts'
import { refuseChange, refuseRead, type GuardOptions } from './request-guard.ts'

const SWEEP = z.string().min(1)
const APPROVAL = z.strictObject({
  sweep: SWEEP,
  /** So many deletes at most. */
  max: z.int().nonnegative(),
})
type RequestedApproval = z.output<typeof APPROVAL>

const REJECTION = z.strictObject({ sweep: SWEEP })
type RequestedRejection = z.output<typeof REJECTION>

/** Each may reject with a `ListingstreamError`. */
export interface HoldRequests {
  hold(resource: string, signal: AbortSignal): Promise<object>
  /** Runs the pass and answers with its result, however long it takes. */
  approve(resource: string, wanted: RequestedApproval, request: PassRequest): Promise<object>
  reject(resource: string, wanted: RequestedRejection, request: PassRequest): Promise<object>
}

const PATH = z.object({ resource: z.string() })

export function addHoldRoutes(
  app: FastifyInstance,
  holds: HoldRequests,
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  const reading = { onRequest: refusing((headers) => refuseRead(headers, guard)) }
  const changing = { onRequest: refusing((headers) => refuseChange(headers, guard)) }
  app.get('/resources/:resource/hold', reading, (request) =>
    holds.hold(parseRequest(PATH, request.params).resource, stop),
  )
  app.post('/resources/:resource/hold/approve', changing, (request, reply) => {
    const { resource } = parseRequest(PATH, request.params)
    const wanted = parseRequest(APPROVAL, request.body)
    return holds.approve(resource, wanted, { signal: stop, gone: goneOf(reply) })
  })
  app.post('/resources/:resource/hold/reject', changing, (request, reply) => {
    const { resource } = parseRequest(PATH, request.params)
    const wanted = parseRequest(REJECTION, request.body)
    return holds.reject(resource, wanted, { signal: stop, gone: goneOf(reply) })
  })
}
