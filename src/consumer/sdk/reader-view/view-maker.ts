import { isDeepStrictEqual } from 'node:util'

import type { Place } from '../../../events/content/place.ts'
import { findEnum } from '../../../events/schema/avro-enum.ts'
import { findRecord, type AvroField, type AvroRecord } from '../../../events/schema/avro-record.ts'
import { avroTypeText, shapeOf, type AvroShape } from '../../../events/schema/avro-type-text.ts'
import { sourceName } from '../../../events/schema/event-schema.ts'
import { kindOfAvroType } from '../../../events/schema/field-kind.ts'
import { isMembers, type Members } from '../members.ts'
import { asJson } from './as-json.ts'
import type { LeftOver } from './left-over.ts'
import type { NamedTypes } from './named-types.ts'
import { ReaderSchemaError } from './reader-schema-error.ts'

/** Where a value stands, and where goes what of it the reader's schema has no place for. */
interface Standing {
  /** Of the record that it is in. */
  readonly place: Place
  /** Of its field, at the source. */
  readonly name: string
  /** In the list that the field is. */
  readonly index?: number | undefined
  /** Undefined where that is left out, as Avro does it. */
  readonly left: LeftOver | undefined
}

/** A value of the writer's type as one of the reader's. */
export type View = (value: unknown, at: Standing) => unknown

/** Nothing to change. */
export const SAME: View = (value) => value

/** What is not read by the types of its field alone. */
export type Overrides = Readonly<Record<string, View>>

/** `keep`: what the reader has no field for is kept. `drop`: it is left out, and a field of another type is an error. */
type Loss = 'keep' | 'drop'

/** One field of the reader. */
interface Shown {
  readonly name: string
  readonly sourceName: string
  /** Undefined: the writer has none. */
  readonly view: View | undefined
  /** In its place then. */
  readonly fallback: unknown
}

/** Fields of the writer for one of the source that the reader has no field for, or one of another type. */
interface Hidden {
  readonly sourceName: string
  readonly fields: readonly AvroField[]
  /** Fields that the reader has for it all the same. */
  readonly shown: readonly AvroField[]
}

/** Not every number that fits the first fits the others, but of ours none is beyond 2^53. */
const NUMBERS = ['int', 'long', 'float', 'double']

/** Makes views from one version of a schema to another. Both are what a registry or a subscriber gave: nothing is sure. */
export class ViewMaker {
  readonly #writer: NamedTypes
  readonly #reader: NamedTypes
  /** Names of records that are being looked at: Avro lets them stand within themselves, and ours do not. */
  readonly #open = new Set<string>()

  constructor(writer: NamedTypes, reader: NamedTypes) {
    this.#writer = writer
    this.#reader = reader
  }

  /** @throws {ReaderSchemaError} with `drop`, if a field of the reader's cannot be filled */
  record(writer: AvroRecord, reader: AvroRecord, loss: Loss, overrides: Overrides = {}): View {
    const written = new Map(writer.fields.map((field) => [field.name, field]))
    const shown = reader.fields.map((field) =>
      this.#shown(reader, field, written.get(field.name), loss, overrides),
    )
    const [seen = [], unseen = []] = loss === 'drop' ? [] : partition(writer.fields, shown)
    const hidden = hiddenOf(unseen, seen)
    const isSame = shown.length === writer.fields.length && shown.every(({ view }) => view === SAME)
    if (isSame) return SAME
    return (value, { place, left }) => {
      const row = isMembers(value) ? value : {}
      const read: Record<string, unknown> = {}
      for (const { name, sourceName, view, fallback } of shown) {
        if (view === SAME) read[name] = row[name]
        else read[name] = view === undefined ? fallback : view(row[name], { place, name: sourceName, left })
      }
      if (left !== undefined) for (const group of hidden) this.#keep(group, row, read, { place, left })
      return read
    }
  }

  /** Of a nullable record. */
  nullable(view: View): View {
    return view === SAME ? SAME : (value, at) => (value === null ? null : view(value, at))
  }

