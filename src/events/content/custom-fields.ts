import type { LooseValue } from '../../domain/content.ts'
import { isJsonObject, type JsonValue } from '../../domain/json.ts'
import { isPlainText } from '../../domain/plain-text.ts'
import { safeName, valueText } from './canonical-json.ts'
import { chosenOptions, withoutMinusZero } from './field-value.ts'
import { MASKED } from '../../domain/masked.ts'

/** Members under which custom fields may come; that they differ in name only is an assumption (docs/spark-api.md §2.5). */
export const CUSTOM_FIELDS_MEMBERS = ['CustomFields', 'CustomFieldsRaw', 'CustomFieldsExpandedRaw'] as const

export type CustomFieldValue = LooseValue | readonly LooseValue[]

export interface CustomFields {
  /** By `"Group"."Field"`, sorted by it; null for a masked field. */
  readonly values: readonly (readonly [string, CustomFieldValue])[]
  readonly masked: readonly string[]
  /** Fields whose value is neither a plain value nor a list of such, as JSON text. */
  readonly unmapped: readonly [string, string][]
}

/**
 * Reads `[{"Main":[{"Group":[{"Field":value},…]},…],"Details":[…]}]` (docs/spark-api.md §4.1). A field that occurs more than
 * once becomes a sorted list. Undefined if any level has another shape.
 */
export function readCustomFields(member: JsonValue): CustomFields | undefined {
  const found = gather(member)
  if (found === undefined) return undefined
  const values: [string, CustomFieldValue][] = []
  const masked: string[] = []
  const unmapped: [string, string][] = []
  const keys = [...found.keys()].sort()
  for (const key of keys) {
    const { isMasked, value, text } = customFieldOf(found.get(key) ?? [])
    if (isMasked) masked.push(key)
    if (value !== undefined) values.push([key, value])
    else unmapped.push([key, text])
  }
  return { values, masked, unmapped }
}

/** One field, of all the values that it has in a record. */
interface CustomField {
  readonly isMasked: boolean
  /** Null for a masked one; undefined if `text` stands for it. */
  readonly value: CustomFieldValue | undefined
  readonly text: string
}

/** @param given in the source's order, none of them null */
export function customFieldOf(given: readonly JsonValue[]): CustomField {
  const shown = given.filter((value) => value !== MASKED)
  const [only] = shown
  const value = shown.length === 1 && only !== undefined ? customValue(only) : combine(shown)
  const isMasked = shown.length < given.length
  if (value !== undefined) return { isMasked, value, text: '' }
  return { isMasked, value, text: shown.length === 1 ? valueText(only ?? null) : canonicalList(shown) }
}

function gather(member: JsonValue): Map<string, JsonValue[]> | undefined {
  if (!Array.isArray(member)) return undefined
  const found = new Map<string, JsonValue[]>()
  for (const categories of member) {
    if (!isJsonObject(categories)) return undefined
    for (const category in categories) {
      const ok = eachMember(categories[category], (group, fields) =>
        eachMember(fields, (field, value) => {
          if (value === null) return true
          const key = qualifiedName(group, field)
          const earlier = found.get(key)
          if (earlier === undefined) found.set(key, [value])
          else earlier.push(value)
          return true
        }),
      )
      if (!ok) return undefined
    }
  }
  return found
}

/** Every member of every object of a list; false as soon as the list is none or `visit` says so. */
function eachMember(
  list: JsonValue | undefined,
  visit: (name: string, value: JsonValue) => boolean,
): boolean {
  if (list === null) return true
  if (!Array.isArray(list)) return false
  for (const item of list) {
    if (!isJsonObject(item)) return false
    for (const name in item) if (!visit(name, item[name] ?? null)) return false
  }
  return true
}

/** As SparkQL writes it (docs/spark-api.md §2.7). */
export function qualifiedName(group: string, field: string): string {
  return `"${safeName(group)}"."${safeName(field)}"`
}

function customValue(value: JsonValue): CustomFieldValue | undefined {
  if (Array.isArray(value)) {
    const items = value.map(looseValue)
    return items.every((item) => item !== undefined) ? items : undefined
  }
  return isJsonObject(value) ? chosenOptions(value) : looseValue(value)
}

function looseValue(value: JsonValue): LooseValue | undefined {
  if (typeof value === 'string') return isPlainText(value) ? value : undefined
  if (typeof value === 'number') return Number.isFinite(value) ? withoutMinusZero(value) : undefined
  return value === null || typeof value === 'boolean' ? value : undefined
}

/** Null for no values at all. */
function combine(shown: readonly JsonValue[]): CustomFieldValue | undefined {
  if (shown.length === 0) return null
  const items: LooseValue[] = []
  for (const value of shown.map(customValue)) {
    if (value === undefined) return undefined
    if (typeof value === 'object' && value !== null) items.push(...value)
    else items.push(value)
  }
  return items.sort(compareLoose)
}

function compareLoose(a: LooseValue, b: LooseValue): number {
  const [left, right] = [`${typeof a} ${String(a)}`, `${typeof b} ${String(b)}`]
  if (left === right) return 0
  return left < right ? -1 : 1
}

function canonicalList(values: readonly JsonValue[]): string {
  return `[${values.map(valueText).sort().join(',')}]`
}
