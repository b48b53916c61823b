import { describe, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import type { SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { get, NOW } from './spark-request.ts'

type Members = Readonly<Record<string, unknown>>

const PATHS = ['/v1/listings', '/v1/accounts', '/v1/openhouses', '/v1/contacts']

function start(): Promise<SimulatorServer> {
  return startSimulator({ listings: 200, clock: () => NOW })
}

async function rows(
  server: SimulatorServer,
  params: Readonly<Record<string, string>>,
  path = '/v1/listings',
) {
  const { status, D } = await get(server, path, { _limit: '200', ...params })
  expect(status).toBe(200)
  return D.Results ?? []
}

describe('_select', () => {
  test('does not mind blanks around its commas', async () => {
    await using server = await start()
    for (const row of await rows(server, { _select: ' City, ListPrice ,,YearBuilt' })) {
      expect(Object.keys(row.StandardFields ?? {}).toSorted()).toEqual(['City', 'ListPrice', 'YearBuilt'])
    }
  })

  test.each([
    ['"General Property Description"', { Main: ['General Property Description'], Details: [] }],
    [
      '"Remarks & \\"Misc\\""."Furnished?", "Location, Tax/Legal"',
      { Main: ['Remarks & "Misc"'], Details: ['Location, Tax/Legal'] },
    ],
  ])('of %s shows these custom groups alone', async (select, groups) => {
    await using server = await start()
    const found = { Main: new Set<string>(), Details: new Set<string>() }
    for (const row of await rows(server, { _select: select, _expand: 'CustomFieldsRaw' })) {
      const [custom] = row['CustomFields'] as readonly Readonly<
        Record<'Main' | 'Details', readonly object[]>
      >[]
      for (const category of ['Main', 'Details'] as const) {
        for (const group of custom?.[category] ?? []) found[category].add(Object.keys(group).join())
      }
      expect(row.StandardFields).toEqual({})
    }
    expect({ Main: [...found.Main], Details: [...found.Details] }).toEqual(groups)
  })

  test('of attributes of an expansion leaves each row with these and its Id', async () => {
    await using server = await start()
    const found = await rows(server, { _select: 'City, Photos.Uri800, Photos.Name', _expand: 'Photos' })
    const photos = found.flatMap((row) => row.StandardFields?.['Photos'] as readonly Members[])
    expect(photos.length).toBeGreaterThan(100)
    expect(Object.keys(found[0]?.StandardFields ?? {}).toSorted()).toEqual(['City', 'Photos'])
    for (const photo of photos) {
      expect(Object.keys(photo).toSorted()).toEqual(['Id', 'Name', 'ResourceUri', 'Uri800'])
    }
  })
})

describe('_expand', () => {
  test('is silent about a name that nobody knows, and does not mind blanks', async () => {
    await using server = await start()
    const [row] = await rows(server, { _expand: 'Nothing, CustomFieldsRaw' })
    expect(row).toHaveProperty('CustomFields')
    expect(row).not.toHaveProperty('Nothing')
  })
})

describe('_orderby', () => {
  test('goes by several fields, up and down', async () => {
    await using server = await start()
    const found = await rows(server, { _orderby: '+City, -ListPrice', _select: 'City,ListPrice' })
    const pairs = found.map(
      ({ StandardFields: fields = {} }) => [fields['City'], fields['ListPrice']] as const,
    )
    const sorted = pairs.toSorted(([a, one], [b, other]) =>
      a === b ? Number(other) - Number(one) : String(a) < String(b) ? -1 : 1,
    )
    expect(pairs).toEqual(sorted)
  })

  test.each(['PublicRemarks', 'Nothing', 'City,PublicRemarks'])(
    '%s is refused with 1053',
    async (orderBy) => {
      await using server = await start()
      const { status, D } = await get(server, '/v1/listings', { _orderby: orderBy })
      expect([status, D.Code]).toEqual([400, 1053])
    },
  )
})

describe.each(PATHS)('%s', (path) => {
  test('shows a field without a value as null, or leaves it out where that is switched so', async () => {
    await using server = await start()
    const shown = (await rows(server, {}, path)).map((row) => withoutNulls(row))
    server.simulator.configure({ nullFields: 'absent' })
    const sparse = await rows(server, {}, path)
    expect(sparse).toEqual(shown)
    expect(JSON.stringify(shown)).toContain('"********"')
  })
})

test.each([
  ['/v1/listings', 'Summary'],
  ['/v1/my/listings', 'Summary'],
])('%s has the DisplayCompliance of a %s, one of its listings that of a Detail', async (path, view) => {
  await using server = await start()
  const { D } = await get(server, path, { _limit: '1' })
  expect(D.Results?.[0]).toMatchObject({ DisplayCompliance: { View: view } })
  const one = await get(server, `/v1/listings/${D.Results?.[0]?.Id}`)
  expect(one.D.Results?.[0]).toMatchObject({ DisplayCompliance: { View: 'Detail' } })
})

/** Of fields: the nulls of members that are no field stay. */
function withoutNulls(row: Members): Members {
  const { StandardFields: fields } = row
  if (fields === undefined)
    return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
  const kept = Object.entries(fields as Members).filter(([, value]) => value !== null)
  return { ...row, StandardFields: Object.fromEntries(kept) }
}
