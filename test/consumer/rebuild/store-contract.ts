import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type {
  Column,
  ColumnType,
  ColumnValue,
  RebuildStore,
  Round,
  StagedRow,
  StoreState,
  Table,
} from '../../../src/consumer/rebuild/store.ts'
import { instant } from '../../../src/domain/instant.ts'
import { parseResourceName } from '../../../src/domain/resource.ts'
import { EventError } from '../../../src/events/event-error.ts'

/** A place where stores of one kind are kept: each can be opened, and read as any of its readers would read it. */
export interface StorePlace extends AsyncDisposable {
  /** The store of this place, as a process finds it: rows and state of the one before are there. */
  open(): RebuildStore | Promise<RebuildStore>
  /** Rows of a visible table by key, values as the port has them; undefined if there is no such table. */
  read(table: Table): Promise<Readonly<Record<string, readonly ColumnValue[]>> | undefined>
}

const NEVER = new AbortController().signal
const FEED = { prefix: 'spark', clusterId: 'cluster-1', generation: 1 }

const KEY: Column = { name: 'ListingKey', type: 'text', field: 'listingKey' }
const PRICE: Column = { name: 'ListPrice', type: 'real', field: 'listing.standardFields.ListPrice' }
const CITY: Column = { name: 'City', type: 'text', field: 'listing.standardFields.City' }
const LISTINGS = table('listings', [KEY, PRICE])
const PHOTOS = table('listing-photos', [
  KEY,
  { name: 'Photos', type: 'json', field: 'photoSet.fields.Photos' },
])

/** The cases that every `RebuildStore` passes. */
export function storeContract(name: string, make: () => Promise<StorePlace>): void {
  describe(`${name} as a store to rebuild into`, () => {
    stateCases(make)
    replayCases(make)
    catchUpCases(make)
    valueCases(make)
  })
}

function stateCases(make: () => Promise<StorePlace>): void {
  test('an empty one holds nothing', async () => {
    await using place = await make()
    await using store = await place.open()
    expect(await store.open(NEVER)).toEqual({ visible: null, staged: null })
  })

  test('what was staged before the process ended is there for the next one, with its round and its columns', async () => {
    await using place = await make()
    const wider = table('listings', [KEY, PRICE, CITY])
    {
      await using store = await opened(place)
      await store.begin(round('replay', 9), [LISTINGS], { listings: [0, 0] }, NEVER)
      await store.stage(batch(LISTINGS, [row('1', [1])], [3, 0]), NEVER)
      await store.addColumns(wider, [CITY], NEVER)
    }
    await using store = await place.open()
    expect(await store.open(NEVER)).toEqual({
      visible: null,
      staged: { round: round('replay', 9), tables: [wider], reached: { listings: [3, 0] } },
    } satisfies StoreState)
    await store.stage(batch(wider, [row('2', [2, 'Fargo'])], [9, 9]), NEVER)
    await store.finish(NEVER)
    expect(await place.read(wider)).toEqual({ 1: ['1', 1, null], 2: ['2', 2, 'Fargo'] })
  })

  test('a batch whose rows break off leaves nothing, and the store takes the next one', async () => {
    await using place = await make()
    await using store = await opened(place)
    const cities = table('listings', [KEY, CITY])
    await store.begin(round('replay', 900), [cities], { listings: [0] }, NEVER)
    const broken = new EventError('A value is cut.')
    // More than is sent to a server at once.
    const rows = Array.from({ length: 300 }, (_, i) => row(String(i), ['x'.repeat(2_000)]))
    await expect(store.stage(batch(cities, breakingOff(rows, broken), [300]), NEVER)).rejects.toBe(broken)
    await store.stage(batch(cities, [row('1', ['Fargo'])], [900]), NEVER)
    await store.finish(NEVER)
    expect(await place.read(cities)).toEqual({ 1: ['1', 'Fargo'] })
  })

  test('two processes do not write it at once', async () => {
    await using place = await make()
    await using _first = await opened(place)
    const second = async (): Promise<void> => {
      await using store = await place.open()
      await store.open(NEVER)
    }
    await expect(second()).rejects.toMatchObject({ code: 'STORE_BUSY' })
  })
}

