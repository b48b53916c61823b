import type { LooseValue } from '../../domain/content.ts'
import { isJsonObject, JsonBigInteger, type JsonObject, type JsonValue } from '../../domain/json.ts'
import { isPlainText } from '../../domain/plain-text.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { AvroRecord } from '../schema/avro-record.ts'
import { safeName, valueText } from './canonical-json.ts'
import { CUSTOM_FIELDS_MEMBERS, readCustomFields, type CustomFieldValue } from './custom-fields.ts'
import { EventError } from '../event-error.ts'
import { kindOfAvroType, type FieldKind } from '../schema/field-kind.ts'
import { fit, withoutMinusZero, type FieldValue } from './field-value.ts'
import { MASKED } from '../../domain/masked.ts'
import { sourceName, volatileFieldsOf, type EventOptions } from '../schema/event-schema.ts'
import { followsFromAsking, isKeyAgain } from './way-of-asking.ts'

/** The content record as avsc takes it. Maps and sets are sorted (R5). */
export interface ContentRecord {
  readonly customFields: Readonly<Record<string, CustomFieldValue>>
  readonly maskedFields: readonly string[]
  readonly unmappedFields: Readonly<Record<string, string>>
  /** The fields of the source, under the name that the event has for them. */
  readonly [fields: string]: unknown
}

export interface Projected {
  readonly content: ContentRecord
  readonly volatileFields: Readonly<Record<string, LooseValue>>
  /** They are told with the masked ones, but masking them is no change of the content (R5). */
  readonly maskedVolatile: readonly string[]
}

/** One field of the schema that takes a value of the source. */
interface Cell {
  readonly index: number
  readonly kind: FieldKind
}

/** What becomes of a field of the source; `also`: its second fields, once it was retyped. */
interface Slot {
  readonly role: 'field' | 'volatile' | 'timestamp'
  readonly cell: Cell
  readonly also: readonly Cell[] | undefined
}

/** Makes a record whose fields stand in the schema's order; undefined takes the default. */
export type RowConstructor = new (...cells: readonly (FieldValue | null)[]) => object

export interface ProjectionOptions extends EventOptions {
  /** The schema of the record that holds the source's fields. */
  readonly fields: AvroRecord
  readonly row: RowConstructor
}

const NO_CELL: Cell = { index: -1, kind: 'string' }
const EMPTY: Readonly<Record<string, never>> = Object.freeze({})
const NO_NAMES: readonly string[] = Object.freeze([])
const CUSTOM_MEMBERS: ReadonlySet<string> = new Set(CUSTOM_FIELDS_MEMBERS)
/** Where our own decoder would lose the name `__proto__`. */
const UNSAFE_MEMBER = '__proto__'

/** From the source's JSON to the content record of one schema. Nothing gets lost on the way (R12). */
export class Projection {
  readonly #slots: ReadonlyMap<string, Slot>
  readonly #cells: (FieldValue | null)[]
  readonly #row: RowConstructor
  readonly #fieldsName: string
  #lastMasked = NO_NAMES
  #lastMaskedSorted = NO_NAMES

  constructor(options: ProjectionOptions) {
    this.#slots = slotsOf(options)
    this.#cells = options.fields.fields.map(() => null)
    this.#row = options.row
    this.#fieldsName = options.resource.events.fields
  }

