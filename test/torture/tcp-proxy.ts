import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

const HOST = '127.0.0.1'

/**
 * `pass`: everything goes through. `refuse`: new connections are reset. `stall`: connections stand, nothing moves.
 * `lose-replies`: requests go through, and the connection breaks when the answer comes.
 */
export type ProxyMode = 'pass' | 'refuse' | 'stall' | 'lose-replies'

/** What becomes of bytes: they go on, perhaps changed, or the connection breaks. */
export type TapVerdict = Buffer | 'cut'

/** Reads along on one connection. */
export interface ProxyTap {
  request(chunk: Buffer): void
  reply(chunk: Buffer): TapVerdict
}

/** A network between the program and a broker or registry that can be cut, delayed and stopped. */
export class TcpProxy implements AsyncDisposable {
  mode: ProxyMode = 'pass'
  /** Added to every chunk, in both directions. */
  delayMs = 0
  /** For connections that are made from now on. */
  newTap: (() => ProxyTap) | undefined
  readonly #server: Server
  readonly #target: number
  readonly #sockets = new Set<Socket>()

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  static async listen(target: number, port = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    proxy.#server.listen(port, HOST)
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.')
    return address.port
  }

  /** Breaks every connection that stands. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Everything goes through again; what was held back is lost with its connection. */
  heal(): void {
    const wasWhole = this.mode === 'pass'
    this.mode = 'pass'
    this.delayMs = 0
    this.newTap = undefined
    if (!wasWhole) this.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.mode === 'refuse') {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ port: this.#target, host: HOST, noDelay: true })
    const tap = this.newTap?.()
    this.#pipe(client, upstream, false, (chunk) => {
      tap?.request(chunk)
      return chunk
    })
    this.#pipe(upstream, client, true, (chunk) => tap?.reply(chunk) ?? chunk)
  }

  #pipe(from: Socket, to: Socket, isReply: boolean, judge: (chunk: Buffer) => TapVerdict): void {
    this.#sockets.add(from)
    let written = Promise.resolve()
    from.on('data', (read: Buffer) => {
      const chunk = judge(read)
      if (chunk === 'cut' || (this.mode === 'lose-replies' && isReply)) {
        from.resetAndDestroy()
        to.resetAndDestroy()
        return
      }
      const due = performance.now() + this.delayMs
      // One after the other, so that a delay that ends lets nothing overtake.
      written = written.then(async () => {
        const wait = due - performance.now()
        if (wait > 0) await new Promise<void>((resolve) => void setTimeout(resolve, wait))
        if (this.mode !== 'stall' && !to.destroyed) to.write(chunk)
      })
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
