import { z } from 'zod'

import { findRecord, type AvroRecord } from './avro-record.ts'
import { kindOfAvroType, type FieldKind } from './field-kind.ts'

/** What a field of a schema takes of the source. */
export type FieldType =
  | { readonly kind: FieldKind }
  /** A list of objects with a label or several each, which no schema knows: `[{"Room Name":"Bedroom"}]`. */
  | { readonly kind: 'labels' }
  /** One object, or a list of them. `record`: also the name of a record that the schema has before. */
  | { readonly kind: 'record' | 'records'; readonly record: AvroRecord | string }

const NULLABLE = z.tuple([z.literal('null'), z.unknown()])
const LIST = z.object({ type: z.literal('array'), items: z.unknown() })
const LABELS = JSON.stringify(['null', { type: 'array', items: { type: 'map', values: ['null', 'string'] } }])
const PRIMITIVES: ReadonlySet<unknown> = new Set('null boolean int long float double bytes string'.split(' '))

/** Undefined for an Avro type that is none of ours. Fields are nullable, but lists may be empty instead. */
export function fieldTypeOf(type: unknown): FieldType | undefined {
  const kind = kindOfAvroType(type)
  if (kind !== undefined) return { kind }
  if (JSON.stringify(type) === LABELS) return { kind: 'labels' }
  const nullable = NULLABLE.safeParse(type)
  const value = nullable.success ? nullable.data[1] : type
  const list = LIST.safeParse(value)
  if (list.success && list.data.items === 'string') return { kind: 'array' }
  if (!list.success && !nullable.success) return undefined
  const record = recordOf(list.success ? list.data.items : value)
  return record === undefined ? undefined : { kind: list.success ? 'records' : 'record', record }
}

function recordOf(type: unknown): AvroRecord | string | undefined {
  if (typeof type === 'string') return PRIMITIVES.has(type) ? undefined : type
  return Array.isArray(type) ? undefined : findRecord(type)
}
