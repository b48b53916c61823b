/**
 * Compares a record as the API serves it with the event that a consumer has read. Written against the contract
 * (docs/replication.md, "Events", "Schemas") alone: it shares no code with the projection that it judges.
 */
import { isDeepStrictEqual } from 'node:util'

import { MASKED } from '../domain/masked.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { parseJson } from '../support/parse-json.ts'
import type { Members, UpsertedRecord } from './decoded-events.ts'
import type { ObjectField, SourceFields, ValueField } from './source-fields.ts'
import { typedValue } from './typed-value.ts'

export interface Difference {
  readonly key: string
  /** By its path where it lies deeper; of a list as a whole without an index. */
  readonly field: string
  readonly problem: string
}

export interface Comparison {
  readonly resource: Pick<ResourceDescription, 'stamp' | 'fields'>
  /** The parsed JSON of one element of `Results`. */
  readonly source: Members
  readonly event: UpsertedRecord
  readonly fields: SourceFields
  readonly volatileFields: ReadonlySet<string>
  /** When `source` was rendered, milliseconds since 1970. */
  readonly renderedAt: number
}

/** Members that say nothing of the record's content (docs/spark-api.md §4.1). */
const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set(['Id', 'ResourceUri'])
/** Members that follow from the way of asking, so that they may differ: they travel beside the content (R5). */
const ASKING_MEMBERS: ReadonlySet<string> = new Set([
  'DisplayCompliance',
  'Permissions',
  'LastCachedTimestamp',
])
const STANDARD_FIELDS = 'StandardFields'
const DAY_MS = 86_400_000
const LABEL: ValueField = { type: 'Character', multiSelect: false }

/** Empty if the event says what the source says: each field of either side is accounted for once. */
export function compareRecord(comparison: Comparison): readonly Difference[] {
  const { source, event, resource, fields, volatileFields } = comparison
  const isNested = resource.fields.at === STANDARD_FIELDS
  const check = new Check(comparison)
  if (source['Id'] !== event.key) check.report('Id', `the event is of ${event.key}`)
  const content: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(source)) {
    if (ENVELOPE_MEMBERS.has(name) || value === null || (isNested && name === STANDARD_FIELDS)) continue
    if (ASKING_MEMBERS.has(name)) check.asked(isNested ? `$.${name}` : name)
    else if (isNested) check.unmapped(`$.${name}`, value)
    else content[name] = value
  }
  if (isNested) Object.assign(content, source[STANDARD_FIELDS])
  for (const [name, value] of Object.entries(content)) {
    const isVolatile = volatileFields.has(name)
    if (name !== resource.stamp && !isVolatile) continue
    delete content[name]
    if (value === null) continue
    if (isVolatile) check.volatileField(name, value)
    else check.timestamp(name, value)
  }
  check.object({ path: '', field: '' }, { source: content, event: event.content.fields }, fields)
  return check.finish()
}

/** Where a value stands: with the indices of lists, and without. */
interface Place {
  readonly path: string
  readonly field: string
}

/** What both say of the same place; undefined or null: nothing. */
interface Both<T = unknown> {
  readonly source: T
  readonly event: T
}

class Check {
  readonly #comparison: Comparison
  readonly #differences: Difference[] = []
  /** What the event holds and nothing of the source has asked for yet. */
  readonly #unmapped: Map<string, string>
  readonly #volatile: Map<string, unknown>
  readonly #maskedAtSource = new Set<string>()

  constructor(comparison: Comparison) {
    const { content, volatileFields } = comparison.event
    this.#comparison = comparison
    this.#unmapped = new Map(Object.entries(content.unmappedFields))
    this.#volatile = new Map(Object.entries(volatileFields))
  }

  report(field: string, problem: string): void {
    this.#differences.push({ key: String(this.#comparison.source['Id']), field, problem })
  }

  object(at: Place, { source, event }: Both<Members>, fields: SourceFields | 'labels'): void {
    for (const name of new Set([...Object.keys(source), ...Object.keys(event)])) {
      const known = fields === 'labels' ? LABEL : fields.get(name)
      this.#value(this.#member(at, name), { source: source[name] ?? null, event: event[name] ?? null }, known)
    }
  }

