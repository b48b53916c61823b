import { describe, expect, test } from 'vitest'

import type { MediaCommand } from '../../src/simulator/collections/listings/media-change.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { get, NOW } from './spark-request.ts'

const STAMP = '2026-05-02T14:03:09Z'

function start(options: SimulatorOptions = {}): Promise<SimulatorServer> {
  return startSimulator({ listings: 60, clock: () => NOW, ...options })
}

type Rows = readonly Readonly<Record<string, unknown>>[]

/** The rows of a set, by its own service. */
async function setOf(server: SimulatorServer, key: string, part = 'photos'): Promise<Rows> {
  const { status, D } = await get(server, `/v1/listings/${key}/${part}`)
  expect({ status, Success: D.Success }).toEqual({ status: 200, Success: true })
  return D.Results ?? []
}

function fieldsOf({ simulator }: SimulatorServer, key: string): Readonly<Record<string, unknown>> {
  return simulator.truth().listings.get(key) ?? {}
}

/** Key of a listing with so many photos at least. */
function keyWith({ simulator }: SimulatorServer, photos: number): string {
  const [key = ''] =
    [...simulator.truth().listings].find(([, fields]) => Number(fields['PhotosCount']) >= photos) ?? []
  return key
}

describe('photos', () => {
  test('are as many as the listing says, each with its own Id, the first one primary', async () => {
    await using server = await start()
    const ids = new Set<unknown>()
    let count = 0
    for (const [key, fields] of server.simulator.truth().listings) {
      const photos = await setOf(server, key)
      expect(photos).toHaveLength(Number(fields['PhotosCount']))
      expect(photos.map((photo) => photo['Primary'])).toEqual(photos.map((_, i) => i === 0))
      for (const { Id, ResourceUri } of photos) {
        expect(Id).toMatch(/^\d{20}0{6}$/)
        expect(ResourceUri).toBe(`/v1/listings/${key}/photos/${String(Id)}`)
        ids.add(Id)
      }
      count += photos.length
    }
    expect(count).toBeGreaterThan(500)
    expect(ids.size).toBe(count)
  })

  test('have stamps that are null only where there never was one, and some where none is left', async () => {
    await using server = await start({ listings: 500 })
    const rows = [...server.simulator.truth().listings.values()]
    const empty = rows.filter((fields) => fields['PhotosCount'] === 0)
    const stamps = new Set(empty.map((fields) => fields['PhotosChangeTimestamp'] === null))
    expect(stamps).toEqual(new Set([true, false]))
    const others = rows.filter((fields) => fields['PhotosCount'] !== 0)
    expect(others.filter((fields) => fields['PhotosChangeTimestamp'] === null)).toEqual([])
  })

  test('come one by one, by _expand among the fields of a single listing or of many, and nowhere unasked', async () => {
    await using server = await start()
    const key = keyWith(server, 3)
    const photos = await setOf(server, key)
    const one = await get(server, `/v1/listings/${key}/photos/${String(photos[1]?.['Id'])}`)
    expect(one.D.Results).toEqual([photos[1]])
    const single = await get(server, `/v1/listings/${key}`, { _expand: 'Photos,Nope' })
    expect(single.D.Results?.[0]?.StandardFields?.['Photos']).toEqual(photos)
    const { D } = await get(server, '/v1/listings', {
      _limit: '60',
      _expand: 'Photos',
      _select: 'ListingKey',
    })
    const row = D.Results?.find(({ Id }) => Id === key)
    expect(row?.StandardFields).toEqual({ ListingKey: key, Photos: photos })
    expect(fieldsOf(server, key)).not.toHaveProperty('Photos')
  })

  test('are 404 with Code 404 for an unknown listing, one that left, and an unknown photo', async () => {
    await using server = await start()
    const key = keyWith(server, 1)
    const paths = ['/v1/listings/1/photos', `/v1/listings/${key}/photos/1`, `/v1/listings/${key}/nothing`]
    for (const path of paths) {
      expect(await get(server, path)).toMatchObject({ status: 404, D: { Success: false, Code: 404 } })
    }
    server.simulator.listings.apply({ action: 'leave', keys: [key] })
    expect(await get(server, `/v1/listings/${key}/photos`)).toMatchObject({ status: 404 })
  })

  const idsOf = (rows: Rows): unknown[] => rows.map(({ Id }) => Id)
  const changes: Readonly<
    Record<
      string,
      readonly [Pick<MediaCommand, 'change' | 'size' | 'position'>, (before: Rows, after: Rows) => void]
    >
  > = {
    added: [
      { change: 'add', size: 2 },
      (before, after) => {
        expect(after.slice(0, -2)).toEqual(before)
        expect(new Set(idsOf(after)).size).toBe(before.length + 2)
      },
    ],
    reordered: [
      { change: 'reorder' },
      (before, after) => {
        expect(idsOf(after)).not.toEqual(idsOf(before))
        expect(new Set(idsOf(after))).toEqual(new Set(idsOf(before)))
      },
    ],
    replaced: [
      { change: 'replace', position: 2 },
      (before, after) => {
        expect(after).toEqual(before.with(1, expect.any(Object)))
        expect(idsOf(before)).not.toContain(after[1]?.['Id'])
      },
    ],
    removed: [
      { change: 'remove', position: 2 },
      (before, after) => expect(after).toEqual(before.toSpliced(1, 1)),
    ],
    'of another caption': [
      { change: 'edit', position: 2 },
      (before, after) => {
        expect(after[1]?.['Caption']).not.toBe(before[1]?.['Caption'])
        expect(after).toEqual(before.with(1, { ...before[1], Caption: after[1]?.['Caption'] }))
      },
    ],
    'made 200': [
      { change: 'resize', size: 200 },
      (before, after) => {
        expect(after.slice(0, before.length)).toEqual(before)
        expect(new Set(idsOf(after)).size).toBe(200)
      },
    ],
    'all removed': [{ change: 'clear' }, (_, after) => expect(after).toEqual([])],
  }

  test.each(Object.keys(changes))('are %s, and count and both stamps tell the truth', async (name) => {
    await using server = await start()
    const key = keyWith(server, 3)
    const others = new Map(server.simulator.truth().listings)
    const before = await setOf(server, key)
    const [words, check] = changes[name] ?? [{}, () => expect.fail(name)]
    server.simulator.listings.apply({
      action: 'media',
      part: 'photos',
      keys: [key],
      ...words,
    })
    const after = await setOf(server, key)
    check(before, after)
    expect(fieldsOf(server, key)).toEqual({
      ...others.get(key),
      PhotosCount: after.length,
      PhotosChangeTimestamp: STAMP,
      ModificationTimestamp: STAMP,
    })
    expect([...server.simulator.truth().listings].filter(([other]) => other !== key)).toEqual(
      [...others].filter(([other]) => other !== key),
    )
  })

  test('are refused with 1500 where the key may not have them, and silently not expanded (R8)', async () => {
    await using server = await start({
      behaviour: { forbiddenServices: { '/v1/listings/{Id}/photos': 200 } },
    })
    const key = keyWith(server, 1)
    const refused = await get(server, `/v1/listings/${key}/photos`)
    expect(refused).toMatchObject({ status: 200, D: { Success: false, Code: 1500 } })
    const { D } = await get(server, `/v1/listings/${key}`, { _expand: 'Photos' })
    expect(D.Success).toBe(true)
    expect(D.Results?.[0]?.StandardFields).not.toHaveProperty('Photos')
  })

  test('are passed over by _expand in silence where it hides them, and have their own service all the same', async () => {
    await using server = await start({ behaviour: { hiddenExpansions: ['Photos'] } })
    const key = keyWith(server, 1)
    expect(await get(server, `/v1/listings/${key}/photos`)).toMatchObject({
      status: 200,
      D: { Success: true },
    })
    const { D } = await get(server, `/v1/listings/${key}`, { _expand: 'Photos,Videos' })
    expect(D.Success).toBe(true)
    expect(D.Results?.[0]?.StandardFields).not.toHaveProperty('Photos')
    expect(D.Results?.[0]?.StandardFields).toHaveProperty('Videos')
  })

  test('of one listing fail with 500/1026, by themselves and on every page that expands them', async () => {
    await using server = await start()
    const [broken = '', other = ''] = server.simulator.truth().listings.keys()
    server.simulator.configure({ brokenParts: { [broken]: ['photos'] } })
    const failure = { status: 500, D: { Success: false, Code: 1026 } }
    expect(await get(server, `/v1/listings/${broken}/photos`)).toMatchObject(failure)
    expect(await get(server, '/v1/listings', { _expand: 'Photos' })).toMatchObject(failure)
    expect((await get(server, '/v1/listings')).status).toBe(200)
    expect((await get(server, `/v1/listings/${other}/photos`)).status).toBe(200)
  })

  test('follow the listing’s stamp later where sets lag, and the listing stands still where parts do not move it', async () => {
    await using server = await start({ behaviour: { setLagMs: 60_000, partsMoveStamp: false } })
    const { simulator } = server
    const key = keyWith(server, 1)
    const before = { photos: await setOf(server, key), fields: fieldsOf(server, key) }
    simulator.listings.apply({ action: 'media', part: 'photos', change: 'clear', keys: [key] })
    expect(await setOf(server, key)).toEqual(before.photos)
    expect(fieldsOf(server, key)).toEqual({ ...before.fields, PhotosCount: 0, PhotosChangeTimestamp: STAMP })
    simulator.advanceClock(59_999)
    expect(await setOf(server, key)).toEqual(before.photos)
    simulator.advanceClock(1)
    expect(await setOf(server, key)).toEqual([])
  })

  test('are hidden by the cache as long as the listing’s own change (R4)', async () => {
    await using server = await start({ cacheLagMs: 600_000 })
    const { simulator } = server
    const key = keyWith(server, 1)
    const before = { photos: await setOf(server, key), fields: fieldsOf(server, key) }
    simulator.listings.apply({ action: 'media', part: 'photos', change: 'clear', keys: [key] })
    expect({ photos: await setOf(server, key), fields: fieldsOf(server, key) }).toEqual(before)
    simulator.advanceClock(600_000)
    expect(await setOf(server, key)).toEqual([])
    expect(fieldsOf(server, key)).toMatchObject({ PhotosCount: 0, PhotosChangeTimestamp: STAMP })
  })
})
