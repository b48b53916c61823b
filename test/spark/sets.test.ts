/** Sets of parts against an API that answers by script: by single requests, by lists with `_expand`, or as it pays. */
import { describe, expect, test } from 'vitest'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonValue } from '../../src/domain/json.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import type { SetAnswer } from '../../src/replication/ports.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SetsWay } from '../../src/domain/sets-way.ts'
import { collect, d, failure, fixture, keyOf, NOW, type Fixture, type Reply } from './scripted-api.ts'

const { signal } = new AbortController()
const [PHOTOS] = LISTING_SETS
const SINGLE = /^\/v1\/listings\/(\d+)\/photos$/

/** What the API has of each listing; a reply stands for an answer as it is. */
type Sets = (key: string) => readonly JsonValue[] | Reply

interface Script {
  readonly sets: Sets
  /** Of the rows of a list. @default each has its set in `StandardFields`, and all are of one MLS */
  readonly row?: (key: string, parts: readonly JsonValue[]) => JsonValue
  /** Instead of a list. */
  readonly list?: Reply
  readonly way?: SetsWay
}

function expandedRow(key: string, parts: readonly JsonValue[], mlsId = 'm'): JsonValue {
  return { Id: key, StandardFields: { ListingKey: key, MlsId: mlsId, Photos: parts } }
}

/** An API that answers by what it is asked for, in any order. */
async function open({ sets, row = expandedRow, list, way = 'auto' }: Script): Promise<Fixture> {
  const answerOf = (url: URL): Reply => {
    const single = SINGLE.exec(url.pathname)?.[1]
    if (single === undefined && list !== undefined) return list
    if (single !== undefined) {
      const parts = sets(single)
      return Array.isArray(parts) ? d({ Results: parts }) : (parts as Reply)
    }
    const keys = url.searchParams.get('_filter')?.match(/\d{26}/g) ?? []
    const rows = keys.flatMap((key) => {
      const parts = sets(key)
      return Array.isArray(parts) ? [row(key, parts)] : []
    })
    return d({ Results: rows })
  }
  const step = ({ url = '' }: IncomingMessage, response: ServerResponse): void => {
    const { status = 200, headers, body } = answerOf(new URL(url, 'http://api.example'))
    response.writeHead(status, { date: new Date(NOW).toUTCString(), ...headers }).end(body)
  }
  return fixture(Array(1_000).fill(step), { setsWay: way })
}

const keys = (count: number): readonly RecordKey[] =>
  Array.from({ length: count }, (_, n) => recordKey(keyOf(n + 1)))
const one = (key: string): readonly JsonValue[] => [{ Id: `of ${key}` }]

function read(t: Fixture, asked: readonly RecordKey[], within = signal): AsyncIterable<SetAnswer> {
  return t.source.sets({ parent: LISTINGS, set: PHOTOS, keys: asked, purpose: 'media' }, within)
}

