import { describe, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { get, keysOf, keysWhere, NOW, request, walk, type Data } from './spark-request.ts'

const clock = (): number => NOW

describe('the end of a walk (R7)', () => {
  test('empty-page: an empty page repeats the token of the page before', async () => {
    await using server = await startSimulator({ listings: 20, clock })
    const pages = await walk(server)
    expect(pages.map((page) => page.Results?.length)).toEqual([10, 10, 0])
    expect(pages[2]?.SkipToken).toBe(pages[1]?.SkipToken)
    expect(pages[1]?.SkipToken).toBe(pages[1]?.Results?.at(-1)?.Id)
  })

  test.each([
    ['repeated-token', (pages: readonly Data[]) => pages[0]?.SkipToken],
    ['no-token', () => undefined],
    ['null-token', () => null],
    ['empty-token', () => ''],
  ] as const)('%s: the last page with rows says so', async (endOfWalk, expected) => {
    await using server = await startSimulator({ listings: 20, clock, behaviour: { endOfWalk } })
    const pages = await walk(server)
    expect(pages.map((page) => page.Results?.length)).toEqual([10, 10])
    expect(pages[1]?.SkipToken).toBe(expected(pages))
  })

  test('without _skiptoken there is no token', async () => {
    await using server = await startSimulator({ listings: 20, clock })
    expect((await get(server, '/v1/listings')).D).not.toHaveProperty('SkipToken')
  })
})

describe('paging', () => {
  test('_pagination tells rows and pages, by page or by offset', async () => {
    await using server = await startSimulator({ listings: 41, clock })
    const byPage = await get(server, '/v1/listings', { _pagination: '1', _page: '5' })
    expect(byPage.D.Pagination).toEqual({ TotalRows: 41, PageSize: 10, TotalPages: 5, CurrentPage: 5 })
    expect(byPage.D.Results).toHaveLength(1)
    const bySkip = await get(server, '/v1/listings', { _pagination: '1', _skip: '38', _limit: '25' })
    expect(bySkip.D.Pagination).toEqual({ TotalRows: 41, PageSize: 25, TotalPages: 2, CurrentOffset: 38 })
    expect(bySkip.D.Results).toHaveLength(3)
  })

  test.each([
    ['absent', undefined],
    ['empty', []],
  ] as const)('_pagination=count has Results %s', async (countResults, results) => {
    await using server = await startSimulator({ listings: 20, clock, behaviour: { countResults } })
    const { D } = await get(server, '/v1/listings', { _pagination: 'count' })
    expect(D.Pagination?.['TotalRows']).toBe(20)
    expect(D.Results).toEqual(results)
  })

  test('zero rows are one page', async () => {
    await using server = await startSimulator({ listings: 5, clock })
    const { D } = await get(server, '/v1/listings', { _pagination: 'count', _filter: 'BedsTotal Gt 99' })
    expect(D.Pagination).toMatchObject({ TotalRows: 0, TotalPages: 1 })
  })

  test('_orderby sorts, descending with a minus', async () => {
    await using server = await startSimulator({ listings: 30, clock })
    const { D } = await get(server, '/v1/listings', { _orderby: '-ListPrice', _limit: '30' })
    const prices = (D.Results ?? []).map((row) => Number(row.StandardFields?.['ListPrice']))
    expect(prices).toEqual(prices.toSorted((a, b) => b - a))
  })

  test.each([
    ['_limit', '1001'],
    ['_limit', '-1'],
    ['_limit', 'many'],
    ['_page', '0'],
    ['_skip', '2500001'],
    ['_pagination', '2'],
    ['_skiptoken', 'nonsense'],
  ])('%s=%s is refused with 400/1053', async (name, value) => {
    await using server = await startSimulator({ listings: 1, clock })
    const { status, D } = await get(server, '/v1/listings', { [name]: value })
    expect([status, D.Code]).toEqual([400, 1053])
  })

  test('a key without replication rights gets 25 at most', async () => {
    await using server = await startSimulator({ listings: 30, clock, behaviour: { role: 'regular' } })
    expect((await get(server, '/v1/listings', { _limit: '25' })).status).toBe(200)
    expect((await get(server, '/v1/listings', { _limit: '26' })).status).toBe(400)
  })

  test('parameters that nobody knows are passed over', async () => {
    await using server = await startSimulator({ listings: 3, clock })
    expect((await get(server, '/v1/listings', { _what: '1' })).D.Results).toHaveLength(3)
  })
})

describe('a filter', () => {
  test('that is too long for an URL comes as the form of an overridden POST', async () => {
    await using server = await startSimulator({ listings: 300, clock })
    const { simulator } = server
    const keys = [...simulator.truth().listings.keys()].slice(50, 250)
    const list = keys.map((key) => `'${key}'`).join(',')
    const response = await request(server, '/v1/listings?_select=Id', {
      method: 'POST',
      headers: { 'X-HTTP-Method-Override': 'GET' },
      body: new URLSearchParams({ _filter: `ListingKey Eq ${list}`, _limit: '200' }),
    })
    const { D } = (await response.json()) as { D: Data }
    expect(keysOf([D])).toEqual(keys)
    expect(simulator.requests.latest.at(-1)).toMatchObject({ method: 'POST', status: 200 })
  })

  test('sees the stamp that the listing shows, to the second', async () => {
    await using server = await startSimulator({ listings: 200, clock })
    const { simulator } = server
    const stamps = [...simulator.truth().listings].map(
      ([key, fields]) => [key, String(fields['ModificationTimestamp'])] as const,
    )
    const middle = stamps.map(([, stamp]) => stamp).toSorted()[100] ?? ''
    const after = stamps.filter(([, stamp]) => stamp > middle).map(([key]) => key)
    expect(await keysWhere(server, `ModificationTimestamp Gt ${middle}`)).toEqual(after)
    expect(await keysWhere(server, `Not ModificationTimestamp Le ${middle}`)).toEqual(after)
  })

  test('with an unknown field is refused with 1040, or dropped with a wider result (R8)', async () => {
    await using server = await startSimulator({ listings: 5, clock })
    const { simulator } = server
    const params = { _filter: "ExpirationDate Gt 2026-01-01 And City Ne 'Nowhere'" }
    const refused = await get(server, '/v1/listings', params)
    expect([refused.status, refused.D.Code]).toEqual([400, 1040])
    expect(refused.D.SparkQLErrors).toMatchObject([{ Token: 'ExpirationDate', Status: 'Fatal' }])
    simulator.configure({ unknownFields: 'dropped' })
    const dropped = await get(server, '/v1/listings', params)
    expect([dropped.status, dropped.D.Success]).toEqual([200, true])
    expect(dropped.D.SparkQLErrors).toMatchObject([{ Token: 'ExpirationDate', Status: 'Dropped' }])
    expect(dropped.D.Results).toHaveLength(5)
  })

  test.each([
    ["City Eq 'Fargo' And Not BedsTotal Eq 1", 1040, 'Not'],
    ["City Gt 'Fargo'", 1040, 'Gt'],
    ["(((City Eq 'Fargo')))", 1041, '('],
  ])('%s is refused with %i and the token', async (filter, code, token) => {
    await using server = await startSimulator({ listings: 1, clock })
    const { status, D } = await get(server, '/v1/listings', { _filter: filter })
    expect([status, D.Success, D.Code]).toEqual([400, false, code])
    expect(D.SparkQLErrors).toEqual([{ Token: token, Status: 'Fatal', Message: expect.stringMatching(/./) }])
  })

  test("counts from the simulator's clock", async () => {
    await using server = await startSimulator({ listings: 20, clock })
    const { simulator } = server
    const { keys } = simulator.listings.apply({ action: 'touch', count: 3 })
    const lately = 'ModificationTimestamp Gt hours(-1)'
    expect(new Set(await keysWhere(server, lately))).toEqual(new Set(keys))
    simulator.advanceClock(2 * 3_600_000)
    expect(await keysWhere(server, lately)).toEqual([])
    const yesterday = 'date(ModificationTimestamp) Ge days(-1) And ModificationTimestamp Le now()'
    expect(new Set(await keysWhere(server, yesterday))).toEqual(new Set(keys))
  })

  test('finds listings by where they lie, also around one of them', async () => {
    await using server = await startSimulator({ listings: 200, clock })
    const { simulator } = server
    const listings = [...simulator.truth().listings]
    const inside = listings
      .filter(([, { Latitude, Longitude }]) => Number(Latitude) < 46 && Number(Longitude) > -100)
      .map(([key]) => key)
    expect(inside.length).toBeGreaterThan(0)
    expect(await keysWhere(server, "Location Eq rectangle('43 -100, 46 -96')")).toEqual(inside)
    const [center = ''] = inside
    const near = await keysWhere(server, `Location Eq radius('${center}',50)`)
    expect(near).toContain(center)
    expect(near.length).toBeLessThan(listings.length)
    expect(await keysWhere(server, `Location Ne radius('${center}',50)`)).toHaveLength(200 - near.length)
    simulator.configure({ unsearchable: { Latitude: 'refused' } })
    const refused = await get(server, '/v1/listings', { _filter: 'Location Ne NULL' })
    expect(refused.D.SparkQLErrors).toMatchObject([{ Token: 'Location', Status: 'Fatal' }])
  })

  test('cannot name ListingKey where that is switched off', async () => {
    await using server = await startSimulator({ listings: 5, clock })
    const { simulator } = server
    const [key = ''] = simulator.truth().listings.keys()
    const params = { _filter: `ListingKey Eq '${key}'` }
    simulator.configure({ unsearchable: { ListingKey: 'refused' } })
    expect((await get(server, '/v1/listings', params)).D.Code).toBe(1040)
    simulator.configure({ unsearchable: { ListingKey: 'dropped' } })
    expect((await get(server, '/v1/listings', params)).D.Results).toHaveLength(5)
    simulator.configure({ unsearchable: {} })
    expect(keysOf([(await get(server, '/v1/listings', params)).D])).toEqual([key])
  })

  test('reaches custom fields by "Group"."Field"', async () => {
    await using server = await startSimulator({ listings: 100, clock })
    const { simulator } = server
    const filter = '"General Property Description"."Flood Plain" Eq \'Yes\''
    const keys = await keysWhere(server, filter)
    const lines = [...simulator.truthLines(new Set(['CustomFieldsRaw']))]
    const wanted = lines
      .filter((line) => line.includes('"Flood Plain":"Yes"'))
      .map((line) => JSON.parse(line).Id)
    expect(wanted.length).toBeGreaterThan(0)
    expect(keys).toEqual(wanted)
  })
})

describe('one listing', () => {
  test('comes in the same envelope', async () => {
    await using server = await startSimulator({ listings: 3, clock })
    const { simulator } = server
    const [[key, fields] = ['', {}]] = simulator.truth().listings
    const { D } = await get(server, `/v1/listings/${key}`)
    expect(D.Results).toHaveLength(1)
    expect(D.Results?.[0]).toMatchObject({
      Id: key,
      ResourceUri: `/v1/listings/${key}`,
      StandardFields: fields,
    })
  })

  test('that is gone is 404 with Code 404 (R9)', async () => {
    await using server = await startSimulator({ listings: 3, clock })
    const { simulator } = server
    const [key] = simulator.listings.apply({ action: 'leave' }).keys
    const { status, D } = await get(server, `/v1/listings/${key}`)
    expect([status, D.Success, D.Code]).toEqual([404, false, 404])
  })

  test('can be forbidden: 403 with Code 1500 (R9)', async () => {
    await using server = await startSimulator({ listings: 3, clock })
    const { simulator } = server
    const [key = ''] = simulator.truth().listings.keys()
    simulator.configure({ forbiddenKeys: [key] })
    const { status, D } = await get(server, `/v1/listings/${key}`)
    expect([status, D.Code]).toEqual([403, 1500])
  })
})

describe('access', () => {
  test.each(['Bearer simulator-token', 'OAuth simulator-token', 'bearer simulator-token'])(
    'is granted to %s',
    async (authorization) => {
      await using server = await startSimulator({ listings: 1, clock })
      const response = await request(server, '/v1/system', { headers: { Authorization: authorization } })
      expect(response.status).toBe(200)
    },
  )

  test.each(['Bearer other', 'Basic simulator-token', ''])(
    'is denied to "%s" with 401/1000',
    async (authorization) => {
      await using server = await startSimulator({ listings: 1, clock })
      const response = await request(server, '/v1/listings', { headers: { Authorization: authorization } })
      expect([response.status, await response.json()]).toMatchObject([
        401,
        { D: { Success: false, Code: 1000 } },
      ])
    },
  )

  test.each([
    ['bad-key', 401, 1000],
    ['expired', 401, 1020],
    ['disabled', 401, 1010],
    ['user-inactive', 403, 1015],
    ['wrong-host', 403, 1021],
  ] as const)('can be taken away: %s is %i/%i', async (access, status, code) => {
    await using server = await startSimulator({ listings: 1, clock, behaviour: { access } })
    const answer = await get(server, '/v1/listings')
    expect([answer.status, answer.D.Success, answer.D.Code]).toEqual([status, false, code])
  })

  test('a strict source wants X-SparkApi-User-Agent', async () => {
    await using server = await startSimulator({
      listings: 1,
      clock,
      behaviour: { userAgentRequired: true },
    })
    const answer = await get(server, '/v1/listings')
    expect([answer.status, answer.D.Code]).toEqual([400, 1016])
    const named = await request(server, '/v1/listings', { headers: { 'X-SparkApi-User-Agent': 'test' } })
    expect(named.status).toBe(200)
  })

  test.each(['PUT', 'DELETE', 'POST', 'PATCH'])('%s is not allowed: 405', async (method) => {
    await using server = await startSimulator({ listings: 1, clock })
    const response = await request(server, '/v1/listings', { method })
    expect([response.status, await response.json()]).toMatchObject([
      405,
      { D: { Success: false, Code: 405 } },
    ])
  })
})

describe('the envelope', () => {
  test('has its members in another order from reply to reply, the same for the same seed (R5)', async () => {
    const orders = async (keyOrderSeed: number | null): Promise<string[]> => {
      await using server = await startSimulator({ listings: 2, clock, behaviour: { keyOrderSeed } })
      const texts: string[] = []
      for (let i = 0; i < 4; i += 1) texts.push(await (await request(server, '/v1/listings')).text())
      return texts
    }
    const first = await orders(7)
    expect(new Set(first).size).toBe(4)
    expect(await orders(7)).toEqual(first)
    expect(await orders(8)).not.toEqual(first)
    expect(new Set(await orders(null)).size).toBe(1)
    expect(JSON.parse(first[0] ?? '')).toEqual(JSON.parse(first[3] ?? ''))
  })

  test('comes in gzip where that is accepted', async () => {
    await using server = await startSimulator({ listings: 5, clock })
    const zipped = await request(server, '/v1/listings')
    expect(zipped.headers.get('content-encoding')).toBe('gzip')
    const plain = await request(server, '/v1/listings', { headers: { 'Accept-Encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(await plain.json()).toEqual(await zipped.json())
  })

  test('is dated by the clock, off it, or not at all (R4)', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const { simulator } = server
    const date = async (): Promise<string | null> => (await request(server, '/v1/system')).headers.get('date')
    expect(await date()).toBe('Sat, 02 May 2026 14:03:09 GMT')
    simulator.configure({ dateSkewMs: -3_600_000 })
    expect(await date()).toBe('Sat, 02 May 2026 13:03:09 GMT')
    simulator.configure({ dateSent: false })
    expect(await date()).toBeNull()
  })
})

describe('a listing', () => {
  test('has what makes real ones hard', async () => {
    await using server = await startSimulator({ listings: 400, clock, mlsCount: 3 })
    const { simulator } = server
    const truth = [...simulator.truth().listings.values()]
    const all = (name: string): unknown[] => truth.map((fields) => fields[name])
    expect(Object.keys(truth[0] ?? {}).length).toBeGreaterThanOrEqual(140)
    expect(new Set(all('MlsId')).size).toBe(3)
    expect(all('BathsFull')).toContain('********')
    expect(all('PurchaseContractDate')).toContain('********')
    expect(all('Cooling')).toContainEqual({ 'Central Air': true })
    expect(all('Cooling')).toContain(null)
    expect(all('City')).toContain('Björkö')
    expect(truth[0]).toHaveProperty('WaterFrontYN')
    expect(truth[0]).toHaveProperty('WaterfrontYN')
    expect(all('VideosChangeTimestamp')).toContain(null)
    const stamps = all('ModificationTimestamp')
    expect(stamps.every((stamp) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(stamp)))).toBe(true)
    expect(new Set(stamps).size).toBeLessThan(stamps.length)
  })

  test('is about 4 kB of JSON', async () => {
    await using server = await startSimulator({ listings: 100, clock })
    const { simulator } = server
    const bytes = [...simulator.truthLines()].reduce((sum, line) => sum + Buffer.byteLength(line), 0) / 100
    expect(bytes).toBeGreaterThan(3_500)
    expect(bytes).toBeLessThan(5_500)
  })

  test('has about 400 fields in the full set, all of them in the metadata', async () => {
    await using server = await startSimulator({ listings: 1, clock, fields: 'full' })
    const { simulator } = server
    const [fields = {}] = simulator.truth().listings.values()
    const { D } = await get(server, '/v1/standardfields')
    expect(Object.keys(fields).length).toBeGreaterThanOrEqual(400)
    expect(Object.keys(D.Results?.[0] ?? {}).toSorted()).toEqual(Object.keys(fields).toSorted())
  })

  test('fits the types of its metadata', async () => {
    await using server = await startSimulator({ listings: 200, clock, fields: 'full' })
    const { simulator } = server
    const { D } = await get(server, '/v1/standardfields')
    const metadata = D.Results?.[0] as unknown as Record<string, { Type: string; MultiSelect?: boolean }>
    const misfits = [...simulator.truth().listings.values()].flatMap((fields) =>
      Object.entries(fields).filter(([name, value]) => !fits(value, metadata[name])),
    )
    expect(misfits).toEqual([])
  })

  test('may have its decimals as strings, some with a leading blank', async () => {
    await using server = await startSimulator({ listings: 1, clock, behaviour: { decimals: 'string' } })
    const { simulator } = server
    const [fields = {}] = simulator.truth().listings.values()
    expect(fields['ListPrice']).toMatch(/^\d+\.0$/)
    expect(fields['Longitude']).toMatch(/^ -\d+\.\d+$/)
    expect(fields['YearBuilt'] ?? 0).toBeTypeOf('number')
  })

  test('has no StandardFields under _select=Id where that is switched so', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const { simulator } = server
    const row = async (): Promise<unknown> =>
      (await get(server, '/v1/listings', { _select: 'Id' })).D.Results?.[0]?.StandardFields
    expect(await row()).toEqual({})
    simulator.configure({ emptyStandardFields: 'absent' })
    expect(await row()).toBeUndefined()
  })
})

test('the system names the user and its MLS', async () => {
  await using server = await startSimulator({ listings: 1, clock })
  const { simulator } = server
  const { D } = await get(server, '/v1/system')
  expect(D.Results).toMatchObject([
    { Id: expect.stringMatching(/^\d{26}$/), MlsId: simulator.dataShare[0]?.id },
  ])
})

function fits(value: unknown, field: { Type: string; MultiSelect?: boolean } | undefined): boolean {
  if (field === undefined) return false
  if (value === null || value === '********') return true
  if (field.MultiSelect === true) return Object.values(value as object).every((chosen) => chosen === true)
  switch (field.Type) {
    case 'Integer':
      return Number.isInteger(value)
    case 'Decimal':
      return typeof value === 'number'
    case 'Boolean':
      return typeof value === 'boolean'
    case 'Date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)
    case 'Datetime':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)
    default:
      return typeof value === 'string'
  }
}
