import { describe, expect, test } from 'vitest'

import type { MediaCommand } from '../../src/simulator/collections/listings/media-change.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { get, NOW } from './spark-request.ts'

const STAMP = '2026-05-02T14:03:09Z'

function start(options: SimulatorOptions = {}): Promise<SimulatorServer> {
  return startSimulator({ listings: 200, clock: () => NOW, ...options })
}

type Rows = readonly Readonly<Record<string, unknown>>[]

function setsOf({ simulator }: SimulatorServer, path: string): ReadonlyMap<string, Rows> {
  return new Map(simulator.listings.sublistTruth(path))
}

/** Key of a listing that has some. */
function keyWith(server: SimulatorServer, path: string): string {
  const [key = ''] = [...setsOf(server, path)].find(([, rows]) => rows.length > 1) ?? []
  return key
}

async function setOf(server: SimulatorServer, key: string, path: string): Promise<Rows> {
  return (await get(server, `/v1/listings/${key}/${path}`)).D.Results ?? []
}

function fieldsOf({ simulator }: SimulatorServer, key: string): Readonly<Record<string, unknown>> {
  return simulator.truth().listings.get(key) ?? {}
}

/** Last part of the path, `_expand`, and what each row has, in order. */
const SETS = {
  photos: [
    'Photos',
    'Id ResourceUri Name Caption Primary Privacy Tags UriThumb Uri300 Uri640 Uri800 Uri1024 Uri1280 Uri1600 Uri2048 UriLarge',
  ],
  videos: ['Videos', 'Id GroupId ResourceUri Name Caption Type ObjectHtml Privacy CurrentPrivacy'],
  documents: ['Documents', 'Id ResourceUri Name Uri Privacy'],
  virtualtours: ['VirtualTours', 'Id GroupId ResourceUri Name Uri Type Privacy'],
  rooms: ['Rooms', 'Id ResourceUri Fields'],
  units: ['Units', 'Id ResourceUri Fields'],
  floorplans: ['FloorPlans', 'Id ResourceUri Name Images'],
  tourofhomes: ['TourOfHomes', 'Id ResourceUri Date StartTime EndTime Comments AdditionalInfo'],
  openhouses: [
    'OpenHouses',
    'Id ResourceUri Date StartTime EndTime OpenHouseStartTimestamp OpenHouseEndTimestamp Comments Livestream LivestreamUri LivestreamDescription LivestreamDate LivestreamStartTime LivestreamEndTime LivestreamStartTimestamp LivestreamEndTimestamp',
  ],
} as const
const NAMES = Object.keys(SETS) as (keyof typeof SETS)[]

describe.each(NAMES)('%s', (name) => {
  const [expansion, attributes] = SETS[name]

  test('are listed, come one by one, and by _expand in lists as by themselves', async () => {
    await using server = await start({ behaviour: { keyOrderSeed: null } })
    const sets = setsOf(server, name)
    const { D } = await get(server, '/v1/listings', { _limit: '200', _expand: expansion })
    for (const row of D.Results ?? []) {
      expect(row.StandardFields?.[expansion]).toEqual(sets.get(row.Id))
    }
    const [key = '', rows = []] = [...sets].find(([, set]) => set.length > 0) ?? []
    expect(await setOf(server, key, name)).toEqual(rows)
    const id = String(rows[0]?.['Id'])
    expect(Object.keys(rows[0] ?? {}).join(' ')).toBe(attributes)
    expect(rows[0]?.['ResourceUri']).toBe(`/v1/listings/${key}/${name}/${id}`)
    expect(await setOf(server, key, `${name}/${id}`)).toEqual(rows.slice(0, 1))
    expect((await get(server, `/v1/listings/${key}/${name}/1`)).status).toBe(404)
  })

  test('show what no page names, and masks, where the source does (R12)', async () => {
    const attribute = attributes.split(' ').at(-1) ?? ''
    await using server = await start({
      behaviour: { unknownPartAttributes: true, maskedPartAttributes: [attribute] },
    })
    const rows = [...setsOf(server, name).values()].flat()
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) {
      expect(row[attribute]).toBe('********')
      expect(row['SceneScores']).toEqual({ Sky: 0.25, Water: null })
    }
  })
})

