import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ThreadedPageReader, type PageRules } from '../../../src/app/pages/page-reader.ts'
import type { RowTally } from '../../../src/app/pages/page-messages.ts'
import { DEFAULT_LIMIT } from '../../../src/events/content/content-encoder.ts'
import type { EventRecipe } from '../../../src/events/schema/event-schemas.ts'
import type { EncodeResult } from '../../../src/domain/content.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { ResourceName } from '../../../src/domain/resource.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { readPage, type PageBytes } from '../../../src/spark/page-body.ts'
import type { ReadRecords } from '../../../src/spark/records.ts'
import { member, MEMBER_KEY, MemberFixture, MEMBERS } from '../../events/members.ts'
import { described, FIELDS, Fixture, listingEncoder, NEVER } from '../../events/sample.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await Fixture.open()
})
afterAll(() => fixture[Symbol.asyncDispose]())

/** Listings of every kind: plain, masked, with values that fit nowhere, long integers, too large, without a key. */
function rowsOf(count: number): readonly unknown[] {
  const plain = Array.from({ length: count }, (_, i) => ({
    Id: `2024${i}`,
    ResourceUri: `/v1/listings/2024${i}`,
    StandardFields: {
      ListingKey: `2024${i}`,
      City: i % 3 === 0 ? 'Zürich 🏔' : '********',
      BedsTotal: i % 5 === 0 ? 'three' : i,
      ListPrice: `${i}.50`,
      Cooling: { 'Central Air': true },
      ModificationTimestamp: '2024-05-02T14:03:09Z',
      PhotosChangeTimestamp: '2024-05-02T14:00:00Z',
      DaysOnMarket: i,
      Unheard: [i, null],
    },
  }))
  const large = { Id: 'large', StandardFields: { ListingKey: 'large', City: 'x'.repeat(1_000_000) } }
  return [...plain, { StandardFields: { City: 'keyless' } }, large, 'no row at all']
}

function page(rows: readonly unknown[], others: JsonObject = {}): Buffer {
  const text = JSON.stringify({ D: { Success: true, Results: rows, SkipToken: 'next', ...others } })
  return Buffer.from(text.replace('"three"', '90071992547409931234'))
}

/** A reader, and what it tells of the rows. */
function reading(recipe: EventRecipe | undefined = fixture.schemas.recipe, worthAThreadBytes = 0) {
  const tallies: RowTally[] = []
  const rules = { schemas: { recipe }, limit: DEFAULT_LIMIT }
  const options = {
    rules: new Map([[LISTINGS.name, rules]]),
    onRows: (_: ResourceName, tally: RowTally) => void tallies.push(tally),
    worthAThreadBytes,
  }
  return { reader: new ThreadedPageReader(options), options, rules, tallies }
}

const LIMIT = 100_000_000

/** As it comes without gzip. */
const plain = (bytes: Buffer): PageBytes => ({ bytes, zipped: false, limit: LIMIT })
const zipped = (bytes: Buffer): PageBytes => ({ bytes: gzipSync(bytes), zipped: true, limit: LIMIT })

async function rowsRead(reader: ThreadedPageReader, bytes: PageBytes): Promise<ReadRecords> {
  const read = await reader.read(bytes, LISTINGS, NEVER)
  if (read.kind !== 'envelope' || read.rows === undefined) throw new Error(read.kind)
  return read.rows
}

const plainRows = (bytes: Buffer): ReadRecords => {
  const read = readPage(bytes, LISTINGS)
  if (read.kind !== 'envelope' || read.rows === undefined) throw new Error(read.kind)
  return read.rows
}

const asData = ({ key, modificationTimestamp, mlsId, changeStamps, body }: SourceRecord): SourceRecord => ({
  key,
  modificationTimestamp,
  mlsId,
  changeStamps,
  body,
})

