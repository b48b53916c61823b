import { parseInstant } from '../listing/instant.ts'
import { isJsonObject, type JsonValue } from '../listing/json.ts'
import type { FieldKind } from './field-kind.ts'

/** Strings, numbers (days for a date, milliseconds for a timestamp), booleans, sorted lists of strings. */
export type FieldValue = string | number | boolean | readonly string[]

/** What the source sends instead of a value that the user may not see (spark-api.md §4.2). */
export const MASKED = '********'

const DAY_MS = 86_400_000
/** Largest integer that avsc's `long` holds (kafka-client.md §10). */
const MAX_LONG = 2 ** 53 - 2
// Decimals came as strings, some with blanks (spark-api.md §5, 21). Up to 15 digits a double holds all of them.
const INTEGER_TEXT = /^\s*-?\d{1,15}\s*$/
const DECIMAL_TEXT = /^\s*-?(?!\d{16})(?=[\d.]{1,16}\s*$)\d+(\.\d+)?\s*$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATETIME_IN_SECONDS = /^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

/** The value as the kind holds it without loss; undefined if it does not fit (R12). */
export function fit(kind: FieldKind, value: JsonValue): FieldValue | undefined {
  switch (kind) {
    case 'string':
      return typeof value === 'string' && value.isWellFormed() ? value : undefined
    case 'long':
      return fitLong(value)
    case 'double':
      return fitDouble(value)
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'date':
      return typeof value === 'string' && DATE.test(value) ? daysOf(value) : undefined
    case 'timestamp':
      return typeof value === 'string' ? millisOf(value) : undefined
    case 'array':
      return fitList(value)
  }
}

function fitLong(value: JsonValue): number | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= MAX_LONG ? withoutMinusZero(value) : undefined
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
  if (typeof value === 'string') return value.isWellFormed() ? [value] : undefined
  if (Array.isArray(value)) {
    const texts: string[] = []
    for (const item of value) {
      if (typeof item !== 'string' || !item.isWellFormed()) return undefined
      texts.push(item)
    }
    return texts.sort()
  }
  return isJsonObject(value) ? chosenOptions(value) : undefined
}

/** A multi-select is an object of trues (spark-api.md §4.3); its options, sorted. Undefined for any other object. */
export function chosenOptions(value: Readonly<Record<string, JsonValue>>): readonly string[] | undefined {
  const options: string[] = []
  for (const option in value) {
    if (value[option] !== true || !option.isWellFormed()) return undefined
    options.push(option)
  }
  return options.length > 1 ? options.sort() : options
}

/** Days since 1970-01-01; undefined for a day that no calendar has. The text has the right shape. */
function daysOf(text: string): number | undefined {
  const ms = parseInstant(`${text}T00:00:00Z`)
  return ms === undefined ? undefined : ms / DAY_MS
}

/** As `parseInstant`, with a short cut for the form in which the source sends nearly all of them. */
function millisOf(text: string): number | undefined {
  if (!DATETIME_IN_SECONDS.test(text)) return parseInstant(text)
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)]
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  // Days 29 to 31 and whatever else needs a closer look take the long way.
  if (month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59) {
    return parseInstant(text)
  }
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value
}
