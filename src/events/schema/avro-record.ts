import { z } from 'zod'

import { EventError } from '../event-error.ts'

const AVRO_FIELD = z.looseObject({
  name: z.string(),
  type: z.unknown(),
  default: z.unknown().optional(),
  doc: z.string().optional(),
  /** Ours: the source's name of a standard field, where the Avro name is another one. */
  sourceField: z.string().optional(),
})
export type AvroField = z.infer<typeof AVRO_FIELD>

const AVRO_RECORD = z.looseObject({
  type: z.literal('record'),
  name: z.string(),
  namespace: z.string().optional(),
  doc: z.string().optional(),
  /** Ours, of the record with the source's fields: those that are kept out of it because they change by themselves. */
  volatile: z.array(z.string()).readonly().optional(),
  fields: z.array(AVRO_FIELD),
})
export type AvroRecord = z.infer<typeof AVRO_RECORD>

const NULLABLE_RECORD = z.tuple([z.literal('null'), AVRO_RECORD])

/** Ours have eight levels. Who reads schemas of another origin goes down into them. */
const DEEPEST = 64

/** @throws {EventError} EVENT_UNREADABLE if the text is not the schema of a record. */
export function parseAvroRecord(text: string): AvroRecord {
  try {
    const parsed: unknown = JSON.parse(text)
    if (isDeeperThan(parsed, DEEPEST)) throw new RangeError('It is nested too deeply.')
    return AVRO_RECORD.parse(parsed)
  } catch (cause) {
    throw new EventError('A schema in the registry is not the JSON of an Avro record.', { cause })
  }
}

/** The record that a nullable field holds. @throws {EventError} EVENT_UNREADABLE if there is no such field. */
export function nestedRecord(record: AvroRecord, field: string): AvroRecord {
  const nested = NULLABLE_RECORD.safeParse(record.fields.find(({ name }) => name === field)?.type)
  if (nested.success) return nested.data[1]
  throw new EventError(`The Avro record ${record.name} has no field ${field} that is a nullable record.`)
}

/** The record that a field of this type holds, nullable or not; undefined if it is no record. */
export function findRecord(type: unknown): AvroRecord | undefined {
  const direct = AVRO_RECORD.safeParse(type)
  return direct.success ? direct.data : NULLABLE_RECORD.safeParse(type).data?.[1]
}

const AVRO_ARRAY = z.looseObject({ type: z.literal('array'), items: z.unknown() })

/** The record that a type comes down to, through unions and arrays; undefined if it is none. */
export function heldRecord(type: unknown): AvroRecord | undefined {
  if (Array.isArray(type)) return type.map(heldRecord).find((record) => record !== undefined)
  const array = AVRO_ARRAY.safeParse(type)
  return array.success ? heldRecord(array.data.items) : AVRO_RECORD.safeParse(type).data
}

/** How a path goes on from a field into the record that its type comes down to, e.g. `Emails[].`. */
export function pathInto({ name, type }: AvroField): string {
  return findRecord(type) === undefined ? `${name}[].` : `${name}.`
}

/** The type with another record in the place of the one that it comes down to. */
export function withRecord(type: unknown, change: (record: AvroRecord) => AvroRecord): unknown {
  if (Array.isArray(type)) return type.map((branch) => withRecord(branch, change))
  const array = AVRO_ARRAY.safeParse(type)
  if (array.success) return { ...array.data, items: withRecord(array.data.items, change) }
  const record = AVRO_RECORD.safeParse(type)
  return record.success ? change(record.data) : type
}

/** A nullable record, as the type of a field. */
export function nullable(record: AvroRecord): readonly ['null', AvroRecord] {
  return ['null', AVRO_RECORD.parse(record)]
}

/**
 * Compact, members in a fixed order (those of nested records too, if they come from `nullable`): the registry's ids
 * follow the bytes (docs/kafka.md §9).
 */
export function serializeSchema(record: AvroRecord): string {
  return JSON.stringify(AVRO_RECORD.parse(record))
}

/** Goes down level by level, not by calls: those would end first. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true
    level = level.flatMap((inner) =>
      typeof inner === 'object' && inner !== null ? Object.values(inner) : [],
    )
  }
  return false
}
