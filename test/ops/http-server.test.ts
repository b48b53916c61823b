import { request } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

import { describe, expect, test } from 'vitest'

import type { FeedApi } from '../../src/ops/feed-api.ts'
import type { NotReadyReason } from '../../src/ops/health.ts'
import { startHttpServer, type HttpServerOptions } from '../../src/ops/http-server.ts'
import type { Feeds } from '../../src/ops/many-feeds-routes.ts'
import type { PassRequestOptions, RequestedPass } from '../../src/ops/pass-routes.ts'
import { instant } from '../../src/domain/instant.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { createLogger } from '../../src/ops/logger.ts'
import type { PassRequest } from '../../src/ops/http-requests.ts'
import {
  HoldSupersededError,
  IncompleteWalkError,
  NoChangeStampError,
  NoHoldError,
  NoSnapshotError,
  NothingToPauseError,
  RepublishUnfinishedError,
  ScopeChangedError,
} from '../../src/replication/pass-errors.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedApi, healthReport } from '../fixtures/feed-api.ts'

const never = new AbortController().signal
const logger = createLogger({ level: 'silent' })

type Changes = Partial<Omit<HttpServerOptions, 'feeds'>> & Partial<FeedApi>

function start(changes: Changes = {}, signal = never) {
  return startOf([feedApi(changes)], changes, signal)
}

function startOf(feeds: Feeds, changes: Changes = {}, signal = never) {
  const options: HttpServerOptions = {
    host: '127.0.0.1',
    port: 0,
    adminToken: null,
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'up 1\n' },
    logger,
    ...changes,
    feeds,
  }
  return startHttpServer(options, signal)
}

const PARKED: NotReadyReason = {
  code: 'SPARK_UNAUTHORIZED',
  message: 'The API refuses the token.',
  resource: LISTINGS.name,
  pass: 'update',
  service: null,
  since: instant(0),
  retryAt: null,
}

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

