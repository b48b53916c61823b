/** What differs between two versions of a record schema, in words. */
import { isDeepStrictEqual } from 'node:util'

import {
  heldRecord,
  parseAvroRecord,
  pathInto,
  type AvroField,
  type AvroRecord,
} from '../events/schema/avro-record.ts'
import { avroTypeText, symbolsOf } from '../events/schema/avro-type-text.ts'

/**
 * `retyped`: a second field, because the source gave the first one another type. `removed` and `type` are of a schema
 * that is not ours: our versions only ever add fields.
 */
type SchemaChangeKind = 'added' | 'retyped' | 'removed' | 'type' | 'default' | 'doc' | 'volatile'

export interface SchemaChange {
  readonly kind: SchemaChangeKind
  /** Path of the field in the event, e.g. `listing.standardFields.City`. */
  readonly field: string
  /** In words, the field's name included. */
  readonly text: string
}

/**
 * Both are JSON texts of record schemas. In the order of the later one's fields, what was removed last.
 *
 * @throws {EventError} EVENT_UNREADABLE if one of them is not the schema of a record
 */
export function schemaChanges(from: string, to: string): readonly SchemaChange[] {
  return recordChanges(parseAvroRecord(from), parseAvroRecord(to), '')
}

function recordChanges(from: AvroRecord, to: AvroRecord, prefix: string): SchemaChange[] {
  const before = new Map(from.fields.map((field) => [field.name, field]))
  const retyped = new Set<string>()
  const changes: SchemaChange[] = []
  for (const field of to.fields) {
    const earlier = before.get(field.name)
    before.delete(field.name)
    if (earlier !== undefined) changes.push(...fieldChanges(earlier, field, prefix))
    else changes.push(addition(field, prefix, retyped))
  }
  for (const { name } of before.values()) changes.push(change('removed', prefix + name, 'field removed'))
  const volatile = volatileChange(from, to, prefix)
  // That a field was retyped is told once, not by its doc again.
  const told = changes.filter(({ kind, field }) => kind !== 'doc' || !retyped.has(field.slice(prefix.length)))
  return volatile === undefined ? told : [...told, volatile]
}

function addition(field: AvroField, prefix: string, retyped: Set<string>): SchemaChange {
  const { name, type, doc, sourceField } = field
  const explained = doc === undefined ? '' : `: ${doc}`
  if (sourceField === undefined) {
    return change('added', prefix + name, `field added, ${avroTypeText(type)}${explained}`)
  }
  retyped.add(sourceField)
  const text = `retyped field got a second field ${name}, ${avroTypeText(type)}${explained}`
  return change('retyped', prefix + sourceField, text)
}

function fieldChanges(from: AvroField, to: AvroField, prefix: string): SchemaChange[] {
  const field = prefix + to.name
  const changes: SchemaChange[] = []
  const [older, newer] = [heldRecord(from.type), heldRecord(to.type)]
  if (older !== undefined && newer !== undefined && pathInto(from) === pathInto(to)) {
    changes.push(...recordChanges(older, newer, prefix + pathInto(to)))
    if (avroTypeText(from.type) !== avroTypeText(to.type))
      changes.push(change('type', field, typeText(from, to)))
  } else if (!isDeepStrictEqual(from.type, to.type)) changes.push(change('type', field, typeText(from, to)))
  if (!isDeepStrictEqual(from.default, to.default)) {
    const text = `default changed from ${JSON.stringify(from.default)} to ${JSON.stringify(to.default)}`
    changes.push(change('default', field, text))
  }
  if (from.doc !== to.doc) {
    changes.push(change('doc', field, `doc changed to ${JSON.stringify(to.doc ?? '')}`))
  }
  return changes
}

function typeText(from: AvroField, to: AvroField): string {
  const [older, newer] = [avroTypeText(from.type), avroTypeText(to.type)]
  if (older !== newer) return `type changed from ${older} to ${newer}`
  const known = new Set(symbolsOf(from.type))
  const added = symbolsOf(to.type).filter((symbol) => !known.has(symbol))
  return added.length === 0
    ? `type ${newer} changed in its details`
    : `type ${newer} has new symbols: ${added.join(', ')}`
}

function volatileChange(from: AvroRecord, to: AvroRecord, prefix: string): SchemaChange | undefined {
  if (isDeepStrictEqual(from.volatile, to.volatile)) return undefined
  const names = to.volatile ?? []
  const text = `volatile fields are now ${names.length === 0 ? 'none' : names.join(', ')}`
  return change('volatile', prefix.slice(0, -1), text)
}

function change(kind: SchemaChangeKind, field: string, what: string): SchemaChange {
  return { kind, field, text: field === '' ? what : `${field}: ${what}` }
}
