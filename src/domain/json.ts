/**
 * A JSON number that avsc's `long` would not hold: an integer outside ±(2^53 − 2), kept as its source text (R12;
 * docs/kafka.md §10).
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
  return isNested(value) ? nestedText(value, AS_IT_CAME) : scalarText(value)
}

export interface JsonTextOptions {
  /** Members of objects sorted by name. */
  readonly sorted: boolean
  /** Levels of arrays and objects. @default any number */
  readonly deepest?: number
}

const AS_IT_CAME: JsonTextOptions = { sorted: false }

/** `value` has more levels than were allowed. */
export class NestedTooDeep extends RangeError {}

/**
 * As `toJsonText`. Uses no stack, however deep the value is nested: it came from outside.
 * @throws {NestedTooDeep} if it has more levels than `deepest`.
 */
export function jsonText(value: JsonValue, options: JsonTextOptions): string {
  return isNested(value) ? nestedText(value, options) : scalarText(value)
}

type Nested = readonly JsonValue[] | JsonObject

/** An array or object of which the items before `at` are written. */
interface Level {
  readonly items: readonly JsonValue[] | undefined
  readonly members: JsonObject
  readonly names: readonly string[]
  at: number
}

function nestedText(value: Nested, options: JsonTextOptions): string {
  const { deepest = Number.POSITIVE_INFINITY } = options
  const levels = [levelOf(value, options)]
  if (levels.length > deepest) throw tooDeep(deepest)
  let text = Array.isArray(value) ? '[' : '{'
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { items, members, names, at } = level
    if (at === (items ?? names).length) {
      text += items === undefined ? '}' : ']'
      levels.pop()
      continue
    }
    level.at += 1
    const name = names[at]
    if (at > 0) text += ','
    if (name !== undefined) text += `${JSON.stringify(name)}:`
    const item = (name === undefined ? items?.[at] : members[name]) ?? null
    if (isNested(item)) {
      text += Array.isArray(item) ? '[' : '{'
      levels.push(levelOf(item, options))
      if (levels.length > deepest) throw tooDeep(deepest)
    } else text += scalarText(item)
  }
  return text
}

function levelOf(value: Nested, { sorted }: JsonTextOptions): Level {
  if (!isJsonObject(value)) return { items: value, members: {}, names: [], at: 0 }
  const names = Object.keys(value)
  return { items: undefined, members: value, names: sorted ? names.sort() : names, at: 0 }
}

function isNested(value: JsonValue): value is Nested {
  return typeof value === 'object' && value !== null && !(value instanceof JsonBigInteger)
}

function scalarText(value: Exclude<JsonValue, Nested>): string {
  if (value instanceof JsonBigInteger) return value.text
  // JSON.parse reads 1e999 as Infinity, which JSON.stringify would make null.
  if (typeof value === 'number' && !Number.isFinite(value)) return value > 0 ? '1e999' : '-1e999'
  return JSON.stringify(value)
}

function tooDeep(deepest: number): NestedTooDeep {
  return new NestedTooDeep(`A value is nested deeper than ${deepest} levels.`)
}
