/**
 * The schema of a resource's `…Upserted`: the hand-written one, filled with the source's fields where those come from its
 * metadata. Versions only ever add fields and symbols, so that each can read every other (FULL_TRANSITIVE).
 */
import type { FieldDescription } from '../../domain/field-description.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { findEnum, withSymbolsOf } from './avro-enum.ts'
import {
  heldRecord,
  nestedRecord,
  nullable,
  parseAvroRecord,
  serializeSchema,
  withRecord,
  type AvroField,
  type AvroRecord,
} from './avro-record.ts'
import { AVRO_TYPES, kindOf, kindOfAvroType, type FieldKind } from './field-kind.ts'

/** By what a version of the schema is made, and used. */
export interface EventOptions {
  readonly resource: ResourceDescription
  /** Setting `VOLATILE_FIELDS`, which is for resources whose schema comes from metadata. */
  readonly volatileFields: readonly string[]
}

export interface EvolveOptions extends EventOptions {
  /** The hand-written schema, as JSON text. */
  readonly written: string
}

/** Fields that are kept out of the content, sorted. */
export function volatileFieldsOf({ resource, volatileFields }: EventOptions): readonly string[] {
  const set = resource.fields.from === 'metadata' ? volatileFields : []
  return [...new Set([...resource.volatileFields, ...set])].sort()
}

/**
 * The version that follows `previous` (JSON text; null for the first one). Its fields and the symbols of its enums stay
 * where they are, as they are; those that the hand-written schema has beside them are added behind, then the fields of the
 * metadata, sorted by name. A field that the source now gives another type gets a second field, `<Field>_<kind>`; one that
 * the source no longer names stays. Returns the same text if there is nothing to add.
 *
 * Without a field (their values travel in `unmappedFields`): names that Avro does not take, a name that the source gives
 * twice with different types, and a second field whose name is taken.
 *
 * @param fields what the metadata describes; none where the schema is written by hand
 */
export function evolve(
  previous: string | null,
  fields: readonly FieldDescription[],
  options: EvolveOptions,
): string {
  const { stamp, events } = options.resource
  const written = parseAvroRecord(options.written)
  const before = withMissing(previous === null ? written : parseAvroRecord(previous), written)
  const content = nestedRecord(before, events.content)
  const source = nestedRecord(content, events.fields)
  const volatile = volatileFieldsOf(options)
  const excluded = new Set([...volatile, ...(stamp === null ? [] : [stamp])])
  const nextSource = { ...source, volatile, fields: addSourceFields(source.fields, fields, excluded) }
  const envelope = withNested(before, events.content, withNested(content, events.fields, nextSource))
  return serializeSchema({ ...envelope, fields: withLast(envelope.fields, events.content) })
}

/** The source's name of a field. */
export function sourceName(field: AvroField): string {
  return field.sourceField ?? field.name
}

function addSourceFields(
  known: readonly AvroField[],
  described: readonly FieldDescription[],
  excluded: ReadonlySet<string>,
): AvroField[] {
  const next = [...known]
  const taken = new Set(known.map(({ name }) => name))
  for (const [name, { kind, field }] of usable(described, excluded)) {
    const holders = next.filter((holder) => sourceName(holder) === name)
    if (holders.some((holder) => kindOfAvroType(holder.type) === kind)) continue
    const avroName = holders.length === 0 ? name : `${name}_${kind}`
    if (taken.has(avroName)) continue
    taken.add(avroName)
    next.push(sourceField(avroName, kind, field))
    if (avroName === name) continue
    const first = next.findIndex((holder) => holder.name === name)
    const retyped = next[first]
    if (retyped !== undefined) next[first] = { ...retyped, doc: seeAlso(retyped.doc, avroName) }
  }
  return next
}

const AVRO_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** What can be a field, sorted by name. */
function usable(
  described: readonly FieldDescription[],
  excluded: ReadonlySet<string>,
): readonly (readonly [string, { kind: FieldKind; field: FieldDescription }])[] {
  const byName = new Map<string, { kind: FieldKind; field: FieldDescription }>()
  const ambiguous = new Set<string>()
  for (const field of described) {
    const kind = kindOf(field)
    const earlier = byName.get(field.name)
    if (earlier !== undefined && earlier.kind !== kind) ambiguous.add(field.name)
    // avsc takes __proto__ for a name and breaks on it later (docs/kafka.md §10).
    const legal = AVRO_NAME.test(field.name) && field.name !== '__proto__'
    if (legal && earlier === undefined && !excluded.has(field.name)) byName.set(field.name, { kind, field })
  }
  const compare = (a: string, b: string): number => (a < b ? -1 : 1)
  return [...byName].filter(([name]) => !ambiguous.has(name)).sort(([a], [b]) => compare(a, b))
}

function sourceField(avroName: string, kind: FieldKind, field: FieldDescription): AvroField {
  const doc = describe(field)
  const base = { name: avroName, type: AVRO_TYPES[kind], default: null }
  if (avroName === field.name) return { ...base, doc }
  return {
    ...base,
    doc: `${doc} The source first gave ${field.name} another type; the field ${field.name} still holds the value where it fits.`,
    sourceField: field.name,
  }
}

/** Of a new field; the doc of one that is there stays as it is, so that a new label is no new version. */
function describe({ label, type, hasList, multiSelect, shownFor }: FieldDescription): string {
  const several = multiSelect ? ', several values' : ''
  const list = hasList ? ', from a list' : ''
  const types = shownFor === null || shownFor.length === 0 ? '' : ` Property types: ${shownFor.join(', ')}.`
  return `${label}. Type at the source: ${type === '' ? 'not said' : type}${several}${list}.${types}`
}

function seeAlso(doc: string | undefined, avroName: string): string {
  return `${doc ?? ''} The source later gave it another type: see ${avroName}.`.trimStart()
}

/** The record with the fields that the other one has beside its own, in the records within them, too, and its symbols. */
function withMissing(known: AvroRecord, wanted: AvroRecord): AvroRecord {
  const names = new Set(known.fields.map(({ name }) => name))
  const fields = known.fields.map((field) => {
    const other = wanted.fields.find(({ name }) => name === field.name)
    return other === undefined ? field : { ...field, type: typeWithMissing(field.type, other.type) }
  })
  return { ...known, fields: [...fields, ...wanted.fields.filter(({ name }) => !names.has(name))] }
}

function typeWithMissing(known: unknown, wanted: unknown): unknown {
  const symbols = findEnum(wanted)
  if (symbols !== undefined) return withSymbolsOf(known, symbols)
  const other = heldRecord(wanted)
  if (other === undefined) return known
  return withRecord(known, (record) => (record.name === other.name ? withMissing(record, other) : record))
}

function withNested(record: AvroRecord, field: string, nested: AvroRecord): AvroRecord {
  const fields = record.fields.map((holder) =>
    holder.name === field ? { ...holder, type: nullable(nested) } : holder,
  )
  return { ...record, fields }
}

/** The content comes last, so that its bytes can be appended to the rest. */
function withLast(fields: readonly AvroField[], last: string): AvroField[] {
  return [...fields.filter(({ name }) => name !== last), ...fields.filter(({ name }) => name === last)]
}
