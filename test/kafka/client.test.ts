import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

import Cluster from 'kafkajs/src/cluster/index.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'
import { describe, expect, test, vi } from 'vitest'

import { connectKafka } from '../../src/kafka/cluster.ts'
import { createClient } from '../../src/kafka/client.ts'

const require = createRequire(import.meta.url)
const Broker = require('kafkajs/src/broker') as { readonly prototype: object }
const BrokerPool = require('kafkajs/src/cluster/brokerPool') as { readonly prototype: object }
const ConnectionPool = require('kafkajs/src/network/connectionPool') as { readonly prototype: object }
const never = new AbortController().signal
const limits = { requestTimeoutMs: 10_000, retry: { initialMs: 5, retries: 60 } }

interface MutePeer extends AsyncDisposable {
  readonly broker: string
  readonly connections: Set<Socket>
  readonly received: Buffer[]
}

/** Accepts connections, reads what comes, says nothing. */
async function mutePeer(): Promise<MutePeer> {
  const connections = new Set<Socket>()
  const received: Buffer[] = []
  const server = createServer((socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => received.push(chunk))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    broker: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    received,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A port of which nothing answers. */
async function closedPort(): Promise<string> {
  await using peer = await mutePeer()
  return peer.broker
}

describe('connecting', () => {
  test('a peer that accepts and never answers is unreachable, in time and without a connection left', async () => {
    await using peer = await mutePeer()
    const begun = performance.now()
    await expect(connectKafka({ brokers: [peer.broker], clientId: 'c' }, never, 300)).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('KAFKA_BROKERS'),
    })
    expect(performance.now() - begun).toBeLessThan(2_000)
    await vi.waitFor(() => expect(peer.connections.size).toBe(0))
  })

  test('a port where nobody listens is unreachable', async () => {
    const brokers = [await closedPort()]
    await expect(connectKafka({ brokers, clientId: 'c' }, never, 500)).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining(`ECONNREFUSED ${brokers[0]}`),
    })
  })

  test('an abort ends the wait with its own reason', async () => {
    await using peer = await mutePeer()
    const stop = new AbortController()
    const connecting = connectKafka({ brokers: [peer.broker], clientId: 'c' }, stop.signal)
    await vi.waitFor(() => expect(peer.connections.size).toBe(1))
    stop.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
    await vi.waitFor(() => expect(peer.connections.size).toBe(0))
  })

  test.each([
    ['in the clear unless told otherwise', {}, 0x00],
    ['by TLS when told so', { ssl: true }, 0x16],
  ])('speaks %s', async (_, settings, firstByte) => {
    await using peer = await mutePeer()
    const connecting = connectKafka({ brokers: [peer.broker], clientId: 'c', ...settings }, never, 500)
    await Promise.all([
      expect(connecting).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' }),
      vi.waitFor(() => expect(peer.received[0]?.[0]).toBe(firstByte)),
    ])
  })

  test('no password shows in the error or the log (R15)', async () => {
    await using peer = await mutePeer()
    const lines: unknown[] = []
    const sasl = { mechanism: 'plain', username: 'reader', password: 'hunter2-hunter2' } as const
    const settings = {
      brokers: [peer.broker],
      clientId: 'c',
      sasl,
      log: (...line: unknown[]) => void lines.push(line),
    }
    const error: unknown = await connectKafka(settings, never, 200).catch((thrown: unknown) => thrown)
    expect(JSON.stringify([error, String(error), lines])).not.toContain(sasl.password)
    expect(String(error)).toContain('KAFKA_BROKERS')
  })
})

describe('a closed client', () => {
  test('gives up what it was waiting for', async () => {
    await using peer = await mutePeer()
    const client = createClient({ brokers: [peer.broker], clientId: 'c' }, limits)
    const connecting = client.kafka.producer().connect()
    const outcome = connecting.then(
      () => 'ended',
      () => 'ended',
    )
    await vi.waitFor(() => expect(peer.connections.size).toBe(1))
    await client.close()
    // Left alone it would wait for 10 s, 60 times.
    await expect(outcome).resolves.toBe('ended')
    await vi.waitFor(() => expect(peer.connections.size).toBe(0))
  })

  test('never connects again, and does not go on trying (R3)', async () => {
    await using peer = await mutePeer()
    const client = createClient({ brokers: [peer.broker], clientId: 'c' }, limits)
    await client.close()
    const begun = performance.now()
    await expect(client.kafka.producer().connect()).rejects.toThrow('The Kafka client was closed.')
    expect(performance.now() - begun).toBeLessThan(1_000)
    expect(peer.connections.size).toBe(0)
  })
})

describe("kafkajs's inner modules", () => {
  test('an idle connection sets no timer, a waiting request does', () => {
    createClient({ brokers: ['127.0.0.1:1'], clientId: 'c' }, limits)
    vi.useFakeTimers()
    try {
      const queue = (pending: readonly unknown[], throttledUntil: number): RequestQueue =>
        Object.assign(Object.create(RequestQueue.prototype) as RequestQueue, { pending, throttledUntil })
      queue([], -1).scheduleCheckPendingRequests()
      expect(vi.getTimerCount()).toBe(0)
      queue([{}], -1).scheduleCheckPendingRequests()
      queue([], Date.now() + 1_000).scheduleCheckPendingRequests()
      expect(vi.getTimerCount()).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })

  test('the layer below the consumer has the methods that reading uses', () => {
    const methods = [
      'connect',
      'addMultipleTargetTopics',
      'refreshMetadataIfNecessary',
      'findLeaderForPartitions',
      'findBroker',
    ]
    for (const method of methods) expect(Cluster.prototype).toHaveProperty(method, expect.any(Function))
  })

  test('the layer below the admin client has the methods that questions use', () => {
    for (const method of ['connect', 'fetchTopicsOffset'])
      expect(Cluster.prototype).toHaveProperty(method, expect.any(Function))
    for (const method of ['refreshMetadata', 'findConnectedBroker'])
      expect(BrokerPool.prototype).toHaveProperty(method, expect.any(Function))
    expect(Broker.prototype).toHaveProperty('describeConfigs', expect.any(Function))
  })

  test('the layer below the producer has the methods that sending uses', () => {
    const methods = ['refreshMetadata', 'findGroupCoordinator', 'removeBroker']
    for (const method of methods) expect(Cluster.prototype).toHaveProperty(method, expect.any(Function))
    const ofBroker = ['initProducerId', 'endTxn', 'disconnect']
    for (const method of ofBroker) expect(Broker.prototype).toHaveProperty(method, expect.any(Function))
    expect(ConnectionPool.prototype).toHaveProperty('send', expect.any(Function))
    expect(createErrorFromCode(51)).toMatchObject({ type: 'CONCURRENT_TRANSACTIONS', retriable: true })
  })
})
