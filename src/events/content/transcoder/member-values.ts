/** Values of members that were walked over, read from where they stand. */
import { parseJsonValue } from '../../../domain/json-text.ts'
import type { JsonValue } from '../../../domain/json.ts'
import type { RecordKey } from '../../../domain/record-key.ts'
import { QUOTE, skipAscii } from '../../../support/json-bytes.ts'
import type { Member } from './members.ts'

const SLASH = 0x2f
const ZERO = 0x30
const NINE = 0x39
/** So many digits are a number for sure that needs no parser. */
const FEW_DIGITS = 9

/** As it stands in what `parseJsonText` makes of the whole. */
export function valueOf(bytes: Buffer, { start, end }: Member): JsonValue {
  const few = fewDigits(bytes, start, end)
  return few >= 0 ? few : parseJsonValue(bytes.toString('utf8', start, end))
}

/** Its text if that is ASCII and stands as it is; undefined for every other value. */
export function plainTextOf(bytes: Buffer, { start, end }: Member): string | undefined {
  if (bytes[start] !== QUOTE || skipAscii(bytes, start + 1) !== end - 1) return undefined
  return bytes.toString('latin1', start + 1, end - 1)
}

/** Whether what stands there is the same, to the byte. */
export function isSameAs(bytes: Buffer, { start, end }: Member, other: Buffer): boolean {
  if (end - start !== other.length) return false
  for (let i = 0; i < other.length; i += 1) if (bytes[start + i] !== other[i]) return false
  return true
}

/** Whether two members have the same, to the byte. */
export function isWrittenAlike(bytes: Buffer, one: Member, other: Member): boolean {
  const length = one.end - one.start
  if (length !== other.end - other.start) return false
  for (let i = 0; i < length; i += 1) if (bytes[one.start + i] !== bytes[other.start + i]) return false
  return true
}

/** Whether `isKeyAgain` would say so of an `Id`, as far as that is seen without reading it. */
export function isKey(bytes: Buffer, { start, end }: Member, key: RecordKey): boolean {
  return end - start === key.length + 2 && bytes[start] === QUOTE && endsWith(bytes, end, key)
}

/** The same of a `ResourceUri`. What is before the slash may be written in any way: a key has no character of escapes. */
export function isUriOfKey(bytes: Buffer, { start, end }: Member, key: RecordKey): boolean {
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

/** A number of few digits; -1 for every other value. */
function fewDigits(bytes: Buffer, start: number, end: number): number {
  if (end - start > FEW_DIGITS || (bytes[start] === ZERO && end - start > 1)) return -1
  let value = 0
  for (let p = start; p < end; p += 1) {
    const byte = bytes[p] ?? 0
    if (byte < ZERO || byte > NINE) return -1
    value = value * 10 + byte - ZERO
  }
  return value
}
