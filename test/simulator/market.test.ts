import { describe, expect, test } from 'vitest'

import type { ListingCommand } from '../../src/simulator/collections/listings.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts'
import { get, keysWhere, NOW } from './spark-request.ts'

const STAMP = '2026-05-02T14:03:09Z'

function start(options: SimulatorOptions = {}): Promise<SimulatorServer> {
  return startSimulator({ listings: 200, clock: () => NOW, ...options })
}

/** Names of the fields that the command changed, by key. */
function changes(simulator: Simulator, command: ListingCommand): Map<string, string[]> {
  const before = simulator.truth().listings
  const { keys } = simulator.listings.apply(command)
  const after = simulator.truth().listings
  return new Map(
    keys.map((key) => {
      const [old = {}, current = {}] = [before.get(key), after.get(key)]
      const names = Object.keys({ ...old, ...current })
      return [
        key,
        names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(current[name])).toSorted(),
      ]
    }),
  )
}

describe('the market is deterministic', () => {
  const commands: ListingCommand[] = [
    { action: 'prices', count: 5 },
    { action: 'new', count: 2 },
    { action: 'remove', count: 3 },
    { action: 'status', count: 4 },
    { action: 'return', count: 1 },
  ]

  async function story(seed: number): Promise<string[]> {
    await using server = await start({ seed })
    const { simulator } = server
    for (const command of commands) simulator.listings.apply(command)
    return [...simulator.truthLines()]
  }

  test('the same seed tells the same story, another seed another', async () => {
    expect(await story(3)).toEqual(await story(3))
    expect(await story(3)).not.toEqual(await story(4))
  })

  test('the clock at the start does not matter to what is generated', async () => {
    await using one = await start()
    await using other = await start({ clock: () => NOW + 1000 })
    expect([...one.simulator.truthLines()]).toEqual([...other.simulator.truthLines()])
  })
})

