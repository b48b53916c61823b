import { z } from 'zod'

import { EventError } from '../../../events/event-error.ts'

/** A schema of Avro, as far as ours go. */
export type AvroType =
  | { readonly kind: 'null' | 'boolean' | 'long' | 'double' | 'float' | 'text' | 'date' | 'timestamp' }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array' | 'map'; readonly of: AvroType }
  | { readonly kind: 'record'; readonly name: string; readonly fields: readonly TypedField[] }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }

export interface TypedField {
  readonly name: string
  readonly type: AvroType
}

export type AvroRecordType = Extract<AvroType, { readonly kind: 'record' }>

const PRIMITIVES: Readonly<Record<string, AvroType>> = {
  null: { kind: 'null' },
  boolean: { kind: 'boolean' },
  int: { kind: 'long' },
  long: { kind: 'long' },
  float: { kind: 'float' },
  double: { kind: 'double' },
  string: { kind: 'text' },
}
const LOGICAL: Readonly<Record<string, AvroType>> = {
  'int date': { kind: 'date' },
  'long timestamp-millis': { kind: 'timestamp' },
}
const NAMED = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  logicalType: z.string().optional(),
  items: z.unknown().optional(),
  values: z.unknown().optional(),
  symbols: z.array(z.string()).optional(),
  fields: z.array(z.looseObject({ name: z.string(), type: z.unknown() })).optional(),
})

/** @param text JSON of the schema @throws {EventError} EVENT_UNREADABLE if it is not a record of such types as ours have */
export function parseRecordType(text: string): AvroRecordType {
  let type: AvroType
  try {
    type = typeOf(JSON.parse(text), new Map())
  } catch (cause) {
    if (cause instanceof EventError) throw cause
    throw new EventError('A schema in the registry is not the JSON of an Avro schema.', { cause })
  }
  if (type.kind === 'record') return type
  throw new EventError('A schema in the registry is not that of an Avro record.')
}

/** @param known named types that were defined before this place */
function typeOf(schema: unknown, known: Map<string, AvroType>): AvroType {
  if (Array.isArray(schema)) return { kind: 'union', branches: schema.map((branch) => typeOf(branch, known)) }
  if (typeof schema === 'string') {
    const type = PRIMITIVES[schema] ?? known.get(plainName(schema))
    if (type !== undefined) return type
    throw unknownType(schema)
  }
  const { type, name = '', logicalType = '', items, values, symbols = [], fields = [] } = NAMED.parse(schema)
  switch (type) {
    case 'array':
      return { kind: 'array', of: typeOf(items, known) }
    case 'map':
      return { kind: 'map', of: typeOf(values, known) }
    case 'enum':
      return remember({ kind: 'enum', symbols })
    case 'record':
      return remember({
        kind: 'record',
        name: plainName(name),
        fields: fields.map((field) => ({ name: field.name, type: typeOf(field.type, known) })),
      })
    default:
      return LOGICAL[`${type} ${logicalType}`] ?? typeOf(type, known)
  }

  function remember(defined: AvroType): AvroType {
    known.set(plainName(name), defined)
    return defined
  }
}

/** Ours share one namespace. */
function plainName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function unknownType(name: string): EventError {
  return new EventError(
    `A schema in the registry has the type ${JSON.stringify(name)}, which no schema of this feed has.`,
  )
}

/** What a union of null and one other type holds; the type itself if it is no such union. */
export function withoutNull(type: AvroType): { readonly type: AvroType; readonly nullBranch: 0 | 1 | null } {
  if (type.kind !== 'union' || type.branches.length !== 2) return { type, nullBranch: null }
  const [first, second] = type.branches
  if (first?.kind === 'null' && second !== undefined) return { type: second, nullBranch: 0 }
  if (second?.kind === 'null' && first !== undefined) return { type: first, nullBranch: 1 }
  return { type, nullBranch: null }
}
