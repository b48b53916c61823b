import { expect, test } from 'vitest'

import type { HoldRequests } from '../../src/ops/hold-routes.ts'
import { startHttpServer, type HttpServer } from '../../src/ops/http-server.ts'
import { isLoopback } from '../../src/ops/loopback.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedApi } from '../fixtures/feed-api.ts'

const never = new AbortController().signal

/** Notes what it is asked. */
class Holds implements HoldRequests {
  readonly asked: unknown[] = []

  async hold(resource: string) {
    this.asked.push(['hold', resource])
    return { hold: null }
  }

  async approve(...[resource, wanted]: Parameters<HoldRequests['approve']>) {
    this.asked.push(['approve', resource, wanted])
    return { state: 'completed' }
  }

  async reject(...[resource, wanted]: Parameters<HoldRequests['reject']>): Promise<never> {
    this.asked.push(['reject', resource, wanted])
    throw new ListingstreamError('Another one is held.', {
      code: 'HOLD_SUPERSEDED',
      retryable: false,
      disposition: 'stop',
      exitCode: 3,
    })
  }
}

function start(holds: HoldRequests, host = '127.0.0.1'): Promise<HttpServer> {
  return startHttpServer(
    {
      host,
      port: 0,
      adminToken: isLoopback(host) ? null : { reveal: () => 'right-token-0123456' },
      metrics: { contentType: 'text/plain', text: async () => '' },
      feeds: [feedApi({ holds })],
      logger: createLogger({ level: 'silent' }),
    },
    never,
  )
}

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

test('what is held is read, approved and rejected by resource; an error keeps its code and exit code', async () => {
  const holds = new Holds()
  await using server = await start(holds)
  const url = `${server.url}/resources/accounts/hold`
  expect(await (await fetch(url)).json()).toEqual({ hold: null })
  const approved = await fetch(`${url}/approve`, post({ sweep: 's-1', max: 100 }))
  expect(await approved.json()).toEqual({ state: 'completed' })
  const rejected = await fetch(`${url}/reject`, post({ sweep: 's-1' }))
  expect(rejected.status).toBe(409)
  expect(await rejected.json()).toMatchObject({ code: 'HOLD_SUPERSEDED', exitCode: 3 })
  expect(holds.asked).toEqual([
    ['hold', 'accounts'],
    ['approve', 'accounts', { sweep: 's-1', max: 100 }],
    ['reject', 'accounts', { sweep: 's-1' }],
  ])
})

test.each([
  ['approve', { sweep: 's-1' }],
  ['approve', { sweep: 's-1', max: -1 }],
  ['approve', { sweep: 's-1', max: 1.5 }],
  ['approve', { sweep: '', max: 1 }],
  ['approve', { max: 1 }],
  ['approve', { sweep: 's-1', max: 1, more: true }],
  ['reject', {}],
  ['reject', { sweep: 's-1', max: 1 }],
])('a decision that is not understood decides nothing: %s %j', async (decision, body) => {
  const holds = new Holds()
  await using server = await start(holds)
  const response = await fetch(`${server.url}/resources/listings/hold/${decision}`, post(body))
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'HTTP_BAD_REQUEST' })
  expect(holds.asked).toEqual([])
})

test('a page of another site decides nothing, and bound to all addresses reading and deciding need the token', async () => {
  const holds = new Holds()
  await using local = await start(holds)
  const decision = '/resources/listings/hold/approve'
  const foreign = { origin: 'https://evil.example' }
  expect((await fetch(`${local.url}${decision}`, post({ sweep: 's', max: 1 }, foreign))).status).toBe(403)
  await using open = await start(holds, '0.0.0.0')
  expect((await fetch(`${open.url}/resources/listings/hold`)).status).toBe(401)
  expect((await fetch(`${open.url}${decision}`, post({ sweep: 's', max: 1 }))).status).toBe(401)
  expect(holds.asked).toEqual([])
  const authorization = 'Bearer right-token-0123456'
  expect((await fetch(`${open.url}/resources/listings/hold`, { headers: { authorization } })).status).toBe(
    200,
  )
  expect(
    (await fetch(`${open.url}${decision}`, post({ sweep: 's', max: 1 }, { authorization }))).status,
  ).toBe(200)
})
