import { fraction, hash32 } from '../../prng.ts'
import { freshRecord } from '../../records/simulated-record.ts'
import type { RecordOrigin, SimulatedRecord } from '../../records/simulated-record.ts'
import { wholeSeconds } from '../../time-text.ts'

/** The first accounts come in houses of so many: a company, then its offices, then their members. */
export const HOUSE = 20
const OFFICES = 2

export interface Account extends SimulatedRecord {
  readonly userType: 'Member' | 'Office' | 'Company'
  /** Which of the first accounts is its office, counted from 0. For an office or a company the account itself. */
  office: number
  /** How often its name has changed. */
  renamed: number
  /** How often its e-mail address has changed. */
  readdressed: number
}

/** An account with a past. Whoever comes new is a member. */
export function generatedAccount(origin: RecordOrigin): Account {
  const { seed, number, until, isNew } = origin
  const fresh = freshRecord(origin)
  const edited = fresh.createdAt + fraction(hash32(seed, 1)) * (until - fresh.createdAt)
  const own = number - 1
  const userType = isNew ? 'Member' : userTypeAt(own % HOUSE)
  return {
    ...fresh,
    modifiedAt: wholeSeconds(edited),
    userType,
    office: userType === 'Member' ? officeIn(isNew ? seed : own, hash32(seed, 2)) : own,
    renamed: 0,
    readdressed: 0,
  }
}

function userTypeAt(place: number): Account['userType'] {
  if (place > OFFICES) return 'Member'
  return place === 0 ? 'Company' : 'Office'
}

/** The company of the house in which this account stands. */
export function companyOf(account: number): number {
  return account - (account % HOUSE)
}

function officeIn(account: number, hash: number): number {
  return companyOf(account) + 1 + (hash % OFFICES)
}

/** An office of any house, never the same. */
export function anotherOffice(office: number, hash: number): number {
  // Its number ends on the place that follows in its house.
  return officeIn(hash, office)
}
