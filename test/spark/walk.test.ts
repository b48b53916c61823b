import { describe, expect, test } from 'vitest'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourcePage, WalkRequest } from '../../src/replication/ports.ts'
import type { SparkSource } from '../../src/spark/spark-source.ts'
import { OFFICES } from '../fixtures/resources.ts'
import { collect, d, failure, fixture, keyOf, NOW, page, row, type Reply } from './scripted-api.ts'

const EVERYTHING: WalkRequest = {
  resource: LISTINGS,
  filter: '',
  select: 'everything',
  purpose: 'walk',
  token: '',
}

function walk(source: SparkSource, request: Partial<WalkRequest> = {}): Promise<SourcePage[]> {
  return collect(source.walk({ ...EVERYTHING, ...request }, AbortSignal.timeout(5_000)))
}

function keysOf(pages: readonly SourcePage[]): readonly (readonly string[])[] {
  return pages.map(({ records }) => records.map(({ key }) => key))
}

describe('what a walk sends', () => {
  test('the first request has an empty token and nothing that was not asked for', async () => {
    await using t = await fixture([page([])])
    await walk(t.source)
    expect(t.api.asked[0]).toMatchObject({ method: 'GET', path: '/v1/listings' })
    expect(t.api.asked[0]?.query).toEqual({ _limit: '1000', _skiptoken: '' })
  })

  test('filter, selection and the token of the page before', async () => {
    await using t = await fixture([page([row(1)], 'a+b/='), page([])])
    const filter = 'ModificationTimestamp Gt 2026-05-02T13:39:59Z'
    await walk(t.source, { select: 'versions', filter })
    expect(t.api.asked.map(({ query }) => query)).toEqual([
      { _limit: '1000', _select: 'ListingKey,ModificationTimestamp', _filter: filter, _skiptoken: '' },
      { _limit: '1000', _select: 'ListingKey,ModificationTimestamp', _filter: filter, _skiptoken: 'a+b/=' },
    ])
    expect(t.api.asked[0]?.url).not.toContain('+')
  })

  test('the scope where whole records are asked for, by all ways the same, and its filter where it is wanted', async () => {
    await using t = await fixture([page([]), page([]), page([]), page([]), page([]), failure(404, 404)])
    const select = ['ListPrice', '"Remarks"."Public, long"', 'MlsId']
    const scope = { filter: "MlsId Eq 'a' Or MlsId Eq 'b'", select, expand: 'CustomFieldsRaw' }
    const resource = { ...LISTINGS, scope }
    const signal = AbortSignal.timeout(5_000)
    const keys = [recordKey('1')]
    await walk(t.source, { resource, filter: scope.filter })
    await walk(t.source, { resource, select: 'versions', filter: scope.filter })
    await walk(t.source, { resource, select: 'keys', filter: scope.filter })
    await t.source.findByKeys(resource, keys, 'everything', 'scope', signal)
    await t.source.findByKeys(resource, keys, 'keys', 'source', signal)
    await t.source.findOne(resource, recordKey('1'), signal)
    const needed =
      'ListingKey,ModificationTimestamp,MlsId,PhotosChangeTimestamp,VideosChangeTimestamp,DocumentsChangeTimestamp'
    const whole = { _select: `${needed},ListPrice,"Remarks"."Public, long"`, _expand: 'CustomFieldsRaw' }
    expect(t.api.asked.map(({ query }) => query)).toEqual([
      { _limit: '1000', _skiptoken: '', _filter: scope.filter, ...whole },
      { _limit: '1000', _skiptoken: '', _filter: scope.filter, _select: 'ListingKey,ModificationTimestamp' },
      { _limit: '1000', _skiptoken: '', _filter: scope.filter, _select: 'ListingKey' },
      { _limit: '2', _filter: `(${scope.filter}) And ListingKey Eq '1'`, ...whole },
      { _limit: '2', _filter: `ListingKey Eq '1'`, _select: 'ListingKey' },
      whole,
    ])
  })

  test('without a scope nothing of it, and never for more rows than the resource gives', async () => {
    await using t = await fixture([page([]), page([]), d({ Results: [] }), failure(404, 404)], {
      pageLimit: 1000,
    })
    const signal = AbortSignal.timeout(5_000)
    await walk(t.source, { resource: OFFICES })
    await walk(t.source, { resource: OFFICES, select: 'versions' })
    await t.source.findByKeys(OFFICES, [recordKey('1')], 'everything', 'scope', signal)
    await t.source.findOne(OFFICES, recordKey('1'), signal)
    const asked = t.api.asked.map(({ query }) => query)
    expect(asked.map(({ _expand, _filter }) => ({ _expand, _filter }))).toEqual([
      {},
      {},
      { _filter: "OfficeKey Eq '1'" },
      {},
    ])
    expect(asked.map(({ _limit }) => _limit)).toEqual(['25', '25', '2', undefined])
  })

  test('who asks', async () => {
    await using t = await fixture([page([])])
    await walk(t.source)
    expect(t.api.asked[0]?.headers).toMatchObject({
      authorization: 'Bearer invented-token-4711',
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'x-sparkapi-user-agent': 'listingstream/test',
    })
  })

  test('never more than the resource allows', async () => {
    await using t = await fixture([page([])], { pageLimit: 5000 })
    await walk(t.source)
    expect(t.api.asked[0]?.query['_limit']).toBe('1000')
  })

  test('a base URL with a path keeps it', async () => {
    await using t = await fixture([page([])])
    await using other = await fixture([], { apiUrl: `${t.api.url}/proxy/` })
    await walk(other.source)
    expect(t.api.asked[0]?.path).toBe('/proxy/v1/listings')
  })
})