describe('reading', () => {
  test('/livez is 200 while the process lives, ready or not', async () => {
    await using server = await start({ readiness: () => healthReport({ ready: false }) })
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  })

  test('/readyz is 200, or 503 with the reasons', async () => {
    let report = healthReport()
    await using server = await start({ readiness: () => report })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    report = healthReport({ ready: false, reasons: [PARKED] })
    const response = await fetch(`${server.url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual(report)
  })

  test('/metrics is in Prometheus format, /status is JSON, neither is cached', async () => {
    await using server = await start()
    const metrics = await fetch(`${server.url}/metrics`)
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4')
    expect(await metrics.text()).toBe('up 1\n')
    const status = await fetch(`${server.url}/status`)
    expect(await status.json()).toEqual({ watermark: null })
    expect(status.headers.get('cache-control')).toBe('no-store')
  })

  test('a key is told of, with what the source says only if that is asked for', async () => {
    await using server = await start()
    const path = `${server.url}/resources/listings/keys/20260502140309000000000001`
    const wanted = { resource: 'listings', key: '20260502140309000000000001' }
    expect(await (await fetch(path)).json()).toEqual({ wanted: { ...wanted, ask: false } })
    expect(await (await fetch(`${path}?ask=true`)).json()).toEqual({ wanted: { ...wanted, ask: true } })
    expect((await fetch(`${path}?ask=maybe`)).status).toBe(400)
    expect((await fetch(`${server.url}/resources/listings/keys/a%20b`)).status).toBe(400)
    // It spends requests of the source's budget, as a pass does.
    const headers = { origin: 'https://evil.example' }
    expect((await fetch(`${path}?ask=true`, { headers })).status).toBe(403)
  })

  test('bound to all addresses, no key is told of without the token', async () => {
    await using server = await start({ host: '0.0.0.0', adminToken: { reveal: () => 'right-token-0123456' } })
    expect((await fetch(`${server.url}/resources/listings/keys/1`)).status).toBe(401)
  })

  test('what does not exist is 404 with code and message', async () => {
    await using server = await start()
    const response = await fetch(`${server.url}/nothing?token=hunter2`)
    expect(response.status).toBe(404)
    const message = 'There is no GET /nothing.'
    expect(await response.json()).toEqual({ code: 'HTTP_NOT_FOUND', message, retryable: false, exitCode: 1 })
  })

  test('every error has the same four members, whoever raises it', async () => {
    const members = async (response: Response): Promise<unknown> => {
      const body: unknown = await response.json()
      expect(body).toEqual({
        code: expect.stringMatching(/^[A-Z_]+$/),
        message: expect.any(String),
        retryable: expect.any(Boolean),
        exitCode: expect.any(Number),
      })
      return body
    }
    await using server = await start({ runPass: () => Promise.reject(new Error('nobody foresaw it')) })
    const cut = { ...post({}), body: '{"restart":' }
    expect(await members(await fetch(`${server.url}/passes/purge`, cut))).toMatchObject({
      code: 'HTTP_BAD_REQUEST',
      exitCode: 2,
    })
    await members(await fetch(`${server.url}/passes/purge`, post({ nonsense: 1 })))
    await members(await fetch(`${server.url}/passes/purge`, post({})))
    await members(await fetch(`${server.url}/nothing`))
    const elsewhere = { headers: { 'listingstream-instance': 'another' } }
    expect(await members(await fetch(`${server.url}/status`, elsewhere))).toMatchObject({ retryable: true })
    const foreign = { headers: { origin: 'https://evil.example' }, method: 'POST' }
    await members(await fetch(`${server.url}/passes/purge`, foreign))
  })

  test.each([
    [new NoHoldError('listings', 'sweep', 0), 404],
    [new HoldSupersededError('listings', 'sweep', 'another one is held'), 409],
    [new NoSnapshotError('listings', 'purge'), 409],
    [new ScopeChangedError('listings', 'purge'), 409],
    [new NoChangeStampError('tours'), 409],
    [new NothingToPauseError(), 409],
    [new RepublishUnfinishedError('listings'), 409],
    [new IncompleteWalkError('it ended too early', 'short_count'), 503],
  ])('what is not there, or not as it is now, is no failure of the server: %s', async (refusal, status) => {
    await using server = await start({ runPass: () => Promise.reject(refusal) })
    const response = await fetch(`${server.url}/passes/purge`, post({}))
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code: refusal.code, retryable: refusal.retryable })
  })
})

describe('running a pass', () => {
  test('answers with its result; options come as JSON or not at all', async () => {
    const ran: [RequestedPass, PassRequestOptions][] = []
    await using server = await start({
      runPass: async (wanted, options) => {
        ran.push([wanted, options])
        return { state: 'completed' }
      },
    })
    const response = await fetch(`${server.url}/passes/purge`, post({ dryRun: true }))
    expect(await response.json()).toEqual({ state: 'completed' })
    expect((await fetch(`${server.url}/passes/update`, { method: 'POST' })).status).toBe(200)
    await fetch(`${server.url}/passes/update`, post({ deadLetters: ['1', '2'] }))
    await fetch(`${server.url}/passes/purge`, post({ approveUpTo: 40, compare: 'content' }))
    await fetch(`${server.url}/resources/accounts/passes/snapshot`, { method: 'POST' })
    await fetch(`${server.url}/resources/openhouses/passes/snapshot`, post({ deadLetters: 'all' }))
    expect(ran).toEqual([
      [
        { resource: undefined, pass: 'purge' },
        { dryRun: true, restart: false, fresh: false },
      ],
      [
        { resource: undefined, pass: 'update' },
        { dryRun: false, restart: false, fresh: false },
      ],
      [
        { resource: undefined, pass: 'update' },
        { dryRun: false, restart: false, fresh: false, deadLetters: ['1', '2'] },
      ],
      [
        { resource: undefined, pass: 'purge' },
        { dryRun: false, restart: false, fresh: false, approveUpTo: 40, compare: 'content' },
      ],
      [
        { resource: 'accounts', pass: 'snapshot' },
        { dryRun: false, restart: false, fresh: false },
      ],
      [
        { resource: 'openhouses', pass: 'snapshot' },
        { dryRun: false, restart: false, fresh: false, deadLetters: 'all' },
      ],
    ])
  })

  test.each([
    ['/passes/everything', post({})],
    ['/resources/accounts/passes/everything', post({})],
    ['/passes/purge', post({ dryrun: true })],
    ['/passes/purge', post({ dryRun: 'yes' })],
    ['/passes/purge', post({ deadLetters: 'all' })],
    ['/passes/update', post({ deadLetters: 'some' })],
    ['/passes/update', post({ approveUpTo: 3 })],
    ['/passes/update', post({ fresh: true })],
    ['/passes/purge', post({ approveUpTo: -1 })],
    ['/passes/purge', post({ compare: 'stamps' })],
    ['/passes/snapshot', post({ compare: 'content' })],
    ['/passes/purge', { ...post({}), body: '{' }],
    ['/passes/republish', post({})],
    ['/passes/republish', post({ keys: ['1'], all: true })],
    ['/passes/republish', post({ all: false })],
    ['/passes/republish', post({ keys: ['two words'] })],
    ['/passes/republish', post({ keys: [] })],
    ['/passes/republish', post({ keys: ['1'], deadLetters: 'all' })],
    ['/passes/purge', post({ dryRun: true, compare: 'content' })],
    ['/passes/update', post({ keys: ['1'] })],
    ['/passes/purge', post({ all: true })],
  ])('a request that is not understood runs nothing: %s', async (path, init) => {
    let runs = 0
    await using server = await start({ runPass: async () => ({ runs: (runs += 1) }) })
    const response = await fetch(server.url + path, init)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'HTTP_BAD_REQUEST', message: expect.any(String) })
    expect(runs).toBe(0)
  })

  test('a republish takes as many keys as it may have, of whatever resource', async () => {
    const ran: [RequestedPass, PassRequestOptions][] = []
    await using server = await start({
      runPass: async (wanted, options) => {
        ran.push([wanted, options])
        return {}
      },
    })
    const keys = Array.from({ length: 100_000 }, (_, n) => `2026050214030900000${1_000_000 + n}`)
    const path = '/resources/listing-photos/passes/republish'
    expect((await fetch(`${server.url}${path}`, post({ keys }))).status).toBe(200)
    expect(ran[0]?.[0]).toEqual({ resource: 'listing-photos', pass: 'republish' })
    expect(ran[0]?.[1].keys).toHaveLength(100_000)
    expect((await fetch(`${server.url}${path}`, post({ keys: [...keys, '1'] }))).status).toBe(400)
    expect((await fetch(`${server.url}/passes/republish`, post({ all: true }))).status).toBe(200)
    expect(ran).toHaveLength(2)
  })

  test('a form post, which a page of any site may send, runs nothing', async () => {
    let runs = 0
    await using server = await start({ runPass: async () => ({ runs: (runs += 1) }) })
    const response = await fetch(`${server.url}/passes/purge`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(415)
    expect(runs).toBe(0)
  })

  test('a refused request runs nothing', async () => {
    let runs = 0
    await using server = await start({ runPass: async () => ({ runs: (runs += 1) }) })
    const headers = { origin: 'https://evil.example' }
    const response = await fetch(`${server.url}/passes/purge`, { method: 'POST', headers })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ code: 'HTTP_CROSS_ORIGIN' })
    expect(runs).toBe(0)
  })

  test('bound to all addresses it needs the token', async () => {
    await using server = await start({ host: '0.0.0.0', adminToken: { reveal: () => 'right-token-0123456' } })
    const run = (authorization: string) =>
      fetch(`${server.url}/passes/update`, { method: 'POST', headers: { authorization } })
    const refused = await run('Bearer wrong')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect((await run('Bearer right-token-0123456')).status).toBe(200)
  })

  test.each([
    [{ code: 'FENCED', retryable: false, exitCode: 4 }, 500],
    [{ code: 'KAFKA_UNREACHABLE', retryable: true, exitCode: 1 }, 503],
    [{ code: 'SPARK_UNAUTHORIZED', retryable: false, exitCode: 1 }, 500],
  ] as const)('an error of ours goes to the client with code and exit code: %j', async (error, status) => {
    await using server = await start({
      runPass: async () => {
        throw new ListingstreamError('What to do.', { ...error, disposition: 'retry' })
      },
    })
    const response = await fetch(`${server.url}/passes/update`, { method: 'POST' })
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ ...error, message: 'What to do.' })
  })

  test('an error that nobody foresaw is not shown to the client (R15)', async () => {
    await using server = await start({
      runPass: async () => {
        throw new Error('with hunter2')
      },
    })
    const response = await fetch(`${server.url}/passes/update`, { method: 'POST' })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('hunter2')
  })

  test('a pass goes on when its client has gone', async () => {
    const running = Promise.withResolvers<PassRequest>()
    const release = Promise.withResolvers<object>()
    await using server = await start({
      runPass: (_pass, _options, request) => {
        running.resolve(request)
        return release.promise
      },
    })
    const client = connect(Number(new URL(server.url).port), '127.0.0.1')
    const gone = once(client, 'close')
    client.write('POST /passes/update HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n')
    const { signal, gone: leaving } = await running.promise
    expect(leaving.aborted).toBe(false)
    client.destroy()
    await gone
    // The server has seen the end of the connection once it answers a later one.
    await fetch(`${server.url}/livez`)
    expect(signal.aborted).toBe(false)
    expect(leaving.aborted, 'who runs it may stop one that has not begun').toBe(true)
    release.resolve({})
  })
})

describe('who may ask, and how long', () => {
  const ask = async (url: string, path: string, host: string): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    request(`${url}${path}`, { headers: { host }, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
    return promise
  }

  test.each(['/livez', '/readyz', '/metrics', '/status', '/nothing'])(
    'bound to loopback, %s is not read under a name that was pointed here',
    async (path) => {
      await using server = await start()
      expect(await ask(server.url, path, 'evil.example:8080')).toBe(403)
      expect(await ask(server.url, path, 'localhost')).toBe(path === '/nothing' ? 404 : 200)
    },
  )

  test('bound to all addresses, probes and scrapes need no name and no token, /status needs the token', async () => {
    const adminToken = { reveal: () => 'right-token-0123456' }
    await using server = await start({ host: '0.0.0.0', adminToken })
    for (const path of ['/livez', '/readyz', '/metrics']) {
      expect(await ask(server.url, path, '10.1.2.3:8080')).toBe(200)
    }
    expect((await fetch(`${server.url}/status`)).status).toBe(401)
    const headers = { authorization: `Bearer ${adminToken.reveal()}` }
    expect((await fetch(`${server.url}/status`, { headers })).status).toBe(200)
  })

  test.each([
    ['headers', 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '],
    [
      'body',
      'POST /passes/update HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ],
  ])('a client that is slow with its %s is cut off', async (_what, begin) => {
    let runs = 0
    await using server = await start({
      runPass: async () => ({ runs: (runs += 1) }),
      limits: { requestMs: 100, checkMs: 20 },
    })
    const client = connect(Number(new URL(server.url).port), '127.0.0.1')
    const answer = text(client)
    client.write(begin)
    // Ends only because the server ends it.
    expect(await answer).toMatch(/^(HTTP\/1\.1 408|$)/)
    expect(runs).toBe(0)
  })

  test('of too many connections the last ones are closed', async () => {
    await using server = await start({ limits: { connections: 2 } })
    const port = Number(new URL(server.url).port)
    const clients = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    await Promise.all(clients.map((client) => once(client, 'connect')))
    const third = connect(port, '127.0.0.1')
    await once(third, 'close')
    for (const client of clients) client.destroy()
  })

  test('a body that is too long is refused', async () => {
    await using server = await start()
    const body = { deadLetters: ['x'.repeat(70_000)] }
    expect((await fetch(`${server.url}/passes/update`, post(body))).status).toBe(413)
  })
})

describe('start and stop', () => {
  test('an address that is taken fails the start, with the port and what to do', async () => {
    await using server = await start()
    const port = Number(new URL(server.url).port)
    await expect(start({ port })).rejects.toMatchObject({
      code: 'HTTP_LISTEN_FAILED',
      message: expect.stringContaining(`port ${port}`),
    })
  })

  test('closing aborts a running pass, answers its client and frees the port, kept connections or not', async () => {
    const running = Promise.withResolvers<void>()
    const server = await start({
      runPass: (_pass, _options, { signal }) => {
        running.resolve()
        const { promise, reject } = Promise.withResolvers<object>()
        signal.addEventListener('abort', () => reject(signal.reason))
        return promise
      },
    })
    await (await fetch(`${server.url}/livez`)).text()
    const answer = fetch(`${server.url}/passes/update`, { method: 'POST' })
    await running.promise
    await server[Symbol.asyncDispose]()
    const response = await answer
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'DAEMON_STOPPING' })
    await using again = await start({ port: Number(new URL(server.url).port) })
    expect((await fetch(`${again.url}/livez`)).status).toBe(200)
  })
})

describe('several feeds', () => {
  const east = feedApi({
    prefix: 'east',
    status: async () => ({ prefix: 'east' }),
    instanceId: 'instance-of-east',
  })
  const west = feedApi({
    prefix: 'west',
    standing: 'stopped',
    status: async () => ({ prefix: 'west' }),
    readiness: () => healthReport({ ready: false, reasons: [PARKED] }),
    runPass: async (pass) => ({ ran: pass, of: 'west' }),
  })

  test('each is asked for below its own path', async () => {
    await using server = await startOf([east, west])
    const get = async (path: string) => (await fetch(`${server.url}${path}`)).json()
    expect(await get('/feeds/west/status')).toEqual({ prefix: 'west' })
    expect(await get('/feeds/east/livez')).toEqual({ alive: true, instanceId: 'instance-of-east' })
    expect((await fetch(`${server.url}/feeds/west/readyz`)).status).toBe(503)
    const ran = await fetch(`${server.url}/feeds/west/resources/listings/passes/update`, { method: 'POST' })
    expect(await ran.json()).toEqual({ ran: { resource: 'listings', pass: 'update' }, of: 'west' })
    expect((await fetch(`${server.url}/feeds/north/status`)).status).toBe(404)
  })

  test('they are listed, with what they are ready for', async () => {
    await using server = await startOf([east, west])
    expect(await (await fetch(`${server.url}/feeds`)).json()).toEqual({
      feeds: [
        { prefix: 'east', state: 'running', ready: true, reasons: [] },
        { prefix: 'west', state: 'stopped', ready: false, reasons: [PARKED] },
      ],
    })
    expect(await (await fetch(`${server.url}/status`)).json()).toEqual({
      feeds: [{ prefix: 'east' }, { prefix: 'west' }],
    })
  })

  test('the process is ready while one of them is', async () => {
    await using server = await startOf([east, west])
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    await using other = await startOf([west, { ...west, prefix: 'north' }])
    const response = await fetch(`${other.url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      ready: false,
      feeds: [{ prefix: 'west' }, { prefix: 'north' }],
    })
  })

  test('an instance that stands by for the others of its group is ready once it is a member', async () => {
    const elsewhere = { ...west, standing: 'elsewhere' } as const
    const group = { id: 'g', joined: false, contradiction: null as string | null }
    await using server = await startOf([{ ...elsewhere, prefix: 'east' }, elsewhere], { group })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    group.joined = true
    const response = await fetch(`${server.url}/readyz`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ ready: true, group: { id: 'g', joined: true } })
    // One that gets none since its list is another stands by for nobody.
    group.contradiction = 'the others have other feeds'
    const refused = await fetch(`${server.url}/readyz`)
    expect(refused.status).toBe(503)
    for (const answer of [refused, await fetch(`${server.url}/feeds`)]) {
      expect(await answer.json()).toMatchObject({ group: { contradiction: 'the others have other feeds' } })
    }
    group.contradiction = null
    // What it has has to be ready, too.
    await using other = await startOf([{ ...elsewhere, prefix: 'east' }, west], { group })
    expect((await fetch(`${other.url}/readyz`)).status).toBe(503)
  })

  test.each([
    ['GET', '/resources/listings/keys/1'],
    ['GET', '/resources/listings/hold'],
    ['POST', '/passes/update'],
    ['POST', '/resources/listings/hold/reject'],
  ])('%s %s says that it needs to know which, and which there are', async (method, path) => {
    await using server = await startOf([east, west])
    const response = await fetch(`${server.url}${path}`, { method })
    expect(response.status).toBe(404)
    const { code, message } = (await response.json()) as { code: string; message: string }
    expect(code).toBe('FEED_UNNAMED')
    expect(message).toContain('east, west')
  })

  test('the only one is asked for with and without its path', async () => {
    await using server = await startOf([west])
    for (const path of ['/status', '/feeds/west/status']) {
      expect(await (await fetch(`${server.url}${path}`)).json()).toEqual({ prefix: 'west' })
    }
  })

  test('work that was meant for another process is refused by the feed that it names', async () => {
    await using server = await startOf([east, west])
    const meant = { headers: { 'listingstream-instance': 'instance-of-east' } }
    expect((await fetch(`${server.url}/feeds/east/status`, meant)).status).toBe(200)
    expect((await fetch(`${server.url}/feeds/west/status`, meant)).status).toBe(421)
  })
})
