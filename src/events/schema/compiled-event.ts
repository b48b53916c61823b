import avsc from 'avsc'
import type { Type } from 'avsc'

import type { SchemaId } from '../../domain/content.ts'
import { EnumFields } from './avro-enum.ts'
import { nestedRecord, parseAvroRecord, serializeSchema, type AvroRecord } from './avro-record.ts'
import { compileType } from './compile-type.ts'
import { EventError } from '../event-error.ts'
import { Projection } from '../content/projection.ts'
import type { RowConstructor } from '../content/record-reader.ts'
import type { EventOptions } from './event-schema.ts'

/** Of a record, as avsc has them, in the order of the schema. */
type AvroFields = readonly avsc.types.RecordType['fields'][number][]

/** One registered version of a resource's `…Upserted`, ready for use. */
export interface CompiledEvent {
  readonly id: SchemaId
  /** As registered. */
  readonly text: string
  readonly projection: Projection
  /** Of the content record. */
  readonly content: Type
  readonly contentFields: AvroFields
  /** Those of the record in it that holds the source's fields. */
  readonly sourceFields: AvroFields
  /** Of the event without its last field, the content. */
  readonly envelope: Type
  /** Of the envelope. */
  readonly enums: EnumFields
}

/** One registered version of a resource's `…Deleted`, ready for use. */
export interface CompiledDeleted {
  readonly id: SchemaId
  /** As registered. */
  readonly text: string
  readonly type: Type
  readonly enums: EnumFields
}

/** @throws {EventError} EVENT_UNREADABLE if the text is not the schema of a record. */
export function compileDeleted(id: SchemaId, text: string): CompiledDeleted {
  return { id, text, type: compileType(text).type, enums: new EnumFields(parseAvroRecord(text)) }
}

/** @throws {EventError} EVENT_UNREADABLE if the text is no version of the resource's event. */
export function compileEvent(id: SchemaId, text: string, options: EventOptions): CompiledEvent {
  const { events } = options.resource
  const event = parseAvroRecord(text)
  const contentRecord = nestedRecord(event, events.content)
  const fields = nestedRecord(contentRecord, events.fields)
  if (event.fields.at(-1)?.name !== events.content) {
    throw new EventError(
      `Schema ${id} is no version of ${events.upserted}: its last field is not ${events.content}.`,
    )
  }
  try {
    const { named } = compileType(text)
    const typeOf = (record: AvroRecord): avsc.types.RecordType => {
      const type = named[`${record.namespace ?? event.namespace}.${record.name}`]
      if (type instanceof avsc.types.RecordType) return type
      throw new EventError(`Schema ${id} names the records of ${events.upserted} in another way.`)
    }
    const rowOf = (record: AvroRecord): RowConstructor => typeOf(record).recordConstructor
    return {
      id,
      text,
      content: typeOf(contentRecord),
      contentFields: typeOf(contentRecord).fields,
      sourceFields: typeOf(fields).fields,
      envelope: compileType(serializeSchema({ ...event, fields: event.fields.slice(0, -1) })).type,
      enums: new EnumFields(event),
      projection: new Projection({ ...options, content: contentRecord, fields, rowOf }),
    }
  } catch (cause) {
    if (cause instanceof EventError) throw cause
    throw new EventError(`Schema ${id} of the registry cannot be used as ${events.upserted}.`, { cause })
  }
}