function replayCases(make: () => Promise<StorePlace>): void {
  test('a replay shows nothing before it is finished, and then all of it', async () => {
    await using place = await make()
    await using store = await opened(place)
    await store.begin(round('replay', 9), [LISTINGS, PHOTOS], { listings: [0], 'listing-photos': [0] }, NEVER)
    await store.stage(batch(LISTINGS, [row('1', [1]), row('2', [2])], [5]), NEVER)
    await store.stage(batch(LISTINGS, [row('1', [1.5]), row('2', null), row('3', null)], [9]), NEVER)
    expect(await place.read(LISTINGS)).toBeUndefined()
    expect(await store.finish(NEVER)).toEqual({ lost: [] })
    expect(await place.read(LISTINGS)).toEqual({ 1: ['1', 1.5] })
    expect(await place.read(PHOTOS)).toEqual({})
  })

  test('the next replay leaves what is visible alone until it takes its place, with the columns that it has', async () => {
    await using place = await make()
    await using store = await filled(place)
    const other = table('listings', [KEY, CITY])
    const next = { ...round('replay', 20), feed: { ...FEED, generation: 2 } }
    await store.begin(next, [other], { listings: [9] }, NEVER)
    await store.stage(batch(other, [row('7', ['Fargo'])], [20]), NEVER)
    expect(await place.read(LISTINGS)).toEqual({ 1: ['1', 1], 2: ['2', 2] })
    await store.finish(NEVER)
    expect(await place.read(other)).toEqual({ 7: ['7', 'Fargo'] })
    // A table that the new round does not have is gone with the old one.
    expect(await place.read(PHOTOS)).toBeUndefined()
  })

  test('a round that begins forgets the one that was under way', async () => {
    await using place = await make()
    await using store = await filled(place)
    await store.begin(round('replay', 20), [LISTINGS], { listings: [0] }, NEVER)
    await store.stage(batch(LISTINGS, [row('7', [7])], [3]), NEVER)
    await store.begin(
      round('catch-up', 20),
      [LISTINGS, PHOTOS],
      { listings: [9], 'listing-photos': [9] },
      NEVER,
    )
    await store.stage(batch(LISTINGS, [row('8', [8])], [20]), NEVER)
    await store.finish(NEVER)
    expect(await place.read(LISTINGS)).toEqual({ 1: ['1', 1], 2: ['2', 2], 8: ['8', 8] })
  })
}

function catchUpCases(make: () => Promise<StorePlace>): void {
  test('a catch-up changes what is visible in one step: the last word on each key counts', async () => {
    await using place = await make()
    await using store = await filled(place)
    await store.begin(
      round('catch-up', 20),
      [LISTINGS, PHOTOS],
      { listings: [9], 'listing-photos': [9] },
      NEVER,
    )
    await store.stage(batch(LISTINGS, [row('1', null), row('2', [2.5]), row('3', [3])], [15]), NEVER)
    await store.stage(batch(LISTINGS, [row('3', null), row('1', [1.5]), row('9', null)], [20]), NEVER)
    expect(await place.read(LISTINGS)).toEqual({ 1: ['1', 1], 2: ['2', 2] })
    await store.finish(NEVER)
    expect(await place.read(LISTINGS)).toEqual({ 1: ['1', 1.5], 2: ['2', 2.5] })
    expect(await place.read(PHOTOS)).toEqual({ 1: ['1', '[]'] })
  })

  test('it says afterwards how far it has come, round after round', async () => {
    await using place = await make()
    {
      await using store = await filled(place)
      for (const end of [20, 30]) {
        await store.begin(
          round('catch-up', end),
          [LISTINGS, PHOTOS],
          { listings: [9], 'listing-photos': [9] },
          NEVER,
        )
        await store.stage(batch(LISTINGS, [row(String(end), [end])], [end]), NEVER)
        await store.finish(NEVER)
      }
    }
    await using store = await place.open()
    expect(await store.open(NEVER)).toEqual({
      visible: {
        feed: FEED,
        offsets: round('catch-up', 30).ends,
        pinnedAt: round('catch-up', 30).pinnedAt,
        tables: [LISTINGS, PHOTOS],
      },
      staged: null,
    } satisfies StoreState)
    expect(await place.read(LISTINGS)).toEqual({ 1: ['1', 1], 2: ['2', 2], 20: ['20', 20], 30: ['30', 30] })
  })

  test('columns that it adds appear with it, null in the rows that are there', async () => {
    await using place = await make()
    await using store = await filled(place)
    const wider = table('listings', [KEY, PRICE, CITY])
    await store.begin(
      round('catch-up', 20),
      [LISTINGS, PHOTOS],
      { listings: [9], 'listing-photos': [9] },
      NEVER,
    )
    await store.stage(batch(LISTINGS, [row('3', [3])], [12]), NEVER)
    await store.addColumns(wider, [CITY], NEVER)
    await store.stage(batch(wider, [row('2', [2, 'Fargo'])], [20]), NEVER)
    expect(await place.read(wider)).toBeUndefined()
    await store.finish(NEVER)
    expect(await place.read(wider)).toEqual({ 1: ['1', 1, null], 2: ['2', 2, 'Fargo'], 3: ['3', 3, null] })
  })
}

