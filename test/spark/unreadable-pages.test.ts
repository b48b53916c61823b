import { gzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourcePage, WalkRequest } from '../../src/replication/ports.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import type { SparkSource } from '../../src/spark/spark-source.ts'
import { httpSource, type HttpSource, type HttpSourceOptions } from './http-source.ts'
import { collect, d, failure, fixture, keyOf, page, row } from './scripted-api.ts'

const EVERYTHING: WalkRequest = {
  resource: LISTINGS,
  filter: '',
  select: 'everything',
  purpose: 'walk',
  token: '',
}
const signal = () => AbortSignal.timeout(20_000)

function sourceOf({ simulator, url }: SimulatorServer, options: Partial<HttpSourceOptions> = {}): HttpSource {
  return httpSource({
    apiUrl: url,
    accessToken: simulator.accessToken,
    pageLimit: 40,
    ...options,
  })
}

function walk(source: SparkSource, request: Partial<WalkRequest> = {}): Promise<SourcePage[]> {
  return collect(source.walk({ ...EVERYTHING, ...request }, signal()))
}

const recordsOf = (pages: readonly SourcePage[]) => pages.flatMap(({ records }) => records)

describe('a listing with NaN', () => {
  test('does not stop the walk: all others are read, it is kept as bytes with its key and stamp (R12)', async () => {
    await using server = await startSimulator({ listings: 100, seed: 18 })
    const { simulator } = server
    const keys = [...simulator.truth().listings.keys()]
    const broken = [keys[0], keys[57], keys[58], keys[99]].filter((key) => key !== undefined)
    simulator.configure({ poisoned: Object.fromEntries(broken.map((key) => [key, 'nan' as const])) })
    await using source = sourceOf(server)
    const records = recordsOf(await walk(source))

    expect(records.map(({ key }) => key)).toEqual(keys)
    const kept = records.filter((record) => record.broken !== undefined)
    expect(kept.map(({ key }) => key)).toEqual(broken)
    for (const record of kept) {
      const text = Buffer.from(record.broken?.bytes ?? []).toString()
      expect(text).toContain(':NaN')
      expect(text).toContain(record.key)
      expect(record.modificationTimestamp).not.toBeNull()
    }
    expect(simulator.requests.summary.requests).toBeLessThan(80)
  })

  test.each(['refused', 'dropped'] as const)(
    'is asked for by its Id where a filter by key is %s',
    async (unsearchable) => {
      await using server = await startSimulator({ listings: 10, seed: 18 })
      const { simulator } = server
      const [key = ''] = simulator.truth().listings.keys()
      simulator.configure({ poisoned: { [key]: 'nan' }, unsearchable: { ListingKey: unsearchable } })
      await using source = sourceOf(server)
      const records = recordsOf(await walk(source))
      expect(records).toHaveLength(10)
      expect(records.filter((record) => record.broken !== undefined).map((record) => record.key)).toEqual([
        key,
      ])
    },
  )

  test('is found by its key, alone and among others', async () => {
    await using server = await startSimulator({ listings: 3, seed: 18 })
    const { simulator } = server
    const keys = [...simulator.truth().listings.keys()].map((key) => recordKey(key))
    const [key = recordKey('none')] = keys
    simulator.configure({ poisoned: { [key]: 'nan' } })
    await using source = sourceOf(server)
    expect(await source.findByKeys(LISTINGS, keys, 'everything', 'scope', signal())).toMatchObject({
      kind: 'spoiled',
    })
    const [walked] = recordsOf(await walk(source))
    expect(await source.findOne(LISTINGS, key, signal())).toMatchObject({
      kind: 'found',
      record: {
        key,
        modificationTimestamp: walked?.modificationTimestamp,
        broken: { reason: walked?.broken?.reason, bytes: expect.anything() },
      },
    })
  })
})

