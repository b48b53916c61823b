import type { JsonValue } from '../../../domain/json.ts'
import type { Subrows } from '../../api/subrows.ts'
import { hash32, hashText, pick } from '../../prng.ts'
import type { RecordFields, Surroundings } from '../../records/collection-definition.ts'
import { datetimeText } from '../../time-text.ts'
import { companyOf } from './account.ts'
import type { Account, AccountState } from './account.ts'
import { addresses, emails, images, phones, websites } from './contacts.ts'

const FIRST_NAMES = ['Ana', 'Björn', 'Chloé', 'Dmitri', 'Fatima', 'Hiro']
const LAST_NAMES = ['Archer', 'Böhm', 'Castañeda', 'Dvořák', 'Ellis', 'O’Neil']
const COMPANIES = ['Cedar & Stone Realty', 'Haus + Hof', 'Lakeshore Homes, Inc.', 'North "36" Group']
const TOWNS = ['Ardmoor', 'Björkö', 'Cañon Alto', 'Dunmere', 'Eastvale']
const TAGS = ['farm', 'lake', 'luxury']

/** Where the accounts are that an account tells of. */
type Others = Pick<Surroundings, 'firstIn'>

/** Values by field id. What is said of other accounts follows from their keys. */
export const ACCOUNT_FACTS: RecordFields<Account>['facts'] = {
  UserType: ({ userType }) => userType,
  Name: accountName,
  FirstName: (account) => (account.userType === 'Member' ? firstName(account) : null),
  MiddleName: (account) => (account.userType === 'Member' ? middleName(account) : null),
  LastName: (account) => (account.userType === 'Member' ? lastName(account) : null),
  Office: officeName,
  OfficeId: officeKey,
  Company: companyName,
  CompanyId: companyKey,
  Mls: ({ mlsId }, { dataShare }) => dataShare.find(({ id }) => id === mlsId)?.name ?? null,
  MlsId: ({ mlsId }) => mlsId,
  Locale: ({ seed }) => ({ Language: seed % 10 === 0 ? 'es' : 'en' }),
  Tags: ({ seed }) => TAGS.filter((_, at) => (seed >>> at) % 2 === 1),
  Associations: associationsOrNone,
  Emails: emails,
  Phones: phones,
  Websites: websites,
  Addresses: addresses,
  Images: images,
  ModificationTimestamp: ({ modifiedAt }) => datetimeText(modifiedAt),
}

export function accountName(account: AccountState, around: Others): string | null {
  switch (account.userType) {
    case 'Member':
      return `${firstName(account)} ${lastName(account)}`
    case 'Office':
      return officeName(account, around)
    case 'Company':
      return companyName(account, around)
  }
}

export function firstName({ seed }: AccountState): string {
  return pick(FIRST_NAMES, hash32(seed, 3))
}

export function middleName({ seed }: AccountState): string | null {
  return seed % 4 === 0 ? 'J.' : null
}

export function lastName({ seed, renamed }: AccountState): string {
  return pick(LAST_NAMES, (seed % LAST_NAMES.length) + renamed)
}

export function officeKey({ userType, office }: AccountState, { firstIn }: Others): string | null {
  return userType === 'Company' ? null : (firstIn('accounts', office)?.key ?? null)
}

export function companyKey({ office }: AccountState, { firstIn }: Others): string | null {
  return firstIn('accounts', companyOf(office))?.key ?? null
}

export function officeName(account: AccountState, around: Others): string | null {
  const key = officeKey(account, around)
  return key === null ? null : `${companyName(account, around)} ${pick(TOWNS, hashText(key))}`
}

export function companyName(account: AccountState, around: Others): string | null {
  const key = companyKey(account, around)
  return key === null ? null : pick(COMPANIES, hashText(key))
}

/** Their shape is not known (docs/spark-api.md §4.8). */
export function associations({ userType, seed }: AccountState, { firstIn }: Others): Subrows {
  const other = firstIn('accounts', hash32(seed, 4))
  if (userType !== 'Member' || seed % 5 > 0 || other === null) return []
  return [{ Id: other.key, Type: 'Team', Roles: ['Lead'] }]
}

/** Who has none shows null. */
function associationsOrNone(account: AccountState, around: Others): JsonValue {
  const rows = associations(account, around)
  return rows.length === 0 ? null : rows
}
