import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts'
import { MASKED } from '../../domain/masked.ts'
import { EventError } from '../event-error.ts'
import type { AvroRecord } from '../schema/avro-record.ts'
import { sourceName } from '../schema/event-schema.ts'
import type { FieldKind } from '../schema/field-kind.ts'
import { fieldTypeOf } from '../schema/field-type.ts'
import { safeName, valueText } from './canonical-json.ts'
import { fit, looseText, type FieldValue } from './field-value.ts'
import type { Findings, Unmapped } from './findings.ts'
import type { Place } from './place.ts'

/** What avsc takes for a field; undefined stands for its default. */
type CellValue = FieldValue | object | null | undefined

/** Makes a record whose fields stand in the schema's order. */
export type RowConstructor = new (...cells: readonly CellValue[]) => object

/** What its fields are in the event when they are no content. */
export type FieldRole = 'volatile' | 'timestamp'

/** What becomes of a field of the source. */
export interface FieldUse {
  readonly name: string
  readonly role: 'field' | FieldRole
  /** Indices of the fields of the schema that it fills: more than one if it was retyped, none if it is no content. */
  readonly cells: readonly number[]
  /** Of its only cell; undefined if it has several or holds objects. */
  readonly kind: FieldKind | 'labels' | undefined
}

export interface ReaderContext {
  /** The constructor that avsc made for a record of the schema. */
  readonly rowOf: (record: AvroRecord) => RowConstructor
  /** By name, those of the records that the schema has before. */
  readonly readers: Map<string, RecordReader>
}

/** One field of the schema that takes a value of the source. */
type Cell =
  | { readonly index: number; readonly kind: FieldKind | 'labels'; readonly inner: undefined }
  | { readonly index: number; readonly kind: 'record' | 'records'; readonly inner: RecordReader }

/** What becomes of a field of the source; `also`: its second fields, once it was retyped. */
interface Slot {
  readonly role: 'field' | FieldRole
  readonly cell: Cell
  readonly also: readonly Cell[] | undefined
}

const NO_CELL: Cell = { index: -1, kind: 'string', inner: undefined }
const TIMESTAMP_CELL: Cell = { index: -1, kind: 'timestamp', inner: undefined }
const NO_ROLES: ReadonlyMap<string, FieldRole> = new Map()

/** Reads objects of the source into the record that a schema has for them, as deep as that goes. Nothing gets lost (R12). */
export class RecordReader {
  readonly #slots: ReadonlyMap<string, Slot>
  readonly #row: RowConstructor
  readonly #cells: CellValue[]
  /** Indices of lists that are empty, not null, where the source has nothing. */
  readonly #lists: readonly number[]

  constructor(record: AvroRecord, context: ReaderContext, roles: ReadonlyMap<string, FieldRole> = NO_ROLES) {
    this.#row = context.rowOf(record)
    if (this.#row.length !== record.fields.length) {
      throw new EventError('A schema of the registry does not describe the record that avsc made of it.')
    }
    this.#slots = slotsOf(record, context, roles)
    this.#cells = record.fields.map(() => null)
    this.#lists = [...record.fields.entries()]
      .filter(([, { type }]) => !Array.isArray(type))
      .map(([index]) => index)
    // Not before: Avro ends no value of a record within itself.
    context.readers.set(record.name, this)
  }

  read(object: JsonObject, place: Place, found: Findings): object {
    this.begin()
    this.takeAll(object, place, found)
    return this.row()
  }

