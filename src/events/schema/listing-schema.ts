/**
 * The schema of `ListingUpserted`: the hand-written envelope, filled with the source's standard fields (design.md §4.3).
 * Versions only ever add fields, so that each can read every other (FULL_TRANSITIVE).
 */
import type { FieldDescription } from '../../domain/field-description.ts'
import {
  nestedRecord,
  nullable,
  parseAvroRecord,
  serializeSchema,
  type AvroField,
  type AvroRecord,
} from './avro-record.ts'
import { AVRO_TYPES, kindOf, kindOfAvroType, type FieldKind } from './field-kind.ts'
import { readSchemaFile } from './schema-file.ts'

export interface ListingSchemaOptions {
  /** Fields that are kept out of `standardFields` (setting `VOLATILE_FIELDS`). */
  readonly volatileFields: readonly string[]
  /** The field that stands in the envelope instead. */
  readonly timestampField: string | null
}

/** The first version, as JSON text. */
export function listingSchema(fields: readonly FieldDescription[], options: ListingSchemaOptions): string {
  return evolve(null, fields, options)
}

/**
 * The version that follows `previous` (JSON text; null for the first one). Its fields stay where they are, as they are;
 * new ones are added behind, sorted by name. A field that the source now gives another type gets a second field,
 * `<Field>_<kind>`; one that the source no longer names stays. Returns the same text if there is nothing to add.
 *
 * Without a field (their values travel in `unmappedFields`): names that Avro does not take, a name that the source gives
 * twice with different types, and a second field whose name is taken.
 */
export function evolve(
  previous: string | null,
  fields: readonly FieldDescription[],
  options: ListingSchemaOptions,
): string {
  const ours = parseAvroRecord(readSchemaFile('ListingUpserted'))
  const before = previous === null ? ours : parseAvroRecord(previous)
  const listing = nestedRecord(before, 'listing')
  const standard = nestedRecord(listing, 'standardFields')

  const volatile = [...new Set(options.volatileFields)].sort()
  const excluded = new Set([
    ...volatile,
    ...(options.timestampField === null ? [] : [options.timestampField]),
  ])
  const nextStandard = { ...standard, volatile, fields: addStandardFields(standard.fields, fields, excluded) }
  const ourListing = nestedRecord(ours, 'listing')
  const nextListing = withNested(
    { ...listing, fields: addMissing(listing.fields, ourListing.fields) },
    'standardFields',
    nextStandard,
  )
  const envelope = withNested(
    { ...before, fields: addMissing(before.fields, ours.fields) },
    'listing',
    nextListing,
  )
  return serializeSchema({ ...envelope, fields: withLast(envelope.fields, 'listing') })
}

/** The source's name of a standard field. */
export function sourceName(field: AvroField): string {
  return field.sourceField ?? field.name
}

function addStandardFields(
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
    next.push(standardField(avroName, kind, field))
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
    // avsc takes __proto__ for a name and breaks on it later (kafka-client.md §10).
    const legal = AVRO_NAME.test(field.name) && field.name !== '__proto__'
    if (legal && earlier === undefined && !excluded.has(field.name)) byName.set(field.name, { kind, field })
  }
  const compare = (a: string, b: string): number => (a < b ? -1 : 1)
  return [...byName].filter(([name]) => !ambiguous.has(name)).sort(([a], [b]) => compare(a, b))
}

function standardField(avroName: string, kind: FieldKind, field: FieldDescription): AvroField {
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

function addMissing(known: readonly AvroField[], wanted: readonly AvroField[]): AvroField[] {
  const names = new Set(known.map(({ name }) => name))
  return [...known, ...wanted.filter(({ name }) => !names.has(name))]
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
