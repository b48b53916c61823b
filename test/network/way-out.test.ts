import { once } from 'node:events'
import { createServer as createPlain, type RequestListener, type Server } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'

import { beforeAll, describe, expect, test } from 'vitest'

import { schemaRegistry, sparkTransport, webhookOptions } from '../../src/app/compose/clients.ts'
import { loadSettings } from '../../src/config/load-settings.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { sendToWebhook } from '../../src/ops/notifications/webhook.ts'
import { Outages } from '../../src/ops/outages.ts'
import { makeCertificate, type Certificate } from '../../src/simulator/server/certificate.ts'
import { instant } from '../../src/domain/instant.ts'
import { WayOut } from '../../src/network/way-out.ts'
import { ForwardProxy } from '../fixtures/forward-proxy.ts'

/** Nobody else resolves it. */
const HOST = 'api.mls.example'
const PASSWORD = 'pr0xy-passw0rd'
const signal = AbortSignal.timeout(30_000)

let certificate: Certificate

beforeAll(async () => {
  certificate = await makeCertificate(HOST)
})

interface Listening extends AsyncDisposable {
  readonly port: number
}

async function listening(server: Server): Promise<Listening> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Whatever is asked: both an API's answer and a registry's. */
const answer: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('[7, 3]')
}
const startTls = () => listening(createServer({ key: certificate.key, cert: certificate.cert }, answer))

function settingsOf(env: Readonly<Record<string, string>>) {
  const all = { SPARK_ACCESS_TOKEN: 'tok-0123456789', ...env }
  const readFile = (path: string): string => {
    if (path === 'ca.pem') return certificate.authority
    throw Object.assign(new Error(path), { code: 'ENOENT' })
  }
  return loadSettings(['spark', 'registry'], { env: all, readFile, warn: () => undefined })
}

async function askApi(env: Readonly<Record<string, string>>): Promise<string> {
  const { spark } = settingsOf({ SPARK_REQUEST_TIMEOUT: '5s', ...env })
  await using transport = sparkTransport(spark, {
    sent: () => undefined,
    waits: () => undefined,
    granted: () => undefined,
  })
  const request = {
    purpose: 'update',
    method: 'GET',
    target: '/v1/system',
    headers: {},
    body: undefined,
    largestBody: 1000,
  } as const
  const { body } = await transport.send(request, () => undefined, signal)
  return body.toString()
}

async function askRegistry(env: Readonly<Record<string, string>>): Promise<readonly number[]> {
  const outages = new Outages(createLogger({ destination: { write: () => undefined } }), () => instant(0))
  return schemaRegistry(settingsOf(env).registry, outages).versions('some subject', signal)
}

const ASKED = [
  ['the API', 'SPARK_API_URL', 'SPARK_API_CA', askApi, '[7, 3]'],
  ['the registry', 'SCHEMA_REGISTRY_URL', 'SCHEMA_REGISTRY_CA', askRegistry, [3, 7]],
] as const

describe.each(ASKED)('%s', (_what, url, ca, ask, answered) => {
  const at = ({ port }: Listening, scheme = 'https') => ({
    [url]: `${scheme}://${HOST}:${port}`,
    [ca]: 'ca.pem',
  })

  test('is asked through HTTPS_PROXY, with its login, by a name that only the proxy resolves', async () => {
    await using server = await startTls()
    await using proxy = await ForwardProxy.start()
    const login = `feed:${PASSWORD}%40@`
    const env = { ...at(server), HTTPS_PROXY: proxy.url.replace('//', `//${login}`) }
    expect(await ask(env)).toEqual(answered)
    expect(proxy.asked).toEqual([`CONNECT ${HOST}:${server.port}`])
    expect(proxy.logins).toEqual([`feed:${PASSWORD}@`])
  })

  test('is asked through https_proxy without a scheme, as other programs are', async () => {
    await using server = await startTls()
    await using proxy = await ForwardProxy.start()
    expect(await ask({ ...at(server), https_proxy: `127.0.0.1:${proxy.port}` })).toEqual(answered)
    expect(proxy.asked).toHaveLength(1)
  })

  test('is asked through HTTP_PROXY where its address is an http one, which HTTPS_PROXY has no part in', async () => {
    await using server = await listening(createPlain(answer))
    await using proxy = await ForwardProxy.start()
    await using other = await ForwardProxy.start()
    const { [url]: address = '' } = at(server, 'http')
    expect(await ask({ [url]: address, HTTP_PROXY: proxy.url, HTTPS_PROXY: other.url })).toEqual(answered)
    expect(proxy.asked).toEqual([expect.stringMatching(`^GET http://${HOST}:${server.port}/`)])
    expect(other.asked).toEqual([])
  })

  test.each(['mls.example', '.mls.example', 'other.example, *.mls.example', '*', HOST])(
    'is not asked through the proxy with NO_PROXY=%s',
    async (except) => {
      await using server = await startTls()
      await using proxy = await ForwardProxy.start()
      await expect(ask({ ...at(server), HTTPS_PROXY: proxy.url, NO_PROXY: except })).rejects.toThrow()
      expect(proxy.asked).toEqual([])
    },
  )

  test('on this machine itself is asked directly', async () => {
    await using server = await startTls()
    await using proxy = await ForwardProxy.start()
    for (const host of ['localhost', '127.0.0.1']) {
      const env = { [url]: `https://${host}:${server.port}`, [ca]: 'ca.pem', HTTPS_PROXY: proxy.url }
      expect(await ask(env)).toEqual(answered)
    }
    expect(proxy.asked).toEqual([])
  })

  test('is not believed under a certificate of an authority that was not named', async () => {
    await using server = await startTls()
    const env = { [url]: `https://localhost:${server.port}` }
    const error = await ask(env).catch((error: unknown) => error)
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining(ca) })
  })

  test('is said to be out of reach where the proxy refuses, with the settings to look at and no password (R15)', async () => {
    await using server = await startTls()
    await using proxy = await ForwardProxy.start()
    proxy.refuseWith = 407
    const env = { ...at(server), HTTPS_PROXY: proxy.url.replace('//', `//feed:${PASSWORD}@`) }
    const error = await ask(env).catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(SPARK_CONNECTION|REGISTRY_UNREACHABLE)$/),
      message: expect.stringMatching(/HTTPS_PROXY/),
    })
    expect(String(error)).not.toContain(PASSWORD)
    expect(proxy.logins).toEqual([`feed:${PASSWORD}`])
  })
})

