import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'

import { startKafkaProxy } from '../fixtures/kafka-proxy.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const PATIENCE = { timeout: 90_000, interval: 100 }
const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
const failed = 'listingstream_passes_total{resource="listings",pass="update",state="failed"}'
const succeededAt = 'listingstream_pass_last_success_timestamp_seconds{resource="listings",pass="update"}'

interface Line {
  readonly level: string
  readonly msg: string
  readonly service?: string
  readonly err?: { readonly code: string }
  readonly retryInMs?: number | null
}

function lines(daemon: LiveDaemon): readonly Line[] {
  const whole = daemon.process.stderr.split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line) as Line)
}

function toldOf(daemon: LiveDaemon, service: string): readonly string[] {
  return lines(daemon)
    .filter((line) => line.service === service)
    .map(({ level }) => level)
}

test('an API that is down is told by one warning at its first failed try and one line when it is over; after 30 s /readyz says so', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 91 } })
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1s', PURGE_INTERVAL: '1d' })
  await expect.poll(() => daemon.metric(updated), PATIENCE).toBeGreaterThan(1)
  expect(await daemon.metric('listingstream_ready')).toBe(1)
  const before = await daemon.metric(succeededAt)
  expect(Math.abs(Date.now() / 1000 - before)).toBeLessThan(60)

  feed.simulator.faults.add({ times: null, fault: { kind: 'status', status: 503, code: 1510 } })
  await expect.poll(() => toldOf(daemon, 'spark-api'), PATIENCE).toEqual(['warn'])
  expect(lines(daemon).find(({ service }) => service === 'spark-api')).toMatchObject({
    err: { code: 'SPARK_UNAVAILABLE' },
    retryInMs: expect.any(Number),
  })
  // The pauses between tries are random: the pass may be parked, and told of, before the outage has lasted.
  await expect
    .poll(async () => (await daemon.get('/readyz')).text, PATIENCE)
    .toMatch(/"code":"SPARK_UNAVAILABLE"[^{}]*"service":"spark-api"/)
  expect((await daemon.get('/readyz')).status).toBe(503)
  expect(await daemon.metric('listingstream_ready')).toBe(0)
  expect(toldOf(daemon, 'spark-api')).toEqual(['warn'])

  feed.simulator.faults.clear()
  await expect.poll(() => toldOf(daemon, 'spark-api'), PATIENCE).toEqual(['warn', 'info'])
  await expect.poll(async () => (await daemon.get('/readyz')).status, PATIENCE).toBe(200)
  await expect.poll(() => daemon.metric(succeededAt), PATIENCE).toBeGreaterThan(before)
}, 240_000)

test('a broker that is cut off is told by one warning within seconds and one line when it is over, also while nothing changes', async () => {
  const [address = ''] = testStack().brokers
  await using proxy = await startKafkaProxy(address)
  await using feed = await LiveFeed.open({
    simulator: { listings: 20, seed: 92 },
    settings: { KAFKA_BROKERS: proxy.broker },
  })
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  await expect.poll(() => daemon.metric(updated), PATIENCE).toBe(1)
  await expect.poll(async () => (await daemon.get('/readyz')).status, PATIENCE).toBe(200)
  // On a busy machine a connection may have taken too long before.
  const earlier = toldOf(daemon, 'kafka').length
  const told = () => toldOf(daemon, 'kafka').slice(earlier)

  proxy.judge = () => 'cut'
  await expect.poll(told, { timeout: 20_000, interval: 100 }).toEqual(['warn'])
  await expect.poll(async () => (await daemon.get('/readyz')).status, PATIENCE).toBe(503)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({
    reasons: [{ code: 'KAFKA_UNREACHABLE', service: 'kafka' }],
  })
  expect(told()).toEqual(['warn'])
  proxy.judge = () => 'pass'
  await expect.poll(told, PATIENCE).toEqual(['warn', 'info'])
  await expect.poll(async () => (await daemon.get('/readyz')).status, PATIENCE).toBe(200)
}, 240_000)

test('a start without the registry warns at once, counts its parked tries as failures, and knows the last success after a restart', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 93 } })
  await using registry = await startTcpProxy(testStack().registryUrl)
  const settings = { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d', SCHEMA_REGISTRY_URL: registry.url }
  let succeeded: number
  {
    await using daemon = await LiveDaemon.start(feed, settings)
    await expect.poll(() => daemon.metric(updated), PATIENCE).toBe(1)
    succeeded = await daemon.metric(succeededAt)
    expect(await daemon.process.kill('SIGTERM')).toMatchObject({ code: 0 })
  }
  registry.cut = true
  const refused = { kind: 'status', status: 401, code: 1000 } as const
  feed.simulator.faults.add({ times: null, path: '/v1/listings', fault: refused })
  await using waiting = feed.start(['run'], { ...settings, UPDATE_INTERVAL: '1s' })
  await waiting.logged('"service":"registry"', AbortSignal.timeout(60_000))
  registry.cut = false
  await waiting.logged('answers again', AbortSignal.timeout(60_000))
  await using daemon = await LiveDaemon.attach(feed, waiting)
  // It has done no update of its own, and knows the last one of the process before.
  expect(Math.abs((await daemon.metric(succeededAt)) - succeeded)).toBeLessThan(2)

  const parked = 'listingstream_parked{resource="listings",pass="update",code="SPARK_UNAUTHORIZED"}'
  await expect.poll(() => daemon.metric(parked), PATIENCE).toBe(1)
  expect(await daemon.metric(failed)).toBeGreaterThanOrEqual(1)
  const version = (await daemon.get('/metrics')).text.match(/listingstream_build_info\{(.*)\} 1/)
  expect(version?.[1]).toContain(`prefix="${feed.settings['TOPIC_PREFIX']}"`)
}, 240_000)

interface TcpProxy extends AsyncDisposable {
  readonly url: string
  /** New connections are refused a word, those there are broken. */
  cut: boolean
}

async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port, pathname } = new URL(target)
  const sockets = new Set<Socket>()
  const state = { cut: false }
  const server = createServer((client) => {
    if (state.cut) return void client.destroy()
    const upstream = connect({ host: hostname, port: Number(port) })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.once('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    get cut() {
      return state.cut
    },
    set cut(value: boolean) {
      state.cut = value
      if (value) breakAll()
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      breakAll()
      await closed
    },
  }
}