  /**
   * `formerly`: as earlier versions of this program did it, to whom the members that follow from the way of asking were
   * content.
   */
  project(key: RecordKey, body: JsonObject, formerly = false): Projected {
    const found = new Findings()
    this.#cells.fill(null)
    let customFields: Readonly<Record<string, CustomFieldValue>> | undefined
    for (const name in body) {
      const member = body[name] ?? null
      if (member === null || isKeyAgain(name, member, key)) continue
      if (name === 'StandardFields' && isJsonObject(member)) {
        this.#readStandardFields(member, found)
      } else if (!formerly && followsFromAsking(name)) {
        found.volatile.push([`$.${name}`, looseText(member)])
      } else {
        const custom =
          CUSTOM_MEMBERS.has(name) && name === customMember(body) ? readCustomFields(member) : undefined
        if (custom === undefined) found.unmapped.push([`$.${safeName(name)}`, valueText(member)])
        else {
          customFields = toMap(custom.values)
          found.masked.push(...custom.masked)
          found.unmapped.push(...custom.unmapped)
        }
      }
    }
    return {
      content: {
        [this.#fieldsName]: new this.#row(...this.#cells),
        customFields: customFields ?? EMPTY,
        maskedFields: found.masked.length === 0 ? NO_NAMES : this.#sorted(found.masked),
        unmappedFields: found.unmapped.length === 0 ? EMPTY : toMap(found.unmapped.sort(byName)),
      },
      volatileFields: found.volatile.length === 0 ? EMPTY : toMap(found.volatile.sort(byName)),
      maskedVolatile: found.maskedVolatile,
    }
  }

  /** The same fields are masked in nearly every listing of a user, so that the last answer is likely to be this one. */
  #sorted(names: readonly string[]): readonly string[] {
    if (!sameNames(names, this.#lastMasked)) {
      this.#lastMasked = names
      this.#lastMaskedSorted = names.toSorted()
    }
    return this.#lastMaskedSorted
  }

  #readStandardFields(fields: JsonObject, found: Findings): void {
    const cells = this.#cells
    for (const name in fields) {
      const value = fields[name]
      // A new field that is null changes nothing (R5).
      if (value === null || value === undefined) continue
      const slot = this.#slots.get(name)
      if (slot?.role === 'volatile') {
        if (value === MASKED) found.maskedVolatile.push(name)
        found.volatile.push([name, looseText(value)])
      } else if (value === MASKED) {
        found.masked.push(slot === undefined ? safeName(name) : name)
      } else if (slot === undefined) {
        const path = name === UNSAFE_MEMBER ? `$.StandardFields.${name}` : safeName(name)
        found.unmapped.push([path, valueText(value)])
      } else {
        const fitted = fit(slot.cell.kind, value)
        let held = fitted !== undefined
        if (fitted !== undefined && slot.role === 'field') cells[slot.cell.index] = fitted
        if (slot.also !== undefined) held = this.#fillAlso(slot.also, value) || held
        if (!held) found.unmapped.push([name, valueText(value)])
      }
    }
  }

  /** Whether any of them holds it. */
  #fillAlso(also: readonly Cell[], value: JsonValue): boolean {
    let held = false
    for (const cell of also) {
      const fitted = fit(cell.kind, value)
      if (fitted === undefined) continue
      this.#cells[cell.index] = fitted
      held = true
    }
    return held
  }
}

/** What is gathered beside the typed fields. */
class Findings {
  readonly masked: string[] = []
  readonly maskedVolatile: string[] = []
  readonly unmapped: [string, string][] = []
  readonly volatile: [string, LooseValue][] = []
}

function slotsOf(options: ProjectionOptions): ReadonlyMap<string, Slot> {
  const { fields, row, resource } = options
  if (row.length !== fields.fields.length) {
    throw new EventError('A schema of the registry does not describe the record that avsc made of it.')
  }
  const slots = new Map<string, Slot>()
  for (const [index, field] of fields.fields.entries()) {
    const kind = kindOfAvroType(field.type)
    // A type of some later version: its field keeps the default here.
    if (kind === undefined) continue
    const name = sourceName(field)
    const earlier = slots.get(name)
    if (earlier === undefined) slots.set(name, { role: 'field', cell: { index, kind }, also: undefined })
    else slots.set(name, { ...earlier, also: [...(earlier.also ?? []), { index, kind }] })
  }
  // Earlier versions did not name them.
  for (const name of fields.volatile ?? volatileFieldsOf(options)) {
    slots.set(name, { role: 'volatile', cell: NO_CELL, also: undefined })
  }
  if (resource.stamp === null) return slots
  slots.set(resource.stamp, { role: 'timestamp', cell: { index: -1, kind: 'timestamp' }, also: undefined })
  return slots
}

/** Of several members with custom fields only one is read: they show the same fields. */
function customMember(body: JsonObject): string | undefined {
  return CUSTOM_FIELDS_MEMBERS.find((name) => body[name] !== undefined && body[name] !== null)
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function looseText(value: JsonValue): LooseValue {
  if (typeof value === 'string') return isPlainText(value) ? value : valueText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? withoutMinusZero(value) : valueText(value)
  if (value === null || typeof value === 'boolean') return value
  return value instanceof JsonBigInteger ? value.text : valueText(value)
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  if (a[0] === b[0]) return 0
  return a[0] < b[0] ? -1 : 1
}

function toMap<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const map: Record<string, T> = Object.create(null)
  for (const [name, value] of entries) map[name] = value
  return map
}
