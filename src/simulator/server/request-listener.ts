import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Fault } from '../faults.ts'
import { withRawBytes } from '../api/poison.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import { RequestBodyTooLarge, requestText } from './request-text.ts'
import type { Simulator } from '../simulator.ts'
import { StoredPages } from './stored-pages.ts'
import { deliver, encoded, faultReply, isSilence } from './transport.ts'

const MAX_FORM_BYTES = 1_000_000

/** Node's view of the API: reads requests, lets the faults at them, delivers and logs the answers. */
export function requestListener(
  simulator: Simulator,
  storePages: boolean,
  closing: AbortSignal,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const stored = storePages ? new StoredPages() : undefined

  return async (request, response) => {
    try {
      await answer(request, response)
    } catch (error) {
      // The peer went away, or the simulator is closing: nobody is left to be told. Anything else is a bug of ours.
      if (!closing.aborted && !response.destroyed)
        response.destroy(error instanceof Error ? error : undefined)
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await readRequest(request)
    const { path, params } = asked
    const fault = simulator.faults.take(path, params)
    const log = (status: number, bytes: number): void =>
      simulator.requests.add({
        method: request.method ?? '',
        url: params.size === 0 ? path : `${path}?${params.toString()}`,
        status,
        bytes,
        at: simulator.now(),
      })
    if (isSilence(fault)) {
      log(0, 0)
      if (fault.kind === 'reset') request.socket.resetAndDestroy()
      return
    }
    const reply = withRawBytes(replyTo(asked, request, fault))
    const message = await encoded(reply, {
      date: dateOf(fault),
      gzip: simulator.behaviour.gzip && /\bgzip\b/.test(header(request, 'accept-encoding') ?? ''),
      fault,
    })
    log(reply.status, message.body.length)
    await deliver(response, reply.status, message, fault, closing)
  }

  function replyTo(asked: Asked, request: IncomingMessage, fault: Fault | undefined): Reply {
    if (asked.tooLarge) return jsonReply(413, '{"D":{"Success":false,"Code":1053}}')
    const replaced = fault === undefined ? undefined : faultReply(fault)
    if (replaced !== undefined) return replaced
    const make = (): Reply => simulator.answer({ ...asked, header: (name) => header(request, name) }, fault)
    const isList = asked.method === 'GET' && simulator.collections.some(({ path }) => path === asked.path)
    if (stored === undefined || !isList || fault !== undefined) return make()
    simulator.advance()
    // Who asks is part of the question: an answer is not handed to another token.
    const key = `${asked.path}?${asked.params.toString()}\n${header(request, 'authorization')}\n${header(request, 'x-sparkapi-user-agent')}`
    return stored.get(key, simulator.revision, simulator.behaviour, make)
  }

  function dateOf(fault: Fault | undefined): number | undefined {
    const { dateSent, dateSkewMs } = simulator.behaviour
    if (!dateSent || fault?.kind === 'no-date') return undefined
    return simulator.now() + dateSkewMs + (fault?.kind === 'wrong-date' ? fault.skewMs : 0)
  }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly params: URLSearchParams
  readonly tooLarge: boolean
}

/** A POST with `X-HTTP-Method-Override: GET` is a GET whose parameters are in its form (docs/spark-api.md §1.4). */
async function readRequest(request: IncomingMessage): Promise<Asked> {
  const { pathname, searchParams: params } = new URL(request.url ?? '/', 'http://simulator')
  const overridden =
    request.method === 'POST' && header(request, 'x-http-method-override')?.toUpperCase() === 'GET'
  if (!overridden) {
    request.resume()
    return { method: request.method ?? '', path: pathname, params, tooLarge: false }
  }
  try {
    const form = new URLSearchParams(await requestText(request, MAX_FORM_BYTES))
    for (const [name, value] of form) params.set(name, value)
    return { method: 'GET', path: pathname, params, tooLarge: false }
  } catch (error) {
    if (!(error instanceof RequestBodyTooLarge)) throw error
    return { method: 'GET', path: pathname, params, tooLarge: true }
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}