  /** Forgets the object before. */
  begin(): void {
    this.#cells.fill(null)
    for (const index of this.#lists) this.#cells[index] = undefined
  }

  /** The record of what was taken since `begin`. */
  row(): object {
    return new this.#row(...this.#cells)
  }

  takeAll(object: JsonObject, place: Place, found: Findings): void {
    for (const name in object) {
      const value = object[name]
      // A new field that is null changes nothing (R5).
      if (value !== null && value !== undefined) this.takeMember(name, value, place, found)
    }
  }

  takeMember(name: string, value: Exclude<JsonValue, null>, place: Place, found: Findings): void {
    if (this.take(name, value, place, found)) return
    if (value === MASKED) found.masked.push(place.field(name))
    else found.unmapped.push(unmapped(name, value, place))
  }

  /** What becomes of each field of the source that it knows. */
  *uses(): Generator<FieldUse, void, undefined> {
    for (const [name, { role, cell, also }] of this.#slots) {
      const cells = role === 'field' ? [cell, ...(also ?? [])].map(({ index }) => index) : []
      yield {
        name,
        role,
        cells,
        kind: also === undefined && cell.inner === undefined ? cell.kind : undefined,
      }
    }
  }

  /** What a field of the record has of the object that is read; undefined for its default. */
  cell(index: number): CellValue {
    return this.#cells[index]
  }

  /** Of the fields that it fills, as in `Unmapped`. */
  *fieldNames(place: Place): Generator<string, void, undefined> {
    for (const [name, { cell }] of this.#slots) {
      yield place.field(name)
      if (cell.inner !== undefined) yield* cell.inner.fieldNames(place.inside(name, undefined))
    }
  }

  /** False if the schema has no field of this name. */
  take(name: string, value: Exclude<JsonValue, null>, place: Place, found: Findings): boolean {
    const slot = this.#slots.get(name)
    if (slot === undefined) return false
    if (slot.role === 'volatile') {
      if (value === MASKED) found.maskedVolatile.push(name)
      found.volatile.push([name, looseText(value)])
    } else if (value === MASKED) {
      found.masked.push(place.field(name))
    } else if (!this.#fill(slot, name, value, place, found)) {
      found.unmapped.push(unmapped(name, value, place))
    }
    return true
  }

  /** Whether any of the slot's cells holds the value. */
  #fill({ role, cell, also }: Slot, name: string, value: JsonValue, place: Place, found: Findings): boolean {
    const fitted = fitInto(cell, name, value, place, found)
    let held = fitted !== undefined
    if (held && role === 'field') this.#cells[cell.index] = fitted
    if (also === undefined) return held
    for (const other of also) {
      const again = fitInto(other, name, value, place, found)
      if (again === undefined) continue
      this.#cells[other.index] = again
      held = true
    }
    return held
  }
}

function unmapped(name: string, value: JsonValue, place: Place): Unmapped {
  return { path: place.path(name), field: place.field(name), text: valueText(value) }
}

/** Undefined if the value does not fit. */
function fitInto(cell: Cell, name: string, value: JsonValue, place: Place, found: Findings): CellValue {
  const { kind, inner } = cell
  if (kind === 'labels') return readItems(readLabels, name, value, place, found)
  if (inner === undefined) return fit(kind, value)
  const read: ReadItem = (item, inside, into) => inner.read(item, inside, into)
  if (kind === 'records') return readItems(read, name, value, place, found)
  return isJsonObject(value) ? read(value, place.inside(name, undefined), found) : undefined
}

type ReadItem = (item: JsonObject, place: Place, found: Findings) => object

/** Labels are whoever's, and their values texts; others are kept beside them, where null stands in their place. */
function readLabels(item: JsonObject, place: Place, found: Findings): object {
  const labels: Record<string, string | null> = Object.create(null)
  for (const label of Object.keys(item).sort()) {
    const value = item[label] ?? null
    const text = typeof value === 'string' && value !== MASKED ? fit('string', value) : undefined
    labels[safeName(label)] = typeof text === 'string' ? text : null
    if (value === MASKED) found.masked.push(place.field(label))
    else if (text === undefined && value !== null) found.unmapped.push(unmapped(label, value, place))
  }
  return labels
}

/** In the order of the source. Items that are no objects are left out, and kept beside the others. */
function readItems(
  read: ReadItem,
  name: string,
  value: JsonValue,
  place: Place,
  found: Findings,
): readonly object[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items: object[] = []
  for (const [index, item] of value.entries()) {
    if (isJsonObject(item)) items.push(read(item, place.inside(name, index), found))
    else if (item === MASKED) found.masked.push(place.field(name))
    else {
      const path = `${place.path(name)}[${index}]`
      found.unmapped.push({ path, field: place.field(name), text: valueText(item) })
    }
  }
  return items
}

function slotsOf(
  record: AvroRecord,
  context: ReaderContext,
  roles: ReadonlyMap<string, FieldRole>,
): ReadonlyMap<string, Slot> {
  const slots = new Map<string, Slot>()
  for (const [index, field] of record.fields.entries()) {
    const cell = cellOf(field.type, index, context)
    // A type of some later version: its field keeps the default here.
    if (cell === undefined) continue
    const name = sourceName(field)
    const earlier = slots.get(name)
    if (earlier === undefined) slots.set(name, { role: 'field', cell, also: undefined })
    else slots.set(name, { ...earlier, also: [...(earlier.also ?? []), cell] })
  }
  for (const [name, role] of roles) {
    slots.set(name, { role, cell: role === 'volatile' ? NO_CELL : TIMESTAMP_CELL, also: undefined })
  }
  return slots
}

function cellOf(type: unknown, index: number, context: ReaderContext): Cell | undefined {
  const found = fieldTypeOf(type)
  if (found === undefined) return undefined
  if (found.kind !== 'record' && found.kind !== 'records')
    return { index, kind: found.kind, inner: undefined }
  const { kind, record } = found
  const inner =
    typeof record === 'string'
      ? context.readers.get(record.slice(record.lastIndexOf('.') + 1))
      : new RecordReader(record, context)
  return inner === undefined ? undefined : { index, kind, inner }
}
