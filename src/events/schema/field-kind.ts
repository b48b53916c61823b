import type { FieldDescription } from '../../domain/field-description.ts'

/** What a standard field holds in Avro (docs/replication.md, "Events"). The names are also the suffixes of second fields. */
const FIELD_KINDS = ['string', 'long', 'double', 'boolean', 'date', 'timestamp', 'array'] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

/** The Avro type of each kind, null being its first branch. */
export const AVRO_TYPES = {
  string: ['null', 'string'],
  long: ['null', 'long'],
  double: ['null', 'double'],
  boolean: ['null', 'boolean'],
  date: ['null', { type: 'int', logicalType: 'date' }],
  timestamp: ['null', { type: 'long', logicalType: 'timestamp-millis' }],
  array: ['null', { type: 'array', items: 'string' }],
} as const satisfies Record<FieldKind, unknown>

const KIND_BY_SOURCE_TYPE: ReadonlyMap<string, FieldKind> = new Map([
  ['Character', 'string'],
  ['Integer', 'long'],
  ['Decimal', 'double'],
  ['Boolean', 'boolean'],
  ['Date', 'date'],
  ['Datetime', 'timestamp'],
])

/** A type that the source's documentation does not name is taken for text. */
export function kindOf(field: FieldDescription): FieldKind {
  return field.multiSelect ? 'array' : (KIND_BY_SOURCE_TYPE.get(field.type) ?? 'string')
}

const KIND_BY_TYPE = new Map(FIELD_KINDS.map((kind) => [JSON.stringify(AVRO_TYPES[kind]), kind]))

/** Undefined for an Avro type that is none of ours. */
export function kindOfAvroType(type: unknown): FieldKind | undefined {
  return KIND_BY_TYPE.get(JSON.stringify(type))
}