  asked(name: string): void {
    if (!this.#volatile.delete(name)) this.report(name, 'is not in volatileFields')
  }

  unmapped(path: string, value: unknown): void {
    const text = this.#unmapped.get(path)
    this.#unmapped.delete(path)
    if (text === undefined) this.report(path, `${show(value)} is not in unmappedFields`)
    else if (!isDeepStrictEqual(parseJson(text), value)) this.report(path, `${show(value)} became ${text}`)
  }

  /** A mere touch publishes nothing (R5): the event's stamp may be older, never newer. */
  timestamp(name: string, value: unknown): void {
    const { modificationTimestamp } = this.#comparison.event
    const ofSource = typeof value === 'string' ? Date.parse(value) : Number.NaN
    const ofEvent = modificationTimestamp === null ? Number.NaN : Date.parse(modificationTimestamp)
    if (!(ofEvent <= ofSource)) this.report(name, `${show(value)} became ${show(modificationTimestamp)}`)
  }

  /** Counts the days, and does not make a change (R5): the event's may be of an earlier day. */
  volatileField(name: string, value: unknown): void {
    const { event, renderedAt } = this.#comparison
    const actual = this.#volatile.get(name)
    this.#volatile.delete(name)
    const isOfEarlierDay = Math.floor(Date.parse(event.observedAt) / DAY_MS) < Math.floor(renderedAt / DAY_MS)
    const mayLag = isOfEarlierDay && typeof actual === 'number' && typeof value === 'number' && actual < value
    if (actual !== value && !mayLag) this.report(name, `${show(value)} became ${show(actual)} (volatile)`)
  }

  finish(): readonly Difference[] {
    const { customFields, maskedFields } = this.#comparison.event.content
    for (const name of this.#maskedAtSource.difference(new Set(maskedFields))) {
      this.report(name, 'masked at the source, but not in maskedFields')
    }
    const left = [
      ...[...new Set(maskedFields).difference(this.#maskedAtSource)].map((name) => [
        name,
        'named in maskedFields',
      ]),
      ...[...this.#unmapped].map(([name, text]) => [name, `${text} in unmappedFields`]),
      ...[...this.#volatile].map(([name, value]) => [name, `${show(value)} in volatileFields`]),
      ...Object.entries(customFields).map(([name, value]) => [name, `${show(value)} in customFields`]),
    ] as const
    for (const [name = '', what = ''] of left) this.report(name, `${what}, but not at the source`)
    return this.#differences
  }

  #value(at: Place, both: Both, known: ValueField | ObjectField | undefined): void {
    const { source, event } = both
    if (source === null) return this.#absent(at, event, 'at the source')
    if (source === MASKED) {
      this.#maskedAtSource.add(at.field)
      return this.#absent(at, event, 'shown by the source')
    }
    if (known?.type === 'Object' && isObject(source)) {
      const held = isObject(event) ? event : {}
      return this.object(at, { source, event: held }, known.fields)
    }
    if (known?.type === 'Objects' && Array.isArray(source)) return this.#list(at, source, event, known)
    const isValue = known !== undefined && !('fields' in known)
    const expected = isValue ? typedValue(known, source) : undefined
    if (expected === undefined) {
      this.unmapped(at.path, source)
      return this.#absent(at, event, 'of the type of the field')
    }
    const isTime = isValue && known.type === 'Datetime' && typeof event === 'string'
    const actual = isTime ? Date.parse(event) : event
    if (!isDeepStrictEqual(actual, expected)) this.report(at.path, `${show(source)} became ${show(event)}`)
  }

  /** Where nothing is nested, names stand as they are; else one that could be read as another path stands in brackets. */
  #member({ path, field }: Place, name: string): Place {
    if (this.#comparison.resource.fields.from === 'metadata') return { path: name, field: name }
    const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    const end = isPlain ? `${path === '' ? '' : '.'}${name}` : `[${JSON.stringify(name)}]`
    return { path: `${path}${end}`, field: `${field}${end}` }
  }

  #absent({ path }: Place, event: unknown, what: string): void {
    if (event !== null) this.report(path, `${show(event)}, but not ${what}`)
  }

  /** Items that are no objects are left out of the list, and kept beside it. */
  #list(at: Place, source: readonly unknown[], event: unknown, { fields }: ObjectField): void {
    const held = Array.isArray(event) ? event.filter(isObject) : []
    const items = [...source.entries()].filter(([, item]) => isObject(item))
    for (const [index, item] of source.entries()) {
      if (item === MASKED) this.#maskedAtSource.add(at.field)
      else if (!isObject(item)) this.unmapped(`${at.path}[${index}]`, item)
    }
    if (!Array.isArray(event) || held.length !== items.length) {
      this.report(at.path, `${items.length} became ${Array.isArray(event) ? held.length : show(event)}`)
      return
    }
    for (const [i, [index, item]] of items.entries()) {
      const place = { path: `${at.path}[${index}]`, field: at.field }
      if (isObject(item)) this.object(place, { source: item, event: held[i] ?? {} }, fields)
    }
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
