import type { JsonValue } from '../../../domain/json.ts'
import { hash32, hashText, pick } from '../../prng.ts'
import type { RecordFields, Surroundings } from '../../records/collection-definition.ts'
import { datetimeText } from '../../time-text.ts'
import { companyOf } from './account.ts'
import type { Account } from './account.ts'
import { addresses, emails, images, phones, websites } from './contacts.ts'

const FIRST_NAMES = ['Ana', 'Björn', 'Chloé', 'Dmitri', 'Fatima', 'Hiro']
const LAST_NAMES = ['Archer', 'Böhm', 'Castañeda', 'Dvořák', 'Ellis', 'O’Neil']
const COMPANIES = ['Cedar & Stone Realty', 'Haus + Hof', 'Lakeshore Homes, Inc.', 'North "36" Group']
const TOWNS = ['Ardmoor', 'Björkö', 'Cañon Alto', 'Dunmere', 'Eastvale']
const TAGS = ['farm', 'lake', 'luxury']

/** Values by field id. What is said of other accounts follows from their keys. */
export const ACCOUNT_FACTS: RecordFields<Account>['facts'] = {
  UserType: ({ userType }) => userType,
  Name: name,
  FirstName: (account) => (account.userType === 'Member' ? firstName(account) : null),
  MiddleName: ({ userType, seed }) => (userType === 'Member' && seed % 4 === 0 ? 'J.' : null),
  LastName: (account) => (account.userType === 'Member' ? lastName(account) : null),
  Office: officeName,
  OfficeId: officeKey,
  Company: companyName,
  CompanyId: companyKey,
  Mls: () => 'Simulated MLS',
  MlsId: ({ mlsId }) => mlsId,
  Locale: ({ seed }) => ({ Language: seed % 10 === 0 ? 'es' : 'en' }),
  Tags: ({ seed }) => TAGS.filter((_, at) => (seed >>> at) % 2 === 1),
  Associations: associations,
  Emails: emails,
  Phones: phones,
  Websites: websites,
  Addresses: addresses,
  Images: images,
  ModificationTimestamp: ({ modifiedAt }) => datetimeText(modifiedAt),
}

function name(account: Account, around: Surroundings): string | null {
  switch (account.userType) {
    case 'Member':
      return `${firstName(account)} ${lastName(account)}`
    case 'Office':
      return officeName(account, around)
    case 'Company':
      return companyName(account, around)
  }
}

function firstName({ seed }: Account): string {
  return pick(FIRST_NAMES, hash32(seed, 3))
}

function lastName({ seed, renamed }: Account): string {
  return pick(LAST_NAMES, (seed % LAST_NAMES.length) + renamed)
}

function officeKey({ userType, office }: Account, { keyIn }: Surroundings): string | null {
  return userType === 'Company' ? null : keyIn('accounts', office)
}

function companyKey({ office }: Account, { keyIn }: Surroundings): string | null {
  return keyIn('accounts', companyOf(office))
}

function officeName(account: Account, around: Surroundings): string | null {
  const key = officeKey(account, around)
  return key === null ? null : `${companyName(account, around)} ${pick(TOWNS, hashText(key))}`
}

function companyName(account: Account, around: Surroundings): string | null {
  const key = companyKey(account, around)
  return key === null ? null : pick(COMPANIES, hashText(key))
}

/** Their shape is not known (docs/spark-api.md §4.8). */
function associations({ userType, seed }: Account, { keyIn }: Surroundings): JsonValue {
  if (userType !== 'Member' || seed % 5 > 0) return null
  return [{ Id: keyIn('accounts', hash32(seed, 4)), Type: 'Team', Roles: ['Lead'] }]
}
