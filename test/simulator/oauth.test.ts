/** OAuth 2, request for request as the vendor's Ruby and PHP clients send them (docs/spark-api.md §3.6). */
import { describe, expect, test } from 'vitest'

import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { control, NOW, request } from './spark-request.ts'

const CLIENT = { client_id: 'simulator-key', client_secret: 'simulator-secret' }
const PASSWORD = {
  ...CLIENT,
  grant_type: 'password',
  username: 'simulator-user',
  password: 'simulator-password',
}
const REDIRECT = 'https://app.example/callback?from=spark'
const clock = (): number => NOW

interface Granted {
  readonly access_token: string
  readonly refresh_token?: string
  readonly expires_in: number
}

async function grant(
  { url }: SimulatorServer,
  fields: object,
): Promise<{ status: number; body: Granted & { error?: string } }> {
  const response = await fetch(`${url}/v1/oauth2/grant`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(fields),
  })
  return { status: response.status, body: (await response.json()) as Granted }
}

async function code(server: SimulatorServer): Promise<string> {
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT.client_id,
    redirect_uri: REDIRECT,
    state: 'x1',
  })
  const response = await fetch(`${server.url}/oauth2?${asked.toString()}`, { redirect: 'manual' })
  const location = new URL(response.headers.get('location') ?? '')
  expect([response.status, location.host, location.searchParams.get('state')]).toEqual([
    302,
    'app.example',
    'x1',
  ])
  expect(location.searchParams.get('from')).toBe('spark')
  return location.searchParams.get('code') ?? ''
}

async function statusWith(server: SimulatorServer, token: string): Promise<readonly unknown[]> {
  const response = await request(server, '/v1/system', { headers: { Authorization: `OAuth ${token}` } })
  const { D } = (await response.json()) as { D: { Code?: number } }
  return [response.status, D.Code]
}

describe('a grant', () => {
  test('for a password gives tokens of a day', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const { status, body } = await grant(server, PASSWORD)
    expect([status, body]).toEqual([
      200,
      { access_token: expect.any(String), refresh_token: expect.any(String), expires_in: 86_400 },
    ])
    expect(await statusWith(server, body.access_token)).toEqual([200, undefined])
  })

  test('for a code that the user let the application have works once', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const fields = {
      ...CLIENT,
      grant_type: 'authorization_code',
      code: await code(server),
      redirect_uri: REDIRECT,
    }
    const { body } = await grant(server, fields)
    expect(await statusWith(server, body.access_token)).toEqual([200, undefined])
    expect(await grant(server, fields)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('may be asked for by a form, as RFC 6749 has it', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const body = new URLSearchParams(PASSWORD)
    expect((await fetch(`${server.url}/v1/oauth2/grant`, { method: 'POST', body })).status).toBe(200)
  })

  test.each<[string, object, number, string]>([
    ['another secret', { ...PASSWORD, client_secret: 'other' }, 401, 'invalid_client'],
    ['an unknown client', { ...PASSWORD, client_id: 'other' }, 401, 'invalid_client'],
    ['another password', { ...PASSWORD, password: 'other' }, 400, 'invalid_grant'],
    ['no password', { ...PASSWORD, password: undefined }, 400, 'invalid_request'],
    ['no type', { ...PASSWORD, grant_type: undefined }, 400, 'invalid_request'],
    ['another type', { ...PASSWORD, grant_type: 'client_credentials' }, 400, 'unsupported_grant_type'],
    [
      'a refresh token of nobody',
      { ...CLIENT, grant_type: 'refresh_token', refresh_token: '1' },
      400,
      'invalid_grant',
    ],
    [
      'a code of nobody',
      { ...CLIENT, grant_type: 'authorization_code', code: '1', redirect_uri: REDIRECT },
      400,
      'invalid_grant',
    ],
  ])('with %s is refused', async (_, fields, status, error) => {
    await using server = await startSimulator({ listings: 1, clock })
    expect(await grant(server, fields)).toEqual({
      status,
      body: { error, error_description: expect.any(String) },
    })
  })

  test.each<[string, object, number]>([
    ['after ten minutes', {}, 600_000],
    ['for another address', { redirect_uri: 'https://other.example/' }, 0],
  ])('for a code is refused %s', async (_, other, waitMs) => {
    let now = NOW
    await using server = await startSimulator({ listings: 1, clock: () => now })
    const asked = { ...CLIENT, grant_type: 'authorization_code', redirect_uri: REDIRECT }
    const fields = { ...asked, code: await code(server), ...other }
    now += waitMs
    expect(await grant(server, fields)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('counts for the key of the client', async () => {
    await using server = await startSimulator({ listings: 1, clock, behaviour: { rateLimit: 1 } })
    await grant(server, PASSWORD)
    expect((await grant(server, PASSWORD)).status).toBe(429)
  })
})

describe('an access token', () => {
  test('expires (1020), and a refresh gives another and a new refresh token in place of the old', async () => {
    let now = NOW
    await using server = await startSimulator({
      listings: 1,
      clock: () => now,
      behaviour: { accessTokenSeconds: 60 },
    })
    const first = (await grant(server, PASSWORD)).body
    now += 60_000
    expect(await statusWith(server, first.access_token)).toEqual([401, 1020])
    const refresh = { ...CLIENT, grant_type: 'refresh_token', refresh_token: first.refresh_token }
    const second = (await grant(server, refresh)).body
    expect(await statusWith(server, second.access_token)).toEqual([200, undefined])
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(await grant(server, refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('can be refreshed again and again by a refresh token that is kept', async () => {
    await using server = await startSimulator({ listings: 1, clock, behaviour: { refreshToken: 'kept' } })
    const { refresh_token } = (await grant(server, PASSWORD)).body
    for (let i = 0; i < 2; i += 1) {
      const { status, body } = await grant(server, { ...CLIENT, grant_type: 'refresh_token', refresh_token })
      expect([status, 'refresh_token' in body]).toEqual([200, false])
    }
  })

  test('expires when all tokens are made to', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const { access_token, refresh_token } = (await grant(server, PASSWORD)).body
    await control(server, 'DELETE', 'tokens')
    expect(await statusWith(server, access_token)).toEqual([401, 1020])
    const refresh = { ...CLIENT, grant_type: 'refresh_token', refresh_token }
    expect((await grant(server, refresh)).status).toBe(200)
  })

  test('is not served a stored page once it has expired', async () => {
    await using server = await startSimulator({ listings: 1, clock, storedPages: true })
    const { access_token } = (await grant(server, PASSWORD)).body
    const headers = { Authorization: `Bearer ${access_token}` }
    expect((await request(server, '/v1/listings', { headers })).status).toBe(200)
    await control(server, 'DELETE', 'tokens')
    expect((await request(server, '/v1/listings', { headers })).status).toBe(401)
  })
})

test.each(['/v1/session', '/v1/oauth2/grant', '/v1/session/1'])(
  'GET %s is not a method of it',
  async (path) => {
    await using server = await startSimulator({ listings: 1 })
    expect((await request(server, path)).status).toBe(405)
  },
)
