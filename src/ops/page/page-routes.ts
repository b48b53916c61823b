/** What the operator's page asks of one feed, beside what `/status` and the routes of passes and holds answer. */
import { Readable } from 'node:stream'

import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'

import type { Millis } from '../../domain/instant.ts'
import type { RequestedKey } from '../requested-key.ts'
import { sleep } from '../../support/abort.ts'
import { strikeJson } from '../../support/secrets.ts'
import { goneOf, parseRequest, RECORD_KEY, refuse, refusing, YES_OR_NO } from '../http-requests.ts'
import type { LagFigures } from '../lag-gauges.ts'
import { refuseChange, refuseRead, type GuardOptions } from '../request-guard.ts'
import type { FeedHistory, HistoryCursor } from './feed-history.ts'

export interface PageFeed {
  readonly history: Pick<FeedHistory, 'report' | 'brief' | 'isRecalled'>
  /**
   * Begins to read what the topics say of the time before this process, if nobody has yet. Nobody waits for it: a broker that
   * does not answer is what the page has to tell of.
   */
  recall(signal: AbortSignal): void
  /** As `/status`, at once: what takes a reading of the index or of a topic may be some time old. */
  glance(signal: AbortSignal): Promise<object>
  /** Of the groups that read the feed. */
  groups(): LagFigures
  /** How many records could not be published, and wait: at once, of some time ago; null while that is not known. */
  waitingLetters(signal: AbortSignal): number | null
  /** Records that could not be published, and wait. */
  deadLetters(signal: AbortSignal): Promise<object>
  /** The last values that fit no field. */
  oddValues(signal: AbortSignal): Promise<object>
  /** All that is known of a key, its last events too. */
  explainKey(wanted: RequestedKey, signal: AbortSignal): Promise<object>
}

const WHY_PATH = z.object({ resource: z.string(), key: RECORD_KEY })
const WHY_QUERY = z.object({ ask: YES_OR_NO })

const TICK_MS: Millis = 1_000

/** @param app of the feed: paths begin there */
export function addPageRoutes(
  app: FastifyInstance,
  feed: PageFeed,
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  const onRequest = refusing((headers) => refuseRead(headers, guard))
  app.get('/stream', { onRequest }, (_request, reply) =>
    sendEvents(reply, ticksOf(feed, AbortSignal.any([stop, goneOf(reply)]))),
  )
  app.get('/dead-letters', { onRequest }, () => feed.deadLetters(stop))
  app.get('/odd-values', { onRequest }, () => feed.oddValues(stop))
  app.get('/resources/:resource/keys/:key/why', async (request, reply) => {
    const { resource, key } = parseRequest(WHY_PATH, request.params)
    const { ask } = parseRequest(WHY_QUERY, request.query)
    // To ask the source costs requests of its budget.
    const refusal = ask ? refuseChange(request.headers, guard) : refuseRead(request.headers, guard)
    return refusal === undefined ? feed.explainKey({ resource, key, ask }, stop) : refuse(reply, refusal)
  })
}

/** `GET /feeds/stream`: how all feeds of the process stand. @param inShort as `GET /feeds` has them */
export function addOverviewRoute(
  app: FastifyInstance,
  inShort: () => readonly object[],
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  const onRequest = refusing((headers) => refuseRead(headers, guard))
  app.get('/feeds/stream', { onRequest }, (_request, reply) =>
    sendEvents(reply, overviewOf(inShort, AbortSignal.any([stop, goneOf(reply)]))),
  )
}

async function* overviewOf(
  inShort: () => readonly object[],
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  try {
    for (;;) {
      yield event('overview', { at: new Date().toISOString(), feeds: inShort() })
      await sleep(TICK_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function sendEvents(reply: FastifyReply, events: AsyncIterable<string>): FastifyReply {
  return (
    reply
      // A proxy in between would gather them.
      .header('x-accel-buffering', 'no')
      // A closing server waits for connections that are kept.
      .header('connection', 'close')
      .type('text/event-stream; charset=utf-8')
      .send(Readable.from(events))
  )
}

/** First all of the last day, then, each second, what is new. Ends when the signal aborts. */
async function* ticksOf(feed: PageFeed, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  try {
    let cursor: HistoryCursor | undefined
    let wasRecalled = false
    for (;;) {
      feed.recall(signal)
      const { isRecalled } = feed.history
      if (isRecalled !== wasRecalled) cursor = undefined
      wasRecalled = isRecalled
      const status = await feed.glance(signal)
      const { report, next } = feed.history.report(cursor)
      yield event('tick', { at: new Date().toISOString(), status, groups: feed.groups(), history: report })
      cursor = next
      await sleep(TICK_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** JSON has no line break of its own. */
function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${strikeJson(JSON.stringify(data))}\n\n`
}
