import { describe, expect, test } from 'vitest'

import { FaultScript, type FaultRule } from '../../src/simulator/faults.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { get, keysOf, NOW, request, walk, type Data } from './spark-request.ts'

const clock = (): number => NOW

async function broken(fault: FaultRule['fault'], listings = 30): Promise<SimulatorServer> {
  const server = await startSimulator({ listings, clock })
  server.simulator.faults.add({ fault })
  return server
}

describe('a rule', () => {
  test('fires at the nth request that fits, so many times', () => {
    const script = new FaultScript()
    script.add({ fault: { kind: 'no-date' }, path: '/v1/listings', nth: 2, times: 2 })
    const taken = ['/v1/listings', '/v1/system', '/v1/listings', '/v1/listings', '/v1/listings'].map(
      (path) => script.take(path, new URLSearchParams())?.kind,
    )
    expect(taken).toEqual([undefined, undefined, 'no-date', 'no-date', undefined])
    expect([script.fired, script.waiting]).toEqual([2, 0])
  })

  test('can name a token, any token, or none', () => {
    const script = new FaultScript()
    script.add(
      { fault: { kind: 'reset' }, query: { _skiptoken: '' }, times: null },
      { fault: { kind: 'hang' }, query: { _skiptoken: '*' }, times: null },
      { fault: { kind: 'no-date' }, query: { _skiptoken: null }, path: '/v1/list*', times: null },
    )
    const take = (query: string): string | undefined =>
      script.take('/v1/listings', new URLSearchParams(query))?.kind
    expect(take('_skiptoken=')).toBe('reset')
    expect(take('_skiptoken=123')).toBe('hang')
    expect(take('_limit=1')).toBe('no-date')
    script.clear()
    expect(take('_skiptoken=')).toBeUndefined()
  })

  test('that is none is refused', () => {
    const rule = { fault: { kind: 'status', status: 200 } } as FaultRule
    expect(() => new FaultScript().add(rule)).toThrow(/status/)
  })
})

describe('failures', () => {
  test.each([
    [429, 1550],
    [503, 1023],
    [503, 1024],
    [503, 1510],
    [503, 1515],
    [503, 1516],
    [503, 2005],
    [500, 1026],
  ])('%i with Code %i', async (status, code) => {
    await using server = await broken({ kind: 'status', status, code })
    const answer = await get(server, '/v1/listings')
    expect([answer.status, answer.D.Success, answer.D.Code]).toEqual([status, false, code])
    expect((await get(server, '/v1/listings')).status).toBe(200)
  })

  test.each([
    [undefined, null],
    [3, '3'],
    ['Sat, 02 May 2026 14:04:09 GMT', 'Sat, 02 May 2026 14:04:09 GMT'],
  ])('429 with Retry-After %s', async (retryAfter, header) => {
    const fault = { kind: 'status', status: 429, code: 1550 } as const
    await using server = await broken(retryAfter === undefined ? fault : { ...fault, retryAfter })
    expect((await request(server, '/v1/listings')).headers.get('retry-after')).toBe(header)
  })

  test.each([[undefined], [1500]])('200 with Success false and Code %s (R8)', async (code) => {
    await using server = await broken({
      kind: 'envelope-failure',
      ...(code === undefined ? {} : { code }),
    })
    const { status, D } = await get(server, '/v1/listings')
    expect([status, D.Success, D.Code]).toEqual([200, false, code])
  })

  test('an HTML page', async () => {
    await using server = await broken({ kind: 'html' })
    const response = await request(server, '/v1/listings')
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html'])
  })

  test('a body that is no JSON', async () => {
    await using server = await broken({ kind: 'non-json' })
    await expect((await request(server, '/v1/listings')).json()).rejects.toThrow(SyntaxError)
  })
})

describe('the wire', () => {
  test('a cut body promises its whole length', async () => {
    await using server = await broken({ kind: 'cut', at: 0.5 })
    const response = await request(server, '/v1/listings', { headers: { 'Accept-Encoding': 'identity' } })
    expect(response.status).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(20_000)
    await expect(response.text()).rejects.toThrow(TypeError)
  })

  test('a reset breaks the connection', async () => {
    await using server = await broken({ kind: 'reset' })
    const { simulator } = server
    await expect(request(server, '/v1/listings')).rejects.toThrow(TypeError)
    expect(simulator.requests.summary.byPath).toEqual({ '/v1/listings': { '0': 1 } })
  })

  test('a hanging request gets no answer, and does not keep the simulator from closing', async () => {
    const server = await broken({ kind: 'hang' })
    const { simulator } = server
    const hanging = request(server, '/v1/listings')
    hanging.catch(() => undefined)
    await expect.poll(() => simulator.requests.summary.requests).toBe(1)
    await server[Symbol.asyncDispose]()
    await expect(hanging).rejects.toThrow(TypeError)
  })

  test.each(['delay', 'slow'] as const)('a %s answer is late and whole', async (kind) => {
    await using server = await broken({ kind, ms: 60 })
    const started = performance.now()
    expect((await get(server, '/v1/listings')).D.Results).toHaveLength(10)
    expect(performance.now() - started).toBeGreaterThan(50)
  })

  test('a waiting answer does not keep the simulator from closing', async () => {
    const server = await broken({ kind: 'delay', ms: 600_000 })
    const { simulator } = server
    const waiting = request(server, '/v1/listings')
    waiting.catch(() => undefined)
    await expect.poll(() => simulator.requests.summary.requests).toBe(1)
    await server[Symbol.asyncDispose]()
    await expect(waiting).rejects.toThrow(TypeError)
  })

  test('the Date is missing or wrong (R4)', async () => {
    await using server = await broken({ kind: 'no-date' })
    const { simulator } = server
    expect((await request(server, '/v1/listings')).headers.get('date')).toBeNull()
    simulator.faults.add({ fault: { kind: 'wrong-date', skewMs: 7_200_000 } })
    const wrong = await request(server, '/v1/listings')
    expect(wrong.headers.get('date')).toBe('Sat, 02 May 2026 16:03:09 GMT')
  })
})

