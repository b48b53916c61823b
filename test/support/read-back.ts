/**
 * Whether everything in the source's JSON can be read back from an event, value by value. Written against the contract
 * (design.md §4.3) alone: it shares no code with the projection.
 */
import { isDeepStrictEqual } from 'node:util'

import type { Members, UpsertedListing } from '../../src/app/demo/decoded-events.ts'

const MASKED = '********'
/** Members that say nothing of the listing's content (spark-api.md §4.1). */
const ENVELOPE = new Set(['Id', 'ResourceUri'])
/** Members that follow from the way of asking: they travel beside the content (R5). */
const ASKING = new Set(['DisplayCompliance', 'Permissions', 'LastCachedTimestamp'])
const CUSTOM = ['CustomFields', 'CustomFieldsRaw', 'CustomFieldsExpandedRaw']

export interface ReadBack {
  /** Values of the source that were looked for. */
  readonly values: number
  /** In words: what the event does not say, or says without the source. */
  readonly problems: readonly string[]
}

/** `source`: an element of `Results`; `event`: its event, dates and timestamps as ISO 8601 text. */
export function readBack(source: Members, event: UpsertedListing): ReadBack {
  const { standardFields, customFields, maskedFields, unmappedFields } = event.listing
  const problems: string[] = []
  const left = new Set([
    ...namesOf(standardFields),
    ...namesOf(customFields).map((name) => `customFields ${name}`),
    ...namesOf(event.volatileFields).map((name) => `volatileFields ${name}`),
    ...maskedFields.map((name) => `maskedFields ${name}`),
    ...Object.keys(unmappedFields).map((name) => `unmappedFields ${name}`),
  ])
  let values = 0
  const demand = (name: string, places: readonly string[], value: unknown): void => {
    values += 1
    for (const place of places) left.delete(place)
    if (places.length === 0) problems.push(`${name}: ${JSON.stringify(value)?.slice(0, 200)} is nowhere`)
  }

  for (const [name, value] of Object.entries(source)) {
    if (ENVELOPE.has(name) || name === 'StandardFields' || value === null) continue
    if (CUSTOM.includes(name) && customEntries(value) !== undefined) continue
    const places = ASKING.has(name)
      ? inVolatile(event.volatileFields, `$.${name}`, value)
      : inJson(unmappedFields, `$.${name}`, value)
    demand(name, places, value)
  }
  for (const [name, value] of Object.entries((source['StandardFields'] ?? {}) as Members)) {
    if (value === null) continue
    if (name === 'ModificationTimestamp' && sameInstant(value, event.modificationTimestamp)) {
      values += 1
      continue
    }
    const typed = namesOf(standardFields).filter((holder) => isHolder(holder, name))
    const held = typed.filter((holder) => says(standardFields[holder], value))
    const wrong = typed.filter((holder) => !held.includes(holder))
    if (wrong.length > 0)
      problems.push(`${name}: ${JSON.stringify(value)} became something else in ${wrong.join(', ')}`)
    demand(name, [...held, ...elsewhere(event, name, value)], value)
  }
  for (const [name, value] of customValues(source)) {
    const stored = customFields[name]
    const held = stored !== undefined && isDeepStrictEqual(plain(stored), value)
    const places = held ? [`customFields ${name}`] : inJson(unmappedFields, name, value)
    const masked = value === MASKED && maskedFields.includes(name) ? [`maskedFields ${name}`] : []
    if (masked.length > 0) left.delete(`customFields ${name}`)
    demand(name, [...places, ...masked], value)
  }
  return { values, problems: [...problems, ...[...left].map((place) => `${place}: not at the source`)] }
}

function namesOf(members: Members): string[] {
  return Object.keys(members).filter((name) => members[name] !== null)
}

/** The field itself, or a second one that a change of its type brought. */
function isHolder(holder: string, name: string): boolean {
  return (
    holder === name || /^(string|long|double|boolean|date|timestamp|array)$/.test(after(holder, `${name}_`))
  )
}

function after(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : ''
}

function elsewhere(event: UpsertedListing, name: string, value: unknown): string[] {
  const { maskedFields, unmappedFields } = event.listing
  const masked = value === MASKED && maskedFields.includes(name) ? [`maskedFields ${name}`] : []
  const volatile = isDeepStrictEqual(event.volatileFields[name], value) ? [`volatileFields ${name}`] : []
  return [...masked, ...volatile, ...inJson(unmappedFields, name, value)]
}

function inJson(unmapped: Readonly<Record<string, string>>, name: string, value: unknown): string[] {
  const text = unmapped[name]
  return text !== undefined && isDeepStrictEqual(JSON.parse(text), value) ? [`unmappedFields ${name}`] : []
}

/** Text as it is, all else as JSON text. */
function inVolatile(volatile: Members, name: string, value: unknown): string[] {
  const stored = volatile[name]
  if (typeof stored !== 'string') return []
  const same = stored === value || (typeof value !== 'string' && isDeepStrictEqual(JSON.parse(stored), value))
  return same ? [`volatileFields ${name}`] : []
}

function says(stored: unknown, value: unknown): boolean {
  if (Array.isArray(stored)) return isDeepStrictEqual(plain(stored), options(value))
  if (typeof stored === 'number') return Number(value) === stored
  return stored === value || sameInstant(value, stored)
}

function sameInstant(value: unknown, stored: unknown): boolean {
  if (typeof value !== 'string' || typeof stored !== 'string' || !stored.includes('T')) return false
  return Date.parse(value) === Date.parse(stored)
}

/** A multi-select as the sorted list of its choices (spark-api.md §4.3). */
function options(value: unknown): unknown {
  if (typeof value === 'string') return [value]
  return sorted(Array.isArray(value) ? value : Object.keys(value as object))
}

function plain(value: unknown): unknown {
  return Array.isArray(value) ? sorted(value) : value
}

/** The order of choices says nothing. */
function sorted(values: readonly unknown[]): readonly unknown[] {
  const text = (value: unknown): string => JSON.stringify(value) ?? ''
  return values.toSorted((a, b) => Number(text(a) > text(b)) - Number(text(a) < text(b)))
}

/** `[{"Main":[{"Group":[{"Field":value},…]},…],"Details":[…]}]` (spark-api.md §4.1); undefined for any other shape. */
function customEntries(member: unknown): (readonly [string, unknown])[] | undefined {
  if (!Array.isArray(member)) return undefined
  const groups = member.flatMap((categories: Members) => Object.values(categories).flat()) as Members[]
  return groups.flatMap((group) =>
    Object.entries(group).flatMap(([groupName, fields]) =>
      (fields as Members[]).flatMap((field) =>
        Object.entries(field).map(([name, value]) => [`"${groupName}"."${name}"`, value] as const),
      ),
    ),
  )
}

/** By qualified name; what the source repeats is a sorted list. */
function customValues(source: Members): Map<string, unknown> {
  const member = CUSTOM.map((name) => source[name]).find((value) => value !== undefined && value !== null)
  const entries = (customEntries(member) ?? []).filter(([, value]) => value !== null)
  const byName = Map.groupBy(entries, ([name]) => name)
  return new Map(
    [...byName].map(([name, all]) => {
      const given = all.map(([, value]) => value)
      return [name, given.length === 1 ? given[0] : sorted(given)]
    }),
  )
}
