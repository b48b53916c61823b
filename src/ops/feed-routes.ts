/** What of one feed is served: below its own path, and without a path where it is the only one. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { INSTANCE_HEADER } from './daemon-client.ts'
import type { FeedApi } from './feed-api.ts'
import { addHoldRoutes } from './hold-routes.ts'
import { errorBody } from './http-errors.ts'
import { parseRequest, RECORD_KEY, refuse, refusing, YES_OR_NO } from './http-requests.ts'
import { addPageRoutes } from './page/page-routes.ts'
import { addPassRoutes } from './pass-routes.ts'
import { addPauseRoutes } from './pause-routes.ts'
import { refuseChange, refuseRead, type GuardOptions } from './request-guard.ts'

/** `/livez`, `/readyz` and `/status`: with several feeds these are also served of all of them. */
export function addStateRoutes(
  app: FastifyInstance,
  feed: FeedApi,
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  app.get('/livez', async () => ({ alive: true, instanceId: feed.instanceId }))
  app.get('/readyz', async (_request, reply) => {
    const report = feed.readiness()
    return reply.code(report.ready ? 200 : 503).send(report)
  })
  const reading = { onRequest: refusing((headers) => refuseRead(headers, guard)) }
  app.get('/status', reading, () => feed.status(stop))
}

/** All others. */
export function addFeedRoutes(
  app: FastifyInstance,
  feed: FeedApi,
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  addKeyRoute(app, feed, guard, stop)
  addPassRoutes(app, feed, guard, stop)
  addHoldRoutes(app, feed.holds, guard, stop)
  addPageRoutes(app, feed.page, guard, stop)
  addPauseRoutes(app, feed, guard, stop)
}

/** A file that a daemon left may lead to another one, at the same port. */
export function refuseForOthers(app: FastifyInstance, feed: Pick<FeedApi, 'instanceId'>): void {
  app.addHook('onRequest', async (request, reply) => {
    const meant = request.headers[INSTANCE_HEADER]
    if (meant === undefined || meant === feed.instanceId) return
    const message = 'The daemon that this was meant for is not here any more. Run the command again.'
    return reply.code(421).send(errorBody({ code: 'DAEMON_OTHER_INSTANCE', message, retryable: true }))
  })
}

function addKeyRoute(app: FastifyInstance, feed: FeedApi, guard: GuardOptions, stop: AbortSignal): void {
  app.get('/resources/:resource/keys/:key', async (request, reply) => {
    const { resource, key } = parseRequest(KEY_PATH, request.params)
    const { ask } = parseRequest(KEY_QUERY, request.query)
    // To ask the source costs requests of its budget.
    const refusal = ask ? refuseChange(request.headers, guard) : refuseRead(request.headers, guard)
    return refusal === undefined ? feed.explainKey({ resource, key, ask }, stop) : refuse(reply, refusal)
  })
}

const KEY_PATH = z.object({ resource: z.string(), key: RECORD_KEY })
const KEY_QUERY = z.object({ ask: YES_OR_NO })
