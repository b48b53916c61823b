import { describe, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import type { SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { get, keysOf, NOW, request, walk } from './spark-request.ts'

const TYPES = ['A', 'B', 'C', 'D', 'E']

function start(listings = 400): Promise<SimulatorServer> {
  return startSimulator({ listings, fields: 'full', clock: () => NOW })
}

async function resultsOf(
  server: SimulatorServer,
  path: string,
  params: Readonly<Record<string, string>> = {},
) {
  const { status, D } = await get(server, path, params)
  expect([path, status, D.Success]).toEqual([path, 200, true])
  return D.Results ?? []
}

async function codeOf(server: SimulatorServer, path: string, params: Readonly<Record<string, string>> = {}) {
  const { status, D } = await get(server, path, params)
  return [status, D.Code]
}

describe('lists of the key’s user', () => {
  test.each([
    ['/v1/my/listings', 'ListAgentId', 'Id'],
    ['/v1/office/listings', 'ListOfficeId', 'OfficeId'],
    ['/v1/company/listings', 'ListCompanyId', 'CompanyId'],
  ])('%s has the listings whose %s the system names', async (path, field, attribute) => {
    await using server = await start()
    const [system] = await resultsOf(server, '/v1/system')
    const own = [...server.simulator.truth().listings].filter(
      ([, fields]) => fields[field] === system?.[attribute],
    )
    expect(own.length).toBeGreaterThan(0)
    expect(keysOf(await walk(server, {}, path))).toEqual(own.map(([key]) => key))
    const { D } = await get(server, path, { _pagination: 'count' })
    expect(D.Pagination?.['TotalRows']).toBe(own.length)
    expect(keysOf(await walk(server, { _filter: "City Eq 'Björkö'" }, path))).toEqual(
      own.filter(([, fields]) => fields['City'] === 'Björkö').map(([key]) => key),
    )
  })

  test('/v1/my/account is the account of the user whom the system names', async () => {
    await using server = await start()
    const [system] = await resultsOf(server, '/v1/system')
    const [account] = await resultsOf(server, '/v1/my/account')
    const names = ['Id', 'Name', 'Office', 'OfficeId', 'Company', 'CompanyId', 'Mls', 'MlsId']
    expect(system).toMatchObject(Object.fromEntries(names.map((name) => [name, account?.[name]])))
    expect(account).toEqual((await resultsOf(server, `/v1/accounts/${account?.Id}`))[0])
  })

  test('/v1/accounts/by/office/{Id} has the office and its members', async () => {
    await using server = await start()
    const office = server.simulator.user.officeId ?? ''
    const accounts = server.simulator.collection('accounts')?.truth() ?? new Map()
    const keys = [...accounts].filter(([, { OfficeId }]) => OfficeId === office).map(([key]) => key)
    expect(keysOf(await walk(server, {}, `/v1/accounts/by/office/${office}`))).toEqual(keys)
    expect(keys.length).toBeGreaterThan(2)
    expect(await resultsOf(server, '/v1/accounts/by/office/20000101000000000000000000')).toEqual([])
  })
})

test('an account’s associations are a list of their own', async () => {
  await using server = await start()
  const accounts = [...(server.simulator.collection('accounts')?.truth() ?? [])]
  const shown = accounts.filter(([, { Associations }]) => Associations !== null)
  expect(shown.length).toBeGreaterThan(0)
  for (const [key, { Associations }] of shown) {
    expect(await resultsOf(server, `/v1/accounts/${key}/associations`)).toEqual(Associations)
    const [{ Id }] = Associations as [{ Id: string }]
    expect(await resultsOf(server, `/v1/accounts/${key}/associations/${Id}`)).toEqual(Associations)
  }
  const without = accounts.find(([, { Associations }]) => Associations === null)
  expect(await resultsOf(server, `/v1/accounts/${without?.[0]}/associations`)).toEqual([])
})

describe('metadata', () => {
  test('of accounts names their fields', async () => {
    await using server = await start(1)
    const [fields] = await resultsOf(server, '/v1/accounts/meta')
    const [account = {}] = server.simulator.collection('accounts')?.truth().values() ?? []
    expect(Object.keys(account)).toEqual(expect.arrayContaining(Object.keys(fields ?? {})))
    expect(fields).toMatchObject({
      UserType: { FieldList: expect.arrayContaining([{ Name: 'Office', Value: 'Office' }]) },
    })
  })

  test('of one standard field has its list, alone by /FieldList, too', async () => {
    await using server = await start(1)
    const [field] = await resultsOf(server, '/v1/standardfields/StandardStatus')
    const list = ['Active', 'Pending', 'Closed'].map((name) => ({
      Name: name,
      Value: name,
      AppliesTo: TYPES,
    }))
    expect(field).toMatchObject({ StandardStatus: { Type: 'Character', HasList: true, FieldList: list } })
    expect(await resultsOf(server, '/v1/standardfields/StandardStatus/FieldList')).toEqual(list)
    expect(await codeOf(server, '/v1/standardfields/Nothing')).toEqual([404, 404])
  })

  test('near by has the places of the listings there, quoted for a filter', async () => {
    await using server = await start()
    const place = { _lat: '46', _lon: '-100' }
    const [fields] = await resultsOf(server, '/v1/standardfields/nearby/A,B', { ...place, _expand: '1' })
    const city = fields?.['City'] as { FieldList: readonly { Name: string; Value: string }[] }
    expect(fields?.['City']).toMatchObject({
      ResourceUri: '/v1/standardfields/nearby/A,B/City',
      HasList: true,
    })
    expect(Object.keys(fields ?? {}).toSorted()).toEqual(['City', 'PostalCode', 'StateOrProvince'])
    expect(city.FieldList.length).toBeGreaterThan(0)
    for (const { Name, Value } of city.FieldList) {
      const found = await walk(server, { _filter: `City Eq ${Value}`, _select: 'City', _limit: '1000' })
      expect(
        new Set(found.flatMap(({ Results }) => Results?.map((row) => row.StandardFields?.['City']))),
      ).toEqual(new Set([Name]))
    }
    const [short] = await resultsOf(server, '/v1/standardfields/nearby/A', place)
    expect(short?.['City']).not.toHaveProperty('FieldList')
    expect(await codeOf(server, '/v1/standardfields/nearby/A', { _lat: '46' })).toEqual([400, 1050])
    expect(await codeOf(server, '/v1/standardfields/nearby/A', { _lat: '46', _lon: 'west' })).toEqual([
      400, 1053,
    ])
  })

  test('of one MLS is that of the data share, and there is none of an unknown one', async () => {
    await using server = await start(1)
    const [mls, other] = server.simulator.dataShare
    for (const path of [
      'standardfields',
      'standardfields/City',
      'propertytypes',
      'rooms',
      'rooms/RoomName',
      'units',
    ]) {
      expect(await resultsOf(server, `/v1/mls/${other?.id}/${path}`)).toEqual(
        await resultsOf(server, `/v1/${path}`),
      )
      expect(await codeOf(server, `/v1/mls/20200101000000000000000000/${path}`)).toEqual([404, 404])
    }
    const common = { _mls: `${mls?.id},${other?.id}` }
    expect(await resultsOf(server, '/v1/standardfields', common)).toEqual(
      await resultsOf(server, '/v1/standardfields'),
    )
    expect(await codeOf(server, '/v1/standardfields', { _mls: 'nobody' })).toEqual([400, 1053])
  })

  test('of custom fields goes by group and by name, whatever that holds', async () => {
    await using server = await start(1)
    const [groups] = await resultsOf(server, '/v1/customfields')
    const [names] = await resultsOf(server, '/v1/customfields/groups')
    expect(Object.keys(names ?? {}).toSorted()).toEqual(Object.keys(groups ?? {}).toSorted())
    for (const name of ['Flood Plain', 'Lot # / Block', 'Furnished?']) {
      const [field] = await resultsOf(server, `/v1/customfields/${encodeURIComponent(name)}`)
      expect(field?.[name]).toMatchObject({ ResourceUri: `/v1/customfields/${name}`, Label: name })
    }
    expect((await resultsOf(server, '/v1/customfields/Flood%20Plain'))[0]).toMatchObject({
      'Flood Plain': {
        MaxListSize: 200,
        FieldList: [{ Value: 'Yes' }, { Value: 'No' }, { Value: 'Unknown' }],
      },
    })
    expect((await resultsOf(server, '/v1/customfields/A'))[0]).toMatchObject({
      'General Property Description': { 'Guest House SqFt': { Type: 'Integer' } },
    })
    expect(await codeOf(server, '/v1/customfields/Nothing')).toEqual([404, 404])
  })

  test('of rooms and units names their fields and their lists', async () => {
    await using server = await start(1)
    const [rooms] = await resultsOf(server, '/v1/rooms')
    expect(rooms?.['RoomName']).toMatchObject({
      ResourceUri: '/v1/rooms/RoomName',
      Label: 'Room Name',
      HasList: true,
    })
    const [room] = await resultsOf(server, '/v1/rooms/RoomName')
    expect(room?.['RoomName']).toMatchObject({
      FieldList: expect.arrayContaining([{ Name: 'Kitchen', Value: 'Kitchen' }]),
    })
    const [units] = await resultsOf(server, '/v1/units')
    expect(units?.['sqft']).toMatchObject({ ResourceUri: '/v1/unitfields/sqft', MlsVisible: TYPES })
    expect(await codeOf(server, '/v1/units/RoomName')).toEqual([404, 404])
  })

  test('of the order of fields is by property type, then by group', async () => {
    await using server = await start(1)
    const [types] = await resultsOf(server, '/v1/fields/order')
    expect(Object.keys(types ?? {}).toSorted()).toEqual(TYPES)
    const groups = await resultsOf(server, '/v1/fields/order/A')
    expect(groups).toEqual(types?.['A'])
    expect(groups).toContainEqual({
      'Location, Tax/Legal': expect.arrayContaining([
        { Field: 'Water Rights', Label: 'Water Rights', Domain: 'CustomFields', Detail: true },
      ]),
    })
    expect((await resultsOf(server, '/v1/fields/order/settings'))[0]).toHaveProperty('ShowingInstructions')
    expect(await codeOf(server, '/v1/fields/order/Z')).toEqual([404, 404])
  })

  test('of the system has what its page names, the display rules of every MLS included', async () => {
    await using server = await start(1)
    const [system] = await resultsOf(server, '/v1/system')
    expect(system?.['Configuration']).toMatchObject([
      {
        TimeZone: 'Central Time (US & Canada)',
        TimeZoneOffset: '-0600',
        MlsLogos: [{ 'Name:': 'Logo' }],
        CurrencyType: 'USD',
      },
    ])
    expect(Object.keys(system?.['DisplayCompliance'] ?? {}).toSorted()).toEqual(
      server.simulator.dataShare.map(({ id }) => id),
    )
  })
})

test('a name that cannot be decoded is 404, another method on a known path 405', async () => {
  await using server = await start(1)
  expect(await codeOf(server, '/v1/customfields/%ff')).toEqual([404, 404])
  const response = await request(server, '/v1/my/listings', { method: 'PUT' })
  expect(response.status).toBe(405)
})
