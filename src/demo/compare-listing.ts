/**
 * Compares a listing as the API serves it with the event that a consumer has read. Written against the contract
 * (docs/replication.md, "Events") alone: it shares no code with the projection that it judges.
 */
import { isDeepStrictEqual } from 'node:util'

import type { Members, UpsertedListing } from './decoded-events.ts'
import { MASKED } from '../domain/masked.ts'
import { parseJson } from '../support/parse-json.ts'

export interface Difference {
  readonly key: string
  readonly field: string
  readonly problem: string
}

/** What the API's metadata says of a standard field (docs/spark-api.md §4.9). */
export interface SourceField {
  readonly type: 'Character' | 'Integer' | 'Decimal' | 'Boolean' | 'Date' | 'Datetime'
  readonly multiSelect: boolean
}

export interface Comparison {
  /** The parsed JSON of one element of `Results`. */
  readonly source: Members
  readonly event: UpsertedListing
  /** By name; a field that the metadata does not name is absent. */
  readonly fields: ReadonlyMap<string, SourceField>
  readonly volatileFields: ReadonlySet<string>
  /** When `source` was rendered, milliseconds since 1970. */
  readonly renderedAt: number
}

const TIMESTAMP_FIELD = 'ModificationTimestamp'
/** Members that say nothing of the listing's content (docs/spark-api.md §4.1). */
const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set(['Id', 'ResourceUri', 'StandardFields'])
/** Members that follow from the way of asking, so that they may differ: they travel beside the content (R5). */
const ASKING_MEMBERS: ReadonlySet<string> = new Set([
  'DisplayCompliance',
  'Permissions',
  'LastCachedTimestamp',
])
const DAY_MS = 86_400_000

/** Empty if the event says what the source says: each field of either side is accounted for once. */
export function compareListing(comparison: Comparison): readonly Difference[] {
  const { source, event } = comparison
  const check = new Check(comparison)
  if (source['Id'] !== event.listingKey) check.report('Id', `the event is of ${event.listingKey}`)
  for (const [name, value] of Object.entries(source)) {
    if (ENVELOPE_MEMBERS.has(name) || value === null) continue
    if (ASKING_MEMBERS.has(name)) check.asked(`$.${name}`)
    else check.unmapped(`$.${name}`, value)
  }
  for (const [name, value] of Object.entries(standardFieldsOf(source))) check.standardField(name, value)
  return check.finish()
}

function standardFieldsOf({ StandardFields: fields }: Members): object {
  return typeof fields === 'object' && fields !== null ? fields : {}
}

class Check {
  readonly #comparison: Comparison
  readonly #differences: Difference[] = []
  /** What the event holds and no field of the source has asked for yet. */
  readonly #typed: Map<string, unknown>
  readonly #masked: Set<string>
  readonly #unmapped: Map<string, string>
  readonly #volatile: Map<string, unknown>

  constructor(comparison: Comparison) {
    const { listing, volatileFields } = comparison.event
    this.#comparison = comparison
    this.#typed = new Map(Object.entries(listing.standardFields).filter(([, value]) => value !== null))
    this.#masked = new Set(listing.maskedFields)
    this.#unmapped = new Map(Object.entries(listing.unmappedFields))
    this.#volatile = new Map(Object.entries(volatileFields))
  }

  report(field: string, problem: string): void {
    this.#differences.push({ key: String(this.#comparison.source['Id']), field, problem })
  }

