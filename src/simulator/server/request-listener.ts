import type { IncomingMessage, ServerResponse } from 'node:http'

import { withRawBytes } from '../api/poison.ts'
import { jsonReply } from '../api/reply.ts'
import { shownPath } from '../api/service-path.ts'
import type { Reply } from '../api/reply.ts'
import type { Fault } from '../faults.ts'
import type { Identity } from '../services/identity.ts'
import type { Simulator } from '../simulator.ts'
import { readRequest } from './read-request.ts'
import type { Asked } from './read-request.ts'
import { StoredPages } from './stored-pages.ts'
import { deliver, encoded, faultReply, isSilence } from './transport.ts'

/** Node's view of the API: reads requests, lets the faults at them, delivers and logs the answers. */
export class RequestListener {
  readonly #simulator: Simulator
  readonly #stored: StoredPages | undefined
  readonly #closing: AbortSignal
  #answered = 0

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
    this.#answered += 1
    const id = this.#answered.toString(16).padStart(32, '0')
    const { behaviour, faults, requests } = this.#simulator
    const identity = this.#simulator.identityOf(asked)
    const { key } = identity
    const refusal = key === undefined ? undefined : this.#simulator.limited(key)
    const fault = refusal === undefined ? faults.take(path, params) : undefined
    const log = (status: number, bytes: number): void =>
      requests.add({
        id,
        chain: asked.header('x-request-id-chain'),
        method: request.method ?? '',
        key: key ?? 'unknown',
        url: urlText(asked),
        status,
        bytes,
        at: this.#simulator.now(),
      })
    if (isSilence(fault)) {
      log(0, 0)
      if (fault.kind === 'reset') request.socket.resetAndDestroy()
      return
    }
    const reply = withRawBytes(refusal ?? (await this.#replyTo(asked, identity, fault)))
    const message = await encoded(reply, {
      date: this.#dateOf(fault),
      requestId: id,
      gzip: behaviour.gzip && /\bgzip\b/.test(asked.header('accept-encoding') ?? ''),
      fault,
    })
    log(reply.status, message.body.length)
    await deliver(response, reply.status, message, fault, this.#closing)
  }

  #replyTo(asked: Asked, identity: Identity, fault: Fault | undefined): Reply | Promise<Reply> {
    if (asked.tooLarge) return jsonReply(413, '{"D":{"Success":false,"Code":1053}}')
    const replaced = fault === undefined ? undefined : faultReply(fault)
    if (replaced !== undefined) return replaced
    const simulator = this.#simulator
    const isList = asked.method === 'GET' && simulator.collections.some(({ path }) => path === asked.path)
    if (this.#stored === undefined || !isList || fault !== undefined) return simulator.answer(asked, fault)
    simulator.advance()
    return this.#stored.get(questionOf(asked, identity), simulator.revision, simulator.behaviour, () =>
      simulator.answer(asked, undefined),
    )
  }

  #dateOf(fault: Fault | undefined): number | undefined {
    const { dateSent, dateSkewMs } = this.#simulator.behaviour
    if (!dateSent || fault?.kind === 'no-date') return undefined
    return this.#simulator.now() + dateSkewMs + (fault?.kind === 'wrong-date' ? fault.skewMs : 0)
  }
}

/** Who asks is part of the question: an answer is not handed to whom it is denied. */
function questionOf({ path, params, header }: Asked, { key, denial }: Identity): string {
  return [`${path}?${params.toString()}`, key, denial, header('x-sparkapi-user-agent')].join('\n')
}

const PROOFS = new Set(['AuthToken', 'ApiSig'])

/** What was asked, without what it was proved by (R15). */
function urlText({ path, params }: Asked): string {
  const shown = new URLSearchParams([...params].filter(([name]) => !PROOFS.has(name)))
  return shown.size === 0 ? shownPath(path) : `${shownPath(path)}?${shown.toString()}`
}