describe('where a walk ends (R7)', () => {
  const ends: readonly (readonly [string, Reply])[] = [
    ['no token', page([row(2)])],
    ['a null token', page([row(2)], null)],
    ['an empty token', page([row(2)], '')],
    ['the token that was sent', page([row(2)], 'T1')],
  ]
  test.each(ends)('a page with %s is the last, and its rows count', async (_how, last) => {
    await using t = await fixture([page([row(1)], 'T1'), last])
    const pages = await walk(t.source)
    expect(keysOf(pages)).toEqual([[keyOf(1)], [keyOf(2)]])
    expect(pages.map(({ token, nextToken }) => [token, nextToken])).toEqual([
      ['', 'T1'],
      ['T1', null],
    ])
  })

  test('a short page is not the end', async () => {
    await using t = await fixture([page([row(1)], 'T1'), page([row(2)], 'T2'), page([], 'T2')], {
      pageLimit: 500,
    })
    expect(keysOf(await walk(t.source))).toEqual([[keyOf(1)], [keyOf(2)], []])
  })

  test('an empty page with a new token is followed', async () => {
    await using t = await fixture([page([], 'T1'), page([], 'T2'), page([], 'T3'), page([row(4)], null)])
    expect(keysOf(await walk(t.source))).toEqual([[], [], [], [keyOf(4)]])
  })

  test('empty pages with rows between them are not in a row', async () => {
    const steps = [1, 2, 3, 4].flatMap((n) => [page([], `E${n}`), page([], `F${n}`), page([row(n)], `T${n}`)])
    await using t = await fixture([...steps, page([])])
    expect(keysOf(await walk(t.source)).flat()).toEqual([1, 2, 3, 4].map(keyOf))
  })

  test('a walk goes on from the token of an earlier process', async () => {
    await using t = await fixture([page([row(8)], 'T8'), page([], 'T8')])
    expect(keysOf(await walk(t.source, { token: 'T7' }))).toEqual([[keyOf(8)], []])
    expect(t.api.asked[0]?.query['_skiptoken']).toBe('T7')
  })

  test('the reader that stops is asked for no further page', async () => {
    await using t = await fixture([page([row(1)], 'T1'), page([row(2)])])
    for await (const first of t.source.walk(EVERYTHING, AbortSignal.timeout(5_000))) {
      expect(first.nextToken).toBe('T1')
      break
    }
    expect(t.api.asked).toHaveLength(1)
  })
})