/** By key. */
async function answersOf(t: Fixture, asked: readonly RecordKey[]): Promise<readonly SetAnswer[]> {
  return (await collect(read(t, asked))).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** Single requests and lists. */
function requests({ api }: Fixture): { readonly singles: number; readonly lists: number } {
  const singles = api.asked.filter(({ path }) => SINGLE.test(path)).length
  return { singles, lists: api.asked.length - singles }
}

describe('of the ways to ask', () => {
  test.each([
    ['single', 60, { singles: 60, lists: 0 }],
    ['expand', 60, { singles: 0, lists: 2 }],
    ['expand', 1, { singles: 0, lists: 1 }],
    ['auto', 4, { singles: 4, lists: 0 }],
    ['auto', 5, { singles: 0, lists: 1 }],
    ['auto', 50, { singles: 0, lists: 1 }],
    ['auto', 51, { singles: 0, lists: 2 }],
    ['auto', 0, { singles: 0, lists: 0 }],
  ] as const)('%s asks for %i sets with %j', async (way, count, expected) => {
    await using t = await open({ sets: one, way })
    const answers = await answersOf(t, keys(count))
    expect(answers).toMatchObject(keys(count).map((key) => ({ kind: 'found', key, parts: one(key) })))
    expect(requests(t)).toEqual(expected)
  })

  test('each gives the same sets, in the order of the source', async () => {
    const sets = (key: string): readonly JsonValue[] =>
      [3, 1, 2].map((n) => ({
        Id: `${key}-${n}`,
        ResourceUri: `/v1/listings/${key}/photos/${key}-${n}`,
        Name: '********',
      }))
    const parts = await Promise.all(
      (['single', 'expand'] as const).map(async (way) => {
        await using t = await open({ sets, way })
        return (await answersOf(t, keys(5))).map((answer) => answer.kind === 'found' && answer.parts)
      }),
    )
    expect(parts[1]).toEqual(parts[0])
  })

  test('a list names the expansion and all keys, and asks for two rows at least (docs/spark-api.md §2.5)', async () => {
    await using t = await open({ sets: one, way: 'expand' })
    await answersOf(t, keys(1))
    expect(t.api.asked[0]).toMatchObject({
      path: '/v1/listings',
      query: { _expand: 'Photos', _limit: '2', _filter: `ListingKey Eq '${keyOf(1)}'` },
    })
  })

  test('every answer tells its request, and when it was given (R6)', async () => {
    await using t = await open({ sets: one, way: 'single' })
    const answers = await answersOf(t, keys(6))
    const numbers = answers.map((answer) => (answer.kind === 'found' ? answer.request : 0))
    expect(new Set(numbers).size).toBe(6)
    expect(answers).toMatchObject(answers.map(() => ({ serverDate: NOW, receivedAt: NOW })))
  })
})

describe('what a list does not say is asked for one by one', () => {
  test.each<readonly [string, Partial<Script>]>([
    ['an expansion that is silent', { row: (key) => ({ Id: key, StandardFields: { ListingKey: key } }) }],
    ['a masked one', { row: (key) => ({ Id: key, StandardFields: { Photos: '********' } }) }],
    ['one that is empty for all', { row: (key) => expandedRow(key, []) }],
    ['rows that nobody asked for', { list: d({ Results: [expandedRow(keyOf(9), one('9'))] }) }],
    ['a filter that is refused', { list: failure(400, 1040) }],
    ['a list without rows', { list: d({}) }],
    ['broken data', { list: failure(500, 1026) }],
    ['no JSON', { list: { body: '<html>' } }],
    ['no right to the list', { list: failure(403, 1500) }],
  ])('%s', async (_, script) => {
    await using t = await open({ sets: one, way: 'expand', ...script })
    expect(await answersOf(t, keys(5))).toMatchObject(
      keys(5).map((key) => ({ kind: 'found', key, parts: one(key) })),
    )
    expect(requests(t).singles).toBe(5)
  })

  test('an empty set is believed where the list shows one of the same MLS (docs/spark-api.md §4.1)', async () => {
    const sets = (key: string) => (key === keyOf(1) ? one(key) : [])
    const row = (key: string, parts: readonly JsonValue[]) =>
      expandedRow(key, parts, key === keyOf(4) ? 'other' : 'm')
    await using t = await open({ sets, row, way: 'expand' })
    const answers = await answersOf(t, keys(4))
    expect(answers.map((answer) => answer.kind === 'found' && answer.parts.length)).toEqual([1, 0, 0, 0])
    expect(t.api.asked.slice(1).map(({ path }) => path)).toEqual([`/v1/listings/${keyOf(4)}/photos`])
  })

  test('a set beside StandardFields counts, too, and a row that comes twice once', async () => {
    const row = (key: string, parts: readonly JsonValue[]) => ({ Id: key, StandardFields: {}, Photos: parts })
    const list = d({ Results: [row(keyOf(1), one('0')), row(keyOf(1), one('1'))] })
    await using t = await open({ sets: one, list, way: 'expand' })
    expect(await answersOf(t, keys(1))).toMatchObject([{ parts: one('1') }])
    expect(requests(t)).toEqual({ singles: 0, lists: 1 })
  })
})

describe('its own address leaves a part only where it says nothing', () => {
  test.each<readonly [JsonValue, JsonValue]>([
    [
      { Id: '7', ResourceUri: '/v1/listings/1/photos/7', Name: 'a' },
      { Id: '7', Name: 'a' },
    ],
    [{ Id: '7', ResourceUri: '/listings/1/photos/7' }, { Id: '7' }],
    [
      { Id: '7', ResourceUri: '/v1/listings/1/photos/8' },
      { Id: '7', ResourceUri: '/v1/listings/1/photos/8' },
    ],
    [{ ResourceUri: '/v1/listings/1/photos/7' }, { ResourceUri: '/v1/listings/1/photos/7' }],
    [
      { Id: '7', ResourceUri: '********' },
      { Id: '7', ResourceUri: '********' },
    ],
    ['no object', 'no object'],
  ])('%j', async (part, said) => {
    await using t = await open({ sets: () => [part] })
    expect(await answersOf(t, keys(1))).toMatchObject([{ parts: [said] }])
  })
})

describe('a single set', () => {
  test.each<readonly [string, Reply, object]>([
    ['of a listing that is not there', failure(404, 404), { kind: 'missing' }],
    ['of a path that is not there', failure(404, 1002), { kind: 'failed' }],
    ['that is refused', failure(403, 1500), { kind: 'refused', error: { apiCode: 1500 } }],
    ['that is refused with HTTP 200', failure(200, 1500), { kind: 'refused', error: { apiCode: 1500 } }],
    [
      'that the API stumbles over',
      failure(500, 1026),
      { kind: 'failed', error: { code: 'SPARK_DATA_FAILED' } },
    ],
    ['that is garbled', { body: '{"D":' }, { kind: 'failed' }],
    ['without Results', d({}), { kind: 'failed', error: { code: 'SPARK_BAD_RESPONSE' } }],
    [
      'of which a part came (docs/spark-api.md §4.5)',
      d({ Results: [{}], Pagination: { TotalRows: 2 } }),
      { kind: 'failed' },
    ],
  ])('%s is that listing’s alone', async (_, reply, expected) => {
    const sets = (key: string) => (key === keyOf(2) ? reply : one(key))
    await using t = await open({ sets, way: 'single' })
    expect(await answersOf(t, keys(3))).toMatchObject([{ kind: 'found' }, expected, { kind: 'found' }])
  })

  test('is asked for three times at most', async () => {
    await using t = await open({ sets: () => failure(500, 1026), way: 'single' })
    await answersOf(t, keys(1))
    expect(t.api.asked).toHaveLength(3)
  })

  test.each<readonly [string, Reply, string]>([
    ['the key', failure(401, 1000), 'SPARK_UNAUTHORIZED'],
    ['the rate', failure(429, 1550), 'SPARK_RATE_LIMITED'],
  ])('that tells of %s ends them all (R8)', async (_, reply, code) => {
    for (const way of ['single', 'expand'] as const) {
      await using t = await open({ sets: () => reply, list: reply, way })
      await expect(answersOf(t, keys(20))).rejects.toMatchObject({ code })
      expect(requests(t).singles).toBeLessThan(20)
    }
  })
})

describe('requests', () => {
  /** Answers nobody until it is told to. */
  async function held(way: SetsWay) {
    const waiting: (() => void)[] = []
    let arrived = Promise.withResolvers<void>()
    const closed: Promise<void>[] = []
    const step = (_: IncomingMessage, response: ServerResponse): void => {
      waiting.push(() => response.end(JSON.stringify({ D: { Success: true, Results: [] } })))
      closed.push(new Promise((resolve) => response.once('close', resolve)))
      arrived.resolve()
      arrived = Promise.withResolvers()
    }
    const t = await fixture(Array(1_000).fill(step), { setsWay: way })
    const several = async (count: number): Promise<void> => {
      while (waiting.length < count) await arrived.promise
    }
    return { t, waiting, several, closed }
  }

  test('are four at a time', async () => {
    const { t, waiting, several } = await held('single')
    await using _ = t
    const reading = answersOf(t, keys(9))
    let answered = 0
    for (const wave of [4, 8, 9]) {
      await several(wave)
      expect(waiting).toHaveLength(wave)
      for (const answer of waiting.slice(answered)) answer()
      answered = wave
    }
    expect(await reading).toHaveLength(9)
  })

  test.each(['single', 'expand'] as const)(
    'end with the signal, asked by %s, and leave nothing behind',
    async (way) => {
      const { t, several, closed } = await held(way)
      await using _ = t
      const stop = new AbortController()
      const reason = new Error('stop')
      const reading = collect(read(t, keys(300), stop.signal))
      await several(4)
      stop.abort(reason)
      await expect(reading).rejects.toBe(reason)
      await Promise.all(closed)
      expect(t.api.asked).toHaveLength(4)
    },
  )

  test('end when nobody reads on', async () => {
    const { t, waiting, several, closed } = await held('single')
    await using _ = t
    const answers = read(t, keys(300))[Symbol.asyncIterator]()
    const first = answers.next()
    await several(4)
    waiting[0]?.()
    expect((await first).done).toBe(false)
    await answers.return?.()
    await Promise.all(closed)
    expect(t.api.asked.length).toBeLessThanOrEqual(5)
  })

  test('are none for a signal that has aborted', async () => {
    await using t = await open({ sets: one })
    const reason = new Error('stop')
    await expect(collect(read(t, keys(9), AbortSignal.abort(reason)))).rejects.toBe(reason)
    expect(t.api.asked).toEqual([])
  })
})
