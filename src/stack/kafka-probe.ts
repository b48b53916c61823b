import { connect } from 'node:net'

const metadataApiKey = 3
const metadataVersion = 4
const correlationId = 1
const clientId = 'listingstream-stack'
/** An answer of this kind is some hundred bytes; more is another protocol. */
const maxAnswerBytes = 1024 * 1024

/**
 * How many brokers of the cluster take part in it, asked of the one at `host:port`; 0 while it does not answer.
 * An open port would not do: it opens before the broker has joined.
 */
export async function countLiveBrokers(host: string, port: number, signal: AbortSignal): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const socket = connect({ host, port, signal })
  let received = Buffer.alloc(0)
  socket.setTimeout(2_000, () => resolve(0))
  socket.once('error', () => resolve(0))
  socket.once('close', () => resolve(0))
  socket.once('connect', () => socket.write(metadataRequest()))
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    const count = brokersIn(received)
    if (count !== undefined) resolve(count)
  })
  try {
    return await promise
  } finally {
    socket.destroy()
    signal.throwIfAborted()
  }
}

/** Metadata request v4 for no topic (KIP-4; kafka.apache.org/protocol). Spoken by brokers from 0.11 on. */
export function metadataRequest(): Buffer {
  const client = Buffer.from(clientId)
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4 + 1)
  request.writeInt32BE(request.length - 4, 0)
  request.writeInt16BE(metadataApiKey, 4)
  request.writeInt16BE(metadataVersion, 6)
  request.writeInt32BE(correlationId, 8)
  request.writeInt16BE(client.length, 12)
  client.copy(request, 14)
  // What remains is zero: no topics, and none to be created.
  return request
}

/** The length of the answer's broker list; `undefined` while it has not arrived, 0 if it is no such answer. */
export function brokersIn(received: Buffer): number | undefined {
  if (received.length < 4) return undefined
  const length = received.readInt32BE(0)
  if (length < 12 || length > maxAnswerBytes) return 0
  // Correlation id, throttle time, then the array's length.
  if (received.length < 16) return undefined
  return received.readInt32BE(4) === correlationId ? Math.max(0, received.readInt32BE(12)) : 0
}