describe('a page that is read on another thread', () => {
  test('names the next one before it is read, so that it can be asked for meanwhile', async () => {
    const { reader } = reading()
    await using _owned = reader
    const told: string[] = []
    const read = reader.read(zipped(page(rowsOf(300))), LISTINGS, NEVER, (token) =>
      told.push(`token ${token}`),
    )
    await read.then(({ kind }) => told.push(kind))
    expect(told).toEqual(['token next', 'envelope'])
  })

  test.each([
    ['as it is', plain],
    ['under gzip', zipped],
  ])('%s has the same records, JSON included, and the same content as here (R12)', async (_, sent) => {
    const { reader } = reading()
    await using _owned = reader
    const here = listingEncoder(fixture.schemas)
    const expected = plainRows(page(rowsOf(300)))
    const { records, unreadable } = await rowsRead(reader, sent(page(rowsOf(300))))

    for (const [i, record] of records.entries()) {
      const same = expected.records[i]
      if (same === undefined) throw new Error('more records than there are')
      const { made } = record
      expect(made?.schemaId).toBe(fixture.schemas.current().id)
      const content = here.encode(LISTINGS, record)
      expect(content.kind).toBe(record.key === 'large' ? 'unencodable' : 'encoded')
      expect(bytesAsHex(content)).toEqual(bytesAsHex(here.encode(LISTINGS, same)))
    }
    expect(records.map(asData)).toEqual(expected.records)
    expect(unreadable.map(({ reason, body }) => ({ reason, body }))).toEqual(expected.unreadable)
    expect(unreadable).toHaveLength(2)
  })

  test('that cannot be walked from row to row is read whole, and has the same records', async () => {
    const { reader, tallies } = reading()
    await using _owned = reader
    // The later one counts, to JSON.parse.
    const twice = Buffer.from(page(rowsOf(3)).toString().replace('{"D":', '{"D":{"Success":false},"D":'))
    const { records, unreadable } = await rowsRead(reader, zipped(twice))
    const expected = plainRows(twice)
    expect(records.map(asData)).toEqual(expected.records)
    expect(unreadable.map(({ reason, body }) => ({ reason, body }))).toEqual(expected.unreadable)
    const here = listingEncoder(fixture.schemas)
    expect(records.map((record) => bytesAsHex(here.encode(LISTINGS, record)))).toEqual(
      expected.records.map((record) => bytesAsHex(here.encode(LISTINGS, record))),
    )
    expect(tallies).toEqual([{ transcoded: 0, declined: new Map([['page', 6]]) }])
  })

  test.each([
    ['there', 0],
    ['here, as it is small', 1_000_000],
  ])('of keys is not encoded, %s', async (_, worthAThreadBytes) => {
    const { reader, tallies } = reading(undefined, worthAThreadBytes)
    await using _owned = reader
    const keys = rowsOf(20).slice(0, 20)
    const { records } = await rowsRead(reader, { ...plain(page(keys)), ofKeys: true })
    expect(records.map(asData)).toEqual(plainRows(page(keys)).records)
    expect(records.map(({ made }) => made)).toEqual(keys.map(() => undefined))
    expect(tallies).toEqual([])
  })

  test('keeps what steers the walk, and says what is no page (R8)', async () => {
    const { reader } = reading()
    await using _owned = reader
    for (const text of [
      page(rowsOf(1), { Pagination: { TotalRows: 7 }, SparkQLErrors: [{ Token: 'x' }] }).toString(),
      '{"D":{"Success":false,"Code":1550,"Message":"slow down"}}',
      '{"D":{"Success":true}}',
      '{"D":{"Success":true,"Results":[]}}',
      '{"E":1}',
      '{"D":{"Success":true,"Results":[{"Id":"1"',
      '<html>',
      '{"D":{"Success":true,"Results":[{"a":NaN}]}}',
    ]) {
      const here = readPage(Buffer.from(text), LISTINGS)
      for (const sent of [plain, zipped]) {
        const threaded = await reader.read(sent(Buffer.from(text)), LISTINGS, NEVER)
        if (threaded.kind !== 'envelope' || here.kind !== 'envelope') expect(threaded).toEqual(here)
        else {
          expect(threaded.envelope).toEqual(here.envelope)
          expect(threaded.rows?.records.length).toBe(here.rows?.records.length)
        }
      }
    }
  })

  test('is not unzipped beyond its limit, nor if it is cut', async () => {
    const { reader } = reading()
    await using _owned = reader
    const sent = zipped(page(rowsOf(300)))
    expect(await reader.read({ ...zipped(page(rowsOf(300))), limit: 1_000 }, LISTINGS, NEVER)).toMatchObject({
      kind: 'not_unzipped',
      why: 'too_long',
    })
    const cut = { ...sent, bytes: sent.bytes.subarray(0, -12) }
    expect(await reader.read(cut, LISTINGS, NEVER)).toMatchObject({ kind: 'not_unzipped', why: 'broken' })
  })

  test('is encoded under the schema that is current when it is asked for (R5)', async () => {
    await using own = await Fixture.open()
    const { reader, rules } = reading(own.schemas.recipe)
    await using _owned = reader
    await rowsRead(reader, plain(page(rowsOf(2))))
    await own.schemas.use([...FIELDS, described('Unheard', 'Character', true)], NEVER)
    rules.schemas = { recipe: own.schemas.recipe }
    const [record] = (await rowsRead(reader, plain(page(rowsOf(2))))).records
    if (record === undefined) throw new Error('no record')
    const encoder = listingEncoder(own.schemas)
    const content = encoder.encode(LISTINGS, record)
    expect(record.made?.result).toEqual(content)
    expect(content).toMatchObject({ content: { schemaId: own.schemas.current().id } })
    expect(bytesAsHex(content)).toEqual(bytesAsHex(encoder.encode(LISTINGS, asData(record))))
  })

  test('can be read before there is a schema: nothing is encoded', async () => {
    const { options, tallies } = reading(undefined)
    await using unset = new ThreadedPageReader({ ...options, rules: new Map() })
    const { records } = await rowsRead(unset, zipped(page(rowsOf(3))))
    expect(records.map(({ made }) => made)).toEqual([undefined, undefined, undefined, undefined])
    expect(tallies).toEqual([])
  })

  test('is encoded as its resource is, that of another one in between', async () => {
    await using members = await MemberFixture.open()
    const { options, rules } = reading()
    const resources = new Map<ResourceName, PageRules>([
      [LISTINGS.name, rules],
      [MEMBERS.name, { schemas: members.schemas, limit: DEFAULT_LIMIT }],
    ])
    await using reader = new ThreadedPageReader({ ...options, rules: resources })
    const row = { Id: MEMBER_KEY, Emails: [{ Address: 'ann@example.com', Foo: 1 }] }
    const here = members.encoder.encode(MEMBERS, member(row))
    expect(here).toMatchObject({ content: { unmapped: ['Emails.Foo'] } })
    for (let n = 0; n < 2; n += 1) {
      expect((await rowsRead(reader, plain(page(rowsOf(1))))).records).toHaveLength(2)
      const read = await reader.read(plain(page([row])), MEMBERS, NEVER)
      if (read.kind !== 'envelope') throw new Error(read.kind)
      const [record] = read.rows?.records ?? []
      expect(record?.made && bytesAsHex(record.made.result)).toEqual(bytesAsHex(here))
    }
  })

  test('leaves the bytes around a part of a larger buffer alone', async () => {
    const { reader } = reading()
    await using _owned = reader
    const bytes = page(rowsOf(3))
    const larger = Buffer.concat([Buffer.from('before'), bytes])
    expect((await rowsRead(reader, plain(larger.subarray(6)))).records).toHaveLength(4)
    expect(larger.toString('utf8', 0, 6)).toBe('before')
  })
})

