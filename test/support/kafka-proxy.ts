import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Keys of the requests that a transaction consists of (Kafka protocol, "API Keys"). */
export const API = { produce: 0, metadata: 3, findCoordinator: 10, initProducerId: 22, endTxn: 26 } as const

/**
 * What becomes of a request. `cut`: it never reaches the broker, the connection breaks. `cut-answer`: the broker has
 * answered, the connection breaks instead. `hold-answer`: the broker has answered, and nobody ever hears of it.
 */
export type Fate = 'pass' | 'cut' | 'cut-answer' | 'hold-answer' | Refusal

/** Of a produce request for one partition: the broker has answered, and its answer is changed to this error. */
export interface Refusal {
  readonly errorCode: number
}

/** Asked for every request in its order on the connection; the connection waits for the answer. */
export type Judge = (apiKey: number) => Fate | Promise<Fate>

export interface KafkaProxy extends AsyncDisposable {
  /** `host:port` */
  readonly broker: string
  /** Decides from now on. @default everything passes */
  judge: Judge
}

interface Pending {
  readonly apiKey: number
  readonly fate: Fate
}

const HOST = '127.0.0.1'

/**
 * A broker as a client sees it that is connected through this process. The answers in which the broker names its own
 * address are changed to name the proxy's, so that the client stays with it.
 */
export async function startKafkaProxy(broker: string): Promise<KafkaProxy> {
  const [host = '', portText = ''] = broker.split(':')
  const port = Number(portText)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host, port })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    const pending = new Map<number, Pending>()
    const cut = (): void => void [client, upstream].map((socket) => socket.destroy())
    void (async () => {
      for await (const request of frames(client)) {
        const apiKey = request.readInt16BE(4)
        const fate = await proxy.judge(apiKey)
        if (fate === 'cut') return cut()
        pending.set(request.readInt32BE(8), { apiKey, fate })
        upstream.write(request)
      }
    })().catch(cut)
    void (async () => {
      for await (const answer of frames(upstream)) {
        const { apiKey, fate } = pending.get(answer.readInt32BE(4)) ?? { apiKey: -1, fate: 'pass' }
        if (fate === 'cut-answer') return cut()
        if (fate === 'hold-answer') continue
        if (typeof fate === 'object') answer.writeInt16BE(fate.errorCode, produceErrorAt(answer))
        if (apiKey === API.metadata || apiKey === API.findCoordinator) rename(answer, host, port, ownPort())
        client.write(answer)
      }
    })().catch(cut)
  })
  const ownPort = (): number => (server.address() as AddressInfo).port
  server.listen(0, HOST)
  await once(server, 'listening')
  const proxy: KafkaProxy = {
    broker: `${HOST}:${ownPort()}`,
    judge: () => 'pass',
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return proxy
}

/** Decides on the first request of that kind; all others pass. `met` counts how often it was asked. */
export function firstOf(apiKey: number, decide: () => Fate | Promise<Fate>): Judge & { met: number } {
  const judge = Object.assign(
    (key: number) => {
      if (key !== apiKey || judge.met > 0) return 'pass'
      judge.met += 1
      return decide()
    },
    { met: 0 },
  )
  return judge
}

/** Whole messages, each with its four bytes of length. */
async function* frames(socket: Socket): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4) {
      const end = 4 + rest.readInt32BE(0)
      if (rest.length < end) break
      yield rest.subarray(0, end)
      rest = rest.subarray(end)
    }
  }
}

/** Length, correlation id, then an array of topics: name, and an array of partitions: number, error code … */
function produceErrorAt(answer: Buffer): number {
  const name = 4 + 4 + 4
  return name + 2 + answer.readInt16BE(name) + 4 + 4
}

/** Host as a string with its 16-bit length, then the port: so the versions that kafkajs speaks have it. */
function rename(answer: Buffer, host: string, port: number, newPort: number): void {
  const name = Buffer.alloc(2 + host.length + 4)
  name.writeInt16BE(host.length)
  name.write(host, 2)
  name.writeInt32BE(port, 2 + host.length)
  for (let at = answer.indexOf(name); at >= 0; at = answer.indexOf(name, at + 1)) {
    answer.writeInt32BE(newPort, at + 2 + host.length)
  }
}
