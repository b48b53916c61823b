import { createHash } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import listings from '../../src/simulator/collections/listings.ts'
import { foundCollections } from '../../src/simulator/found-collections.ts'
import type { Collection } from '../../src/simulator/records/define-collection.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { BOATS, TOURS } from './invented-collections.ts'
import { get, keysOf, NOW, request, walk } from './spark-request.ts'

const HOUR_MS = 3_600_000

function start(options: SimulatorOptions = {}): Promise<SimulatorServer> {
  return startSimulator({ listings: 40, collections: [BOATS, TOURS], clock: () => NOW, ...options })
}

function truth({ simulator }: SimulatorServer, name: string) {
  return simulator.collection(name)?.truth() ?? new Map<string, Readonly<Record<string, unknown>>>()
}

async function command(server: SimulatorServer, path: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${server.url}/_simulator/${path}`, init)
  return response.status === 200 ? response.json() : response.status
}

describe('a collection that is one definition', () => {
  test('is walked like listings, its fields at the top (R7)', async () => {
    await using server = await start()
    const pages = await walk(server, { _limit: '7' }, '/v1/boats')
    expect(pages.map(({ Results }) => Results?.length)).toEqual([7, 7, 6, 0])
    const rows = pages.flatMap(({ Results = [] }) => Results)
    expect(new Map(rows.map((row) => [row.Id, row]))).toEqual(truth(server, 'boats'))
    expect(rows[0]).toMatchObject({
      Id: expect.stringMatching(/^\d{26}$/),
      ResourceUri: `/v1/boats/${rows[0]?.Id}`,
      Owners: [{ Name: 'Owner 1', Shares: [{ Percent: 100 }] }],
      ModificationTimestamp: expect.stringMatching(/Z$/),
    })
    expect(rows[0]).not.toHaveProperty('StandardFields')
    expect(rows[0]).not.toHaveProperty('DisplayCompliance')
  })

  test('has keys of its own, and names those of another collection', async () => {
    await using server = await start()
    const keys = new Set(server.simulator.truth().listings.keys())
    const boats = [...truth(server, 'boats')]
    expect(boats.filter(([key]) => keys.has(key))).toEqual([])
    expect(boats.filter(([, { ListingKey }]) => !keys.has(String(ListingKey)))).toEqual([])
  })

  test.each([
    [0, 0],
    [1, 1],
    [5, 3],
  ])('begins in proportion to the listings: %i, %i', (count, boats) => {
    const simulator = new Simulator({ listings: count, collections: [BOATS], clock: () => NOW })
    expect(simulator.collection('boats')?.truth().size).toBe(boats)
    const keys = [...(simulator.collection('boats')?.truth().keys() ?? [])]
    expect(keys.every((key) => key < '2026')).toBe(true)
  })

  test('is filtered, sorted, counted and selected by its own fields', async () => {
    await using server = await start()
    const boats = [...truth(server, 'boats')]
    const [first = '', second = ''] = boats.map(([key]) => key)
    const inHarbour = boats.filter(([, { Harbour }]) => Harbour === 'Björkö').map(([key]) => key)
    const filtered = await get(server, '/v1/boats', { _filter: "Harbour Eq 'Björkö'", _limit: '200' })
    expect(keysOf([filtered.D])).toEqual(inHarbour)
    expect(inHarbour.length).toBeGreaterThan(0)

    const byKey = await get(server, '/v1/boats', { _filter: `Id Eq '${second}','${first}','1'` })
    expect(keysOf([byKey.D])).toEqual([first, second])
    const counted = await get(server, '/v1/boats', { _pagination: 'count' })
    expect(counted.D.Pagination).toMatchObject({ TotalRows: 20 })
    const selected = await get(server, '/v1/boats', { _select: 'Refits', _orderby: '-Refits', _limit: '2' })
    expect(selected.D.Results?.map((row) => Object.keys(row).toSorted())).toEqual([
      ['Id', 'Refits', 'ResourceUri'],
      ['Id', 'Refits', 'ResourceUri'],
    ])
    for (const field of ['Owners', 'City']) {
      const { status, D } = await get(server, '/v1/boats', { _filter: `${field} Eq 'x'` })
      expect([status, D.Code]).toEqual([400, 1040])
    }
  })

  test('takes its own _limit and no more', async () => {
    await using server = await start()
    expect((await get(server, '/v1/boats', { _limit: '200' })).status).toBe(200)
    const { status, D } = await get(server, '/v1/boats', { _limit: '201' })
    expect([status, D.Code]).toEqual([400, 1053])
    server.simulator.configure({ role: 'regular' })
    expect((await get(server, '/v1/boats', { _limit: '26' })).status).toBe(400)
  })

  test('shows one record, 404 for one that is gone, 403 for one that is forbidden (R9)', async () => {
    await using server = await start()
    const { simulator } = server
    const [[there = '', fields] = [], [gone = ''] = [], [forbidden = ''] = []] = truth(server, 'boats')
    simulator.collection('boats')?.obey({ action: 'remove', keys: [gone] })
    simulator.configure({ forbiddenKeys: [forbidden] })
    expect((await get(server, `/v1/boats/${there}`)).D.Results).toEqual([fields])
    expect(await get(server, `/v1/boats/${gone}`)).toMatchObject({ status: 404, D: { Code: 404 } })
    expect(await get(server, `/v1/boats/${forbidden}`)).toMatchObject({ status: 403, D: { Code: 1500 } })
    const put = await request(server, `/v1/boats/${there}`, { method: 'PUT' })
    expect(put.status).toBe(405)
  })

  test('is driven from outside under its name', async () => {
    await using server = await start()
    const { keys } = (await command(server, 'market/boats', { action: 'refit', count: 3 })) as {
      keys: string[]
    }
    expect(keys).toHaveLength(3)
    await command(server, 'market/boats', { action: 'remove', keys })
    await command(server, 'metadata/boats', { action: 'add', name: 'Sails', type: 'Integer', nullRate: 0 })
    expect(await command(server, 'deleted/boats')).toEqual(keys.toSorted())
    const lines = (await (await fetch(`${server.url}/_simulator/truth/boats`)).text()).trimEnd().split('\n')
    const told = lines.map((line) => JSON.parse(line) as { Id: string; Sails: number })
    expect(new Map(told.map((boat) => [boat.Id, boat]))).toEqual(truth(server, 'boats'))
    expect(told).toHaveLength(17)
    expect(told.every(({ Sails }) => Number.isInteger(Sails))).toBe(true)
    expect((await get(server, '/v1/standardfields')).D.Results?.[0]).not.toHaveProperty('Sails')
  })

  test.each([
    ['market/boats', { action: 'prices' }, 400],
    ['market/boats', { action: 'start', ratePerMinute: 1 }, 400],
    ['market/ships', { action: 'touch' }, 404],
    ['truth/ships', undefined, 404],
    ['clock/boats', { advanceMs: 1 }, 404],
    ['market/boats/1', { action: 'touch' }, 404],
  ])('a mistake at %s is told: %j', async (path, body, status) => {
    await using server = await start()
    expect(await command(server, path, body)).toBe(status)
  })

  test.each(['truth', 'deleted'])(
    'a collection that is not there is told with those that are: %s',
    async (word) => {
      await using server = await start()
      const response = await fetch(`${server.url}/_simulator/${word}/ships`)
      const names = server.simulator.collections.map(({ name }) => name).join(', ')
      expect(await response.json()).toEqual({ error: `There is no collection ships; there are ${names}.` })
      expect(names).toMatch(/^listings, .*boats, tours/)
    },
  )

  test('changes by itself, less often than listings', async () => {
    await using server = await start()
    const { simulator } = server
    const before = { listings: simulator.listings.revision, boats: simulator.collection('boats')?.revision }
    simulator.start(60_000)
    await expect.poll(() => simulator.listings.revision).toBeGreaterThan(before.listings + 12)
    await simulator.stop()
    const boats = (simulator.collection('boats')?.revision ?? 0) - (before.boats ?? 0)
    expect(boats).toBeGreaterThan(2)
    expect(boats).toBeLessThan((simulator.listings.revision - before.listings) / 2)
  })

  test('hides its changes for a while where the source lags (R4)', async () => {
    let now = NOW
    await using server = await start({ clock: () => now, cacheLagMs: HOUR_MS })
    const before = truth(server, 'boats')
    server.simulator.collection('boats')?.obey({ action: 'refit', count: 20 })
    expect(truth(server, 'boats')).toEqual(before)
    now += HOUR_MS
    const stamps = [...truth(server, 'boats').values()].map((boat) => boat['ModificationTimestamp'])
    expect(new Set(stamps)).toEqual(new Set(['2026-05-02T14:03:09Z']))
  })

  test('meets the faults that are meant for its path', async () => {
    await using server = await start()
    server.simulator.faults.add({ fault: { kind: 'empty-page' }, path: '/v1/boats', nth: 2 })
    const pages = await walk(server, { _limit: '7' }, '/v1/boats')
    expect(pages.map(({ Results }) => Results?.length)).toEqual([7, 0, 7, 6, 0])
  })

  test('shows masked, garbled and missing stamps, and a change without one (R7, R12)', async () => {
    await using server = await start()
    const boats = server.simulator.collection('boats')
    const [[key = '', { ModificationTimestamp: stamp } = {}] = []] = truth(server, 'boats')
    const fields = { Harbour: 7 }
    boats?.obey({ action: 'set', keys: [key], fields, stamp: false })
    expect(truth(server, 'boats').get(key)).toMatchObject({ Harbour: 7, ModificationTimestamp: stamp })
    const count = async (): Promise<number | undefined> => {
      const filter = 'ModificationTimestamp Gt 2000-01-01T00:00:00Z'
      const { D } = await get(server, '/v1/boats', { _pagination: 'count', _filter: filter })
      return D.Pagination?.['TotalRows']
    }
    expect(await count()).toBe(20)
    for (const value of ['yesterday', null, '1999-12-31T00:00:00Z']) {
      boats?.obey({ action: 'set', keys: [key], fields: { ModificationTimestamp: value }, stamp: false })
      expect(truth(server, 'boats').get(key)).toMatchObject({ ModificationTimestamp: value })
      expect(await count()).toBe(19)
    }
    boats?.obey({ action: 'mask', keys: [key], fields: ['Owners'] })
    expect(truth(server, 'boats').get(key)).toMatchObject({ Owners: '********' })
  })
})

describe('a collection without a stamp', () => {
  test('loses its records by time passing alone, for good (R9)', async () => {
    let now = NOW
    await using server = await start({ clock: () => now })
    const tours = server.simulator.collection('tours')
    const keys = [...truth(server, 'tours').keys()]
    const { revision } = server.simulator
    now += 2.5 * HOUR_MS
    expect([...truth(server, 'tours').keys()]).toEqual(keys.slice(2))
    expect(server.simulator.revision).toBeGreaterThan(revision)
    expect(tours?.gone).toEqual(keys.slice(0, 2))
    tours?.obey({ action: 'return', keys: keys.slice(0, 2) })
    expect(truth(server, 'tours').size).toBe(18)
    now += 24 * HOUR_MS
    expect((await get(server, '/v1/tours')).D.Results).toEqual([])
  })

  test('does not show what was over before it became visible', async () => {
    let now = NOW
    await using server = await start({ clock: () => now, cacheLagMs: 2_000 * HOUR_MS })
    const [key = ''] = server.simulator.collection('tours')?.obey({ action: 'new' }).keys ?? []
    now += 2_000 * HOUR_MS
    expect(truth(server, 'tours').has(key)).toBe(false)
    expect((await get(server, `/v1/tours/${key}`)).status).toBe(404)
  })

  test('has a touch that nothing shows', async () => {
    await using server = await start()
    const before = truth(server, 'tours')
    server.simulator.collection('tours')?.obey({ action: 'bulk-touch' })
    expect(truth(server, 'tours')).toEqual(before)
  })
})

describe('the collections of the simulator', () => {
  test('are the files of collections/, listings among them', async () => {
    const found = await foundCollections()
    expect(found).toContain(listings)
    await using server = await startSimulator({ listings: 1 })
    expect(server.simulator.collections.map(({ name }) => name).toSorted()).toEqual(
      found.map(({ name }) => name).toSorted(),
    )
  })

  test('have each a name and a path of its own', () => {
    const twice = (other: Collection) => () => new Simulator({ listings: 1, collections: [BOATS, other] })
    expect(twice(BOATS)).toThrow(/same name/)
  })

  test('leave the listings of a seed and what happens to them as they are', async () => {
    const story = (simulator: Simulator): string => {
      for (let number = 0; number < 200; number += 1) {
        for (const collection of simulator.collections) collection.tick(number)
      }
      return createHash('sha256')
        .update([...simulator.truthLines(new Set(['CustomFieldsRaw']))].join('\n'))
        .digest('hex')
    }
    const options = { listings: 300, clock: () => NOW }
    // Also the counts that README.md and `make demo` tell of hang on it.
    const known = '24c1132527a8e28e2b7c899eb868a9aca294f086c8878bf7a7b22f98dd3079c0'
    expect(story(new Simulator(options))).toBe(known)
    expect(story(new Simulator({ ...options, collections: [BOATS, TOURS] }))).toBe(known)
  })
})
