/** An operator's wish that passes by schedule stand still, over HTTP. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { parseRequest, refusing } from './http-requests.ts'
import { refuseChange, type GuardOptions } from './request-guard.ts'

/** A year: nobody means more. */
const LONGEST_MS = 366 * 86_400_000

const RESUME = z.strictObject({
  /** @default all of them */
  resource: z.string().optional(),
})
export type RequestedResume = z.output<typeof RESUME>

const PAUSE = RESUME.extend({
  /** After so many milliseconds it ends by itself. @default it is ended by hand */
  forMs: z.int().min(1).max(LONGEST_MS).optional(),
})
export type RequestedPause = z.output<typeof PAUSE>

/** Each answers which pauses stand then, and may reject with a `ListingstreamError`. */
export interface PauseRequests {
  pause(wanted: RequestedPause, signal: AbortSignal): Promise<object>
  resume(wanted: RequestedResume, signal: AbortSignal): Promise<object>
}

export function addPauseRoutes(
  app: FastifyInstance,
  feed: PauseRequests,
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  const changing = { onRequest: refusing((headers) => refuseChange(headers, guard)) }
  app.post('/pause', changing, (request) => feed.pause(parseRequest(PAUSE, request.body ?? {}), stop))
  app.post('/resume', changing, (request) => feed.resume(parseRequest(RESUME, request.body ?? {}), stop))
}
