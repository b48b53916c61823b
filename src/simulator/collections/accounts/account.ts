import { fraction, hash32 } from '../../prng.ts'
import { freshRecord } from '../../records/simulated-record.ts'
import type { RecordIdentity, RecordOrigin, SimulatedRecord } from '../../records/simulated-record.ts'
import { wholeSeconds } from '../../time-text.ts'

/** The first accounts come in houses of so many: a company, then its offices, then their members. */
export const HOUSE = 20
const OFFICES = 2
const MEMBERS = HOUSE - 1 - OFFICES
/** Which of the accounts is the first member, counted from 0. */
export const FIRST_MEMBER = 1 + OFFICES

/** What an account is by itself, beside the stamps and rights that every record has. */
export interface AccountState {
  readonly key: string
  readonly seed: number
  readonly number: number
  readonly userType: 'Member' | 'Office' | 'Company'
  /** Which of the first accounts is its office, counted from 0. For an office or a company the account itself. */
  office: number
  /** How often its name has changed. */
  renamed: number
  /** How often its e-mail address has changed. */
  readdressed: number
}

export interface Account extends SimulatedRecord, AccountState {}

/** An account with a past, of the MLS of its house. Whoever comes new is a member. */
export function generatedAccount(origin: RecordOrigin): Account {
  const { seed, until, isNew, mlsIds } = origin
  const fresh = freshRecord(origin)
  const edited = fresh.createdAt + fraction(hash32(seed, 1)) * (until - fresh.createdAt)
  const state = isNew ? newMember(origin) : firstAccount(origin)
  return {
    ...fresh,
    ...state,
    modifiedAt: wholeSeconds(edited),
    mlsId: mlsIds[houseOf(state.office) % mlsIds.length] ?? origin.mlsId,
  }
}

/** One of the first accounts, as it was at the beginning. */
export function firstAccount({ key, seed, number }: RecordIdentity): AccountState {
  const own = number - 1
  const userType = userTypeAt(own % HOUSE)
  const office = userType === 'Member' ? officeIn(houseOf(own), hash32(seed, 2)) : own
  return { key, seed, number, userType, office, renamed: 0, readdressed: 0 }
}

function newMember({ key, seed, number }: RecordIdentity): AccountState {
  const office = officeIn(houseOf(seed), hash32(seed, 2))
  return { key, seed, number, userType: 'Member', office, renamed: 0, readdressed: 0 }
}

function userTypeAt(place: number): Account['userType'] {
  if (place > OFFICES) return 'Member'
  return place === 0 ? 'Company' : 'Office'
}

/** Houses take turns in the MLSs. There are as many of each, so that a house counted beyond the last is of its MLS, too. */
export function houseCount(listings: number, mlsCount: number): number {
  return Math.ceil(listings / 100 / mlsCount) * mlsCount
}

function houseOf(account: number): number {
  return Math.floor(account / HOUSE)
}

/** The company of the house in which this account stands. */
export function companyOf(account: number): number {
  return houseOf(account) * HOUSE
}

function officeIn(house: number, hash: number): number {
  return house * HOUSE + 1 + (hash % OFFICES)
}

/** A member of any house of an MLS, counted from 0. */
export function memberIn(mls: number, mlsCount: number, hash: number): number {
  return (mls + mlsCount * hash) * HOUSE + FIRST_MEMBER + (hash % MEMBERS)
}

/** An office of any house of the same MLS, never the same. */
export function anotherOffice(office: number, mlsCount: number, hash: number): number {
  // Its number ends on the place that follows in its house.
  return officeIn(houseOf(office) + mlsCount * hash, office)
}
