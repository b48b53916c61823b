import type { Type } from 'avsc'

import type { ResourceDescription } from '../../domain/resource.ts'
import { readAvro } from '../decode-value.ts'
import {
  nestedRecord,
  nullable,
  parseAvroRecord,
  serializeSchema,
  type AvroField,
  type AvroRecord,
} from '../schema/avro-record.ts'
import { compileReadableType } from '../schema/compile-type.ts'
import { kindOfAvroType } from '../schema/field-kind.ts'
import { rowColumns, type RowColumn } from './row-columns.ts'

/** From the events of one version of the schema to the values of their rows' columns. */
export class RowReader {
  readonly columns: readonly RowColumn[]
  readonly #resource: ResourceDescription
  readonly #type: Type

  /** @throws {EventError} EVENT_UNREADABLE if the text is no version of the resource's `…Upserted` */
  constructor(text: string, resource: ResourceDescription) {
    const event = parseAvroRecord(text)
    this.#resource = resource
    this.columns = rowColumns(event, resource)
    this.#type = compileReadableType(serializeSchema(withPlainDates(event, resource)))
  }

  /**
   * A value for each column that has one.
   *
   * @throws {EventError} EVENT_UNREADABLE if the bytes are not one event of this version
   */
  read(avro: Buffer): ReadonlyMap<RowColumn, unknown> {
    const { events } = this.#resource
    const event = readAvro(this.#type, avro, events.upserted)
    const content = member(event, events.content)
    const places = { event, content, fields: member(content, events.fields) }
    const values = new Map<RowColumn, unknown>()
    for (const column of this.columns) {
      const value = member(places[column.place], column.name)
      if (value === null || value === undefined) continue
      values.set(column, column.isJson ? JSON.stringify(value) : value)
    }
    return values
  }
}

function member(record: unknown, name: string): unknown {
  return typeof record === 'object' && record !== null ? Reflect.get(record, name) : undefined
}

/** Dates and stamps that become columns are read as the numbers that they are; those within JSON as ISO 8601 text. */
function withPlainDates(event: AvroRecord, { events }: ResourceDescription): AvroRecord {
  const content = nestedRecord(event, events.content)
  const fields = nestedRecord(content, events.fields)
  const plain = { ...fields, fields: fields.fields.map(plainDate) }
  const holder = withType(content, events.fields, plain)
  return { ...event, fields: withType(event, events.content, holder).fields.map(plainDate) }
}

function withType(record: AvroRecord, name: string, type: AvroRecord): AvroRecord {
  const fields = record.fields.map((field) =>
    field.name === name ? { ...field, type: nullable(type) } : field,
  )
  return { ...record, fields }
}

const PLAIN_TYPES: Readonly<Record<string, unknown>> = { date: ['null', 'int'], timestamp: ['null', 'long'] }

function plainDate(field: AvroField): AvroField {
  const plain = PLAIN_TYPES[kindOfAvroType(field.type) ?? '']
  return plain === undefined ? field : { ...field, type: plain }
}
