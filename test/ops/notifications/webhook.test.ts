import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { text } from 'node:stream/consumers'

import { expect, test } from 'vitest'

import { instant } from '../../../src/domain/instant.ts'
import type { FeedNotification } from '../../../src/domain/notification.ts'
import { sendToWebhook, signatureOf } from '../../../src/ops/notifications/webhook.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { unchanging } from '../../../src/support/renewable.ts'

const NOW = Date.UTC(2026, 4, 2, 3, 4, 5)
const SECRET = 'a-secret-of-this-test'
const NEVER = new AbortController().signal
const NOTIFICATION: FeedNotification = {
  id: 'n-1',
  kind: 'held',
  resource: LISTINGS.name,
  pass: 'purge',
  code: null,
  message: 'The guard holds 30 deletes.',
  at: instant(NOW - 5_000),
  recovers: null,
}

interface Seen {
  readonly request: IncomingMessage
  readonly body: string
}

/** Answers each request with the next of these. */
async function receiver(...answers: readonly { status: number; headers?: Record<string, string> }[]) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { status, headers = {} } = answers[seen.length] ?? { status: 204 }
      seen.push({ request, body })
      response.writeHead(status, headers).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=in-the-address`
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url, seen, [Symbol.asyncDispose]: close }
}

function send(url: string): Promise<void> {
  const way = () => ({ fetch, settings: [] })
  const texts = { url: unchanging(url), secret: unchanging(SECRET) }
  return sendToWebhook({ ...texts, prefix: 'mls', way, now: () => instant(NOW) }, NOTIFICATION, NEVER)
}

test('a notification is a CloudEvent that its receiver can verify', async () => {
  await using hook = await receiver({ status: 200 })
  await send(hook.url)
  const [{ request, body } = expect.unreachable()] = hook.seen
  expect(JSON.parse(body)).toEqual({
    specversion: '1.0',
    id: 'n-1',
    source: '/listingstream/mls',
    type: 'listingstream.FeedNotification',
    time: '2026-05-02T03:04:00.000Z',
    subject: 'listings/purge',
    datacontenttype: 'application/json',
    data: {
      feed: 'mls',
      kind: 'held',
      resource: 'listings',
      pass: 'purge',
      code: null,
      message: 'The guard holds 30 deletes.',
      recovers: null,
    },
  })
  const { 'webhook-id': id, 'webhook-timestamp': seconds, ...headers } = request.headers
  expect(headers['content-type']).toContain('application/cloudevents+json')
  expect({ id, seconds }).toEqual({ id: 'n-1', seconds: String(NOW / 1000) })
  const expected = createHmac('sha256', SECRET).update([id, seconds, body].join('.')).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${expected}`)
})

test('a secret of Standard Webhooks is base64 behind its prefix: the example of its specification', () => {
  const of = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    seconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  }
  expect(signatureOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', of)).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  )
})

test.each([
  [503, 'WEBHOOK_FAILED', true],
  [429, 'WEBHOOK_FAILED', true],
  [404, 'WEBHOOK_REFUSED', false],
  [302, 'WEBHOOK_REFUSED', false],
])('HTTP %i is %s', async (status, code, retryable) => {
  await using hook = await receiver({ status, headers: { 'retry-after': '7', location: '/elsewhere' } })
  await expect(send(hook.url)).rejects.toMatchObject({
    code,
    retryable,
    retryAfterMs: retryable ? 7_000 : undefined,
  })
  expect(hook.seen).toHaveLength(1)
})

test('whoever is not there is tried again, and the address is told to nobody (R15)', async () => {
  const gone = await receiver()
  await gone[Symbol.asyncDispose]()
  const error: unknown = await send(gone.url).catch((failure: unknown) => failure)
  expect(error).toMatchObject({ code: 'WEBHOOK_FAILED', retryable: true })
  expect(inspect(error)).not.toContain('in-the-address')
})
