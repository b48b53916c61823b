import { describe, expect, test } from 'vitest'

import accounts from '../../src/simulator/collections/accounts.ts'
import contacts from '../../src/simulator/collections/contacts.ts'
import { Simulator } from '../../src/simulator/simulator.ts'
import { NOW } from './spark-request.ts'

function simulated() {
  const simulator = new Simulator({ listings: 250, collections: [accounts, contacts], clock: () => NOW })
  const collection = simulator.collection('contacts')
  if (collection === undefined) throw new Error('There are no contacts.')
  return { simulator, collection }
}

/** Names of the fields in which two states of a contact differ. */
function changed(
  before: Readonly<Record<string, unknown>> = {},
  after: Readonly<Record<string, unknown>> = {},
) {
  return Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}

describe('simulated contacts', () => {
  test('are of accounts, and say their stamp with an offset', () => {
    const { simulator, collection } = simulated()
    const owners = simulator.collection('accounts')?.truth()
    const truth = [...collection.truth().values()]
    expect(truth).toHaveLength(50)
    for (const { OwnerId, ModificationTimestamp } of truth) {
      expect(owners?.has(String(OwnerId))).toBe(true)
      expect(ModificationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-05:00$/)
      expect(Date.parse(String(ModificationTimestamp))).toBeLessThanOrEqual(NOW)
    }
  })

  test.each([
    ['tag', 'Tags,ModificationTimestamp'],
    ['email', 'PrimaryEmail,ModificationTimestamp'],
    ['touch', 'ModificationTimestamp'],
  ] as const)('by %s change what that says and their stamp', (action, fields) => {
    const { collection } = simulated()
    const before = collection.truth()
    for (const key of collection.obey({ action, count: 30 }).keys) {
      expect(changed(before.get(key), collection.truth().get(key)).join()).toBe(fields)
    }
  })

  test('show masked values and members without a name in the pages (R12)', () => {
    const text = JSON.stringify([...simulated().collection.truth().values()])
    expect(text).toContain('"PrimaryPhoneNumber":"********"')
    expect(text).toContain('"HomeCountry":"US"')
  })
})