describe('the webhook', () => {
  const SECRET = { WEBHOOK_SECRET: 'a-secret-of-this-test' }
  const notification = {
    id: 'n-1',
    kind: 'degraded',
    resource: null,
    pass: null,
    code: null,
    message: 'The feed is not ready.',
    at: instant(0),
    recovers: null,
  } as const
  const send = async (env: Readonly<Record<string, string>>): Promise<void> => {
    const { webhook } = loadSettings(['webhook'], { env: { ...env, ...SECRET }, warn: () => undefined })
    if (webhook === null) return expect.unreachable()
    return sendToWebhook(webhookOptions(webhook, 'mls'), notification, signal)
  }

  test('is told through the proxy, by a name that only the proxy resolves, however long its answer', async () => {
    const told: string[] = []
    await using server = await listening(
      createPlain((request, response) => {
        told.push(`${request.method} ${request.headers.host}${request.url}`)
        request.resume()
        response.end('x'.repeat(1_000_000))
      }),
    )
    await using proxy = await ForwardProxy.start()
    const url = `http://${HOST}:${server.port}/hook?token=1`
    await send({ WEBHOOK_URL: url, HTTP_PROXY: proxy.url })
    await send({ WEBHOOK_URL: url, HTTP_PROXY: proxy.url })
    expect(told).toEqual(Array(2).fill(`POST ${HOST}:${server.port}/hook?token=1`))
    expect(proxy.asked).toEqual(Array(2).fill(`POST ${url}`))
  })

  test('is asked directly where NO_PROXY says so', async () => {
    await using proxy = await ForwardProxy.start()
    const env = { WEBHOOK_URL: `http://${HOST}:1/hook`, HTTP_PROXY: proxy.url, NO_PROXY: 'mls.example' }
    await expect(send(env)).rejects.toMatchObject({ code: 'WEBHOOK_FAILED' })
    expect(proxy.asked).toEqual([])
  })

  test('that cannot be reached through the proxy is tried again, with the settings to look at, and neither address nor password (R15)', async () => {
    await using proxy = await ForwardProxy.start()
    proxy.refuseWith = 407
    const HTTPS_PROXY = proxy.url.replace('//', `//feed:${PASSWORD}@`)
    const error = await send({ WEBHOOK_URL: `https://${HOST}/hook/t0ken`, HTTPS_PROXY }).catch(
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ code: 'WEBHOOK_FAILED', message: expect.stringContaining('HTTPS_PROXY') })
    expect(inspect(error)).not.toMatch(new RegExp(`${PASSWORD}|t0ken`))
    expect(proxy.asked).toEqual([`CONNECT ${HOST}:443`])
  })
})

test.each([
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', 'a.example,10.0.0.0/8', false],
  ['https://[fd00::7]', 'fd00::/8', true],
  ['https://ten.example', '10.0.0.0/8', false],
])('%s with NO_PROXY=%s is asked directly: %s', (url, except, directly) => {
  const way = new WayOut({ url, ca: null, proxy: { https: 'http://proxy:3128', http: null, except } })
  expect(way.isUsual).toBe(directly)
})

test('a mistake in what several connections share is told once', () => {
  let said = ''
  try {
    settingsOf({ HTTPS_PROXY: 'socks5://proxy:1080' })
  } catch (error) {
    said = String(error)
  }
  expect(said.split('HTTPS_PROXY')).toHaveLength(2)
})

test.each([
  ['HTTPS_PROXY', 'socks5://proxy:1080'],
  ['HTTPS_PROXY', `http://me:${PASSWORD}%@proxy`],
  ['NO_PROXY', '10.0.0.0/33'],
  ['NO_PROXY', 'a b/c'],
])('%s=%s is refused at the start, without a password in the message (R15)', (name, value) => {
  const refused = () => settingsOf({ [name]: value })
  expect(refused).toThrow(name)
  expect(refused).not.toThrow(PASSWORD)
})