describe('a command', () => {
  test('prices: price, stamps and nothing else', async () => {
    await using server = await start()
    const { simulator } = server
    for (const names of changes(simulator, { action: 'prices', count: 20 }).values()) {
      expect(names).toEqual(
        expect.arrayContaining(['ListPrice', 'ModificationTimestamp', 'PriceChangeTimestamp']),
      )
      expect(names.filter((name) => !/Price|Timestamp|MajorChangeType/.test(name))).toEqual([])
    }
  })

  test.each(['touch', 'bulk-touch'] as const)('%s: only ModificationTimestamp (R5)', async (action) => {
    await using server = await start()
    const { simulator } = server
    const changed = changes(simulator, { action, count: 20 })
    expect([...changed.values()]).toEqual(Array.from({ length: 20 }, () => ['ModificationTimestamp']))
    expect(await keysWhere(server, `ModificationTimestamp Eq ${STAMP}`)).toEqual(
      [...changed.keys()].toSorted(),
    )
  })

  test('bulk-edit: every listing under one stamp', async () => {
    await using server = await start()
    const { simulator } = server
    const changed = changes(simulator, { action: 'bulk-edit' })
    expect(changed.size).toBe(200)
    expect(new Set([...changed.values()].flat())).toEqual(new Set(['Disclaimer', 'ModificationTimestamp']))
  })

  test('status: Active, Pending, Closed with price and date', async () => {
    await using server = await start()
    const { simulator } = server
    const [key = ''] = await keysWhere(server, "StandardStatus Eq 'Active'")
    const statuses = [1, 2].map(() => {
      simulator.listings.apply({ action: 'status', keys: [key] })
      const { StandardStatus, CloseDate, ClosePrice } = simulator.truth().listings.get(key) ?? {}
      return [StandardStatus, CloseDate, typeof ClosePrice]
    })
    expect(statuses).toEqual([
      ['Pending', null, 'object'],
      ['Closed', '2026-05-02', 'number'],
    ])
  })

  test('media: photos and their stamp', async () => {
    await using server = await start()
    const { simulator } = server
    const [names] = changes(simulator, { action: 'media', part: 'photos', change: 'add' }).values()
    expect(names).toEqual(['ModificationTimestamp', 'PhotosChangeTimestamp', 'PhotosCount'])
  })

  test('new: a higher key, at the end of the walk', async () => {
    await using server = await start()
    const { simulator } = server
    const before = [...simulator.truth().listings.keys()]
    const { keys } = simulator.listings.apply({ action: 'new', count: 3 })
    expect([...simulator.truth().listings.keys()]).toEqual([...before, ...keys])
    expect(keys).toEqual(keys.toSorted())
  })

  test('remove: gone for good', async () => {
    await using server = await start()
    const { simulator } = server
    const { keys } = simulator.listings.apply({ action: 'remove', count: 2 })
    simulator.listings.apply({ action: 'return', keys })
    expect(simulator.truth().deleted).toEqual(new Set(keys))
    expect(simulator.truth().listings.size).toBe(198)
  })

  test('leave and return: back under the old key, with the old stamp', async () => {
    await using server = await start()
    const { simulator } = server
    const before = simulator.truth()
    const { keys } = simulator.listings.apply({ action: 'leave', count: 5 })
    expect(simulator.truth().deleted).toEqual(new Set(keys))
    expect(simulator.listings.apply({ action: 'return', count: 5 }).keys.toSorted()).toEqual(keys.toSorted())
    expect(simulator.truth()).toEqual(before)
  })

  test('leave of one MLS: the others stay', async () => {
    await using server = await start({ mlsCount: 2 })
    const { simulator } = server
    const [mlsId = '', other = ''] = simulator.dataShare.map(({ id }) => id)
    simulator.listings.apply({ action: 'leave', mlsId, count: 200 })
    const left = [...simulator.truth().listings.values()].map((fields) => fields['MlsId'])
    expect(new Set(left)).toEqual(new Set([other]))
  })

  test('relist: the same house under a new key', async () => {
    await using server = await start()
    const { simulator } = server
    const before = simulator.truth().listings
    const [old = '', fresh = ''] = simulator.listings.apply({ action: 'relist' }).keys
    const after = simulator.truth()
    expect(after.deleted).toEqual(new Set([old]))
    expect(after.listings.get(fresh)?.['UnparsedAddress']).toBe(before.get(old)?.['UnparsedAddress'])
    expect(fresh > [...before.keys()].toSorted().at(-1)!).toBe(true)
  })

  const stampIs = (keys: readonly string[], value: string | null): ListingCommand => ({
    action: 'set',
    keys,
    fields: { ModificationTimestamp: value },
    stamp: false,
  })
  const hidings: Readonly<Record<string, (keys: readonly string[]) => ListingCommand>> = {
    masked: (keys) => ({ action: 'mask', keys, fields: ['ModificationTimestamp'] }),
    garbled: (keys) => stampIs(keys, '05/02/2026'),
  }
  const countOf = async (server: SimulatorServer, filter: string) => {
    const { D } = await get(server, '/v1/listings', { _pagination: 'count', _filter: filter })
    return D.Pagination?.['TotalRows']
  }

  test.each(Object.keys(hidings))(
    'a %s ModificationTimestamp is counted by the stamp that is behind it (R7)',
    async (how) => {
      await using server = await startSimulator({
        listings: 10,
        clock: () => NOW,
        behaviour: { maskedStamps: 'searched' },
      })
      const { simulator } = server
      const [key = ''] = simulator.truth().listings.keys()
      const { ModificationTimestamp: stamp } = simulator.truth().listings.get(key) ?? {}
      const older = await countOf(server, `ModificationTimestamp Le ${String(stamp)}`)
      const hide = hidings[how]
      if (hide !== undefined) simulator.listings.apply(hide([key]))
      expect(simulator.truth().listings.get(key)?.['ModificationTimestamp']).not.toBe(stamp)
      expect(await countOf(server, `ModificationTimestamp Le ${String(stamp)}`)).toBe(older)
      simulator.listings.apply({ action: 'touch', keys: [key] })
      expect(await countOf(server, `ModificationTimestamp Le ${String(stamp)}`)).toBe(Number(older) - 1)
    },
  )

  test('a ModificationTimestamp that is null is in no range, and one that goes back is what it says', async () => {
    await using server = await startSimulator({ listings: 10, clock: () => NOW })
    const { simulator } = server
    const [key = ''] = simulator.truth().listings.keys()
    simulator.listings.apply(stampIs([key], null))
    expect(await countOf(server, 'ModificationTimestamp Lt 2100-01-01T00:00:00Z')).toBe(9)
    simulator.listings.apply(stampIs([key], '1999-01-01T00:00:00Z'))
    expect(await countOf(server, 'ModificationTimestamp Lt 2000-01-01T00:00:00Z')).toBe(1)
    expect(simulator.truth().listings.get(key)).toMatchObject({
      ModificationTimestamp: '1999-01-01T00:00:00Z',
    })
  })

  test('mask and unmask: ******** without a stamp, and back', async () => {
    await using server = await start()
    const { simulator } = server
    const before = simulator.truth()
    const changed = changes(simulator, { action: 'mask', fields: ['ListPrice', 'City'] })
    expect(changed.size).toBe(200)
    expect(new Set([...changed.values()].flat())).toEqual(new Set(['ListPrice', 'City']))
    expect((await get(server, '/v1/listings')).D.Results?.[0]?.StandardFields?.['ListPrice']).toBe('********')
    simulator.listings.apply({ action: 'unmask', fields: ['ListPrice', 'City'] })
    expect(simulator.truth()).toEqual(before)
  })

  test('set: any value, also one that does not fit, also an older stamp', async () => {
    await using server = await start()
    const { simulator } = server
    const [key = ''] = simulator.truth().listings.keys()
    const set = (fields: Record<string, string>, stamp?: boolean): Map<string, string[]> =>
      changes(simulator, { action: 'set', keys: [key], fields, ...(stamp === undefined ? {} : { stamp }) })
    expect(set({ YearBuilt: 'about 1900' }, false).get(key)).toEqual(['YearBuilt'])
    expect(set({ YearBuilt: 'about 1910' }).get(key)).toEqual(['ModificationTimestamp', 'YearBuilt'])
    set({ ModificationTimestamp: '2020-01-01T00:00:00Z' })
    expect(await keysWhere(server, 'ModificationTimestamp Eq 2020-01-01T00:00:00Z')).toEqual([key])
    simulator.listings.apply({ action: 'touch', keys: [key] })
    expect(await keysWhere(server, `ModificationTimestamp Eq ${STAMP}`)).toEqual([key])
  })

  test('for a listing or a field that does not exist is refused', async () => {
    await using server = await start()
    const { simulator } = server
    expect(() => simulator.listings.apply({ action: 'touch', keys: ['1'] })).toThrow(
      /There is no record 1 in listings/,
    )
    expect(() => simulator.listings.apply({ action: 'mask', fields: ['Nope'] })).toThrow(
      /There is no field Nope/,
    )
  })

  test('every kind that a trickle draws can be applied', async () => {
    await using server = await start({ seed: 5, cacheLagMs: 1000 })
    const { simulator } = server
    const actions = Array.from({ length: 300 }, (_, number) => simulator.listings.usualCommand(number))
    for (const command of actions) simulator.listings.apply(command)
    expect(new Set(actions.map(({ action }) => action)).size).toBe(8)
  })
})

