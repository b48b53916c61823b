import { isJsonObject, JsonBigInteger, type JsonValue } from '../listing/json.ts'

/**
 * JSON text that is the same for equal values, whatever the order of their members (R5). Lone surrogates are escaped,
 * as `JSON.stringify` does it, so that the text survives UTF-8.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'number') return numberText(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof JsonBigInteger) return value.text
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`)
    return `{${members.join(',')}}`
  }
  return `[${value.map(canonicalJson).join(',')}]`
}

/** A name as a map key: lone surrogates, which UTF-8 cannot hold, are escaped as in JSON. */
export function safeName(name: string): string {
  return name.isWellFormed() ? name : JSON.stringify(name).slice(1, -1)
}

// JSON.parse reads 1e999 as Infinity, which JSON.stringify would make null.
function numberText(value: number): string {
  if (Number.isFinite(value)) return JSON.stringify(value)
  return value > 0 ? '1e999' : '-1e999'
}
