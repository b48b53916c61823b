/** The source against the simulated API: two readings of the same documentation. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourcePage, WalkRequest } from '../../src/replication/ports.ts'
import type { FaultRule } from '../../src/simulator/faults.ts'
import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts'
import type { SparkSource } from '../../src/spark/spark-source.ts'
import { httpSource, type HttpSourceOptions } from './http-source.ts'
import { collect } from './scripted-api.ts'

const signal = AbortSignal.timeout(60_000)

async function simulated(options: SimulatorOptions = {}, source: Partial<HttpSourceOptions> = {}) {
  const server = await startSimulator({ listings: 25, ...options })
  const { simulator, url } = server
  const client = httpSource({
    apiUrl: url,
    accessToken: simulator.accessToken,
    pageLimit: 7,
    retry: { attempts: 4, baseMs: 1, capMs: 2 },
    ...source,
  })
  return {
    simulator,
    url,
    source: client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function walk(source: SparkSource, request: Partial<WalkRequest> = {}): Promise<SourcePage[]> {
  return collect(
    source.walk(
      { resource: LISTINGS, filter: '', select: 'everything', purpose: 'walk', token: '', ...request },
      signal,
    ),
  )
}

/** Keys and fields of what was walked; a repeated key counts once. */
function shown(pages: readonly SourcePage[]): ReadonlyMap<string, unknown> {
  return new Map(
    pages.flatMap(({ records }) => records.map(({ key, body }) => [key, body['StandardFields']])),
  )
}

function truth(simulator: Simulator): ReadonlyMap<string, unknown> {
  return simulator.truth().listings
}

describe('a walk of the simulated API', () => {
  const ends = ['empty-page', 'repeated-token', 'no-token', 'null-token', 'empty-token'] as const
  test.each(ends)('shows every listing as it is, the walk ending with %s (R7)', async (endOfWalk) => {
    await using t = await simulated({ behaviour: { endOfWalk } })
    const pages = await walk(t.source)
    expect(shown(pages)).toEqual(truth(t.simulator))
    expect(pages.every(({ unreadable }) => unreadable.length === 0)).toBe(true)
  })

  test('shows every key where only keys are selected', async () => {
    await using t = await simulated()
    expect([...shown(await walk(t.source, { select: 'versions' })).keys()]).toEqual([
      ...truth(t.simulator).keys(),
    ])
  })

  test('can be cut anywhere and goes on at the token of its last page', async () => {
    await using t = await simulated()
    const whole = await walk(t.source)
    for (const { nextToken } of whole.slice(0, -1)) {
      const rest = await walk(t.source, { token: nextToken ?? '' })
      const from = whole.findIndex(({ token }) => token === nextToken)
      expect([...shown(rest).keys()]).toEqual([...shown(whole.slice(from)).keys()])
    }
  })

  test('in whole pages, whatever goes wrong on the way and may pass (R8)', async () => {
    const faults: readonly FaultRule['fault'][] = [
      { kind: 'status', status: 429, code: 1550 },
      { kind: 'status', status: 503, code: 1515 },
      { kind: 'status', status: 500, code: 1026 },
      { kind: 'envelope-failure' },
      { kind: 'html' },
      { kind: 'non-json' },
      { kind: 'cut', at: 0.7 },
      { kind: 'reset' },
      { kind: 'empty-page' },
      { kind: 'short-page', rows: 2 },
      { kind: 'duplicate-row' },
    ]
    const script = fc.array(
      fc.record({ fault: fc.constantFrom(...faults), nth: fc.integer({ min: 1, max: 6 }) }),
      {
        maxLength: 3,
      },
    )
    await fc.assert(
      fc.asyncProperty(script, fc.boolean(), async (rules, gzip) => {
        await using t = await simulated({ behaviour: { gzip } })
        t.simulator.faults.add(...rules)
        expect(shown(await walk(t.source))).toEqual(truth(t.simulator))
      }),
      { numRuns: 25 },
    )
  })

  test('fails where part of the filter was dropped (R8)', async () => {
    await using t = await simulated({ behaviour: { unknownFields: 'dropped' } })
    await expect(walk(t.source, { filter: 'Invented Eq 1' })).rejects.toMatchObject({
      code: 'SPARK_FILTER_REFUSED',
    })
  })

  test('tells a refused token (R7)', async () => {
    await using t = await simulated()
    t.simulator.faults.add({ fault: { kind: 'refused-token' }, nth: 2 })
    await expect(walk(t.source)).rejects.toMatchObject({ code: 'SPARK_TOKEN_REFUSED' })
  })

  test.each([
    ['bad-key', 'SPARK_UNAUTHORIZED'],
    ['expired', 'SPARK_SESSION_EXPIRED'],
    ['disabled', 'SPARK_KEY_DISABLED'],
    ['user-inactive', 'SPARK_ACCOUNT_INACTIVE'],
    ['wrong-host', 'SPARK_WRONG_ENDPOINT'],
  ] as const)('stops where the key is no good: %s', async (access, code) => {
    await using t = await simulated({ behaviour: { access } })
    await expect(walk(t.source)).rejects.toMatchObject({ code, retryable: false })
  })

  test('needs a limit that the key may ask for', async () => {
    await using t = await simulated({ behaviour: { role: 'regular' } }, { pageLimit: 1000 })
    await expect(walk(t.source)).rejects.toMatchObject({ code: 'SPARK_BAD_PARAMETER' })
  })
})

