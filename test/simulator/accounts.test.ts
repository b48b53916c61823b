import { describe, expect, test } from 'vitest'

import accounts from '../../src/simulator/collections/accounts.ts'
import { Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { NOW } from './spark-request.ts'

function simulated(options: SimulatorOptions = {}) {
  const simulator = new Simulator({ listings: 250, collections: [accounts], clock: () => NOW, ...options })
  const collection = simulator.collection('accounts')
  if (collection === undefined) throw new Error('There are no accounts.')
  return { simulator, collection }
}

/** Names of the fields in which two states of an account differ. */
function changed(
  before: Readonly<Record<string, unknown>> = {},
  after: Readonly<Record<string, unknown>> = {},
) {
  return Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}

describe('simulated accounts', () => {
  test.each([
    [0, 0],
    [1, 40],
    [250, 80],
  ])(
    'are houses of 20 for each 100 listings, as many in each of two MLSs: of %i listings %i',
    (listings, size) => {
      expect(simulated({ listings }).collection.truth().size).toBe(size)
    },
  )

  test('name their office and their company by the key and the name that these have', () => {
    const { simulator, collection } = simulated({ mlsCount: 2 })
    collection.obey({ action: 'move', count: 20 })
    collection.obey({ action: 'new', count: 5 })
    const truth = collection.truth()
    const types = Map.groupBy(truth.values(), ({ UserType }) => UserType)
    expect([...types].map(([type, { length }]) => [type, length])).toEqual([
      ['Company', 4],
      ['Office', 8],
      ['Member', 73],
    ])
    for (const { UserType, Office, OfficeId, Company, CompanyId, Mls, MlsId } of truth.values()) {
      expect(truth.get(String(CompanyId))).toMatchObject({ UserType: 'Company', Name: Company, MlsId })
      expect(simulator.dataShare).toContainEqual({ id: MlsId, name: Mls })
      if (UserType === 'Company') expect([Office, OfficeId]).toEqual([null, null])
      else expect(truth.get(String(OfficeId))).toMatchObject({ UserType: 'Office', Name: Office, CompanyId })
    }
  })

  test.each([
    ['rename', /^Name,LastName,ModificationTimestamp$/],
    ['move', /^(Office,)?OfficeId(,Company)?(,CompanyId)?,ModificationTimestamp(,Phones)?$/],
    ['email', /^ModificationTimestamp,Emails$/],
    ['touch', /^ModificationTimestamp$/],
  ] as const)('by %s change what that says and their stamp', (action, fields) => {
    const { collection } = simulated()
    const before = collection.truth()
    for (const key of collection.obey({ action, count: 30 }).keys) {
      expect(changed(before.get(key), collection.truth().get(key)).join()).toMatch(fields)
    }
  })

  test('show masked values and members without a name in the pages, in lists too (R12)', () => {
    const text = JSON.stringify([...simulated().collection.truth().values()])
    expect(text).toContain('"AttributionContact":"********"')
    expect(text).toContain('"Type":"Home","Name":"Home","Address":"********"')
    expect(text).toContain('"Country":"US"')
    expect(text).toContain('"Associations":[{')
  })
})