describe('media with a stamp', () => {
  test.each([
    ['videos', 'VideosChangeTimestamp', 'VideosCount'],
    ['documents', 'DocumentsChangeTimestamp', 'DocumentsCount'],
  ] as const)('%s: null, a value, never null again', async (part, field, count) => {
    await using server = await start()
    const before = server.simulator.truth().listings
    const [key = ''] = [...before].find(([, fields]) => fields[field] === null) ?? []
    const emptied = [...before.values()].filter((fields) => fields[field] !== null && fields[count] === 0)
    expect(emptied.length).toBeGreaterThan(0)
    const seen = (['clear', 'add', 'edit', 'clear'] as const).map((change) => {
      server.simulator.listings.apply({ action: 'media', part, change, keys: [key] })
      const fields = fieldsOf(server, key)
      return [fields[count], fields[field]]
    })
    expect(seen).toEqual([
      [0, null],
      [1, STAMP],
      [1, STAMP],
      [0, STAMP],
    ])
    expect(await setOf(server, key, part)).toEqual([])
  })

  test.each(['floplans', 'floorplans'] as const)(
    '%s: one stamp for plans of both kinds, among all fields that a listing may have',
    async (part) => {
      await using server = await start({ fields: 'full' })
      const field = 'FloorPlansChangeTimestamp'
      const truth = server.simulator.truth().listings
      const withPlans = [...setsOf(server, part)].filter(([, rows]) => rows.length > 0)
      expect(withPlans.filter(([key]) => truth.get(key)?.[field] === null)).toEqual([])
      const [key = ''] = [...truth].find(([, fields]) => fields[field] === null) ?? []
      server.simulator.listings.apply({ action: 'media', part, change: 'add', keys: [key] })
      expect(fieldsOf(server, key)[field]).toBe(STAMP)
    },
  )

  test('the count of each listing is the size of its set', async () => {
    await using server = await start()
    const counts = {
      photos: 'PhotosCount',
      videos: 'VideosCount',
      documents: 'DocumentsCount',
      virtualtours: 'VirtualToursCount',
      'openhouses/all': 'OpenHousesCount',
    }
    server.simulator.listings.apply({ action: 'media', count: 200 })
    const truth = server.simulator.truth().listings
    for (const [path, field] of Object.entries(counts)) {
      for (const [key, rows] of setsOf(server, path)) {
        expect([key, truth.get(key)?.[field]]).toEqual([key, rows.length])
      }
    }
  })

  test('a video with privacy Automatic goes with its listing from the market, where the source hides it', async () => {
    await using server = await start({ behaviour: { automaticPrivacy: 'hides' } })
    const { simulator } = server
    const videosOf = (key: string) => setsOf(server, 'videos').get(key) ?? []
    const [key = ''] =
      [...setsOf(server, 'videos')].find(
        ([key, rows]) =>
          fieldsOf(server, key)['StandardStatus'] === 'Active' &&
          rows.some(({ Privacy }) => Privacy === 'Automatic'),
      ) ?? []
    const before = { rows: videosOf(key), stamp: fieldsOf(server, key)['VideosChangeTimestamp'] }
    simulator.listings.apply({ action: 'status', keys: [key] })
    expect(videosOf(key)).toEqual(before.rows)
    simulator.listings.apply({ action: 'status', keys: [key] })
    const rest = before.rows.filter(({ Privacy }) => Privacy !== 'Automatic')
    expect(videosOf(key)).toEqual(rest)
    expect(fieldsOf(server, key)).toMatchObject({
      VideosCount: rest.length,
      VideosChangeTimestamp: before.stamp,
    })
  })
})

