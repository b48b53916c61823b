import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { expect, test } from 'vitest'

import { topicNames } from '../../src/feed/topic-names.ts'
import { committedEvents } from '../fixtures/topic-events.ts'
import { readTopic } from '../fixtures/read-topic.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const SECRET = 'secret-that-no-log-shows'
const PATIENCE = { timeout: 60_000, interval: 100 }

interface Notified {
  readonly id: string
  readonly data: { readonly kind: string; readonly resource: string; readonly message: string }
}

/** The first request finds it busy. */
async function webhook() {
  const notified: Notified[] = []
  let asked = 0
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked += 1
      if (asked === 1) return response.writeHead(503).end()
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers
      const expected = createHmac('sha256', SECRET).update([id, at, body].join('.')).digest('base64')
      if (signature !== `v1,${expected}`) return response.writeHead(401).end()
      notified.push(JSON.parse(body) as Notified)
      return response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/token-in-the-address`
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url, notified, [Symbol.asyncDispose]: close }
}

test('what the guard holds comes to the webhook, signed, and to the topic control; its end, too; no log shows secret or address (R10, R15)', async () => {
  await using hook = await webhook()
  await using feed = await LiveFeed.open({ simulator: { listings: 40, seed: 91 } })
  const settings = {
    WEBHOOK_URL: hook.url,
    WEBHOOK_SECRET: SECRET,
    UPDATE_INTERVAL: '1d',
    PURGE_INTERVAL: '1d',
  }
  await using daemon = await LiveDaemon.start(feed, settings)
  const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
  await expect.poll(() => daemon.metric(updated), PATIENCE).toBe(1)
  feed.simulator.listings.apply({ action: 'remove', count: 25 })
  expect((await feed.run(['purge'])).code).toBe(3)
  await expect
    .poll(() => hook.notified, PATIENCE)
    .toMatchObject([
      { data: { kind: 'held', resource: 'listings', message: expect.stringContaining('25 deletes') } },
    ])
  const { hold } = JSON.parse((await feed.run(['purge', 'show', '--json'])).stdout) as {
    hold: { sweep: string }
  }
  await feed.done('purge', 'reject', hold.sweep)
  await expect.poll(() => hook.notified.map(({ data }) => data.kind), PATIENCE).toEqual(['held', 'recovered'])
  const [held, over] = hook.notified
  expect(over?.data).toMatchObject({
    recovers: { id: held?.id, kind: 'held', resource: 'listings', pass: 'purge' },
  })
  expect(await daemon.metric('listingstream_notifications_total{kind="held",result="sent"}')).toBe(1)

  const { control } = topicNames(feed.settings['TOPIC_PREFIX'] ?? '')
  const signal = AbortSignal.timeout(60_000)
  const published = async () =>
    (await committedEvents(control, signal)).filter(({ type }) => type === 'FeedNotification')
  await expect.poll(async () => (await published()).length, PATIENCE).toBe(2)
  const events = await published()
  expect(events.map(({ key, eventId }) => [key, eventId])).toEqual(hook.notified.map(({ id }) => [id, id]))
  expect(events.map(({ value }) => (value as { kind: string }).kind)).toEqual(['HELD', 'RECOVERED'])
  const records = await readTopic(control, { atLeast: 2 }, signal)
  const record = records.find(({ key }) => key?.toString() === hook.notified[0]?.id)
  expect(Object.entries(record?.headers ?? {}).map(([name, value]) => [name, value?.toString()])).toEqual(
    expect.arrayContaining([
      ['ce_specversion', '1.0'],
      ['ce_type', 'listingstream.FeedNotification'],
      ['content-type', 'application/avro'],
    ]),
  )
  // Subscribers and operators read the topic as ever.
  expect(await feed.done('status')).toContain('Held deletes  none')
  const { stderr } = await daemon.process.kill('SIGTERM')
  expect(stderr).not.toContain(SECRET)
  expect(stderr).not.toContain('token-in-the-address')
}, 240_000)

test('a webhook without a secret is refused at the start, as is a secret that could be guessed', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 92 } })
  const lonely = await feed.run(['run'], { WEBHOOK_URL: 'https://hooks.example.org/a-token' })
  expect(lonely).toMatchObject({ code: 2 })
  expect(lonely.stderr).toMatch(/WEBHOOK_SECRET: This is required with WEBHOOK_URL/)
  expect(lonely.stderr).not.toContain('a-token')
  const short = await feed.run(['run'], { WEBHOOK_URL: 'https://hooks.example.org', WEBHOOK_SECRET: 'short' })
  expect(short).toMatchObject({ code: 2 })
  expect(short.stderr).toContain('WEBHOOK_SECRET: The secret is shorter than 16 characters')
}, 60_000)
