import avsc from 'avsc'
import type { Type } from 'avsc'

import type { SchemaId } from '../../domain/content.ts'
import { nestedRecord, parseAvroRecord, serializeSchema } from './avro-record.ts'
import { compileType } from './compile-type.ts'
import { EventError } from '../event-error.ts'
import { ListingProjection, type RowConstructor } from '../content/listing-projection.ts'

/** One registered version of `ListingUpserted`, ready for use. */
export interface CompiledListing {
  readonly id: SchemaId
  /** As registered. */
  readonly text: string
  readonly projection: ListingProjection
  /** Of the content record. */
  readonly content: Type
  /** Of the event without its last field, the content. */
  readonly envelope: Type
}

export interface CompileListingOptions {
  readonly volatileFields: readonly string[]
  readonly timestampField: string | null
}

/** @throws {EventError} EVENT_UNREADABLE if the text is not a version of `ListingUpserted`. */
export function compileListing(id: SchemaId, text: string, options: CompileListingOptions): CompiledListing {
  const event = parseAvroRecord(text)
  const listing = nestedRecord(event, 'listing')
  const standardFields = nestedRecord(listing, 'standardFields')
  if (event.fields.at(-1)?.name !== 'listing') {
    throw new EventError(`Schema ${id} is no version of ListingUpserted: its last field is not listing.`)
  }
  try {
    const { named } = compileType(text)
    const content = named[`${event.namespace}.${listing.name}`]
    const row = named[`${event.namespace}.${standardFields.name}`]
    if (content === undefined || !(row instanceof avsc.types.RecordType)) {
      throw new EventError(`Schema ${id} names the records of ListingUpserted in another way.`)
    }
    const rowConstructor: RowConstructor = row.recordConstructor
    return {
      id,
      text,
      content,
      envelope: compileType(serializeSchema({ ...event, fields: event.fields.slice(0, -1) })).type,
      projection: new ListingProjection({ ...options, standardFields, row: rowConstructor }),
    }
  } catch (cause) {
    if (cause instanceof EventError) throw cause
    throw new EventError(`Schema ${id} of the registry cannot be used as ListingUpserted.`, { cause })
  }
}
