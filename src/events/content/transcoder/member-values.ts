/** Values of members that were walked over, read from where they stand. */
import { parseJsonValue } from '../../../domain/json-text.ts'
import type { JsonValue } from '../../../domain/json.ts'
import type { RecordKey } from '../../../domain/record-key.ts'
import { DOT, MINUS, QUOTE, skipAscii } from '../../../support/json-bytes.ts'
import { MOST_DIGITS, POWERS_OF_TEN } from './byte-values.ts'
import type { Member } from './members.ts'

/** Where a value stands. */
type Range = Pick<Member, 'start' | 'end'>

const ASTERISK = 0x2a
const SLASH = 0x2f
const ZERO = 0x30
const NINE = 0x39

/** With its quotes. */
export const MASKED_LENGTH = 10

/** Whether the value that begins with the quote at `quote` is a masked one. */
export function isMasked(bytes: Buffer, quote: number): boolean {
  for (let i = 1; i < MASKED_LENGTH - 1; i += 1) if (bytes[quote + i] !== ASTERISK) return false
  return bytes[quote + MASKED_LENGTH - 1] === QUOTE
}

/** As it stands in what `parseJsonText` makes of the whole. */
export function valueOf(bytes: Buffer, { start, end }: Range): JsonValue {
  const number = numberOf(bytes, start, end)
  return Number.isNaN(number) ? parseJsonValue(bytes.toString('utf8', start, end)) : number
}

/** Its text if that is ASCII and stands as it is; undefined for every other value. */
export function plainTextOf(bytes: Buffer, { start, end }: Range): string | undefined {
  if (bytes[start] !== QUOTE || skipAscii(bytes, start + 1) !== end - 1) return undefined
  return bytes.toString('latin1', start + 1, end - 1)
}

/** Whether what stands there is the same, to the byte. */
export function isSameAs(bytes: Buffer, { start, end }: Range, other: Buffer): boolean {
  if (end - start !== other.length) return false
  for (let i = 0; i < other.length; i += 1) if (bytes[start + i] !== other[i]) return false
  return true
}

/** Whether two members have the same, to the byte. */
export function isWrittenAlike(bytes: Buffer, one: Range, other: Range): boolean {
  const length = one.end - one.start
  if (length !== other.end - other.start) return false
  for (let i = 0; i < length; i += 1) if (bytes[one.start + i] !== bytes[other.start + i]) return false
  return true
}

/** Whether `isKeyAgain` would say so of an `Id`, as far as that is seen without reading it. */
export function isKey(bytes: Buffer, { start, end }: Range, key: RecordKey): boolean {
  return end - start === key.length + 2 && bytes[start] === QUOTE && endsWith(bytes, end, key)
}

/** The same of a `ResourceUri`. What is before the slash may be written in any way: a key has no character of escapes. */
export function isUriOfKey(bytes: Buffer, { start, end }: Range, key: RecordKey): boolean {
  const slash = end - key.length - 2
  return slash > start && bytes[start] === QUOTE && bytes[slash] === SLASH && endsWith(bytes, end, key)
}

/** @param end of a text, behind its quote */
function endsWith(bytes: Buffer, end: number, key: RecordKey): boolean {
  const { length } = key
  const start = end - 1 - length
  for (let i = 0; i < length; i += 1) if (bytes[start + i] !== key.charCodeAt(i)) return false
  return true
}

/** A number that a double holds as it is written; NaN for every other value, and for what needs a closer look. */
export function numberOf(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS
  const first = isNegative ? start + 1 : start
  let digits = 0
  let places = -1
  for (let p = first; p < end; p += 1) {
    const byte = bytes[p] ?? 0
    if (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + byte - ZERO
      if (places >= 0) places += 1
    } else if (byte === DOT && places < 0) places = 0
    else return Number.NaN
  }
  // One of them is the dot, perhaps. Zero with a sign is another number.
  if (end - first > MOST_DIGITS || (digits === 0 && isNegative)) return Number.NaN
  const size = places > 0 ? digits / (POWERS_OF_TEN[places] ?? 1) : digits
  return isNegative ? -size : size
}
