/** The vendor's two pages, "Spark API Replication" and "Conditional GET Requests", example by example. */
import { describe, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { get, keysOf, NOW, request, walk } from './spark-request.ts'

const TWENTY_MINUTES = 20 * 60_000

describe('Replication', () => {
  test('the initial download pages through all listings, ordered by ListingKey', async () => {
    await using server = await startSimulator({ listings: 2345, clock: () => NOW })
    const { simulator } = server
    const pages = await walk(server, { _limit: '1000' })
    const keys = keysOf(pages)
    expect(new Set(keys)).toEqual(new Set(simulator.truth().listings.keys()))
    expect(keys).toEqual(keys.toSorted())
    expect(keys).toHaveLength(2345)
  })

  test('_select may be added to the initial download', async () => {
    await using server = await startSimulator({ listings: 20, clock: () => NOW })
    const [page] = await walk(server, { _limit: '1000', _select: 'City,ListPrice' })
    for (const row of page?.Results ?? []) {
      expect(Object.keys(row.StandardFields ?? {}).toSorted()).toEqual(['City', 'ListPrice'])
      expect(row.Id).toMatch(/^\d{26}$/)
    }
  })

  test('an update asks for ModificationTimestamp Gt the last retrieval less 20 minutes', async () => {
    let now = NOW
    await using server = await startSimulator({
      listings: 300,
      cacheLagMs: TWENTY_MINUTES,
      clock: () => now,
    })
    const { simulator } = server
    const since = new Date(now - TWENTY_MINUTES).toISOString()
    const { keys } = simulator.listings.apply({ action: 'prices', count: 25 })
    now += TWENTY_MINUTES
    const pages = await walk(server, { _limit: '10', _filter: `ModificationTimestamp Gt ${since}` })
    expect(keysOf(pages)).toEqual(keys.toSorted())
  })

  test.each(['Id', 'ListingKey'])('a purge compares the keys of a walk with _select=%s', async (select) => {
    await using server = await startSimulator({ listings: 300, clock: () => NOW })
    const { simulator } = server
    const before = keysOf(await walk(server, { _limit: '100' }))
    const removed = simulator.listings.apply({ action: 'remove', count: 7 }).keys
    const after = new Set(keysOf(await walk(server, { _limit: '100', _select: select })))
    expect(before.filter((key) => !after.has(key))).toEqual(removed.toSorted())
  })

  test.each([
    ['/v1/listings', 1000],
    ['/v1/accounts', 1000],
    ['/v1/openhouses', 200],
    ['/v1/contacts', 200],
  ])('%s takes a _limit of %i and refuses one more', async (path, limit) => {
    await using server = await startSimulator({ listings: 1200, clock: () => NOW })
    expect((await get(server, path, { _limit: String(limit) })).status).toBe(200)
    const { status, D } = await get(server, path, { _limit: String(limit + 1) })
    expect([status, D.Success, D.Code]).toEqual([400, false, 1053])
  })

  test('CustomFieldsRaw is available when retrieving multiple records', async () => {
    await using server = await startSimulator({ listings: 20, clock: () => NOW })
    const plain = await get(server, '/v1/listings')
    expect(plain.D.Results?.every((row) => !('CustomFields' in row))).toBe(true)
    const { D } = await get(server, '/v1/listings', { _expand: 'CustomFieldsRaw' })
    expect(D.Results).toHaveLength(10)
    for (const row of D.Results ?? []) {
      expect(row['CustomFields']).toEqual([{ Main: expect.any(Array), Details: expect.any(Array) }])
    }
  })
})

describe.each(['/v1/standardfields', '/v1/customfields', '/v1/propertytypes'])(
  'Conditional GET of %s',
  (path) => {
    test('a reply with a body has ETag, Last-Modified and Date', async () => {
      await using server = await startSimulator({ listings: 1, clock: () => NOW })
      const response = await request(server, path, { headers: { Authorization: 'OAuth simulator-token' } })
      expect(response.status).toBe(200)
      expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
      expect(response.headers.get('last-modified')).toMatch(
        /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
      )
      expect(response.headers.get('date')).toBe('Sat, 02 May 2026 14:03:09 GMT')
      const { D } = (await response.json()) as { D: { LastUpdated: string } }
      expect(Date.parse(D.LastUpdated)).toBe(Date.parse(response.headers.get('last-modified') ?? ''))
    })

    test.each([
      ['If-None-Match', 'etag'],
      ['If-Modified-Since', 'last-modified'],
    ])('%s gives 304, an empty body and the ETag while nothing changed', async (condition, from) => {
      await using server = await startSimulator({ listings: 1, clock: () => NOW })
      const first = await request(server, path)
      await first.arrayBuffer()
      const second = await request(server, path, {
        headers: { [condition]: first.headers.get(from) ?? '' },
      })
      expect(second.status).toBe(304)
      expect(await second.text()).toBe('')
      expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
      expect(second.headers.get('last-modified')).toBeNull()
    })
  },
)

test.each([
  ['If-None-Match', 'etag'],
  ['If-Modified-Since', 'last-modified'],
])('%s gives a body once the fields have changed', async (condition, from) => {
  await using server = await startSimulator({ listings: 1, clock: () => NOW })
  const { simulator } = server
  const first = await request(server, '/v1/standardfields')
  await first.arrayBuffer()
  simulator.listings.changeMetadata({ action: 'add', name: 'SolarYN', type: 'Boolean' })
  const headers = { [condition]: first.headers.get(from) ?? '' }
  const second = await request(server, '/v1/standardfields', { headers })
  expect(second.status).toBe(200)
  expect(await second.text()).toContain('SolarYN')
  expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'))
})
