import { expect, test } from 'vitest'

import { startHttpServer, type HttpServer } from '../../src/ops/http-server.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { feedApi } from '../fixtures/feed-api.ts'

const NEVER = new AbortController().signal

interface Listening {
  readonly host?: string
  readonly token?: string
}

/** Notes what it is asked. */
async function start({ host = '127.0.0.1', token }: Listening = {}): Promise<{
  server: HttpServer
  asked: unknown[]
}> {
  const asked: unknown[] = []
  const noting = (what: string) => async (wanted: object) => {
    asked.push([what, wanted])
    return { paused: [] }
  }
  const server = await startHttpServer(
    {
      host,
      port: 0,
      adminToken: token === undefined ? null : { reveal: () => token },
      metrics: { contentType: 'text/plain', text: async () => '' },
      feeds: [feedApi({ pause: noting('pause'), resume: noting('resume') })],
      logger: createLogger({ level: 'silent' }),
    },
    NEVER,
  )
  return { server, asked }
}

function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const sent = { 'content-type': 'application/json', ...headers }
  return fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body) })
}

test('a pause is of the whole feed or of a resource, for a time or until it is resumed', async () => {
  const { server, asked } = await start()
  await using _ = server
  for (const body of [{}, { resource: 'listings', forMs: 7_200_000 }]) {
    const answer = await post(`${server.url}/pause`, body)
    expect([answer.status, await answer.json()]).toEqual([200, { paused: [] }])
  }
  expect((await post(`${server.url}/resume`, { resource: 'listings' })).status).toBe(200)
  expect((await fetch(`${server.url}/resume`, { method: 'POST' })).status).toBe(200)
  expect(asked).toEqual([
    ['pause', {}],
    ['pause', { resource: 'listings', forMs: 7_200_000 }],
    ['resume', { resource: 'listings' }],
    ['resume', {}],
  ])
})

test.each([{ forMs: 0 }, { forMs: 1.5 }, { forMs: 400 * 86_400_000 }, { for: '2h' }, { resource: 1 }])(
  '%j pauses nothing',
  async (body) => {
    const { server, asked } = await start()
    await using _ = server
    expect((await post(`${server.url}/pause`, body)).status).toBe(400)
    expect(asked).toEqual([])
  },
)

test('from another origin, or without the token where it is needed, nothing is paused', async () => {
  const { server, asked } = await start({ host: '0.0.0.0', token: 'right-token-0123456' })
  await using _ = server
  const port = new URL(server.url).port
  const url = `http://127.0.0.1:${port}/pause`
  expect((await post(url, {})).status).toBe(401)
  const token = { authorization: 'Bearer right-token-0123456' }
  expect((await post(url, {}, { ...token, origin: 'https://elsewhere.example' })).status).toBe(403)
  expect(asked).toEqual([])
  expect((await post(url, {}, token)).status).toBe(200)
})
