import { describe, expect, test } from 'vitest'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { d, failure, fixture, keyOf, NOW, page, row, type Reply } from './scripted-api.ts'

const signal = AbortSignal.timeout(60_000)
const KEY = recordKey(keyOf(1))

describe('identify', () => {
  const system = d({ Results: [{ Id: 'U1', MlsId: 'M1', Name: 'An agent', Mls: 'An MLS' }] })

  test('names host, user and MLS', async () => {
    await using t = await fixture([failure(503, 1023), system])
    const host = new URL(t.api.url).host
    expect(await t.source.identify('update', signal)).toEqual({ host, userId: 'U1', mlsId: 'M1' })
    expect(t.api.asked[0]?.path).toBe('/v1/system')
  })

  test.each([
    [d({ Results: [] })],
    [d({ Results: [{ Id: 'U1' }] })],
    [d({ Results: [{ Id: null, MlsId: 'M1' }] })],
    [d({})],
  ])('an answer without both is an error', async (reply) => {
    await using t = await fixture([reply])
    await expect(t.source.identify('update', signal)).rejects.toMatchObject({ code: 'SPARK_BAD_RESPONSE' })
  })
})

describe('count', () => {
  test.each([
    { TotalRows: 2001, PageSize: 25 },
    { TotalRows: 0, TotalPages: 1 },
  ])('is TotalRows of %j', async (Pagination) => {
    await using t = await fixture([d({ Pagination })])
    expect(await t.source.count(LISTINGS, 'A Eq 1', 'walk', signal)).toBe(Pagination.TotalRows)
    expect(t.api.asked[0]?.query).toEqual({ _pagination: 'count', _filter: 'A Eq 1' })
  })

  test('of everything has no filter', async () => {
    await using t = await fixture([d({ Results: [], Pagination: { TotalRows: 7 } })])
    expect(await t.source.count(LISTINGS, '', 'walk', signal)).toBe(7)
    expect(t.api.asked[0]?.query).toEqual({ _pagination: 'count' })
  })

  test.each([
    [failure(400, 1040, { SparkQLErrors: [{ Token: 'X' }] })],
    [failure(400, 1053)],
    [failure(400)],
    [failure(405, 1018)],
  ])('is undefined where the API refuses such a request (R7)', async (reply) => {
    await using t = await fixture([reply])
    expect(await t.source.count(LISTINGS, '', 'walk', signal)).toBeUndefined()
  })

  test.each([
    [failure(401, 1000), 'SPARK_UNAUTHORIZED'],
    [failure(403, 1500), 'SPARK_NOT_PERMITTED'],
    [failure(200, 1500), 'SPARK_NOT_PERMITTED'],
    [failure(403, 1015), 'SPARK_ACCOUNT_INACTIVE'],
    [d({ Pagination: { TotalRows: 5 }, SparkQLErrors: [{ Status: 'Dropped' }] }), 'SPARK_FILTER_REFUSED'],
    [d({ Results: [] }), 'SPARK_BAD_RESPONSE'],
    [d({ Pagination: { TotalRows: '5' } }), 'SPARK_BAD_RESPONSE'],
    [d({ Pagination: { TotalRows: -1 } }), 'SPARK_BAD_RESPONSE'],
  ])('any other failure is an error (R8)', async (reply, code) => {
    await using t = await fixture([reply])
    await expect(t.source.count(LISTINGS, '', 'walk', signal)).rejects.toMatchObject({ code })
  })
})