describe('the thread', () => {
  test('is not used for a small body', async () => {
    const { reader, tallies } = reading(fixture.schemas.recipe, 1_000_000_000)
    await using _owned = reader
    expect((await rowsRead(reader, plain(page(rowsOf(3))))).records).toHaveLength(4)
    expect(tallies).toEqual([])
  })

  test('answers the next question after one was given up', async () => {
    const { reader } = reading()
    await using _owned = reader
    const stop = new AbortController()
    const given = reader.read(plain(page(rowsOf(300))), LISTINGS, stop.signal)
    stop.abort(new Error('given up'))
    await expect(given).rejects.toThrow('given up')
    expect((await rowsRead(reader, plain(page(rowsOf(3))))).records).toHaveLength(4)
  })

  test('fails what waits for it when it ends, and is started anew for the next page', async () => {
    const { reader, rules } = reading()
    await using _owned = reader
    const recipe = fixture.schemas.recipe
    if (recipe === undefined) throw new Error('no schema')
    rules.schemas = { recipe: { ...recipe, text: 'no schema' } }
    // It ends while it reads the first page; the second one waits behind it.
    const [first, second] = await Promise.allSettled(
      [1, 2].map(() => reader.read(plain(page(rowsOf(3))), LISTINGS, NEVER)),
    )
    for (const failed of [first, second]) {
      expect(failed).toMatchObject({ reason: { code: 'PAGE_THREAD_FAILED', retryable: true } })
    }
    rules.schemas = { recipe }
    expect((await rowsRead(reader, plain(page(rowsOf(3))))).records).toHaveLength(4)
  })

  test('is ended when it does not answer in time, and the page can be read anew', async () => {
    const { options } = reading()
    const rules = { ...options, timeoutMs: 60_000 }
    await using reader = new ThreadedPageReader(rules)
    const read = (rows: number) => rowsRead(reader, plain(page(rowsOf(rows))))
    await read(3)
    // No such page is read in that time.
    rules.timeoutMs = 1
    const error = { code: 'PAGE_THREAD_SLOW', retryable: true, message: expect.stringContaining('0.001 s') }
    await expect(read(3_000)).rejects.toMatchObject(error)
    rules.timeoutMs = 60_000
    expect((await read(3)).records).toHaveLength(4)
  })

  test('is ended when nothing was asked of it for a while, and the next page starts another', async () => {
    const { options } = reading()
    const started: Worker[] = []
    const note = (worker: Worker): void => void started.push(worker)
    process.on('worker', note)
    try {
      await using reader = new ThreadedPageReader({ ...options, idleMs: 1 })
      const ended = async (at: number) => once(started[at]!, 'exit')
      const read = async () => (await rowsRead(reader, plain(page(rowsOf(3))))).records.length
      expect(await read()).toBe(4)
      await ended(0)
      expect(await read()).toBe(4)
      await ended(1)
      expect(started).toHaveLength(2)
    } finally {
      process.off('worker', note)
    }
  })

  test('has its time again for each piece of work', async () => {
    const { options } = reading()
    await using patient = new ThreadedPageReader({ ...options, timeoutMs: 30_000 })
    const pages = await Promise.all([1, 2, 3].map(() => rowsRead(patient, plain(page(rowsOf(3))))))
    expect(pages.map(({ records }) => records.length)).toEqual([4, 4, 4])
  })

  test('ends with its owner, and what waits for it fails', async () => {
    const { reader } = reading()
    const given = reader.read(plain(page(rowsOf(300))), LISTINGS, NEVER)
    const failed = expect(given).rejects.toMatchObject({ code: 'PAGE_THREAD_FAILED' })
    await reader[Symbol.asyncDispose]()
    await failed
  })
})

function bytesAsHex(result: EncodeResult): unknown {
  if (result.kind !== 'encoded') return result
  const { bytes, volatileFields, ...rest } = result.content
  return { ...rest, volatileFields: { ...volatileFields }, bytes: Buffer.from(bytes).toString('hex') }
}
