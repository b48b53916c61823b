import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { askDaemon, whyAbsent } from '../../src/ops/daemon-client.ts'
import { startHttpServer } from '../../src/ops/http-server.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedApi } from '../fixtures/feed-api.ts'

const never = new AbortController().signal

function daemonAt(url: string) {
  return {
    url,
    pid: process.pid,
    startedAt: '2026-05-02T10:00:00.000Z',
    instanceId: 'one',
    dataDir: '/data',
    settings: {},
  }
}

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

test('the answer of a daemon comes through, and its error with the same code and exit code', async () => {
  await using server = await startHttpServer(
    {
      host: '127.0.0.1',
      port: 0,
      adminToken: null,
      metrics: { contentType: 'text/plain', text: async () => '' },
      feeds: [
        feedApi({
          instanceId: 'one',
          status: async () => ({ passes: [] }),
          runPass: async ({ pass }, { dryRun }) => {
            if (dryRun) return { pass, dryRun }
            throw new ListingstreamError('Another instance owns the feed.', {
              code: 'FENCED',
              retryable: false,
              disposition: 'stop',
              exitCode: 4,
            })
          },
        }),
      ],
      logger: createLogger({ level: 'silent' }),
    },
    never,
  )
  const daemon = daemonAt(server.url)
  expect(await askDaemon(daemon, { method: 'GET', path: '/status' }, never)).toEqual({ passes: [] })
  const purge = { method: 'POST', path: '/passes/purge' } as const
  expect(await askDaemon(daemon, { ...purge, body: { dryRun: true } }, never)).toEqual({
    pass: 'purge',
    dryRun: true,
  })
  await expect(askDaemon(daemon, purge, never)).rejects.toMatchObject({
    code: 'FENCED',
    exitCode: 4,
    message: 'Another instance owns the feed.',
  })
})

test('the token is sent when there is one', async () => {
  await using server = await serve((request, response) => {
    response.end(JSON.stringify({ authorization: request.headers.authorization ?? null }))
  })
  const ask = (adminToken: { reveal(): string } | null) =>
    askDaemon(daemonAt(server.url), { method: 'GET', path: '/status', adminToken }, never)
  expect(await ask({ reveal: () => 'right' })).toEqual({ authorization: 'Bearer right' })
  expect(await ask(null)).toEqual({ authorization: null })
})

test.each([
  [200, '<html>'],
  [404, '{"error":"not found"}'],
  [500, ''],
])('an answer %i %j that no daemon gives is not taken for one', async (status, body) => {
  await using server = await serve((_request, response) => {
    response.writeHead(status).end(body)
  })
  const asked = askDaemon(daemonAt(server.url), { method: 'GET', path: '/status' }, never)
  await expect(asked).rejects.toMatchObject({ code: 'DAEMON_BAD_ANSWER' })
})

test('a daemon that breaks off, before or in its answer, is unreachable', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/passes/update') {
      response.writeHead(200, { 'content-length': '1000' }).write('{"state":')
      setImmediate(() => response.destroy())
    } else {
      request.socket.destroy()
    }
  })
  for (const path of ['/status', '/passes/update']) {
    const asked = askDaemon(daemonAt(server.url), { method: 'POST', path }, never)
    await expect(asked).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE', retryable: true })
  }
})

test('an abort ends the wait with its reason', async () => {
  const asked = Promise.withResolvers<void>()
  await using server = await serve(() => asked.resolve())
  const abort = new AbortController()
  const answer = askDaemon(daemonAt(server.url), { method: 'GET', path: '/status' }, abort.signal)
  await asked.promise
  const reason = new Error('stop')
  abort.abort(reason)
  await expect(answer).rejects.toBe(reason)
})

test.each([
  'http://192.0.2.1:8080',
  'http://feed.example',
  'http://127.0.0.1.evil.example:80',
  'http://0.0.0.0:1',
])('the token goes to no address but this machine: %s', async (url) => {
  const adminToken = { reveal: () => expect.fail('the token was taken out') }
  const question = { method: 'POST', path: '/passes/update', adminToken } as const
  await expect(askDaemon(daemonAt(url), question, never)).rejects.toMatchObject({
    code: 'DAEMON_NOT_LOCAL',
  })
})

test('an answer without end, or with a code that is none, is no answer of a daemon', async () => {
  await using endless = await serve((_request, response) => {
    const write = (): void => {
      while (response.write('x'.repeat(1_000_000)));
    }
    response.on('drain', write)
    write()
  })
  const question = { method: 'GET', path: '/status' } as const
  await expect(askDaemon(daemonAt(endless.url), question, never)).rejects.toMatchObject({
    code: 'DAEMON_BAD_ANSWER',
  })
  await using forged = await serve((_request, response) => {
    response.writeHead(500).end(JSON.stringify({ code: 'X]\u001B[2J', message: 'no' }))
  })
  await expect(askDaemon(daemonAt(forged.url), question, never)).rejects.toMatchObject({
    code: 'DAEMON_BAD_ANSWER',
  })
})

test('a program that takes connections and says nothing is not waited for', async () => {
  await using silent = await serve(() => undefined)
  expect(await whyAbsent(daemonAt(silent.url), never, 50)).toBe('no answer within 0.05 s')
})
