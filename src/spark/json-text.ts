import { JsonBigInteger, type JsonValue } from '../listing/json.ts'

/** avsc's `long` holds integers up to this (kafka-client.md §10). */
const LARGEST_INTEGER = 2 ** 53 - 2

/** Sixteen digits outside of quotes. Text like it within a string only costs the slower way. */
const LONG_NUMBER = /[:,[\s]-?\d{16}/
const INTEGER = /^-?\d+$/

/**
 * The text of a JSON object or array, with integers outside ±(2^53 − 2) kept as their digits (R12).
 * @throws {SyntaxError} if it is not JSON.
 */
export function parseJsonText(text: string): JsonValue {
  const value: unknown = LONG_NUMBER.test(text) ? JSON.parse(text, keepBigInteger) : JSON.parse(text)
  return value as JsonValue
}

function keepBigInteger(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Math.abs(value) <= LARGEST_INTEGER) return value
  const source = context?.source
  return source !== undefined && INTEGER.test(source) ? new JsonBigInteger(source) : value
}
