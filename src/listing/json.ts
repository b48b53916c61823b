/**
 * A JSON number that avsc's `long` would not hold: an integer outside ±(2^53 − 2), kept as its source text (R12;
 * kafka-client.md §10).
 */
export class JsonBigInteger {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type JsonValue = null | boolean | number | string | JsonBigInteger | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [name: string]: JsonValue
}

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonBigInteger)
  )
}

/** JSON text in which big integers stand as the digits they came with. Member order is kept. */
export function toJsonText(value: JsonValue): string {
  if (value instanceof JsonBigInteger) return value.text
  if (Array.isArray(value)) return `[${value.map(toJsonText).join(',')}]`
  if (isJsonObject(value)) {
    const members = Object.entries(value).map(
      ([name, member]) => `${JSON.stringify(name)}:${toJsonText(member)}`,
    )
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}
