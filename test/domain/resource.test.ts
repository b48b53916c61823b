import { describe, expect, test } from 'vitest'

import { defineResource } from '../../src/domain/resource.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'

describe('a description is refused', () => {
  test.each(['Accounts', 'my accounts', 'accounts-', '', 'a'.repeat(65)])(
    'for the name %j, which no topic could have',
    (name) => {
      expect(() => defineResource({ ...ACCOUNTS, name })).toThrow('is not a resource name')
    },
  )

  test('for pages on which a question has no room for a witness (R9 b)', () => {
    expect(() => defineResource({ ...ACCOUNTS, maxLimit: 1 })).toThrow('accounts: two records must fit')
  })

  test('for fields that no metadata describes: that of listings would become its schema', () => {
    const fields = { from: 'metadata', at: 'top' } as const
    expect(() => defineResource({ ...ACCOUNTS, fields })).toThrow('accounts: the metadata describes')
    expect(defineResource({ ...ACCOUNTS, fields: { ...fields, at: 'StandardFields' } }).name).toBe('accounts')
  })
})