describe('broken JSON', () => {
  const NAN = { body: `{"D":{"Success":true,"Results":[{"Id":"${keyOf(1)}","StandardFields":{"a":NaN}}]}}` }

  test('is read once it is mended: in the page, or alone', async () => {
    await using t = await fixture([NAN, page([row(1), row(2)])], { pageLimit: 4 })
    expect(recordsOf(await walk(t.source)).map(({ key }) => key)).toEqual([keyOf(1), keyOf(2)])
    await using alone = await fixture([NAN, page([row(1)], null), page([row(1, { City: 'Bern' })])], {
      pageLimit: 2,
    })
    expect(recordsOf(await walk(alone.source))[0]).not.toHaveProperty('broken')
    expect(alone.api.asked.map(({ query }) => query)).toEqual([
      { _limit: '2', _skiptoken: '' },
      { _limit: '2', _select: 'ListingKey,ModificationTimestamp', _skiptoken: '' },
      { _limit: '2', _filter: `ListingKey Eq '${keyOf(1)}'` },
    ])
  })

  test('of a listing that is gone when it is asked for is nobody’s', async () => {
    await using t = await fixture([NAN, page([row(1), row(2)], null), page([]), page([row(2)])], {
      pageLimit: 2,
    })
    expect(recordsOf(await walk(t.source)).map(({ key }) => key)).toEqual([keyOf(2)])
  })

  test('in the stamp: the key is asked for by itself', async () => {
    await using t = await fixture([NAN, NAN, page([row(1)], null), NAN, NAN], { pageLimit: 2 })
    expect(recordsOf(await walk(t.source))).toMatchObject([{ key: keyOf(1), broken: {} }])
    await using keys = await fixture([NAN, page([row(1)], null)], { pageLimit: 1 })
    expect(recordsOf(await walk(keys.source, { select: 'versions' }))).toMatchObject([{ key: keyOf(1) }])
    expect(keys.api.asked[1]?.query['_select']).toBe('ListingKey')
  })

  test('of another listing than the one asked for proves nothing: the walk fails and is tried again (R8)', async () => {
    const other = { body: NAN.body.replaceAll(keyOf(1), keyOf(7)) }
    await using t = await fixture([NAN, page([row(1)], null), other, other], { pageLimit: 2 })
    await expect(walk(t.source)).rejects.toMatchObject({ code: 'SPARK_BAD_RESPONSE', retryable: true })
  })

  test('in everything, keys too, is no record: the walk fails (R8)', async () => {
    await using t = await fixture([NAN, NAN, NAN], { pageLimit: 2 })
    await expect(walk(t.source)).rejects.toMatchObject({ code: 'SPARK_BAD_RESPONSE', retryable: true })
  })

  test('a refused token is told apart in smaller slices, too (R7)', async () => {
    await using t = await fixture([NAN, failure(400, 1053)])
    await expect(walk(t.source, { token: 'T1' })).rejects.toMatchObject({ code: 'SPARK_TOKEN_REFUSED' })
  })
})

describe('an answer that is too long', () => {
  const blanks = (bytes: number) => ' '.repeat(bytes)
  const zipped = (body: string) => ({
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(body),
  })
  const MIB = 1024 * 1024

  test.each([
    ['zipped', zipped(`{"D":${blanks(210 * MIB)}}`)],
    ['plain', { body: `{"D":${blanks(2 * MIB)}}` }],
  ])('is not read, %s: the error names the limit', async (_how, reply) => {
    await using t = await fixture([reply])
    const before = process.memoryUsage().rss
    await expect(t.source.identify('update', signal())).rejects.toMatchObject({
      code: 'SPARK_BODY_TOO_LARGE',
      message: expect.stringContaining(`${MIB} bytes`),
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB)
    expect(t.api.asked).toHaveLength(1)
  })

  test('with an error status says as much as one without a body', async () => {
    const reply = { ...zipped(`{"D":${blanks(MIB)}}`), status: 503 }
    await using t = await fixture([reply, d({ Results: [{ Id: 'u', MlsId: 'm' }] })])
    expect(await t.source.identify('update', signal())).toMatchObject({ userId: 'u' })
    await using plain = await fixture([{ status: 401, body: `<html>${blanks(MIB)}` }])
    await expect(plain.source.identify('update', signal())).rejects.toMatchObject({
      code: 'SPARK_UNAUTHORIZED',
    })
  })

  test('lists of fields may be longer than other answers', async () => {
    const fields = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`Field${i}`, { Label: 'x'.repeat(80) }]),
    )
    await using t = await fixture([zipped(JSON.stringify({ D: { Success: true, Results: [fields] } }))])
    const answer = await t.source.metadata.standardFields(undefined, signal())
    expect(answer).toMatchObject({ kind: 'fetched' })
    await using bomb = await fixture([zipped(`{"D":${blanks(20 * MIB)}}`)])
    await expect(bomb.source.metadata.standardFields(undefined, signal())).rejects.toMatchObject({
      code: 'SPARK_BODY_TOO_LARGE',
    })
  })

  test('a page is asked for in smaller slices, and a listing that is too long alone is kept by its key (R12)', async () => {
    const long = zipped(`{"D":${blanks(10 * MIB)}}`)
    const steps = [long, long, page([row(1), row(2)], null), long, long, page([row(2)])]
    await using t = await fixture(steps, { pageLimit: 4 })
    const records = recordsOf(await walk(t.source))
    expect(records).toMatchObject([
      { key: keyOf(1), broken: { bytes: undefined, reason: expect.stringContaining('bytes') } },
      { key: keyOf(2) },
    ])
    expect(t.api.asked.map(({ query }) => query['_limit'])).toEqual(['4', '2', '2', '2', undefined, '2'])
  })

  test('the limit of a page follows its rows', async () => {
    const long = zipped(`{"D":{"Success":true,"Results":[]${blanks(20 * MIB)}}}`)
    await using t = await fixture([long])
    expect(await walk(t.source)).toHaveLength(1)
    await using small = await fixture([long, page([])], { pageLimit: 10 })
    await walk(small.source)
    expect(small.api.asked.map(({ query }) => query['_limit'])).toEqual(['10', '5'])
  })
})
