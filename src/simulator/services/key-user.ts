import {
  accountName,
  companyKey,
  companyName,
  officeKey,
  officeName,
} from '../collections/accounts/account-facts.ts'
import { firstAccount, FIRST_MEMBER } from '../collections/accounts/account.ts'
import type { Surroundings } from '../records/collection-definition.ts'

/** Whom the access token stands for. */
export interface KeyUser {
  readonly id: string
  readonly name: string
  readonly office: string | null
  readonly officeId: string | null
  readonly company: string | null
  readonly companyId: string | null
}

/** Where there are no accounts. */
const ALONE: KeyUser = {
  id: '20000426173054342350000000',
  name: 'Replication User',
  office: null,
  officeId: null,
  company: null,
  companyId: null,
}

/** The first member of the first MLS, as its account was at the beginning. */
export function keyUser(around: Pick<Surroundings, 'firstIn'>): KeyUser {
  const first = around.firstIn('accounts', FIRST_MEMBER)
  if (first === null) return ALONE
  const account = firstAccount(first)
  return {
    id: account.key,
    name: accountName(account, around) ?? ALONE.name,
    office: officeName(account, around),
    officeId: officeKey(account, around),
    company: companyName(account, around),
    companyId: companyKey(account, around),
  }
}
