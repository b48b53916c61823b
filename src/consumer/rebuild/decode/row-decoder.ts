import { EventError } from '../../../events/event-error.ts'
import type { RebuiltResource } from '../rebuilt-resource.ts'
import type { ColumnValue } from '../store.ts'
import type { AvroBytes } from './avro-bytes.ts'
import { withoutNull, type AvroRecordType, type AvroType, type TypedField } from './avro-type.ts'
import { jsonReader } from './json-reader.ts'
import type { TableColumns, WantedColumn } from './table-columns.ts'
import { columnTypeOf, skipper, valueReader } from './value-reader.ts'

/** A row that is being read. */
interface Row {
  readonly key: string
  readonly values: ColumnValue[]
  /** What no column of its own has, as members of the column `UnmappedFields`. */
  readonly unmapped: string[]
}

/** Takes the next field of the value. */
type Step = (bytes: AvroBytes, row: Row) => void

/** Where a field of the event goes. */
type Destination = WantedColumn | 'key' | 'nowhere'

/** From the values of one schema to the rows of a table. */
export class RowDecoder {
  readonly #columns: TableColumns
  readonly #steps: readonly Step[]
  readonly #unmappedPlace: number
  readonly #digestPlace: number
  readonly #schemaPlace: number
  readonly #schemaId: number

  /**
   * Gives the table the columns that it still needs.
   *
   * @param schema of the event that has the content
   * @throws {EventError} EVENT_UNREADABLE if it is no such event
   */
  constructor(
    source: RebuiltResource,
    { id, type }: { readonly id: number; readonly type: AvroRecordType },
    columns: TableColumns,
  ) {
    const fields = placedFields(source, type)
    // Where they stand in the table: the record's own facts first, then the source's fields, then what is left.
    const inOrder = fields.toSorted((a, b) => a.rank - b.rank)
    for (const { to } of inOrder) if (typeof to !== 'string') columns.place(to)
    this.#columns = columns
    this.#unmappedPlace = columns.place(ownColumn('UnmappedFields', 'json', unmappedPath(source))) ?? 0
    this.#digestPlace = columns.place(DIGEST_COLUMN) ?? 0
    this.#schemaPlace = columns.place(SCHEMA_COLUMN) ?? 0
    this.#schemaId = id
    this.#steps = stepsOf(type.fields, [], new Map(fields.map((field) => [field.path, field])), columns)
  }

