/**
 * The accounts that offer and buy a listing. It tells of them what they were at the beginning: in a listing the names of its
 * agents and offices may lag (docs/spark-api.md §5).
 */
import type { JsonValue } from '../../../domain/json.ts'
import { hash32 } from '../../prng.ts'
import type { RecordFields, Surroundings } from '../../records/collection-definition.ts'
import { accountName, companyKey, firstName, lastName, middleName } from '../accounts/account-facts.ts'
import { firstAccount, memberIn } from '../accounts/account.ts'
import type { AccountState } from '../accounts/account.ts'
import {
  directNumber,
  emailAddress,
  extension,
  mobileNumber,
  officeNumber,
  website,
} from '../accounts/contacts.ts'
import type { Listing } from './listing.ts'

type Facts = RecordFields<Listing>['facts']
/** The account in a role; null if nobody has it. */
type Role = (listing: Listing, around: Surroundings) => AccountState | null
type AccountValue = (account: AccountState, around: Surroundings) => JsonValue

const AGENT_SALT = 16
const CO_AGENT_SALT = 17
const BUYER_AGENT_SALT = 18

const OF_AGENT: Readonly<Record<string, AccountValue>> = {
  Id: ({ key }) => key,
  Key: ({ key }) => key,
  Name: accountName,
  FirstName: firstName,
  MiddleName: middleName,
  LastName: lastName,
  Email: emailAddress,
  CellPhone: mobileNumber,
  PreferredPhone: mobileNumber,
  DirectPhone: directNumber,
  OfficePhone: officeNumber,
  OfficePhoneExt: extension,
  UserType: ({ userType }) => userType,
}
const OF_OFFICE: Readonly<Record<string, AccountValue>> = {
  Id: ({ key }) => key,
  Key: ({ key }) => key,
  Name: accountName,
  Email: emailAddress,
  Phone: officeNumber,
  URL: website,
  UserType: ({ userType }) => userType,
}
const OF_COMPANY: Readonly<Record<string, AccountValue>> = { Id: companyKey }

/** Values by field id. */
export const LISTING_ACCOUNT_FACTS: Facts = {
  ...factsOf('ListAgent', listAgent, OF_AGENT),
  ...factsOf('ListOffice', officeOf(listAgent), OF_OFFICE),
  ...factsOf('ListCompany', listAgent, OF_COMPANY),
  ...factsOf('CoListAgent', coListAgent, OF_AGENT),
  ...factsOf('CoListOffice', officeOf(coListAgent), OF_OFFICE),
  ...factsOf('CoListCompany', coListAgent, OF_COMPANY),
  ...factsOf('BuyerAgent', buyerAgent, OF_AGENT),
  ...factsOf('BuyerOffice', officeOf(buyerAgent), OF_OFFICE),
}

function factsOf(prefix: string, role: Role, values: Readonly<Record<string, AccountValue>>): Facts {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      prefix + name,
      (listing: Listing, around: Surroundings) => {
        const account = role(listing, around)
        return account === null ? null : value(account, around)
      },
    ]),
  )
}

function listAgent(listing: Listing, around: Surroundings): AccountState | null {
  return memberOfItsMls(listing, around, AGENT_SALT)
}

/** In one listing of five. */
function coListAgent(listing: Listing, around: Surroundings): AccountState | null {
  return listing.seed % 5 === 0 ? memberOfItsMls(listing, around, CO_AGENT_SALT) : null
}

function buyerAgent(listing: Listing, around: Surroundings): AccountState | null {
  return listing.status === 'Closed' ? memberOfItsMls(listing, around, BUYER_AGENT_SALT) : null
}

function officeOf(role: Role): Role {
  return (listing, around) => {
    const agent = role(listing, around)
    return agent === null ? null : accountAt(agent.office, around)
  }
}

function memberOfItsMls({ mlsId, seed }: Listing, around: Surroundings, salt: number): AccountState | null {
  const { dataShare } = around
  const mls = dataShare.findIndex(({ id }) => id === mlsId)
  return accountAt(memberIn(mls, dataShare.length, hash32(seed, salt)), around)
}

function accountAt(place: number, { firstIn }: Surroundings): AccountState | null {
  const first = firstIn('accounts', place)
  return first === null ? null : firstAccount(first)
}