  standardField(name: string, value: unknown): void {
    const { fields, volatileFields } = this.#comparison
    if (value === null) return
    if (name === TIMESTAMP_FIELD) return this.#timestamp(value)
    if (volatileFields.has(name)) return this.#volatileField(name, value)
    if (value === MASKED) {
      if (!this.#masked.delete(name)) this.report(name, 'masked at the source, but not in maskedFields')
      return
    }
    const field = fields.get(name)
    const expected = field === undefined ? undefined : typedValue(field, value)
    if (field === undefined || expected === undefined) return this.unmapped(name, value)
    const actual = this.#typed.get(name)
    this.#typed.delete(name)
    const read = field.type === 'Datetime' && typeof actual === 'string' ? Date.parse(actual) : actual
    if (!isDeepStrictEqual(read, expected)) this.report(name, `${show(value)} became ${show(actual)}`)
  }

  asked(name: string): void {
    if (!this.#volatile.delete(name)) this.report(name, 'is not in volatileFields')
  }

  unmapped(name: string, value: unknown): void {
    const text = this.#unmapped.get(name)
    this.#unmapped.delete(name)
    if (text === undefined) this.report(name, `${show(value)} is not in unmappedFields`)
    else if (!isDeepStrictEqual(parseJson(text), value)) this.report(name, `${show(value)} became ${text}`)
  }

  /** A mere touch publishes nothing (R5): the event's stamp may be older, never newer. */
  #timestamp(value: unknown): void {
    const { modificationTimestamp } = this.#comparison.event
    const ofSource = typeof value === 'string' ? Date.parse(value) : Number.NaN
    const ofEvent = modificationTimestamp === null ? Number.NaN : Date.parse(modificationTimestamp)
    if (!(ofEvent <= ofSource)) {
      this.report(TIMESTAMP_FIELD, `${show(value)} became ${show(modificationTimestamp)}`)
    }
  }

  /** Counts the days, and does not make a change (R5): the event's may be of an earlier day. */
  #volatileField(name: string, value: unknown): void {
    const { event, renderedAt } = this.#comparison
    const actual = this.#volatile.get(name)
    this.#volatile.delete(name)
    const isOfEarlierDay = Math.floor(Date.parse(event.observedAt) / DAY_MS) < Math.floor(renderedAt / DAY_MS)
    const mayLag = isOfEarlierDay && typeof actual === 'number' && typeof value === 'number' && actual < value
    if (actual !== value && !mayLag) this.report(name, `${show(value)} became ${show(actual)} (volatile)`)
  }

  finish(): readonly Difference[] {
    const left = [
      ...[...this.#typed].map(([name, value]) => [name, `${show(value)} in standardFields`]),
      ...[...this.#masked].map((name) => [name, 'named in maskedFields']),
      ...[...this.#unmapped].map(([name, text]) => [name, `${text} in unmappedFields`]),
      ...[...this.#volatile].map(([name, value]) => [name, `${show(value)} in volatileFields`]),
      ...Object.entries(this.#comparison.event.listing.customFields).map(([name, value]) => [
        name,
        `${show(value)} in customFields`,
      ]),
    ] as const
    for (const [name = '', what = ''] of left) this.report(name, `${what}, but not at the source`)
    return this.#differences
  }
}

/** What the event has to hold; milliseconds for a Datetime. Undefined if the value does not fit its type (R12). */
function typedValue({ type, multiSelect }: SourceField, value: unknown): unknown {
  if (multiSelect) return chosenOptions(value)
  switch (type) {
    case 'Character':
      return typeof value === 'string' ? value : undefined
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'Integer':
      return numberOf(value, Number.isInteger)
    case 'Decimal':
      return numberOf(value, Number.isFinite)
    case 'Date':
      return typeof value === 'string' && isDay(value) ? value : undefined
    case 'Datetime':
      return typeof value === 'string' && value.includes('T') ? validTime(Date.parse(value)) : undefined
  }
}

/** An object of trues (docs/spark-api.md §4.3) or a list, as a sorted list. */
function chosenOptions(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    return value.every((option) => typeof option === 'string') ? value.toSorted() : undefined
  }
  const options = Object.entries(value)
  return options.every(([, chosen]) => chosen === true) ? options.map(([name]) => name).sort() : undefined
}

/** Older replies had numbers as text, some with blanks (docs/spark-api.md §4.1). */
function numberOf(value: unknown, isFit: (number: number) => boolean): number | undefined {
  const isText = typeof value === 'string' && value.trim() !== ''
  const number = typeof value === 'number' || isText ? Number(value) : Number.NaN
  // Avro's two zeros are the same number.
  return isFit(number) ? number + 0 : undefined
}

function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

function validTime(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