describe('parts without a stamp', () => {
  const parts: readonly NonNullable<MediaCommand['part']>[] = ['virtualtours', 'rooms', 'units']

  test.each(parts)('%s: an edit moves the listing’s own stamp and nothing else', async (part) => {
    await using server = await start()
    const key = keyWith(server, part)
    const before = { fields: fieldsOf(server, key), rows: await setOf(server, key, part) }
    server.simulator.listings.apply({ action: 'media', part, change: 'edit', position: 1, keys: [key] })
    expect(fieldsOf(server, key)).toEqual({ ...before.fields, ModificationTimestamp: STAMP })
    const after = await setOf(server, key, part)
    expect(after.slice(1)).toEqual(before.rows.slice(1))
    expect(after[0]).not.toEqual(before.rows[0])
    expect(after[0]?.['Id']).toBe(before.rows[0]?.['Id'])
  })

  test('rooms and units have fields of one member each, raw ones under other names', async () => {
    await using server = await start()
    for (const part of ['rooms', 'units']) {
      const key = keyWith(server, part)
      const [labelled, raw] = [await setOf(server, key, part), await setOf(server, key, `${part}/raw`)]
      const valuesOf = (rows: Rows) => rows.map(({ Fields }) => (Fields as object[]).flatMap(Object.values))
      const namesOf = (rows: Rows) => rows.map(({ Fields }) => (Fields as object[]).flatMap(Object.keys))
      expect(valuesOf(raw)).toEqual(valuesOf(labelled))
      expect(namesOf(raw)).not.toEqual(namesOf(labelled))
      for (const value of valuesOf(labelled).flat()) expect(['string', 'object']).toContain(typeof value)
    }
  })

  test('FloPlans have whole numbers for Ids, and are expanded for a single listing alone', async () => {
    await using server = await start()
    const [key = '', rows = []] = [...setsOf(server, 'floplans')].find(([, set]) => set.length > 0) ?? []
    expect(rows[0]?.['Id']).toBeTypeOf('number')
    expect(await setOf(server, key, `floplans/${String(rows[0]?.['Id'])}`)).toEqual(rows)
    const expanded = async (path: string, params: Readonly<Record<string, string>>) =>
      (await get(server, path, { ...params, _expand: 'FloPlans' })).D.Results?.find(({ Id }) => Id === key)
        ?.StandardFields?.['FloPlans']
    expect(await expanded(`/v1/listings/${key}`, {})).toEqual(rows)
    expect(await expanded('/v1/listings', { _limit: '1', _filter: `ListingKey Eq '${key}'` })).toEqual(rows)
    expect(await expanded('/v1/listings', { _limit: '200' })).toBeUndefined()
  })

  test('the addresses of their pictures may hold for a quarter of an hour', async () => {
    await using server = await start({ behaviour: { planAddresses: 'expiring' } })
    const key = keyWith(server, 'floorplans')
    const first = await setOf(server, key, 'floorplans')
    expect(await setOf(server, key, 'floorplans')).toEqual(first)
    server.simulator.advanceClock(15 * 60_000)
    expect(await setOf(server, key, 'floorplans')).not.toEqual(first)
  })

  test('the rental calendar and permissions stand beside the standard fields, a supplement among them', async () => {
    await using server = await start()
    const key = keyWith(server, 'rentalcalendar')
    const { D } = await get(server, `/v1/listings/${key}`, {
      _expand: 'RentalCalendar,Permissions,Supplement',
    })
    const [row] = D.Results ?? []
    expect(row?.['RentalCalendar']).toEqual(await setOf(server, key, 'rentalcalendar'))
    expect(row?.['Permissions']).toHaveProperty('Editable', false)
    expect(row?.StandardFields).toHaveProperty('Supplement')
    for (const name of ['RentalCalendar', 'Permissions']) expect(row?.StandardFields).not.toHaveProperty(name)
  })

  test('the primary photo alone is a list of one, unless all photos are asked for', async () => {
    await using server = await start()
    const key = keyWith(server, 'photos')
    const photos = await setOf(server, key, 'photos')
    const expanded = async (names: string) =>
      (await get(server, `/v1/listings/${key}`, { _expand: names })).D.Results?.[0]?.StandardFields?.[
        'Photos'
      ]
    expect(await expanded('PrimaryPhoto')).toEqual(photos.slice(0, 1))
    expect(await expanded('PrimaryPhoto,Photos')).toEqual(photos)
  })
})

test.each(['photos', 'videos', 'virtualtours', 'documents'])(
  'the metadata of %s tell of all privacies that there are',
  async (name) => {
    await using server = await start()
    const [metadata] = (await get(server, `/v1/listings/${name}/meta`)).D.Results ?? []
    const privacies = [...setsOf(server, name).values()].flat().map(({ Privacy }) => Privacy)
    expect(metadata?.['Privacy']).toMatchObject({ Options: expect.arrayContaining([...new Set(privacies)]) })
  },
)