describe('cache lag', () => {
  const LAG = 20 * 60_000

  test('a change becomes visible with its own stamp, up to 20 minutes later', async () => {
    let now = NOW
    await using server = await start({ cacheLagMs: LAG, clock: () => now })
    const { simulator } = server
    const { keys } = simulator.listings.apply({ action: 'touch', count: 50 })
    const visible = (): Promise<string[]> => keysWhere(server, `ModificationTimestamp Eq ${STAMP}`)
    const seen: number[] = []
    for (const minutes of [0, 5, 10, 15, 20]) {
      now = NOW + minutes * 60_000
      seen.push((await visible()).length)
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(new Set(seen).size).toBeGreaterThan(3)
    expect(await visible()).toEqual(keys.toSorted())
    expect(simulator.listings.pending).toBe(0)
  })

  test('the changes of one listing become visible in their order', async () => {
    let now = NOW
    await using server = await start({ listings: 1, cacheLagMs: LAG, clock: () => now })
    const { simulator } = server
    const [key = ''] = simulator.truth().listings.keys()
    for (let i = 0; i < 20; i += 1) {
      simulator.listings.apply({ action: 'set', keys: [key], fields: { BedsTotal: i } })
      now += 1000
    }
    const seen: number[] = []
    for (; now < NOW + LAG + 60_000; now += 20_000) {
      seen.push(Number(simulator.truth().listings.get(key)?.['BedsTotal'] ?? -1))
    }
    const changed = seen.slice(seen.indexOf(seen.find((value) => value !== seen[0]) ?? 0))
    expect(changed).toEqual(changed.toSorted((a, b) => a - b))
    expect(seen.at(-1)).toBe(19)
  })
})

test('DaysOnMarket grows by the day without a stamp', async () => {
  let now = NOW
  await using server = await start({ clock: () => now })
  const { simulator } = server
  const [key = ''] = await keysWhere(server, "StandardStatus Eq 'Active'")
  const before = simulator.truth().listings.get(key) ?? {}
  now += 3 * 86_400_000
  const after = simulator.truth().listings.get(key) ?? {}
  expect(Number(after['DaysOnMarket'])).toBe(Number(before['DaysOnMarket']) + 3)
  expect(after['ModificationTimestamp']).toBe(before['ModificationTimestamp'])
})

describe('metadata at run time', () => {
  const named = async (server: SimulatorServer): Promise<Record<string, { Type: string }>> =>
    (await get(server, '/v1/standardfields')).D.Results?.[0] as unknown as Record<string, { Type: string }>
  const values = (simulator: Simulator, name: string): unknown[] =>
    [...simulator.truth().listings.values()].map((fields) => fields[name])

  test('a field is added to metadata and listings, or to one of them (R12)', async () => {
    await using server = await start()
    const { simulator } = server
    simulator.listings.changeMetadata({ action: 'add', name: 'SolarYN', type: 'Boolean' })
    simulator.listings.changeMetadata({
      action: 'add',
      name: 'Ghost',
      type: 'Integer',
      inMetadata: false,
      nullRate: 0,
    })
    simulator.listings.changeMetadata({ action: 'add', name: 'Unserved', type: 'Integer', inListings: false })
    const fields = await named(server)
    expect(fields).toHaveProperty('SolarYN.Type', 'Boolean')
    expect(fields).not.toHaveProperty('Ghost')
    expect(fields).toHaveProperty('Unserved')
    expect(new Set(values(simulator, 'SolarYN'))).toEqual(new Set([true, false, null]))
    expect(values(simulator, 'Ghost')[0]).toBeTypeOf('number')
    expect(values(simulator, 'Unserved')[0]).toBeUndefined()
  })

  test('a field is removed', async () => {
    await using server = await start()
    const { simulator } = server
    simulator.listings.changeMetadata({ action: 'remove', name: 'City' })
    expect(await named(server)).not.toHaveProperty('City')
    expect(values(simulator, 'City')[0]).toBeUndefined()
  })

  test('a field gets another type and values of it', async () => {
    await using server = await start()
    const { simulator } = server
    simulator.listings.changeMetadata({ action: 'retype', name: 'YearBuilt', type: 'Character' })
    expect(await named(server)).toHaveProperty('YearBuilt.Type', 'Character')
    expect(values(simulator, 'YearBuilt').filter((value) => typeof value === 'number')).toEqual([])
  })

  test('a field is renamed and keeps its values', async () => {
    await using server = await start()
    const { simulator } = server
    const before = values(simulator, 'BedsTotal')
    simulator.listings.changeMetadata({ action: 'rename', name: 'BedsTotal', to: 'BedroomsTotal' })
    expect(await named(server)).toHaveProperty('BedroomsTotal')
    expect(values(simulator, 'BedroomsTotal')).toEqual(before)
    expect(values(simulator, 'BedsTotal')[0]).toBeUndefined()
  })

  test('a custom field is added to its group', async () => {
    await using server = await start()
    const { simulator } = server
    simulator.listings.changeMetadata({
      action: 'add',
      custom: true,
      group: 'Pond',
      name: 'Depth',
      type: 'Decimal',
    })
    expect((await get(server, '/v1/customfields')).D.Results?.[0]).toHaveProperty('Pond.Fields.Depth')
    expect([...simulator.truthLines(new Set(['CustomFieldsRaw']))].join('')).toContain('{"Pond":[{"Depth":')
  })
})
