/** Log-ins by a signed key, request for request as the vendor's Ruby and PHP clients send them (docs/spark-api.md §3.6). */
import { createHash } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { control, type Data, NOW, request } from './spark-request.ts'

const KEY = 'simulator-key'
const SECRET = 'simulator-secret'
const clock = (): number => NOW

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

async function ask(
  { url }: SimulatorServer,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; D: Data }> {
  const response = await fetch(url + path, { method: 'POST', ...init })
  const { D } = (await response.json()) as { D: Data }
  return { status: response.status, D }
}

async function login(server: SimulatorServer): Promise<string> {
  const { D } = await ask(server, `/v1/session?ApiKey=${KEY}&ApiSig=${md5(`${SECRET}ApiKey${KEY}`)}`)
  return String(D.Results?.[0]?.['AuthToken'])
}

interface Signed {
  readonly path: string
  readonly params?: Readonly<Record<string, string>>
  readonly body?: string
  /** What is signed as the path. @default the path */
  readonly signedPath?: string
}

function signed(token: string, { path, params = {}, body = '', signedPath = path }: Signed): string {
  const all: Readonly<Record<string, string>> = { AuthToken: token, ...params }
  const pairs = Object.keys(all)
    .toSorted()
    .map((name) => `${name}${all[name]}`)
  const ApiSig = md5(`${SECRET}ApiKey${KEY}ServicePath${signedPath}${pairs.join('')}${body}`)
  return `${path}?${new URLSearchParams({ ApiSig, ...all }).toString()}`
}

function get(server: SimulatorServer, token: string, asked: Signed): Promise<{ status: number; D: Data }> {
  return ask(server, signed(token, asked), { method: 'GET' })
}

describe('a log-in with the signed key', () => {
  test('gives a token, its end and roles', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const { status, D } = await ask(
      server,
      `/v1/session?ApiKey=${KEY}&ApiSig=${md5(`${SECRET}ApiKey${KEY}`)}`,
      { body: '' },
    )
    expect([status, D.Success]).toEqual([200, true])
    expect(D.Results).toEqual([
      { AuthToken: expect.stringMatching(/^[0-9a-f]{32}$/), Expires: '2026-05-03T14:03:09Z', Roles: ['idx'] },
    ])
  })

  test.each([
    ['another secret', `ApiKey=${KEY}&ApiSig=${md5(`otherApiKey${KEY}`)}`],
    ['an unknown key', `ApiKey=other&ApiSig=${md5(`${SECRET}ApiKeyother`)}`],
    ['no signature', `ApiKey=${KEY}`],
    ['nothing', ''],
  ])('with %s is refused (1000)', async (_, query) => {
    await using server = await startSimulator({ listings: 1 })
    const { status, D } = await ask(server, `/v1/session?${query}`)
    expect([status, D.Code]).toEqual([401, 1000])
  })

  test('is refused to a key that is disabled (1010)', async () => {
    await using server = await startSimulator({ listings: 1, behaviour: { access: 'disabled' } })
    const { status, D } = await ask(
      server,
      `/v1/session?ApiKey=${KEY}&ApiSig=${md5(`${SECRET}ApiKey${KEY}`)}`,
    )
    expect([status, D.Code]).toEqual([401, 1010])
  })
})

describe('a signed request', () => {
  test.each<[string, Signed]>([
    ['without parameters', { path: '/v1/system' }],
    [
      'with parameters',
      { path: '/v1/listings', params: { _limit: '1', _filter: "City Eq 'Aå b'", ApiUser: '1' } },
    ],
    [
      'whose signature is of the path as it is sent',
      { path: '/v1/standardfields/%43ity', signedPath: '/v1/standardfields/%43ity' },
    ],
    [
      'whose signature is of the path as it is meant',
      { path: '/v1/standardfields/%43ity', signedPath: '/v1/standardfields/City' },
    ],
  ])('%s is answered', async (_, asked) => {
    await using server = await startSimulator({ listings: 1, clock })
    const { status, D } = await get(server, await login(server), asked)
    expect([status, D.Success]).toEqual([200, true])
  })

  test('may be a POST that is a GET, its form signed as its body', async () => {
    await using server = await startSimulator({ listings: 3, clock })
    const body = new URLSearchParams({ _limit: '2', _filter: 'ListPrice Gt 0' }).toString()
    const { D } = await ask(server, signed(await login(server), { path: '/v1/listings', body }), {
      headers: { 'X-HTTP-Method-Override': 'GET', 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
    })
    expect(D.Results).toHaveLength(2)
  })

  test.each<[string, (path: string) => string]>([
    ['another parameter than was signed', (path) => `${path}&_limit=1`],
    ['a signature of another request', (path) => path.replace('/v1/system', '/v1/listings')],
    ['no signature', (path) => path.replace(/ApiSig=\w+&/, '')],
    ['the token of no session', (path) => path.replace(/AuthToken=\w+/, 'AuthToken=1')],
  ])('with %s is refused (1000)', async (_, altered) => {
    await using server = await startSimulator({ listings: 1, clock })
    const path = altered(signed(await login(server), { path: '/v1/system' }))
    const { status, D } = await ask(server, path, { method: 'GET' })
    expect([status, D.Code]).toEqual([401, 1000])
  })
})

describe('a session', () => {
  test('is over after its time (1020), and another log-in goes on', async () => {
    let now = NOW
    await using server = await startSimulator({
      listings: 1,
      clock: () => now,
      behaviour: { sessionSeconds: 900 },
    })
    const token = await login(server)
    now += 899_000
    expect((await get(server, token, { path: '/v1/system' })).status).toBe(200)
    now += 1000
    const { status, D } = await get(server, token, { path: '/v1/system' })
    expect([status, D.Code]).toEqual([401, 1020])
    expect((await get(server, await login(server), { path: '/v1/system' })).status).toBe(200)
  })

  test('is over when all tokens are made to expire (1020); the personal token is not', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const token = await login(server)
    expect(await control(server, 'DELETE', 'tokens')).toEqual({ status: 200, body: { expired: 1 } })
    expect((await get(server, token, { path: '/v1/system' })).D.Code).toBe(1020)
    expect((await request(server, '/v1/system')).status).toBe(200)
  })

  test('ends with a log-out', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const token = await login(server)
    const ended = await ask(server, signed(token, { path: `/v1/session/${token}` }), { method: 'DELETE' })
    expect([ended.status, ended.D.Success]).toEqual([200, true])
    expect((await get(server, token, { path: '/v1/system' })).D.Code).toBe(1000)
  })

  test('counts with its log-in for the key, and shows no token in the counts (R15)', async () => {
    await using server = await startSimulator({ listings: 1, clock, behaviour: { rateLimit: 3 } })
    const token = await login(server)
    await get(server, token, { path: '/v1/system' })
    await ask(server, signed(token, { path: `/v1/session/${token}` }), { method: 'DELETE' })
    expect((await ask(server, `/v1/session?ApiKey=${KEY}`)).status).toBe(429)
    const counts = await control(server, 'GET', 'requests')
    expect(counts.body).toMatchObject({ byKey: { [KEY]: { 200: 3, 429: 1 } } })
    const { latest } = server.simulator.requests
    expect(JSON.stringify([counts, latest])).not.toContain(token)
  })
})
