import type { IncomingMessage, ServerResponse } from 'node:http'

import type { ApiRequest } from '../api/api-request.ts'
import { withRawBytes } from '../api/poison.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { Fault } from '../faults.ts'
import type { Simulator } from '../simulator.ts'
import { RequestBodyTooLarge, requestText } from './request-text.ts'
import { StoredPages } from './stored-pages.ts'
import { deliver, encoded, faultReply, isSilence } from './transport.ts'

const MAX_FORM_BYTES = 1_000_000

/** Node's view of the API: reads requests, lets the faults at them, delivers and logs the answers. */
export class RequestListener {
  readonly #simulator: Simulator
  readonly #stored: StoredPages | undefined
  readonly #closing: AbortSignal

  constructor(simulator: Simulator, storePages: boolean, closing: AbortSignal) {
    this.#simulator = simulator
    this.#stored = storePages ? new StoredPages() : undefined
    this.#closing = closing
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response)
    } catch (error) {
      // The peer went away, or the simulator is closing: nobody is left to be told. Anything else is a bug of ours.
      if (!this.#closing.aborted && !response.destroyed) {
        response.destroy(error instanceof Error ? error : undefined)
      }
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await readRequest(request)
    const { path, params } = asked
    const { behaviour, faults, requests } = this.#simulator
    const key = this.#simulator.keyOf(asked)
    const refusal = key === undefined ? undefined : this.#simulator.limited(key)
    const fault = refusal === undefined ? faults.take(path, params) : undefined
    const log = (status: number, bytes: number): void =>
      requests.add({
        method: request.method ?? '',
        key: key ?? 'unknown',
        url: params.size === 0 ? path : `${path}?${params.toString()}`,
        status,
        bytes,
        at: this.#simulator.now(),
      })
    if (isSilence(fault)) {
      log(0, 0)
      if (fault.kind === 'reset') request.socket.resetAndDestroy()
      return
    }
    const reply = withRawBytes(refusal ?? this.#replyTo(asked, fault))
    const message = await encoded(reply, {
      date: this.#dateOf(fault),
      gzip: behaviour.gzip && /\bgzip\b/.test(asked.header('accept-encoding') ?? ''),
      fault,
    })
    log(reply.status, message.body.length)
    await deliver(response, reply.status, message, fault, this.#closing)
  }

  #replyTo(asked: Asked, fault: Fault | undefined): Reply {
    if (asked.tooLarge) return jsonReply(413, '{"D":{"Success":false,"Code":1053}}')
    const replaced = fault === undefined ? undefined : faultReply(fault)
    if (replaced !== undefined) return replaced
    const simulator = this.#simulator
    const isList = asked.method === 'GET' && simulator.collections.some(({ path }) => path === asked.path)
    if (this.#stored === undefined || !isList || fault !== undefined) return simulator.answer(asked, fault)
    simulator.advance()
    return this.#stored.get(questionOf(asked), simulator.revision, simulator.behaviour, () =>
      simulator.answer(asked, undefined),
    )
  }

  #dateOf(fault: Fault | undefined): number | undefined {
    const { dateSent, dateSkewMs } = this.#simulator.behaviour
    if (!dateSent || fault?.kind === 'no-date') return undefined
    return this.#simulator.now() + dateSkewMs + (fault?.kind === 'wrong-date' ? fault.skewMs : 0)
  }
}

/** Who asks is part of the question: an answer is not handed to another token. */
function questionOf({ path, params, header }: Asked): string {
  return [`${path}?${params.toString()}`, header('authorization'), header('x-sparkapi-user-agent')].join('\n')
}

interface Asked extends ApiRequest {
  readonly tooLarge: boolean
}

/** A POST with `X-HTTP-Method-Override: GET` is a GET whose parameters are in its form (docs/spark-api.md §1.4). */
async function readRequest(request: IncomingMessage): Promise<Asked> {
  const { pathname: path, searchParams: params } = new URL(request.url ?? '/', 'http://simulator')
  const header = (name: string): string | undefined => headerOf(request, name)
  const asked = { method: request.method ?? '', path, params, header, tooLarge: false }
  if (request.method !== 'POST' || header('x-http-method-override')?.toUpperCase() !== 'GET') {
    request.resume()
    return asked
  }
  try {
    const form = new URLSearchParams(await requestText(request, MAX_FORM_BYTES))
    for (const [name, value] of form) params.set(name, value)
    return { ...asked, method: 'GET' }
  } catch (error) {
    if (!(error instanceof RequestBodyTooLarge)) throw error
    return { ...asked, method: 'GET', tooLarge: true }
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}