describe('findByKeys', () => {
  const keys = [1, 2, 3].map((n) => recordKey(keyOf(n)))

  test('is one list query with a limit that all keys fit in (R9)', async () => {
    await using t = await fixture([page([row(1), row(3)])])
    expect(await t.source.findByKeys(LISTINGS, keys, 'keys', 'source', signal)).toMatchObject({
      kind: 'answered',
      request: 1,
      serverDate: NOW,
      receivedAt: NOW,
      records: [{ key: keyOf(1) }, { key: keyOf(3) }],
    })
    expect(t.api.asked[0]).toMatchObject({
      method: 'GET',
      query: {
        _limit: '3',
        _select: 'ListingKey',
        _filter: `ListingKey Eq '${keyOf(1)}','${keyOf(2)}','${keyOf(3)}'`,
      },
    })
  })

  test('whole records are asked for without a selection', async () => {
    await using t = await fixture([page([row(1)])])
    await t.source.findByKeys(LISTINGS, keys, 'everything', 'scope', signal)
    expect(Object.keys(t.api.asked[0]?.query ?? {})).toEqual(['_limit', '_filter'])
  })

  test('two hundred listing keys still fit in a URL', async () => {
    await using t = await fixture([page([])])
    const many = Array.from({ length: 200 }, (_, n) => recordKey(keyOf(n)))
    await t.source.findByKeys(LISTINGS, many, 'keys', 'source', signal)
    const [asked] = t.api.asked
    expect(asked?.method).toBe('GET')
    expect(asked?.query['_filter']?.split(',')).toHaveLength(200)
  })

  test('what is too long for a URL is sent as a form that stands for a GET', async () => {
    await using t = await fixture([page([])])
    const long = Array.from({ length: 200 }, (_, n) => recordKey(`${'k'.repeat(60)}${n}`))
    await t.source.findByKeys(LISTINGS, long, 'keys', 'source', signal)
    const [asked] = t.api.asked
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/v1/listings',
      headers: { 'x-http-method-override': 'GET', 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      _limit: '200',
      _select: 'ListingKey',
      _filter: `ListingKey Eq ${long.map((key) => `'${key}'`).join(',')}`,
    })
  })

  test.each([
    [failure(400, 1040)],
    [failure(400, 1041)],
    [failure(400, 1053)],
    [failure(200, 1040)],
    [failure(200, 1053)],
    [failure(405, 405)],
    [{ status: 414, body: 'URI Too Long' }],
    [d({ Results: [row(1)], SparkQLErrors: [{ Token: 'ListingKey', Status: 'Dropped' }] })],
  ])('is refused where the API does not take or apply the filter (R9)', async (reply: Reply) => {
    await using t = await fixture([reply])
    expect(await t.source.findByKeys(LISTINGS, keys, 'keys', 'source', signal)).toMatchObject({
      kind: 'refused',
    })
  })

  test('data that the API itself cannot read spoils it: it may be of one record alone (R8)', async () => {
    const reply = failure(500, 1026)
    await using t = await fixture([reply, reply, reply, reply])
    expect(await t.source.findByKeys(LISTINGS, keys, 'keys', 'source', signal)).toMatchObject({
      kind: 'spoiled',
    })
  })

  test('a row that cannot be read makes it refused: the row might be one of the keys (R8)', async () => {
    await using t = await fixture([page([row(1), { Id: 5 }])])
    expect(await t.source.findByKeys(LISTINGS, keys, 'keys', 'source', signal)).toMatchObject({
      kind: 'refused',
    })
  })

  test.each([
    [failure(403, 1500), 'SPARK_NOT_PERMITTED'],
    [failure(401, 1000), 'SPARK_UNAUTHORIZED'],
    [d({}), 'SPARK_BAD_RESPONSE'],
  ])('any other failure is an error (R8)', async (reply, code) => {
    await using t = await fixture([reply])
    await expect(t.source.findByKeys(LISTINGS, keys, 'keys', 'source', signal)).rejects.toMatchObject({
      code,
    })
  })

  test.each([0, 201])('%i keys at once are a mistake of the caller', async (length) => {
    await using t = await fixture([])
    const some: RecordKey[] = Array.from({ length }, (_, n) => recordKey(keyOf(n)))
    await expect(t.source.findByKeys(LISTINGS, some, 'keys', 'source', signal)).rejects.toMatchObject({
      code: 'INVARIANT_VIOLATION',
    })
  })
})

