/** What the contract says of the fields of a record: what the source's metadata does, or the hand-written schema. */
import type { ResourceDescription } from '../domain/resource.ts'
import { nestedRecord, parseAvroRecord, type AvroRecord } from '../events/schema/avro-record.ts'
import type { FieldKind } from '../events/schema/field-kind.ts'
import { fieldTypeOf } from '../events/schema/field-type.ts'
import { readSchemaFile } from '../events/schema/schema-file.ts'
import type { FieldCatalog } from '../simulator/records/field-catalog.ts'

/** A value, in the words of the API's metadata (docs/spark-api.md §4.9). */
export interface ValueField {
  readonly type: 'Character' | 'Integer' | 'Decimal' | 'Boolean' | 'Date' | 'Datetime'
  readonly multiSelect: boolean
}

/** An object with fields of its own, or a list of such. `labels`: with texts under whatever names. */
export interface ObjectField {
  readonly type: 'Object' | 'Objects'
  readonly fields: SourceFields | 'labels'
}

/** By name; a field that the contract does not name is absent. */
export type SourceFields = ReadonlyMap<string, ValueField | ObjectField>

/** A collection of the simulator. */
interface HasFields {
  readonly catalog: Pick<FieldCatalog, 'fields'>
}

const VALUES: Readonly<Record<FieldKind, ValueField>> = {
  string: { type: 'Character', multiSelect: false },
  long: { type: 'Integer', multiSelect: false },
  double: { type: 'Decimal', multiSelect: false },
  boolean: { type: 'Boolean', multiSelect: false },
  date: { type: 'Date', multiSelect: false },
  timestamp: { type: 'Datetime', multiSelect: false },
  array: { type: 'Character', multiSelect: true },
}

/** @param collection that has the records, or those whose parts they are */
export function sourceFields({ fields, events }: ResourceDescription, collection: HasFields): SourceFields {
  if (fields.from === 'metadata') return fieldsOfMetadata(collection)
  const event = parseAvroRecord(readSchemaFile(events.upserted))
  return fieldsOfSchema(nestedRecord(nestedRecord(event, events.content), events.fields))
}

function fieldsOfMetadata({ catalog }: HasFields): SourceFields {
  const named = catalog.fields.filter(({ inMetadata }) => inMetadata)
  return new Map(
    named.map(({ name, type, values }) => [name, { type, multiSelect: values.kind === 'multi' }]),
  )
}

function fieldsOfSchema({ fields }: AvroRecord): SourceFields {
  return new Map(fields.flatMap(({ name, type }) => fieldOfSchema(type).map((field) => [name, field])))
}

/** None of a type that no schema of ours has. */
function fieldOfSchema(type: unknown): readonly (ValueField | ObjectField)[] {
  const known = fieldTypeOf(type)
  if (known === undefined) return []
  if (known.kind === 'labels') return [{ type: 'Objects', fields: 'labels' }]
  if (known.kind !== 'record' && known.kind !== 'records') return [VALUES[known.kind]]
  const { kind, record } = known
  // By its name, where the schema has it before.
  if (typeof record === 'string') return []
  return [{ type: kind === 'record' ? 'Object' : 'Objects', fields: fieldsOfSchema(record) }]
}