  #shown(
    record: AvroRecord,
    field: AvroField,
    written: AvroField | undefined,
    loss: Loss,
    overrides: Overrides,
  ): Shown {
    const { name } = field
    const view =
      written === undefined ? undefined : (overrides[name] ?? this.#type(written.type, field.type, loss))
    if (view === undefined && loss === 'drop') {
      const path = `${record.name}.${name}`
      if (written !== undefined) {
        throw new ReaderSchemaError(
          `A reader schema gives ${path} a type that what was written cannot be read as: ${avroTypeText(field.type)} in the place of ${avroTypeText(written.type)}.`,
        )
      }
      if (field.default === undefined) {
        throw new ReaderSchemaError(
          `A reader schema has a field without a default, ${path}, that a writer has not.`,
        )
      }
    }
    return { name, sourceName: sourceName(field), view, fallback: field.default ?? null }
  }

  /** Undefined if the reader's type cannot hold all values of the writer's. */
  #type(writer: unknown, reader: unknown, loss: Loss): View | undefined {
    const written = this.#writer.resolve(writer)
    const wanted = this.#reader.resolve(reader)
    const from = shapeOf(written)
    const to = shapeOf(wanted)
    if (from?.kind === 'union' || to?.kind === 'union')
      return this.#union(branchesOf(written), branchesOf(wanted), loss)
    if (from?.kind === 'array' && to?.kind === 'array') return this.#list(this.#type(from.of, to.of, loss))
    if (from?.kind === 'map' && to?.kind === 'map') {
      // What is within a map has no name of the source's.
      return this.#type(from.of, to.of, 'drop') === SAME ? SAME : undefined
    }
    if (from?.kind === 'enum' && to?.kind === 'enum') return enumView(from.symbols, wanted)
    const [writtenRecord, wantedRecord] = [findRecord(written), findRecord(wanted)]
    if (writtenRecord !== undefined && wantedRecord !== undefined) {
      return this.#nested(writtenRecord, wantedRecord, loss)
    }
    return isSameScalar(from, to) ? SAME : undefined
  }

  #union(from: readonly unknown[], to: readonly unknown[], loss: Loss): View | undefined {
    if (from.includes('null') && !to.includes('null')) return undefined
    const written = from.filter((branch) => branch !== 'null')
    const wanted = to.filter((branch) => branch !== 'null')
    if (written.length === 1 && wanted.length === 1) {
      const view = this.#type(written[0], wanted[0], loss)
      return view === undefined ? undefined : this.nullable(view)
    }
    const held = wanted.map(avroTypeText)
    return written.every((branch) => held.includes(avroTypeText(branch))) ? SAME : undefined
  }

  #nested(writer: AvroRecord, reader: AvroRecord, loss: Loss): View | undefined {
    if (writer.name !== reader.name || this.#open.has(writer.name)) return undefined
    this.#open.add(writer.name)
    const view = this.record(writer, reader, loss)
    this.#open.delete(writer.name)
    if (view === SAME) return SAME
    return (value, { place, name, index, left }) =>
      view(value, { place: place.inside(name, index), name, left })
  }

  #list(item: View | undefined): View | undefined {
    if (item === undefined || item === SAME) return item
    return (value, { place, name, left }) => {
      if (!Array.isArray(value)) return value
      const path = place.path(name)
      let index = -1
      return value.map((inner: unknown) => {
        index += 1
        // Items that are no objects were left out of the list, and kept beside it.
        while (left?.has(`${path}[${index}]`) === true) index += 1
        return item(inner, { place, name, index, left })
      })
    }
  }

  #keep(
    { sourceName, fields, shown }: Hidden,
    row: Members,
    read: Members,
    { place, left }: { readonly place: Place; readonly left: LeftOver },
  ): void {
    const held = fields.filter((field) => hasValue(row, field))
    // A text is what the source sent; the others were read out of it.
    const field = held.find(({ type }) => kindOfAvroType(type) === 'string') ?? held[0]
    if (field === undefined || shown.some((field) => hasValue(read, field))) return
    left.add(place.path(sourceName), asJson(row[field.name], field.type, this.#writer))
  }
}

/** Where the source has nothing, a field holds its default. */
function hasValue(row: Members, { name, default: nothing }: AvroField): boolean {
  const value = row[name] ?? null
  return value !== null && !isDeepStrictEqual(value, nothing)
}

function branchesOf(type: unknown): readonly unknown[] {
  return Array.isArray(type) ? type : [type]
}

/** A symbol that the reader does not know is its default; undefined where it has none. */
function enumView(symbols: readonly string[], wanted: unknown): View | undefined {
  const reader = findEnum(wanted)
  const known = new Set<unknown>(reader?.symbols)
  if (symbols.every((symbol) => known.has(symbol))) return SAME
  const fallback = reader?.default
  return fallback === undefined ? undefined : (value) => (known.has(value) ? value : fallback)
}

function isSameScalar(from: AvroShape | undefined, to: AvroShape | undefined): boolean {
  if (from?.kind === 'logical' && to?.kind === 'logical') return from.name === to.name
  if (from?.kind !== 'primitive' || to?.kind !== 'primitive') return false
  return (
    from.name === to.name ||
    (NUMBERS.includes(from.name) && NUMBERS.indexOf(to.name) > NUMBERS.indexOf(from.name))
  )
}

/** Fields of the writer that the reader has, and those that it has not. */
function partition(fields: readonly AvroField[], shown: readonly Shown[]): readonly AvroField[][] {
  const names = new Set(shown.filter(({ view }) => view !== undefined).map(({ name }) => name))
  const { seen = [], unseen = [] } = Object.groupBy(fields, ({ name }) =>
    names.has(name) ? 'seen' : 'unseen',
  )
  return [seen, unseen]
}

function hiddenOf(hidden: readonly AvroField[], shown: readonly AvroField[]): readonly Hidden[] {
  return [...Map.groupBy(hidden, sourceName)].map(([name, fields]) => ({
    sourceName: name,
    fields,
    shown: shown.filter((field) => sourceName(field) === name),
  }))
}