describe('questions to the simulated API', () => {
  test('who the key belongs to', async () => {
    await using t = await simulated()
    expect(await t.source.identify('update', signal)).toEqual({
      host: new URL(t.url).host,
      userId: expect.stringMatching(/^\d{26}$/),
      mlsId: expect.stringMatching(/^\d{26}$/),
    })
  })

  test.each(['absent', 'empty'] as const)('the count, Results being %s', async (countResults) => {
    await using t = await simulated({ behaviour: { countResults } })
    expect(await t.source.count(LISTINGS, '', 'walk', signal)).toBe(25)
    expect(
      await t.source.count(LISTINGS, 'ModificationTimestamp Gt 2100-01-01T00:00:00Z', 'walk', signal),
    ).toBe(0)
  })

  test('a count that is refused', async () => {
    await using t = await simulated()
    t.simulator.faults.add({ fault: { kind: 'refused-count' } })
    expect(await t.source.count(LISTINGS, '', 'walk', signal)).toBeUndefined()
  })

  test('which of 200 keys are there, by URL or by form (R9)', async () => {
    await using t = await simulated()
    const there = [...truth(t.simulator).keys()].slice(0, 3)
    for (const gone of ['19990101000000000000000000', 'k'.repeat(40)]) {
      const asked = Array.from({ length: 197 }, (_, n) => `${gone}${n}`.slice(-gone.length))
      const keys = [...asked, ...there].map(recordKey)
      const answer = await t.source.findByKeys(LISTINGS, keys, 'keys', 'source', signal)
      expect(answer).toMatchObject({ kind: 'answered', records: there.map((key) => ({ key })) })
    }
  })

  test.each(['refused', 'dropped'] as const)('keys that cannot be searched: %s (R9)', async (how) => {
    await using t = await simulated({ behaviour: { unsearchable: { ListingKey: how } } })
    const keys = [...truth(t.simulator).keys()].slice(0, 2).map(recordKey)
    expect(await t.source.findByKeys(LISTINGS, keys, 'keys', 'source', signal)).toMatchObject({
      kind: 'refused',
    })
  })

  test('one record: there, gone, not to be seen (R9)', async () => {
    await using t = await simulated()
    const [there, hidden] = [...truth(t.simulator).keys()].map(recordKey)
    if (there === undefined || hidden === undefined) throw new Error('the simulator has no listings')
    t.simulator.configure({ forbiddenKeys: [hidden] })
    const gone = recordKey('19990101000000000000000000')
    expect(await t.source.findOne(LISTINGS, there, signal)).toMatchObject({
      kind: 'found',
      record: { key: there },
    })
    expect(await t.source.findOne(LISTINGS, hidden, signal)).toMatchObject({ kind: 'inconclusive' })
    expect(await t.source.findOne(LISTINGS, gone, signal)).toMatchObject({ kind: 'gone' })
  })

  test('metadata, once and then only if changed', async () => {
    await using t = await simulated()
    const { metadata } = t.source
    for (const service of ['standardFields', 'customFields', 'propertyTypes'] as const) {
      const first = await metadata[service](undefined, signal)
      if (first.kind !== 'fetched') throw new Error('nothing was fetched')
      expect(first.items.length).toBeGreaterThan(0)
      expect(first.lastUpdated).not.toBeNull()
    }
    for (const service of ['standardFields', 'customFields'] as const) {
      const first = await metadata[service](undefined, signal)
      if (first.kind !== 'fetched') throw new Error('nothing was fetched')
      const { etag, lastModified } = first
      expect(await metadata[service]({ etag, lastModified }, signal)).toEqual({ kind: 'unchanged' })
      expect(await metadata[service]({ etag: null, lastModified }, signal)).toEqual({ kind: 'unchanged' })
      expect(await metadata[service]({ etag: '"other"', lastModified }, signal)).toMatchObject({
        kind: 'fetched',
      })
    }
  })

  test('every field of a listing is described, with a type', async () => {
    await using t = await simulated()
    const answer = await t.source.metadata.standardFields(undefined, signal)
    if (answer.kind !== 'fetched') throw new Error('nothing was fetched')
    const types = new Map(answer.items.map(({ name, type }) => [name, type]))
    const [listing] = [...t.simulator.truth().listings.values()]
    for (const name of Object.keys(listing ?? {})) expect(types.get(name), name).toMatch(/^[A-Z][a-z]+$/)
    expect(types.size).toBeGreaterThan(100)
  })
})
