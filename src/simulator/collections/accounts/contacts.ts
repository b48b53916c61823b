/** Lists of an account: how to reach it, and what it looks like (docs/spark-api.md §4.8). */
import type { JsonValue } from '../../../domain/json.ts'
import { MASKED } from '../../../domain/masked.ts'
import type { Surroundings } from '../../records/collection-definition.ts'
import type { Account, AccountState } from './account.ts'

const MICROS = 1_000_000n

export function emails(account: Account): JsonValue {
  return [
    { ...entry(account, 1, 'Work'), Address: emailAddress(account), Primary: true },
    ...(isMember(account) && account.seed % 3 === 0
      ? [{ ...entry(account, 2, 'Home'), Address: MASKED, Primary: false }]
      : []),
  ]
}

/** Of the primary one. */
export function emailAddress({ number, readdressed }: AccountState): string {
  const mailbox = readdressed === 0 ? `account${number}` : `account${number}.${readdressed}`
  return `${mailbox}@example.org`
}

export function phones(account: Account, around: Surroundings): JsonValue {
  const office = phone(account, 3, 'Office', officeNumber(account, around))
  if (!isMember(account)) return [{ ...office, Primary: true }]
  return [
    { ...phone(account, 4, 'Mobile', mobileNumber(account)), Primary: true },
    { ...phone(account, 8, 'Direct', directNumber(account)), Primary: false },
    { ...office, Extension: extension(account), Primary: false },
  ]
}

function phone(
  account: Account,
  part: number,
  type: string,
  number: string,
): Readonly<Record<string, JsonValue>> {
  const [AreaCode = '', Prefix = '', LineNumber = ''] = number.split('-')
  return {
    ...entry(account, part, type),
    Number: number,
    Extension: null,
    AreaCode,
    Prefix,
    LineNumber,
    InternationalCode: '1',
  }
}

/** The same for all members of an office. */
export function officeNumber(account: AccountState, { firstIn }: Surroundings): string {
  return phoneNumber(firstIn('accounts', account.office)?.seed ?? account.seed)
}

/** At the office. */
export function extension({ number }: AccountState): string {
  return String(number)
}

export function mobileNumber({ seed }: AccountState): string {
  return phoneNumber(seed + 1)
}

export function directNumber({ seed }: AccountState): string {
  return phoneNumber(seed + 2)
}

/** Of the numbers that belong to nobody. */
function phoneNumber(hash: number): string {
  return `701-555-01${String(hash % 100).padStart(2, '0')}`
}

export function websites(account: Account): JsonValue {
  if (isMember(account)) return []
  return [{ ...entry(account, 5, 'Home'), Uri: website(account), Primary: true }]
}

/** Of an office or a company. */
export function website({ number }: AccountState): string {
  return `http://account${number}.example/`
}

/** With a member that no page of the source names. */
export function addresses(account: Account): JsonValue {
  if (isMember(account)) return []
  const street = `${100 + (account.seed % 900)} Château St`
  const { Name: _, ...place } = entry(account, 6, 'Office')
  return [
    {
      ...place,
      Address: `${street}, Suite ${account.number}, Björkö, ND 58001`,
      Street1: street,
      Street2: `Suite ${account.number}`,
      City: 'Björkö',
      Region: 'ND',
      PostalCode: '58001',
      Country: 'US',
      Primary: true,
    },
  ]
}

export function images(account: Account): JsonValue {
  if (isMember(account) && account.seed % 2 === 0) return []
  const image = entry(account, 7, isMember(account) ? 'Photo' : 'Logo')
  return [{ ...image, Uri: `http://photos.example/${image.Id}.jpg` }]
}

function entry({ key }: Account, part: number, type: string) {
  return { Id: String(BigInt(key) + BigInt(part) * MICROS), Type: type, Name: type }
}

function isMember({ userType }: Account): boolean {
  return userType === 'Member'
}
