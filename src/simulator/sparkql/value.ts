import { InvariantViolation } from '../../support/errors.ts'
import type { FilterFieldType } from './field.ts'
import type { Point } from './geometry.ts'
import { parseDay, parseMoment, parseTime } from './source-time.ts'
import type { Moment } from './source-time.ts'
import { SparkqlError } from './sparkql-error.ts'
import type { Literal, LiteralType } from './tree.ts'

export type ValueType = LiteralType | 'shape'

/**
 * Of which type it is, is known of what it comes from. A date is days since 1970, a time milliseconds since midnight.
 * Null: there is none. Undefined: there may be one, but it is masked, so that nothing can be said of it.
 */
export type Value = string | number | boolean | Moment | Point | null | undefined

const TYPES = {
  Character: 'character',
  Integer: 'integer',
  Decimal: 'decimal',
  Boolean: 'boolean',
  Date: 'date',
  Datetime: 'datetime',
  Location: 'shape',
} as const satisfies Readonly<Record<FilterFieldType, ValueType>>

export function valueType(type: FilterFieldType): ValueType {
  return TYPES[type]
}

export function isNumeric(type: ValueType): boolean {
  return type === 'integer' || type === 'decimal'
}

/** @throws {SparkqlError} 1040 if there is no such day or time */
export function literalValue({ type, text }: Literal): Value {
  switch (type) {
    case 'character':
      return unescaped(text)
    case 'integer':
    case 'decimal':
      return Number(text)
    case 'boolean':
      return text === 'true'
    case 'null':
      return null
    case 'date':
      return existing(text, parseDay(text))
    case 'time':
      return existing(text, parseTime(text))
    case 'datetime':
      return existing(text, parseMoment(text))
  }
}

/** What stands between the quotes. A backslash is itself, but before a quote. */
function unescaped(text: string): string {
  return text.slice(1, -1).replaceAll(String.raw`\'`, "'")
}

function existing<T>(text: string, value: T | undefined): T {
  if (value === undefined) throw new SparkqlError(1040, text, 'No such date or time')
  return value
}

export function isMoment(value: Value): value is Moment {
  return typeof value === 'object' && value !== null && 'at' in value
}

export function isPoint(value: Value): value is Point {
  return typeof value === 'object' && value !== null && 'latitude' in value
}

/** The argument checker has let through what is a text. */
export function asText(value: Value): string {
  if (typeof value === 'string') return value
  throw new InvariantViolation('An argument of a SparkQL function is no text.')
}

export function asNumber(value: Value): number {
  if (typeof value === 'number') return value
  throw new InvariantViolation('An argument of a SparkQL function is no number.')
}
