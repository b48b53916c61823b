import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { brokersIn, countLiveBrokers, metadataRequest } from '../../src/stack/kafka-probe.ts'
import { freePort } from '../../src/stack/ports.ts'

/** Length, correlation id, throttle time, number of brokers, and the rest, which is not looked at. */
function metadataAnswer(brokers: number): Buffer {
  const answer = Buffer.alloc(40)
  answer.writeInt32BE(36, 0)
  answer.writeInt32BE(1, 4)
  answer.writeInt32BE(brokers, 12)
  return answer
}

async function listen(onSocket: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('countLiveBrokers', () => {
  const signal = AbortSignal.timeout(20_000)

  test('an answer that arrives byte by byte is read to its broker count', async () => {
    await using server = await listen((socket) => {
      socket.setNoDelay(true)
      socket.once('data', () => {
        for (const byte of metadataAnswer(3)) socket.write(Buffer.of(byte))
      })
    })
    expect(await countLiveBrokers('127.0.0.1', server.port, signal)).toBe(3)
  })

  test('a port with nobody, one that closes at once and one that speaks HTTP have no brokers', async () => {
    await using closing = await listen((socket) => socket.destroy())
    await using http = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await countLiveBrokers('127.0.0.1', await freePort(), signal)).toBe(0)
    expect(await countLiveBrokers('127.0.0.1', closing.port, signal)).toBe(0)
    expect(await countLiveBrokers('127.0.0.1', http.port, signal)).toBe(0)
  })

  test('an abort ends the wait for a silent peer and closes the connection', async () => {
    const controller = new AbortController()
    const closed = Promise.withResolvers<void>()
    await using server = await listen((socket) => {
      socket.once('close', () => closed.resolve())
      socket.once('data', () => controller.abort(new Error('stop')))
    })
    await expect(countLiveBrokers('127.0.0.1', server.port, controller.signal)).rejects.toThrow('stop')
    await closed.promise
  })
})

describe('the metadata exchange', () => {
  test('the request asks for no topic and lets the broker create none', () => {
    const request = metadataRequest()
    expect(request.readInt32BE(0)).toBe(request.length - 4)
    expect(request.readInt16BE(4)).toBe(3)
    expect([...request.subarray(-5)]).toEqual([0, 0, 0, 0, 0])
  })

  test('whatever arrives is waited for, refused or a count, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const count = brokersIn(Buffer.from(bytes))
        expect(count === undefined || count >= 0).toBe(true)
        if (bytes.length >= 16) expect(count).toBeDefined()
      }),
    )
  })
})
