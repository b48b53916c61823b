import type { LooseValue } from '../../domain/content.ts'
import { parseInstant, startOfDay } from '../../domain/instant.ts'
import { isJsonObject, JsonBigInteger, type JsonValue } from '../../domain/json.ts'
import { isPlainText } from '../../domain/plain-text.ts'
import type { FieldKind } from '../schema/field-kind.ts'
import { valueText } from './canonical-json.ts'

/** Strings, numbers (days for a date, milliseconds for a timestamp), booleans, sorted lists of strings. */
export type FieldValue = string | number | boolean | readonly string[]

const DAY_MS = 86_400_000
/** Integers that avsc's `long` holds (docs/kafka.md §10). */
const SMALLEST_LONG = -(2 ** 52)
const LARGEST_LONG = 2 ** 53 - 2
// Decimals came as strings, some with blanks (docs/spark-api.md §4.1). Up to 15 digits a double holds all of them.
const INTEGER_TEXT = /^\s*-?\d{1,15}\s*$/
const DECIMAL_TEXT = /^\s*-?(?!\d{16})(?=[\d.]{1,16}\s*$)\d+(\.\d+)?\s*$/

/** The value as the kind holds it without loss; undefined if it does not fit (R12). */
export function fit(kind: FieldKind, value: JsonValue): FieldValue | undefined {
  switch (kind) {
    case 'string':
      return typeof value === 'string' && isPlainText(value) ? value : undefined
    case 'long':
      return fitLong(value)
    case 'double':
      return fitDouble(value)
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'date':
      return typeof value === 'string' ? daysOf(value) : undefined
    case 'timestamp':
      return typeof value === 'string' ? parseInstant(value) : undefined
    case 'array':
      return fitList(value)
  }
}

function fitLong(value: JsonValue): number | undefined {
  if (typeof value === 'number') {
    const isHeld = Number.isInteger(value) && value >= SMALLEST_LONG && value <= LARGEST_LONG
    return isHeld ? withoutMinusZero(value) : undefined
  }
  return typeof value === 'string' && INTEGER_TEXT.test(value) ? withoutMinusZero(Number(value)) : undefined
}

function fitDouble(value: JsonValue): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? withoutMinusZero(value) : undefined
  return typeof value === 'string' && DECIMAL_TEXT.test(value) ? withoutMinusZero(Number(value)) : undefined
}

/** Avro has two zeros with different bytes; they are the same number. */
export function withoutMinusZero(value: number): number {
  return value === 0 ? 0 : value
}

function fitList(value: JsonValue): readonly string[] | undefined {
  if (typeof value === 'string') return isPlainText(value) ? [value] : undefined
  if (Array.isArray(value)) {
    const texts: string[] = []
    for (const item of value) {
      if (typeof item !== 'string' || !isPlainText(item)) return undefined
      texts.push(item)
    }
    return texts.sort()
  }
  return isJsonObject(value) ? chosenOptions(value) : undefined
}

/** A multi-select is an object of trues (docs/spark-api.md §4.3); its options, sorted. Undefined for any other object. */
export function chosenOptions(value: Readonly<Record<string, JsonValue>>): readonly string[] | undefined {
  const options: string[] = []
  let sorted = true
  let last = ''
  for (const option in value) {
    if (value[option] !== true || !isPlainText(option)) return undefined
    if (option < last) sorted = false
    last = option
    options.push(option)
  }
  return sorted ? options : options.sort()
}

/** A value of any type; as JSON text where an Avro map of loose values cannot hold it. */
export function looseText(value: JsonValue): LooseValue {
  if (typeof value === 'string') return isPlainText(value) ? value : valueText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? withoutMinusZero(value) : valueText(value)
  if (value === null || typeof value === 'boolean') return value
  return value instanceof JsonBigInteger ? value.text : valueText(value)
}

/** Days since 1970-01-01; undefined for a day that no calendar has, and outside of the years 1 to 9999. */
function daysOf(text: string): number | undefined {
  if (text.length !== 10) return undefined
  const ms = startOfDay(text) ?? parseInstant(`${text}T00:00:00Z`)
  return ms === undefined ? undefined : ms / DAY_MS
}