  /** @throws {EventError} EVENT_UNREADABLE if the bytes are not exactly one value of the schema */
  decode(
    bytes: AvroBytes,
    { key, digest }: { readonly key: string; readonly digest: string | null },
  ): readonly ColumnValue[] {
    const values = Array.from<ColumnValue>({ length: this.#columns.width }).fill(null)
    const row: Row = { key, values, unmapped: [] }
    for (const step of this.#steps) step(bytes, row)
    bytes.leave()
    values[this.#digestPlace] = digest
    values[this.#schemaPlace] = this.#schemaId
    if (row.unmapped.length > 0) {
      values[this.#unmappedPlace] = withMembers(values[this.#unmappedPlace] ?? null, row.unmapped)
    }
    return values
  }
}

/** Of the content, as the record's header says it. */
export const DIGEST_COLUMN = ownColumn('ContentDigest', 'text', 'headers.digest')
/** Under which the record's value was written. */
export const SCHEMA_COLUMN = ownColumn('SchemaId', 'integer', 'schemaId')

interface PlacedField {
  readonly path: string
  readonly to: Destination
  readonly rank: number
}

const RANKS = { key: 0, stamp: 1, source: 2, own: 3 }

/** Every field of the event that is a value of its own, and where it goes. */
function placedFields(source: RebuiltResource, type: AvroRecordType): readonly PlacedField[] {
  const { resource, keyColumn } = source
  const { events, stamp } = resource
  const content = recordOf(type, events.content)
  const inner = recordOf(content, events.fields)
  const own = (name: string, field: TypedField, path: string, rank: number): PlacedField => {
    return { path, rank, to: ownColumn(name, columnTypeOf(field.type), path) }
  }
  const envelope = type.fields.flatMap((field): PlacedField[] => {
    const { name } = field
    if (name === events.key) return [own(keyColumn, field, name, RANKS.key)]
    if (name === 'modificationTimestamp' && stamp !== null) return [own(stamp, field, name, RANKS.stamp)]
    if (name === 'observedAt') return [own('ObservedAt', field, name, RANKS.own)]
    if (name === 'volatileFields') return [own('VolatileFields', field, name, RANKS.own + 1)]
    return name === events.content ? [] : [{ path: name, to: 'nowhere', rank: RANKS.own }]
  })
  const beside = content.fields
    .filter(({ name }) => name !== events.fields)
    .map((field) => own(capitalised(field.name), field, `${events.content}.${field.name}`, RANKS.own))
  const fields = inner.fields.map(({ name, type: of }): PlacedField => {
    const path = `${events.content}.${events.fields}.${name}`
    if (name === keyColumn) return { path, to: 'key', rank: RANKS.source }
    return {
      path,
      to: { name, type: columnTypeOf(of), field: path, isSourceField: true },
      rank: RANKS.source,
    }
  })
  return [...envelope, ...fields, ...beside]
}

/** @throws {EventError} EVENT_UNREADABLE */
export function recordOf(type: AvroRecordType, field: string): AvroRecordType {
  const found = type.fields.find(({ name }) => name === field)
  const held = found === undefined ? undefined : withoutNull(found.type).type
  if (held?.kind === 'record') return held
  throw new EventError(`The Avro record ${type.name} has no field ${field} that is a nullable record.`)
}

function ownColumn(name: string, type: WantedColumn['type'], field: string): WantedColumn {
  return { name, type, field, isSourceField: false }
}

function unmappedPath({ resource: { events } }: RebuiltResource): string {
  return `${events.content}.unmappedFields`
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** One for each field, in the order of the bytes. */
function stepsOf(
  fields: readonly TypedField[],
  at: readonly string[],
  placed: ReadonlyMap<string, PlacedField>,
  columns: TableColumns,
): readonly Step[] {
  return fields.map(({ name, type }): Step => {
    const path = [...at, name]
    const to = placed.get(path.join('.'))?.to
    const { type: held, nullBranch } = withoutNull(type)
    if (to === undefined && held.kind === 'record') {
      const steps = stepsOf(held.fields, path, placed, columns)
      return (bytes, row) => {
        if (nullBranch !== null && bytes.long() === nullBranch) return
        for (const step of steps) step(bytes, row)
      }
    }
    if (to === undefined || to === 'nowhere') return skipper(type)
    if (to === 'key') return keyStep(name, type)
    const place = columns.place(to)
    return place === undefined ? unmappedStep(name, type) : columnStep(type, place)
  })
}

function columnStep(type: AvroType, place: number): Step {
  const read = valueReader(type)
  return (bytes, { values }) => {
    values[place] = read(bytes)
  }
}

/** The source's own field of the key stands in the key's column, unless it says something else. */
function keyStep(name: string, type: AvroType): Step {
  const read = valueReader(type)
  return (bytes, { key, unmapped }) => {
    const value = read(bytes)
    if (value !== null && value !== key) unmapped.push(member(name, JSON.stringify(value)))
  }
}

function unmappedStep(name: string, type: AvroType): Step {
  const read = jsonReader(type)
  return (bytes, { unmapped }) => {
    const text = read(bytes)
    if (text !== 'null') unmapped.push(member(name, text))
  }
}

/** Of `unmappedFields`, whose values are JSON texts. */
function member(name: string, json: string): string {
  return `${JSON.stringify(name)}:${JSON.stringify(json)}`
}

function withMembers(object: ColumnValue, members: readonly string[]): string {
  const known = typeof object === 'string' ? object.slice(1, -1) : ''
  return `{${[...(known === '' ? [] : [known]), ...members].join(',')}}`
}