describe('what a page carries', () => {
  test('its request number rises, and is that of the attempt that brought it (R6)', async () => {
    const steps = [page([row(1)], 'T1'), failure(503, 1510), failure(503, 1510), page([row(2)])]
    await using t = await fixture(steps, { firstRequestNumber: 100 })
    expect((await walk(t.source)).map(({ request }) => request)).toEqual([100, 103])
  })

  test("the server's date (R4)", async () => {
    await using t = await fixture([page([])])
    expect((await walk(t.source))[0]?.serverDate).toBe(NOW)
  })

  test.each(['', 'yesterday'])('no date where the header is %j (R4)', async (date) => {
    await using t = await fixture([{ ...page([]), headers: { date } }])
    expect((await walk(t.source))[0]?.serverDate).toBeNull()
  })

  test('rows as they came, repeated keys and unreadable rows included (R12)', async () => {
    await using t = await fixture([page([row(1, { ListPrice: 1 }), { Odd: true }, row(1, { ListPrice: 2 })])])
    const [only] = await walk(t.source)
    expect(only?.records.map(({ key, body }) => [key, body['StandardFields']])).toEqual([
      [keyOf(1), { ListingKey: keyOf(1), ListPrice: 1 }],
      [keyOf(1), { ListingKey: keyOf(1), ListPrice: 2 }],
    ])
    expect(only?.unreadable).toEqual([{ reason: expect.any(String), body: { Odd: true } }])
  })
})

describe('failure is never absence (R8)', () => {
  const failures: readonly (readonly [string, Reply, string])[] = [
    ['Success:false with HTTP 200', failure(200, 1500), 'SPARK_NOT_PERMITTED'],
    ['a failure that says nothing', failure(200), 'SPARK_UNAVAILABLE'],
    ['SparkQLErrors on success', d({ Results: [], SparkQLErrors: [{ Token: 'X' }] }), 'SPARK_FILTER_REFUSED'],
    ['a page without Results', d({}), 'SPARK_BAD_RESPONSE'],
    ['Results that are no list', d({ Results: {} }), 'SPARK_BAD_RESPONSE'],
    ['a token that is no text', d({ Results: [], SkipToken: { next: 1 } }), 'SPARK_BAD_RESPONSE'],
    ['JSON without D', { body: '{"Success":true,"Results":[]}' }, 'SPARK_BAD_RESPONSE'],
    ['no Success', { body: '{"D":{"Results":[]}}' }, 'SPARK_BAD_RESPONSE'],
    ['Success as text', { body: '{"D":{"Success":"true","Results":[]}}' }, 'SPARK_BAD_RESPONSE'],
    ['HTML', { body: '<!doctype html><p>Maintenance</p>' }, 'SPARK_BAD_RESPONSE'],
    ['cut JSON', { body: '{"D":{"Success":true,"Results":[' }, 'SPARK_BAD_RESPONSE'],
    ['an empty body', { body: '' }, 'SPARK_BAD_RESPONSE'],
    ['401', failure(401, 1000), 'SPARK_UNAUTHORIZED'],
    ['403 with 1015', failure(403, 1015), 'SPARK_ACCOUNT_INACTIVE'],
    ['503 with 1024', failure(503, 1024), 'SPARK_NOT_IN_SYNC'],
    ['a page of a gateway', { status: 502, body: '<html>' }, 'SPARK_UNAVAILABLE'],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://elsewhere.example/' } },
      'SPARK_WRONG_ENDPOINT',
    ],
  ]
  test.each(failures)('%s ends the walk with an error', async (_what, reply, code) => {
    await using t = await fixture([page([row(1)], 'T1'), reply], {
      retry: { attempts: 1, baseMs: 1, capMs: 1 },
    })
    const pages: SourcePage[] = []
    const walking = (async () => {
      for await (const one of t.source.walk(EVERYTHING, AbortSignal.timeout(5_000))) pages.push(one)
    })()
    await expect(walking).rejects.toMatchObject({ code })
    expect(pages).toHaveLength(1)
    expect(t.api.asked).toHaveLength(2)
  })
})