function valueCases(make: () => Promise<StorePlace>): void {
  const types: readonly ColumnType[] = ['text', 'integer', 'real', 'boolean', 'date', 'timestamp', 'json']
  const values = {
    text: fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
    integer: fc.integer({ min: -(2 ** 52), max: 2 ** 53 - 2 }),
    real: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
    boolean: fc.constantFrom(0, 1),
    date: days().map((at) => at.slice(0, 10)),
    timestamp: days(),
    json: fc.constantFrom('[]', '{"a":1.5}', '{"\\"Main\\".\\"Größe\\"":[null,true,"x"]}'),
  } satisfies Record<ColumnType, fc.Arbitrary<ColumnValue>>
  const columns = types.map((type): Column => ({ name: `c_${type}`, type, field: `listing.${type}` }))
  const all = table('listings', [KEY, ...columns])
  const rows = fc.array(fc.tuple(...types.map((type) => fc.option<ColumnValue>(values[type]))), {
    maxLength: 20,
  })

  test('values are read as they were staged, whatever they are', async () => {
    await using place = await make()
    await using store = await opened(place)
    let end = 0
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        end += 10
        await store.begin(round('replay', end), [all], { listings: [0] }, NEVER)
        const staged = given.map((of, i) => row(String(i), of))
        await store.stage(batch(all, staged, [end]), NEVER)
        await store.finish(NEVER)
        expect(await place.read(all)).toEqual(
          Object.fromEntries(given.map((of, i) => [i, [String(i), ...of]])),
        )
      }),
      { numRuns: 30 },
    )
  })
}

/** In the years 1 to 9999. */
function days(): fc.Arbitrary<string> {
  const min = new Date('0001-01-01T00:00:00.000Z')
  const max = new Date('9999-12-31T23:59:59.999Z')
  return fc.date({ min, max, noInvalidDate: true }).map((at) => at.toISOString())
}

async function opened(place: StorePlace): Promise<RebuildStore> {
  const store = await place.open()
  await store.open(NEVER)
  return store
}

/** With a finished replay. */
async function filled(place: StorePlace): Promise<RebuildStore> {
  const store = await opened(place)
  await store.begin(round('replay', 9), [LISTINGS, PHOTOS], { listings: [0], 'listing-photos': [0] }, NEVER)
  await store.stage(batch(LISTINGS, [row('1', [1]), row('2', [2])], [9]), NEVER)
  await store.stage(batch(PHOTOS, [row('1', ['[]'])], [9]), NEVER)
  await store.finish(NEVER)
  return store
}

function table(name: string, columns: readonly Column[]): Table {
  return { name: name.replaceAll('-', '_'), resource: parseResourceName(name)!, columns }
}

function round(kind: Round['kind'], end: number): Round {
  return {
    kind,
    feed: FEED,
    ends: { listings: [end], 'listing-photos': [end] },
    pinnedAt: instant(1_760_000_000_000 + end),
  }
}

/** @param others all but the key */
function row(key: string, others: readonly ColumnValue[] | null): StagedRow {
  return { key, partition: 0, offset: 1, values: others === null ? null : [key, ...others] }
}

function* breakingOff(rows: readonly StagedRow[], error: Error): Generator<StagedRow, void, undefined> {
  yield* rows
  throw error
}

function batch(of: Table, rows: Iterable<StagedRow>, reached: readonly number[]) {
  return { rows: [{ table: of, rows }], reached: { listings: reached } }
}
