/** From what a store holds back to what Avro takes: the other way of `rebuild/decode`. */
import { parseJson } from '../../support/parse-json.ts'
import { withoutNull, type AvroType, type TypedField } from '../rebuild/decode/avro-type.ts'
import { dayText, instantText } from '../rebuild/decode/calendar-text.ts'
import type { StoredValue } from './store-reader.ts'

const DAY_MS = 86_400_000

/** The value is none that the publisher could have written: somebody has changed it. */
export class UnfitValue extends Error {}

/** @throws {UnfitValue} */
export function avroValue(type: AvroType, value: StoredValue): unknown {
  const { type: held, nullBranch } = withoutNull(type)
  if (value === undefined) throw new UnfitValue()
  if (value === null) {
    if (nullBranch === null && !takesNull(held)) throw new UnfitValue()
    return null
  }
  switch (held.kind) {
    case 'boolean':
      if (value === 0 || value === 1) return value === 1
      throw new UnfitValue()
    case 'array':
    case 'map':
    case 'record':
    case 'union':
      if (typeof value !== 'string') throw new UnfitValue()
      return fromJson(held, parseJson(value))
    case 'null':
    case 'text':
    case 'enum':
    case 'long':
    case 'double':
    case 'float':
    case 'date':
    case 'timestamp':
      return fromJson(held, value)
  }
}

/**
 * What `jsonReader` made of a value. Members of maps are sorted, as the publisher writes them.
 *
 * @param json undefined for a text that was none
 * @throws {UnfitValue}
 */
export function fromJson(type: AvroType, json: unknown): unknown {
  const { type: held, nullBranch } = withoutNull(type)
  if (json === null) {
    if (nullBranch === null && !takesNull(held)) throw new UnfitValue()
    return null
  }
  switch (held.kind) {
    case 'text':
    case 'enum':
      return checked(json, typeof json === 'string')
    case 'long':
      return checked(json, Number.isSafeInteger(json))
    case 'double':
    case 'float':
      return checked(json, typeof json === 'number')
    case 'boolean':
      return checked(json, typeof json === 'boolean')
    case 'date':
      return dayOf(json)
    case 'timestamp':
      return instantOf(json)
    case 'array':
      if (!Array.isArray(json)) throw new UnfitValue()
      return json.map((item: unknown) => fromJson(held.of, item))
    case 'map':
      return sortedMap(membersOf(json), (value) => fromJson(held.of, value))
    case 'record':
      return recordOf(held.fields, membersOf(json))
    case 'union':
      // Of plain values and lists of them, which Avro tells apart by themselves.
      return checked(json, json !== undefined)
    case 'null':
      throw new UnfitValue()
  }
}

function takesNull(type: AvroType): boolean {
  return type.kind === 'null' || (type.kind === 'union' && type.branches.some(takesNull))
}

function checked(value: unknown, isFit: boolean): unknown {
  if (!isFit) throw new UnfitValue()
  return value
}

function membersOf(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new UnfitValue()
  return Object.fromEntries(Object.entries(json))
}

/** In the order in which the publisher has them (R5). */
export function sortedMap<T, V>(
  members: Readonly<Record<string, T>>,
  value: (member: T) => V,
): Readonly<Record<string, V>> {
  const map: Record<string, V> = Object.create(null)
  const entries = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, member] of entries) map[name] = value(member)
  return map
}

/** A member that is not there is null; one that the schema has not was not there. */
function recordOf(fields: readonly TypedField[], members: Readonly<Record<string, unknown>>): unknown {
  const names = new Set(fields.map(({ name }) => name))
  if (Object.keys(members).some((name) => !names.has(name))) throw new UnfitValue()
  return Object.fromEntries(fields.map(({ name, type }) => [name, fromJson(type, members[name] ?? null)]))
}

function dayOf(text: unknown): number {
  const day = typeof text === 'string' ? Date.parse(`${text}T00:00:00Z`) / DAY_MS : Number.NaN
  if (!Number.isInteger(day) || dayText(day) !== text) throw new UnfitValue()
  return day
}

function instantOf(text: unknown): number {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN
  if (!Number.isInteger(ms) || instantText(ms) !== text) throw new UnfitValue()
  return ms
}