describe('a refused token (R7)', () => {
  const refusals: readonly (readonly [string, Reply])[] = [
    ['1053', failure(400, 1053)],
    ['1050', failure(400, 1050)],
    ['no Code', failure(400)],
    ['no envelope', { status: 400, body: 'Bad Request' }],
  ]
  /** Under codes of its own, with which the API might just as well mean the token. */
  const others: readonly (readonly [string, Reply])[] = [
    ['400 with 1040, a code of filters', failure(400, 1040)],
    ['400 with 2000, a code of values in filters', failure(400, 2000)],
    ['400 with SparkQLErrors', failure(400, undefined, { SparkQLErrors: [{ Token: 'X' }] })],
    ['400 with a code that nobody knows', failure(400, 4711)],
    ['400 with 1035', failure(400, 1035)],
    ['200 with 1053', failure(200, 1053)],
    ['200 with 1040', failure(200, 1040)],
    ['422 with 1053', failure(422, 1053)],
    ['404 with 404', failure(404, 404)],
  ]
  test.each(others)('is every refusal of the request after a token was sent: %s', async (_how, reply) => {
    await using t = await fixture([reply])
    await expect(walk(t.source, { token: 'T1' })).rejects.toMatchObject({
      code: 'SPARK_TOKEN_REFUSED',
      retryable: true,
    })
    await using without = await fixture([reply])
    await expect(walk(without.source)).rejects.not.toMatchObject({ code: 'SPARK_TOKEN_REFUSED' })
  })

  test.each(refusals)('is told apart: 400 with %s after a token was sent', async (_how, reply) => {
    await using t = await fixture([reply])
    await expect(walk(t.source, { token: 'T1' })).rejects.toMatchObject({ code: 'SPARK_TOKEN_REFUSED' })
  })

  test.each(refusals)('is not blamed for 400 with %s where none was sent', async (_how, reply) => {
    await using t = await fixture([reply])
    await expect(walk(t.source)).rejects.toMatchObject({ code: 'SPARK_BAD_PARAMETER' })
  })

  test.each([
    [d({ Results: [], SparkQLErrors: [{ Token: 'X' }] }), 'SPARK_FILTER_REFUSED'],
    [failure(401, 1000), 'SPARK_UNAUTHORIZED'],
    [failure(403, 1500), 'SPARK_NOT_PERMITTED'],
    [failure(405, 405), 'SPARK_METHOD_REFUSED'],
    [failure(404), 'SPARK_BAD_RESPONSE'],
    [failure(429, 1550), 'SPARK_RATE_LIMITED'],
  ])('is not blamed for another failure', async (reply, code) => {
    await using t = await fixture([reply], { retry: { attempts: 1, baseMs: 1, capMs: 1 } })
    await expect(walk(t.source, { token: 'T1' })).rejects.toMatchObject({ code })
  })
})

describe('a page that takes the API too long', () => {
  test('is asked for in halves, and the next one whole again (1515)', async () => {
    const steps = [failure(503, 1515), failure(503, 1515), page([row(1)], 'T1'), page([])]
    await using t = await fixture(steps)
    await walk(t.source)
    expect(t.api.asked.map(({ query }) => query['_limit'])).toEqual(['1000', '500', '250', '1000'])
  })

  test('is never asked for below 50 rows, nor above the setting', async () => {
    const slow = [failure(503, 1515), failure(503, 1515), failure(503, 1515), failure(503, 1515)]
    await using t = await fixture(slow, { pageLimit: 150 })
    await expect(walk(t.source)).rejects.toMatchObject({ code: 'SPARK_TOO_SLOW', retryable: true })
    expect(t.api.asked.map(({ query }) => query['_limit'])).toEqual(['150', '75', '50', '50'])

    await using small = await fixture(slow, { pageLimit: 10 })
    await expect(walk(small.source)).rejects.toMatchObject({ code: 'SPARK_TOO_SLOW' })
    expect(small.api.asked.map(({ query }) => query['_limit'])).toEqual(['10', '10', '10', '10'])
  })
})
