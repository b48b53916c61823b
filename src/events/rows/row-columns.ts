/** The columns of a resource's rows, by the schema of its events. */
import type { ResourceDescription } from '../../domain/resource.ts'
import { nestedRecord, type AvroField, type AvroRecord } from '../schema/avro-record.ts'
import { withoutCaseTwins } from '../schema/case-twins.ts'
import { AVRO_TYPES, kindOfAvroType, type FieldKind } from '../schema/field-kind.ts'

export interface RowColumn {
  readonly field: AvroField
  /** The record of the event that holds its value. */
  readonly place: 'event' | 'content' | 'fields'
  /** Its name in that record. */
  readonly name: string
  readonly isJson: boolean
}

/** Names of fields that are null in a row because it would be larger than its topic takes. */
export const OMITTED_FIELDS = 'OmittedFields'
/** Values that have no column, as JSON. */
export const UNMAPPED_FIELDS = 'UnmappedFields'

/** In the content, of those records whose schema comes from metadata. */
const CUSTOM_FIELDS = 'customFields'

/**
 * First those that every row has, then the source's fields in the order of the event's schema: what is added there is added
 * here behind the others. Of all but the key, null is the first branch and the default.
 *
 * @throws {EventError} EVENT_UNREADABLE if it is no schema of the resource's `…Upserted`
 */
export function rowColumns(event: AvroRecord, resource: ResourceDescription): readonly RowColumn[] {
  const content = nestedRecord(event, resource.events.content)
  const hasCustomFields = content.fields.some(({ name }) => name === CUSTOM_FIELDS)
  const own = ownColumns(resource).filter(({ name }) => hasCustomFields || name !== CUSTOM_FIELDS)
  // The key again, which a list may withhold or leave out.
  const { fields } = nestedRecord(content, resource.events.fields)
  const others = fields.filter(({ name }) => name !== resource.rows.key)
  const names = withoutCaseTwins(
    others.map(({ name }) => name),
    own.map(({ field }) => field.name),
  )
  return [...own, ...others.map((field, i) => sourceColumn(field, names[i] ?? field.name))]
}

function ownColumns({ rows, events, stamp }: ResourceDescription): readonly RowColumn[] {
  const of = (
    place: RowColumn['place'],
    name: string,
    column: string,
    kind: FieldKind | 'json',
    doc: string,
  ): RowColumn => ({
    place,
    name,
    isJson: kind === 'json',
    field: { name: column, type: AVRO_TYPES[kind === 'json' ? 'string' : kind], default: null, doc },
  })
  return [
    of('event', events.key, rows.key, 'string', 'Key of the record at the source; also the Kafka key.'),
    ...(stamp === null
      ? []
      : [of('event', 'modificationTimestamp', stamp, 'timestamp', `${stamp} of the source.`)]),
    of('event', 'observedAt', 'ObservedAt', 'timestamp', 'When the source was seen to say so, by its clock.'),
    of('content', CUSTOM_FIELDS, 'CustomFields', 'json', "The MLS's own fields, as a JSON object."),
    of(
      'content',
      'maskedFields',
      'MaskedFields',
      'json',
      'Fields that the source withholds, as a JSON list.',
    ),
    of(
      'content',
      'unmappedFields',
      UNMAPPED_FIELDS,
      'json',
      'What has no column of its own, or did not fit it, as a JSON object of JSON texts.',
    ),
    of(
      'event',
      'volatileFields',
      'VolatileFields',
      'json',
      'Fields that change by themselves, as they were when the row was written; as a JSON object.',
    ),
    of(
      'event',
      // Of no event: it is made when the row is written.
      '',
      OMITTED_FIELDS,
      'json',
      `Columns that are null because the row would be larger than its topic takes, as a JSON list; ${events.upserted} has their values. Null: none.`,
    ),
  ]
}

function sourceColumn(field: AvroField, name: string): RowColumn {
  const kind = kindOfAvroType(field.type)
  const isJson = kind === undefined || kind === 'array'
  const doc = [
    ...(field.doc === undefined ? [] : [field.doc]),
    ...(name === field.name
      ? []
      : [`Named ${field.name} at the source, which has another field of this name in other case.`]),
    ...(isJson ? ['As JSON text.'] : []),
  ].join(' ')
  return {
    place: 'fields',
    name: field.name,
    isJson,
    field: { name, type: isJson ? AVRO_TYPES.string : field.type, default: null, ...(doc !== '' && { doc }) },
  }
}
