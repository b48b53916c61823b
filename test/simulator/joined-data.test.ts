import { describe, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import type { SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { get, NOW } from './spark-request.ts'

type Fields = Readonly<Record<string, unknown>>

function start(mlsCount = 2): Promise<SimulatorServer> {
  return startSimulator({ listings: 400, mlsCount, fields: 'full', clock: () => NOW })
}

function truthOf({ simulator }: SimulatorServer): {
  listings: readonly Fields[]
  accounts: ReadonlyMap<string, Fields>
} {
  const accounts = simulator.collection('accounts')?.truth() ?? new Map<string, Fields>()
  return { listings: [...simulator.truth().listings.values()], accounts }
}

describe('a listing', () => {
  test.each(['ListAgent', 'CoListAgent'])(
    'names by %s a member of its MLS as its account does',
    async (role) => {
      await using server = await start()
      const { listings, accounts } = truthOf(server)
      const named = listings.filter((fields) => fields[`${role}Id`] !== null)
      expect(named.length).toBeGreaterThan(50)
      for (const fields of named) {
        expect(accounts.get(String(fields[`${role}Id`]))).toMatchObject({
          UserType: 'Member',
          FirstName: unmasked(fields[`${role}FirstName`]),
          LastName: unmasked(fields[`${role}LastName`]),
          MlsId: fields['MlsId'],
          OfficeId: fields[`${role.replace('Agent', 'Office')}Id`],
          Office: unmasked(fields[`${role.replace('Agent', 'Office')}Name`]),
          CompanyId: fields[`${role.replace('Agent', 'Company')}Id`],
          Emails: expect.arrayContaining([
            expect.objectContaining({ Address: unmasked(fields[`${role}Email`]), Primary: true }),
          ]),
          Phones: expect.arrayContaining([
            expect.objectContaining({ Type: 'Direct', Number: unmasked(fields[`${role}DirectPhone`]) }),
            expect.objectContaining({
              Type: 'Office',
              Number: unmasked(fields[`${role}OfficePhone`]),
              Extension: unmasked(fields[`${role}OfficePhoneExt`]),
            }),
          ]),
        })
      }
    },
  )

  test('names by ListOffice the office as its account does', async () => {
    await using server = await start()
    const { listings, accounts } = truthOf(server)
    for (const fields of listings) {
      expect(accounts.get(String(fields['ListOfficeId']))).toMatchObject({
        UserType: 'Office',
        Name: fields['ListOfficeName'],
        Phones: [expect.objectContaining({ Number: fields['ListOfficePhone'] })],
        Websites: [expect.objectContaining({ Uri: fields['ListOfficeURL'] })],
      })
    }
  })

  test('keeps the name that its agent had: it has no stamp for another one', async () => {
    await using server = await start()
    const before = truthOf(server)
    server.simulator.collection('accounts')?.obey({ action: 'rename', count: 60 })
    const after = truthOf(server)
    expect(after.accounts).not.toEqual(before.accounts)
    expect(after.listings).toEqual(before.listings)
  })

  test('has in its address the parts of it', async () => {
    await using server = await start()
    for (const fields of truthOf(server).listings) {
      const text = (name: string) => String(fields[name])
      const firstLine = text('UnparsedFirstLineAddress')
      expect(firstLine).toMatch(new RegExp(`^${text('StreetNumber')} ([NSEW] )?${text('StreetName')}`))
      expect(text('UnparsedAddress')).toBe(
        `${firstLine}, ${text('City')}, ${text('StateOrProvince')} ${text('PostalCode')}`,
      )
    }
  })

  test('follows in its address and its PropertyClass what is set', async () => {
    await using server = await start()
    const [key = ''] = server.simulator.listings.apply({
      action: 'set',
      fields: { StreetNumber: '7', City: 'Nowhere', PropertyType: 'B' },
    }).keys
    expect(server.simulator.truth().listings.get(key)).toMatchObject({
      UnparsedAddress: expect.stringMatching(/^7 .*, Nowhere, /),
      PropertyClass: 'Land',
      PropertySubType: expect.stringMatching(/^(Acreage|Lot)$/),
    })
  })

  test('has the PropertyClass that /propertytypes gives to its PropertyType', async () => {
    await using server = await start()
    const { D } = await get(server, '/v1/propertytypes')
    const names = new Map(D.Results?.map((type) => [type['MlsCode'], type['MlsName']]))
    expect(names.size).toBe(5)
    const { listings } = truthOf(server)
    expect(new Set(listings.map((fields) => fields['PropertyType']))).toEqual(new Set(names.keys()))
    for (const { PropertyType, PropertyClass } of listings)
      expect(PropertyClass).toBe(names.get(PropertyType))
  })
})

describe('a data share', () => {
  test.each([1, 2, 5])('of %i MLSs names all of them in the FieldList of MlsId', async (mlsCount) => {
    await using server = await start(mlsCount)
    const { D } = await get(server, '/v1/standardfields/MlsId')
    const { dataShare } = server.simulator
    const field = D.Results?.[0]?.['MlsId']
    expect(field).toMatchObject({
      HasList: true,
      FieldList: dataShare.map(({ id, name }) => ({ Name: name, Value: id })),
    })
    const { listings, accounts } = truthOf(server)
    const ids = new Set(dataShare.map(({ id }) => id))
    expect(ids.size).toBe(mlsCount)
    expect(new Set(listings.map((fields) => fields['MlsId']))).toEqual(ids)
    expect(new Set(accounts.values().map((fields) => fields['MlsId']))).toEqual(ids)
  })

  test('keeps a member that moves to another office in its MLS', async () => {
    await using server = await start(3)
    const before = truthOf(server).accounts
    const { keys = [] } = server.simulator.collection('accounts')?.obey({ action: 'move', count: 60 }) ?? {}
    expect(keys).toHaveLength(60)
    const { accounts } = truthOf(server)
    for (const key of keys) {
      const { MlsId, OfficeId } = accounts.get(key) ?? {}
      expect(MlsId).toBe(before.get(key)?.['MlsId'])
      expect(accounts.get(String(OfficeId))?.['MlsId']).toBe(MlsId)
    }
  })

  test('is the same for the same seed', async () => {
    await using one = await start()
    await using other = await start()
    expect(truthOf(other)).toEqual(truthOf(one))
  })
})

/** The value that the account must have; anything where the listing does not show it. */
function unmasked(value: unknown): unknown {
  return value === '********' ? expect.anything() : value
}
