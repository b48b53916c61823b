import { expect, test } from 'vitest'

import { simulate } from '../../src/simulator/simulate.ts'
import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { control, get, NOW, request, walk } from './spark-request.ts'

const clock = (): number => NOW

test('the truth is, line by line, what the API serves', async () => {
  await using server = await startSimulator({ listings: 250, clock })
  const { simulator } = server
  simulator.listings.apply({ action: 'remove', count: 5 })
  const text = await (await fetch(`${server.url}/_simulator/truth?_expand=CustomFieldsRaw`)).text()
  const told = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  const served = await walk(server, { _limit: '100', _expand: 'CustomFieldsRaw' })
  expect(told).toEqual(served.flatMap((page) => page.Results ?? []))
  expect(told).toHaveLength(245)
})

test('another process can drive market, faults, metadata, behaviour and clock', async () => {
  await using server = await startSimulator({ listings: 20, clock, cacheLagMs: 60_000 })
  const { simulator } = server
  const applied = await control(server, 'POST', 'market', {
    action: 'remove',
    count: 2,
    at: '2026-05-02T14:00:00Z',
  })
  const { keys } = (applied as { body: { keys: string[] } }).body
  await control(server, 'POST', 'clock', { advanceMs: 60_000 })
  expect(await (await fetch(`${server.url}/_simulator/deleted`)).json()).toEqual(keys.toSorted())

  await control(server, 'POST', 'faults', [
    { fault: { kind: 'status', status: 503, code: 1510 }, path: '/v1/system' },
  ])
  expect((await get(server, '/v1/system')).status).toBe(503)
  await control(server, 'POST', 'faults', { fault: { kind: 'hang' }, times: null })
  expect(await control(server, 'DELETE', 'faults')).toMatchObject({ status: 200 })
  expect((await get(server, '/v1/system')).status).toBe(200)

  await control(server, 'POST', 'behaviour', { endOfWalk: 'no-token' })
  expect(simulator.behaviour.endOfWalk).toBe('no-token')
  await control(server, 'POST', 'metadata', { action: 'remove', name: 'City' })
  expect(simulator.listings.catalog.find('City')).toBeUndefined()
})

test('requests are summed up by path and status, without the access token (R15)', async () => {
  await using server = await startSimulator({ listings: 20, clock })
  const { simulator } = server
  const [key] = simulator.truth().listings.keys()
  await get(server, `/v1/listings/${key}`)
  await get(server, '/v1/listings', { _limit: '1001' })
  await get(server, '/v1/listings')
  const text = await (await fetch(`${server.url}/_simulator/requests`)).text()
  expect(JSON.parse(text)).toMatchObject({
    requests: 3,
    byPath: { '/v1/listings': { '200': 1, '400': 1 }, '/v1/listings/{Id}': { '200': 1 } },
    faults: { fired: 0, waiting: 0 },
  })
  expect(text + JSON.stringify(simulator.requests.latest)).not.toContain(simulator.accessToken)
})

test.each([
  ['market', { action: 'explode' }, 400],
  ['market', { action: 'touch', keys: ['1'] }, 400],
  ['faults', { fault: { kind: 'status', status: 200 } }, 400],
  ['behaviour', { endOfWalk: 'never' }, 400],
  ['nothing', {}, 404],
])('a mistake at %s is told, and changes nothing: %j', async (path, body, status) => {
  await using server = await startSimulator({ listings: 2, clock })
  const { simulator } = server
  const { revision } = simulator.listings
  expect(await control(server, 'POST', path, body)).toMatchObject({
    status,
    body: { error: expect.any(String) },
  })
  expect([simulator.listings.revision, simulator.faults.waiting]).toEqual([revision, 0])
})

test.each([
  ['GET', 'requests?since=1', undefined],
  ['GET', 'truth?expand=CustomFieldsRaw', undefined],
  ['DELETE', 'faults', { kind: 'hang' }],
  ['POST', 'clock', { advanceMs: 1, advanceSeconds: 1 }],
  ['POST', 'keys', undefined],
  ['POST', 'metadata', { action: 'remove' }],
])('%s %s refuses what it would pass over: %j', async (method, path, body) => {
  await using server = await startSimulator({ listings: 2, clock })
  server.simulator.faults.add({ fault: { kind: 'hang' } })
  expect(await control(server, method, path, body)).toEqual({
    status: 400,
    body: { error: expect.any(String) },
  })
  expect(server.simulator.faults.waiting).toBe(1)
})

test('a trickle changes the market until it is stopped', async () => {
  await using server = await startSimulator({ listings: 50 })
  const { simulator } = server
  const { revision } = simulator.listings
  await control(server, 'POST', 'market', { action: 'start', ratePerMinute: 60_000 })
  await expect.poll(() => simulator.listings.revision).toBeGreaterThan(revision + 3)
  await control(server, 'POST', 'market', { action: 'stop' })
  const stopped = simulator.listings.revision
  await get(server, '/v1/listings')
  expect(simulator.listings.revision).toBe(stopped)
})

test('stored pages are rendered once, and anew after a change', async () => {
  await using server = await startSimulator({ listings: 20, clock, storedPages: true })
  const { simulator } = server
  const text = async (token = simulator.accessToken): Promise<string> =>
    (
      await request(server, '/v1/listings?_limit=20', { headers: { Authorization: `Bearer ${token}` } })
    ).text()
  const first = await text()
  expect(await text()).toBe(first)
  expect(JSON.parse(await text('other'))).toMatchObject({ D: { Success: false, Code: 1000 } })
  simulator.listings.apply({ action: 'prices' })
  const repriced = await text()
  expect(JSON.parse(repriced)).not.toEqual(JSON.parse(first))
  simulator.configure({ decimals: 'string' })
  expect(await text()).not.toBe(repriced)
})

test('a port that is taken is named in the error', async () => {
  await using server = await startSimulator({ listings: 1 })
  const port = Number(new URL(server.url).port)
  await expect(startSimulator({ listings: 1, port })).rejects.toMatchObject({ code: 'SIMULATOR_PORT' })
})

test('simulate prints one line with URL and token, and ends when told to', async () => {
  const stop = new AbortController()
  const lines: string[] = []
  const running = simulate(
    { listings: 5, accessToken: 'abc', ratePerMinute: 6000, write: (line) => lines.push(line) },
    stop.signal,
  )
  await expect.poll(() => lines.length).toBe(1)
  const url = /^SPARK_API_URL=(\S+) SPARK_ACCESS_TOKEN=abc\n$/.exec(lines[0] ?? '')?.[1] ?? ''
  const response = await fetch(`${url}/v1/listings`, { headers: { Authorization: 'Bearer abc' } })
  expect(response.status).toBe(200)
  await response.arrayBuffer()
  stop.abort()
  await running
  await expect(fetch(url)).rejects.toThrow(TypeError)
})
