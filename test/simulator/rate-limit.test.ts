import { expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { control, NOW, request } from './spark-request.ts'

const MINUTE = 60_000

test('a key has so many requests in any five minutes, and 429/1550 beyond them', async () => {
  let now = NOW
  await using server = await startSimulator({
    listings: 1,
    clock: () => now,
    behaviour: { rateLimit: 3 },
  })
  const ask = (): Promise<Response> => request(server, '/v1/system')
  await ask()
  now += 4 * MINUTE
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
  const refused = await ask()
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, false])
  expect(await refused.json()).toMatchObject({ D: { Success: false, Code: 1550 } })
  // The first request is five minutes old, the others are one: there is room for one.
  now += MINUTE
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 429])
})

test('Retry-After tells the second from which on a request is let through', async () => {
  let now = NOW
  await using server = await startSimulator({
    listings: 1,
    clock: () => now,
    behaviour: { rateLimit: 1, retryAfterSent: true },
  })
  await request(server, '/v1/system')
  now += 1500
  const { status, headers } = await request(server, '/v1/system')
  expect([status, headers.get('retry-after')]).toEqual([429, '299'])
  now += 298_000
  expect((await request(server, '/v1/system')).status).toBe(429)
  now += 1000
  expect((await request(server, '/v1/system')).status).toBe(200)
})

test('each key has a limit of its own, and its own count of answers', async () => {
  await using server = await startSimulator({ listings: 1, clock: () => NOW })
  const second = { headers: { Authorization: 'Bearer second-token' } }
  expect((await request(server, '/v1/system', second)).status).toBe(401)
  expect(await control(server, 'POST', 'keys', { key: 'second', accessToken: 'second-token' })).toEqual({
    status: 200,
    body: {},
  })
  await control(server, 'POST', 'behaviour', { rateLimit: 2 })
  for (let i = 0; i < 3; i += 1) await request(server, '/v1/listings')
  expect((await request(server, '/v1/listings', second)).status).toBe(200)
  expect(await control(server, 'GET', 'requests')).toMatchObject({
    body: {
      byKey: { 'simulator-key': { 200: 2, 429: 1 }, second: { 200: 1 }, unknown: { 401: 1 } },
      byPath: { '/v1/listings': { 200: 3, 429: 1 }, '/v1/system': { 401: 1 } },
    },
  })
})

test('a fault waits for a request that is let through', async () => {
  await using server = await startSimulator({
    listings: 1,
    clock: () => NOW,
    behaviour: { rateLimit: 1 },
  })
  const { simulator } = server
  await request(server, '/v1/system')
  simulator.faults.add({ fault: { kind: 'status', status: 503 } })
  expect((await request(server, '/v1/system')).status).toBe(429)
  simulator.advanceClock(5 * MINUTE)
  expect((await request(server, '/v1/system')).status).toBe(503)
})

test.each([{ key: 'simulator-key' }, { accessToken: 'simulator-token' }])(
  'a key with the name or the token of another is refused: %j',
  async (clash) => {
    await using server = await startSimulator({ listings: 1 })
    const body = { key: 'second', accessToken: 'second-token', ...clash }
    expect(await control(server, 'POST', 'keys', body)).toMatchObject({ status: 400 })
  },
)
