import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import type { ISocketFactory } from 'kafkajs'

import { NOBODY, type Tries } from '../support/tries.ts'
import { KAFKA } from './deadline.ts'
import { kafkaUnreachable } from './client-failure.ts'
import { Troubles } from './troubles.ts'

const KEEP_ALIVE_DELAY_MS = 60_000
/** Between kafkajs's own tries (client.ts). */
const LONGEST_PAUSE_MS = 1_000

/**
 * All sockets of one kafkajs client. kafkajs has no cancellation, and a client that was disconnected reconnects when
 * it is used again (even for a commit, docs/kafka.md §8); without sockets it can do neither.
 */
export class SocketSet {
  readonly #open = new Set<Socket>()
  readonly #tries: Tries
  readonly troubles = new Troubles()
  #closed = false

  /** @param tries told of connections that fail, since kafkajs tries again for long before it says so */
  constructor(tries: Tries = NOBODY) {
    this.#tries = tries
  }

  get closed(): boolean {
    return this.#closed
  }

  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#closed) throw unretriable()
    const name = isIP(host) === 0 ? { servername: host } : {}
    // kafkajs's types say that `ssl` is always there; without TLS it is not.
    const socket = isTls(ssl)
      ? connectTls({ host, port, ...name, ...ssl }, onConnect)
      : connect({ host, port }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
    socket.setNoDelay(true)
    this.#open.add(socket)
    this.#watch(socket, `${host}:${port}`)
    return socket
  }

  /** One that ends while nothing is asked on it has not failed: brokers close what was idle for long. */
  #watch(socket: Socket, broker: string): void {
    let answered = 0
    let cause: Error | undefined
    socket.on('data', () => (answered = socket.bytesWritten))
    socket.on('error', (error) => {
      cause = error
      if (!this.#closed) this.troubles.note(error)
    })
    socket.once('close', () => {
      this.#open.delete(socket)
      const idle = socket.bytesWritten > 0 && socket.bytesWritten === answered
      if (this.#closed || idle) return
      const failure = kafkaUnreachable(
        `The connection to ${broker}`,
        cause === undefined ? 'it was closed' : 'it failed',
        cause,
      )
      this.#tries.failed(KAFKA, failure, LONGEST_PAUSE_MS)
    })
  }

  /** Cuts every connection and lets no new one arise. What is in flight fails; a pause between retries ends within a second. */
  async close(): Promise<void> {
    this.#closed = true
    const closing = [...this.#open].map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => resolve())
          // With an error, because that makes kafkajs give up the requests that wait for an answer.
          socket.destroy(new ClientClosed())
        }),
    )
    await Promise.all(closing)
  }
}

class ClientClosed extends Error {
  /** Read by kafkajs's retrier. */
  readonly retriable = false

  constructor() {
    super('The Kafka client was closed.')
    this.name = 'ClientClosed'
  }
}

/**
 * kafkajs turns whatever a socket factory throws into a retriable error with its message, and would try again for a
 * minute. An error that throws when its message is read gets through as it is.
 */
function unretriable(): Error {
  return Object.defineProperty(new ClientClosed(), 'message', {
    get: () => {
      throw new ClientClosed()
    },
  })
}

function isTls(ssl: unknown): ssl is object {
  return typeof ssl === 'object' && ssl !== null
}
