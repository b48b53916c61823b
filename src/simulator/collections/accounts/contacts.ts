/** Lists of an account: how to reach it, and what it looks like (docs/spark-api.md §4.8). */
import type { JsonValue } from '../../../domain/json.ts'
import { MASKED } from '../../../domain/masked.ts'
import type { Account } from './account.ts'

const MICROS = 1_000_000n

export function emails(account: Account): JsonValue {
  const { number, readdressed } = account
  const mailbox = readdressed === 0 ? `account${number}` : `account${number}.${readdressed}`
  return [
    { ...entry(account, 1, 'Work'), Address: `${mailbox}@example.org`, Primary: true },
    ...(isMember(account) && account.seed % 3 === 0
      ? [{ ...entry(account, 2, 'Home'), Address: MASKED, Primary: false }]
      : []),
  ]
}

export function phones(account: Account): JsonValue {
  const office = phone(account, 3, 'Office')
  if (!isMember(account)) return [{ ...office, Primary: true }]
  const extension = { ...office, Extension: String(account.number), Primary: false }
  return [{ ...phone(account, 4, 'Mobile'), Primary: true }, extension]
}

function phone(account: Account, part: number, type: string): Readonly<Record<string, JsonValue>> {
  const line = `01${String((account.seed + part) % 100).padStart(2, '0')}`
  return {
    ...entry(account, part, type),
    Number: `701-555-${line}`,
    Extension: null,
    AreaCode: '701',
    Prefix: '555',
    LineNumber: line,
    InternationalCode: '1',
  }
}

export function websites(account: Account): JsonValue {
  if (isMember(account)) return []
  return [{ ...entry(account, 5, 'Home'), Uri: `http://account${account.number}.example/`, Primary: true }]
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
