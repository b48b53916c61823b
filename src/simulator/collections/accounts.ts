import { defineCollection } from '../records/define-collection.ts'
import { fact, MASKED, pattern } from '../records/field-specs.ts'
import { ACCOUNT_CHANGES } from './accounts/account-changes.ts'
import type { AccountAction } from './accounts/account-changes.ts'
import { ACCOUNT_FACTS, associations } from './accounts/account-facts.ts'
import { generatedAccount, HOUSE, houseCount } from './accounts/account.ts'
import type { Account } from './accounts/account.ts'

const NESTED = { nullRate: 0, searchable: false }

export default defineCollection<Account, AccountAction>({
  name: 'accounts',
  path: '/v1/accounts',
  maxLimit: 1000,
  stamp: 'ModificationTimestamp',
  // Whole houses, so that every account finds the others of its own.
  size: (listings, mlsCount) => houseCount(listings, mlsCount) * HOUSE,
  generate: generatedAccount,
  endsAt: null,
  fields: {
    at: 'top',
    named: () => [
      fact('UserType', 'Character', { nullRate: 0 }, ['Member', 'Office', 'Company']),
      fact('Name', 'Character'),
      fact('FirstName', 'Character'),
      fact('MiddleName', 'Character'),
      fact('LastName', 'Character'),
      fact('Office', 'Character'),
      fact('OfficeId', 'Character'),
      fact('Company', 'Character'),
      fact('CompanyId', 'Character'),
      fact('Mls', 'Character'),
      fact('MlsId', 'Character'),
      pattern('AttributionContact', '701-555-01##', MASKED),
      fact('ModificationTimestamp', 'Datetime'),
      fact('Locale', 'Character', NESTED),
      fact('Tags', 'Character', NESTED),
      fact('Associations', 'Character', NESTED),
      fact('Emails', 'Character', NESTED),
      fact('Phones', 'Character', NESTED),
      fact('Websites', 'Character', NESTED),
      fact('Addresses', 'Character', NESTED),
      fact('Images', 'Character', NESTED),
    ],
    custom: [],
    facts: ACCOUNT_FACTS,
    extras: () => [],
  },
  sublists: [{ path: 'associations', rows: associations }],
  changes: ACCOUNT_CHANGES,
  usual: {
    everyTicks: 10,
    shares: [
      ['email', 3],
      ['move', 2],
      ['new', 2],
      ['touch', 2],
      ['rename', 1],
      ['remove', 1],
      ['leave', 1],
      ['return', 1],
    ],
  },
})
