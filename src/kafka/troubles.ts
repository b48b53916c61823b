/** What last went wrong below kafkajs, kept for the moment when patience ends: it repeats and reconnects in silence. */
import kafkajs from 'kafkajs'
import type { ISocketFactory } from 'kafkajs'
import Connection from 'kafkajs/src/network/connection.js'

/** Of one client: refusals by brokers, and errors of sockets. */
export class Troubles {
  #last: { readonly error: Error; readonly at: number } | undefined

  /** The last one since then (`performance.now()`). */
  since(at: number): Error | undefined {
    return this.#last !== undefined && this.#last.at >= at ? this.#last.error : undefined
  }

  note(error: Error): void {
    this.#last = { error, at: performance.now() }
  }
}

/** By what kafkajs hands to every connection of a client. */
const byFactory = new WeakMap<ISocketFactory, Troubles>()

/** Refusals are noted from now on in what is returned. */
export function noteRefusals(factory: ISocketFactory, troubles: Troubles): void {
  byFactory.set(factory, troubles)
  Connection.prototype.send = listeningSend
}

const send = Connection.prototype.send

async function listeningSend(this: Connection, request: object): Promise<unknown> {
  try {
    return await send.call(this, request)
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError) byFactory.get(this.socketFactory)?.note(error)
    throw error
  }
}
