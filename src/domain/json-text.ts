import { JsonBigInteger, type JsonValue } from './json.ts'

/** avsc's `long` takes integers up to this (docs/kafka.md §10). */
const LARGEST_INTEGER = 2 ** 53 - 2

/** Digits of the shortest integer that is kept as text. */
const LONG_DIGITS = 16
const INTEGER = /^-?\d+$/

/**
 * The text of a JSON object or array, with integers outside ±(2^53 − 2) kept as their digits (R12).
 * @throws {SyntaxError} if it is not JSON.
 */
export function parseJsonText(text: string): JsonValue {
  const value: unknown = mayHoldLongNumber(text) ? JSON.parse(text, keepBigInteger) : JSON.parse(text)
  return value as JsonValue
}

/**
 * The text of any JSON value without blanks around it, as `parseJsonText` has it where it stands in an object.
 * @throws {SyntaxError} if it is not JSON.
 */
export function parseJsonValue(text: string): JsonValue {
  const value = parseJsonText(text)
  if (typeof value !== 'number' || Math.abs(value) <= LARGEST_INTEGER) return value
  return INTEGER.test(text) ? new JsonBigInteger(text) : value
}

function keepBigInteger(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Math.abs(value) <= LARGEST_INTEGER) return value
  const source = context?.source
  return source !== undefined && INTEGER.test(source) ? new JsonBigInteger(source) : value
}

/**
 * Whether sixteen digits follow each other where a number can begin; text like that within a string only costs the slower
 * way. Looks at every sixteenth character, which no such run can avoid: a pattern over the whole page took a third of the
 * time that parsing it takes. No character is looked at more than twice: the text comes from outside.
 */
function mayHoldLongNumber(text: string): boolean {
  /** Behind the last run of digits. */
  let seen = 0
  for (let at = LONG_DIGITS - 1; at < text.length; at += LONG_DIGITS) {
    if (!isDigit(text, at)) continue
    let start = at
    while (start > seen && isDigit(text, start - 1)) start -= 1
    let end = at + 1
    while (isDigit(text, end)) end += 1
    if (end - start >= LONG_DIGITS && isNumberStart(text, start)) return true
    seen = end
    // The next run begins behind this one.
    at = end - 1
  }
  return false
}

function isNumberStart(text: string, at: number): boolean {
  const before = text[at - 1] === '-' ? text[at - 2] : text[at - 1]
  return before !== undefined && ':,[ \t\r\n'.includes(before)
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}