describe('pages', () => {
  const shape = (pages: readonly Data[]): (number | undefined)[] => pages.map((page) => page.Results?.length)

  async function disturbedWalk(
    fault: FaultRule['fault'],
    nth = 2,
  ): Promise<{ pages: readonly Data[]; keys: string[] }> {
    await using server = await startSimulator({ listings: 30, clock })
    const { simulator } = server
    simulator.faults.add({ fault, nth })
    const pages = await walk(server)
    return { pages, keys: [...simulator.truth().listings.keys()] }
  }

  test.each([1, 2, 3])('an empty page with a new token loses nothing, as page %i (R7)', async (nth) => {
    const { pages, keys } = await disturbedWalk({ kind: 'empty-page' }, nth)
    expect(shape(pages)).toEqual([10, 10, 10, 0].toSpliced(nth - 1, 0, 0))
    expect(keysOf(pages)).toEqual(keys)
  })

  test('a short page is not the end and loses nothing (R7)', async () => {
    const { pages, keys } = await disturbedWalk({ kind: 'short-page', rows: 3 })
    expect(shape(pages)).toEqual([10, 3, 10, 7, 0])
    expect(keysOf(pages)).toEqual(keys)
  })

  test('a duplicate row comes again on the next page, and no row is lost', async () => {
    const { pages, keys } = await disturbedWalk({ kind: 'duplicate-row' })
    expect(pages[1]?.Results?.[0]?.Id).toBe(pages[0]?.Results?.at(-1)?.Id)
    expect([...new Set(keysOf(pages))]).toEqual(keys)
    expect(keysOf(pages)).toHaveLength(31)
  })

  test('a duplicate row that pushes another off the last page puts off the end', async () => {
    await using server = await startSimulator({
      listings: 20,
      clock,
      behaviour: { endOfWalk: 'no-token' },
    })
    const { simulator } = server
    simulator.faults.add({ fault: { kind: 'duplicate-row' }, nth: 2 })
    const pages = await walk(server)
    expect(shape(pages)).toEqual([10, 10, 1])
    expect([...new Set(keysOf(pages))]).toEqual([...simulator.truth().listings.keys()])
  })

  test('a first page repeats its own last row', async () => {
    const { pages, keys } = await disturbedWalk({ kind: 'duplicate-row' }, 1)
    expect(pages[0]?.Results?.at(-1)?.Id).toBe(pages[0]?.Results?.at(-2)?.Id)
    expect([...new Set(keysOf(pages))]).toEqual(keys)
  })

  test('lost rows are passed over without a sign', async () => {
    const { pages, keys } = await disturbedWalk({ kind: 'lost-rows', rows: 2 })
    expect(keysOf(pages)).toEqual(keys.toSpliced(10, 2))
  })

  test.each(['absent', 'null', 'empty', 'same'] as const)(
    'a false end in the middle: token %s',
    async (token) => {
      const { pages } = await disturbedWalk({ kind: 'false-end', token })
      expect(shape(pages)).toEqual([10, 10])
    },
  )

  test('tokens of the beginning let a walk go in a circle (R7)', async () => {
    await using server = await startSimulator({ listings: 30, clock })
    const { simulator } = server
    simulator.faults.add({ fault: { kind: 'token-circle' }, nth: 2, times: null })
    const tokens: unknown[] = []
    for (let token = '', i = 0; i < 6; i += 1) {
      const { D } = await get(server, '/v1/listings', { _skiptoken: token })
      token = String(D.SkipToken)
      tokens.push(token)
    }
    const [first, second] = [...simulator.truth().listings.keys()]
    expect(tokens.slice(1)).toEqual([first, second, first, second, first])
  })

  test('a dropped filter lets every row through and says so (R8)', async () => {
    await using server = await broken({ kind: 'sparkql-errors' })
    const { D } = await get(server, '/v1/listings', { _filter: 'ModificationTimestamp Gt 2030-01-01' })
    expect(D.SparkQLErrors).toMatchObject([{ Token: 'ModificationTimestamp', Status: 'Dropped' }])
    expect(D.Results).toHaveLength(10)
    server.simulator.faults.add({ fault: { kind: 'sparkql-errors', status: 'Recovered' } })
    const recovered = await get(server, '/v1/listings', { _filter: 'ModificationTimestamp Gt 2030-01-01' })
    expect(recovered.D.SparkQLErrors).toMatchObject([{ Token: 'ModificationTimestamp', Status: 'Recovered' }])
  })

  test('a count is wrong, or refused', async () => {
    await using server = await broken({ kind: 'wrong-count', by: 4 })
    const { simulator } = server
    const wrong = await get(server, '/v1/listings', { _pagination: 'count' })
    expect(wrong.D.Pagination?.['TotalRows']).toBe(34)
    simulator.faults.add({ fault: { kind: 'refused-count' } })
    const refused = await get(server, '/v1/listings', { _pagination: 'count' })
    expect([refused.status, refused.D.Code]).toEqual([400, 1053])
  })

  test('a token that was given out is refused (R7)', async () => {
    await using server = await startSimulator({ listings: 30, clock })
    const { simulator } = server
    const { D } = await get(server, '/v1/listings', { _skiptoken: '' })
    simulator.faults.add({ fault: { kind: 'refused-token' } })
    const refused = await get(server, '/v1/listings', { _skiptoken: D.SkipToken ?? '' })
    expect([refused.status, refused.D.Code]).toEqual([400, 1053])
  })
})
