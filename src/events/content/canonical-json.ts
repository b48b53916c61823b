import { jsonText, type JsonValue } from '../../domain/json.ts'
import { isPlainText } from '../../domain/plain-text.ts'

/**
 * JSON text that is the same for equal values, whatever the order of their members (R5). Lone surrogates are escaped,
 * as `JSON.stringify` does it, so that the text survives UTF-8.
 */
export function canonicalJson(value: JsonValue): string {
  return jsonText(value, { sorted: true })
}

/** Levels of arrays and objects in a published value. Readers' JSON parsers have bounds too; Python's is below 1,000. */
export const DEEPEST_VALUE = 100

/** `canonicalJson` of a value to be published. @throws {NestedTooDeep} if it has more levels than `DEEPEST_VALUE`. */
export function valueText(value: JsonValue): string {
  return jsonText(value, { sorted: true, deepest: DEEPEST_VALUE })
}

/** A name as a map key: what is no plain text is escaped as in JSON. */
export function safeName(name: string): string {
  return isPlainText(name) ? name : JSON.stringify(name).slice(1, -1)
}