describe('open houses of a listing', () => {
  const owned = (server: SimulatorServer) => {
    const [key = '', fields = {}] =
      server.simulator.collection('openhouses')?.truth().entries().next().value ?? []
    return {
      key,
      listing: String(fields['ListingKey']),
      end: Date.parse(String(fields['OpenHouseEndTimestamp'])),
    }
  }

  test('are those of the collection, and go from the coming ones when they are over, though no stamp moves', async () => {
    await using server = await start()
    const { key, listing, end } = owned(server)
    const ids = async (path: string) => (await setOf(server, listing, path)).map(({ Id }) => Id)
    expect(await ids('openhouses')).toContain(key)
    const before = fieldsOf(server, listing)
    server.simulator.advanceClock(end - NOW)
    expect(await ids('openhouses')).not.toContain(key)
    expect(await ids('openhouses/all')).toContain(key)
    const volatile = { DaysOnMarket: expect.any(Number), CumulativeDaysOnMarket: expect.any(Number) }
    expect(fieldsOf(server, listing)).toEqual({ ...before, ...volatile })
  })

  test('move the stamp of their listing when they change, and its count when one is removed', async () => {
    await using server = await start()
    const { key, listing } = owned(server)
    const before = fieldsOf(server, listing)
    server.simulator.collection('openhouses')?.obey({ action: 'comment', keys: [key] })
    expect(fieldsOf(server, listing)).toEqual({ ...before, ModificationTimestamp: STAMP })
    server.simulator.collection('openhouses')?.obey({ action: 'remove', keys: [key] })
    expect(fieldsOf(server, listing)['OpenHousesCount']).toBe(Number(before['OpenHousesCount']) - 1)
    expect(await setOf(server, listing, 'openhouses/all')).toHaveLength(Number(before['OpenHousesCount']) - 1)
  })

  test.each([
    ['short', /^\d{1,2}:\d\d [ap]m$/],
    ['padded', /^\d\d:\d\d [AP]M$/],
    ['offset', /^\d\d:\d\d-07:00$/],
  ] as const)('write all their times in the %s way', async (openHouseTimes, spelling) => {
    await using server = await start({ behaviour: { openHouseTimes } })
    const rows = [...setsOf(server, 'openhouses').values()].flat()
    expect(rows.length).toBeGreaterThan(5)
    for (const { StartTime, EndTime } of rows) {
      expect(StartTime).toMatch(spelling)
      expect(EndTime).toMatch(spelling)
    }
  })
})

describe('from outside', () => {
  const sets = async ({ url }: SimulatorServer, address: string): Promise<unknown[]> =>
    (await (await fetch(`${url}/_simulator/sets/${address}`)).text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown)

  test('a set is changed by command, and the truth of one listing or of all is told line by line', async () => {
    await using server = await start({ listings: 20 })
    const [key = ''] = server.simulator.truth().listings.keys()
    const send = (body: object) =>
      fetch(`${server.url}/_simulator/market/listings`, { method: 'POST', body: JSON.stringify(body) })
    await send({ action: 'media', part: 'photos', change: 'resize', size: 200, keys: [key] })
    // Told also while the API stumbles over it.
    server.simulator.configure({ brokenParts: { [key]: ['photos'] } })
    const all = await sets(server, 'photos')
    expect(all).toEqual([...setsOf(server, 'photos')].map(([Id, Results]) => ({ Id, Results })))
    expect(await sets(server, `photos?Id=${key}`)).toEqual(all.slice(0, 1))
    expect(all[0]).toHaveProperty('Results.length', 200)
    expect(await sets(server, 'rooms/raw')).toHaveLength(20)
    expect(await sets(server, 'photos?Id=1')).toEqual([])
    expect((await fetch(`${server.url}/_simulator/sets/nothing`)).status).toBe(404)
  })

  test.each([
    { action: 'media', part: 'nothing' },
    { action: 'media', change: 'explode' },
    { action: 'media', part: 'photos', change: 'add', size: -1 },
    { action: 'media', part: 'photos', caption: 'x' },
    { action: 'prices', part: 'photos' },
  ])('what is no command changes nothing: %j', async (body) => {
    await using server = await start({ listings: 5 })
    const before = [...server.simulator.truthLines(new Set(['Photos']))]
    expect(() => server.simulator.listings.obey(body)).toThrow(/part|change|size|caption/)
    expect([...server.simulator.truthLines(new Set(['Photos']))]).toEqual(before)
  })

  test('what happens by itself is media as often as is set, of every kind of part', async () => {
    await using server = await start({ listings: 50, behaviour: { usualShares: { media: 380 } } })
    const { listings } = server.simulator
    const before = new Map(NAMES.map((name) => [name, setsOf(server, name)]))
    const actions = Array.from({ length: 400 }, (_, number) => listings.usualCommand(number).action)
    const share = actions.filter((action) => action === 'media').length / actions.length
    expect(share).toBeGreaterThan(0.9)
    for (let number = 0; number < 400; number += 1) listings.tick(number)
    const changed = NAMES.filter((name) =>
      [...setsOf(server, name)].some(([key, rows]) => {
        const old = before.get(name)?.get(key)
        return old !== undefined && JSON.stringify(old) !== JSON.stringify(rows)
      }),
    )
    expect(changed).toEqual(NAMES.filter((name) => name !== 'openhouses'))
    server.simulator.configure({ usualShares: { media: 0 } })
    expect(Array.from({ length: 400 }, (_, number) => listings.usualCommand(number).action)).not.toContain(
      'media',
    )
  })
})