describe('findOne', () => {
  test('brings the record', async () => {
    await using t = await fixture([page([row(1)])])
    expect(await t.source.findOne(LISTINGS, KEY, signal)).toMatchObject({
      kind: 'found',
      request: 1,
      serverDate: NOW,
      receivedAt: NOW,
      record: { key: KEY },
    })
    expect(t.api.asked[0]?.url).toBe(`/v1/listings/${KEY}`)
    expect(t.events[0]?.path).toBe('/v1/listings/{Id}')
  })

  test('404 with Code 404 says gone, with the request that said so (R9)', async () => {
    await using t = await fixture([failure(503, 1510), failure(404, 404)])
    expect(await t.source.findOne(LISTINGS, KEY, signal)).toEqual({
      kind: 'gone',
      request: 2,
      serverDate: NOW,
      receivedAt: NOW,
    })
  })

  test.each([
    [{ status: 404, body: '<h1>Not Found</h1>' }, 'SPARK_BAD_RESPONSE'],
    [{ status: 404, body: '{"error":{"code":404}}' }, 'SPARK_BAD_RESPONSE'],
    [failure(404), 'SPARK_BAD_RESPONSE'],
    [failure(400, 1053), 'SPARK_BAD_PARAMETER'],
    [failure(200, 1000), 'SPARK_UNAUTHORIZED'],
    [failure(200, 1015), 'SPARK_ACCOUNT_INACTIVE'],
    [failure(200, 1510), 'SPARK_UNAVAILABLE'],
    [failure(200, 1550), 'SPARK_RATE_LIMITED'],
    [failure(503, 1510), 'SPARK_UNAVAILABLE'],
    [{ status: 200, body: '<h1>Not Found</h1>' }, 'SPARK_BAD_RESPONSE'],
    [failure(403, 1015), 'SPARK_ACCOUNT_INACTIVE'],
    [failure(403, 1021), 'SPARK_WRONG_ENDPOINT'],
    [failure(401, 1000), 'SPARK_UNAUTHORIZED'],
  ])('any other failure is an error and no word about the record (R8)', async (reply: Reply, code) => {
    await using t = await fixture([reply, reply, reply, reply])
    await expect(t.source.findOne(LISTINGS, KEY, signal)).rejects.toMatchObject({ code })
  })

  test.each([
    [failure(403, 1500)],
    [failure(200, 1500)],
    [failure(403)],
    [{ status: 403, body: 'Forbidden' }],
  ])('403 and Code 1500 are inconclusive (R9)', async (reply: Reply) => {
    await using t = await fixture([reply])
    expect(await t.source.findOne(LISTINGS, KEY, signal)).toMatchObject({ kind: 'inconclusive' })
  })

  test.each([
    ['200 with Code 404', failure(200, 404)],
    ['200 with Code 405', failure(200, 405)],
    ['200 with Code 1053', failure(200, 1053)],
    ['200 with Code 1040', failure(200, 1040)],
    ['200 with a code that nobody knows', failure(200, 4711)],
    ['200 with Success:false and nothing else', failure(200)],
    ['500 with Code 1026, data that the API cannot read', failure(500, 1026)],
    ['404 with another Code', failure(404, 1500)],
    ['404 with a code that nobody knows', failure(404, 4711)],
    ['410 with Code 404', failure(410, 404)],
  ])(
    '%s is inconclusive for that key, and neither gone nor a failed sweep (R8, R9)',
    async (_what, reply) => {
      await using t = await fixture([reply, reply, reply, reply])
      expect(await t.source.findOne(LISTINGS, KEY, signal)).toMatchObject({ kind: 'inconclusive' })
    },
  )

  test.each([[page([])], [page([row(2)])], [page([row(1), row(2)])], [page([{ Id: 5 }])], [d({})]])(
    'a success without that one record is inconclusive (R8)',
    async (reply) => {
      await using t = await fixture([reply])
      expect(await t.source.findOne(LISTINGS, KEY, signal)).toMatchObject({ kind: 'inconclusive' })
    },
  )
})
