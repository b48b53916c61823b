/** What a transcoder does with each member and each field of the schema: plain data, made from one version of it. */
import avsc, { type Type } from 'avsc'

import type { ResourceDescription } from '../../../domain/resource.ts'
import type { CompiledEvent } from '../../schema/compiled-event.ts'
import type { FieldKind } from '../../schema/field-kind.ts'
import type { Projection } from '../projection.ts'
import type { FieldUse } from '../record-reader.ts'

/** How a value gets from JSON into its field. All but `READ` read no values: they look at bytes. */
export const WAYS = {
  /** By what reads it everywhere else. */
  READ: 0,
  TEXT: 1,
  LONG: 2,
  DOUBLE: 3,
  BOOLEAN: 4,
  DATE: 5,
  TIMESTAMP: 6,
  LIST: 7,
  /** An object whose members are the fields. */
  FIELDS: 8,
} as const
export type Way = (typeof WAYS)[keyof typeof WAYS]

/** What becomes of a member. */
export interface MemberRule {
  readonly way: Way
  /** Where `way` puts the value. */
  readonly cell: number
  /** What reading fills: those that may hold something afterwards. */
  readonly cells: readonly number[]
  /** It is one of the source's fields where those stand in an object of their own. */
  readonly isInner: boolean
  /** The schema has a field of this name, or it is one that is no content. */
  readonly isKnown: boolean
  /** Its name in `maskedFields`; undefined: a masked value is more than that. */
  readonly masked: string | undefined
}

/** The members of one kind of object. */
export interface LevelPlan {
  readonly rules: ReadonlyMap<string, MemberRule>
  /** Of those that have no rule. */
  readonly other: (name: string) => MemberRule
}

/** A field of the record that holds the source's fields. */
export interface CellPlan {
  readonly type: Type
  /** The byte before a value, of the second branch of a union; 0: it is no union, and none is written. */
  readonly branch: number
  /** What is written if there is no value. */
  readonly absent: Uint8Array
}

/** A field of the content. */
export interface PartPlan {
  readonly holds: 'fields' | 'custom' | 'masked' | 'unmapped' | 'nothing'
  readonly type: Type
  readonly absent: Uint8Array
}

export interface TranscoderPlan {
  /** Of the values of custom fields; undefined if the content has none, or others than this program knows. */
  readonly customType: Type | undefined
  readonly record: LevelPlan
  /** Undefined if they are members of the record itself. */
  readonly fields: LevelPlan | undefined
  /** In the order of the schema; one more is written to and not from. */
  readonly cells: readonly CellPlan[]
  readonly parts: readonly PartPlan[]
}

const NOT_KNOWN: MemberRule = {
  way: WAYS.READ,
  cell: -1,
  cells: [],
  isInner: false,
  isKnown: false,
  masked: undefined,
}

/** Undefined if nothing could be encoded under this schema. */
export function planOf({
  projection,
  contentFields,
  sourceFields,
}: CompiledEvent): TranscoderPlan | undefined {
  const { resource, reader } = projection
  reader.begin()
  const cells = sourceFields.map((field, index): CellPlan | undefined => {
    const { type } = field
    const absent = absentBytes(type, reader.cell(index) === undefined ? field.defaultValue() : null)
    return absent && { type, branch: isUnion(type) ? SECOND_BRANCH : 0, absent }
  })
  const parts = contentFields.map((field): PartPlan | undefined => {
    const { type } = field
    const holds = heldBy(field.name, resource)
    const absent =
      holds === 'fields' ? NOTHING : absentBytes(type, EMPTY_PARTS[holds] ?? field.defaultValue())
    return absent && { holds, type, absent }
  })
  if (!cells.every((cell) => cell !== undefined) || !parts.every((part) => part !== undefined))
    return undefined
  const customType = customTypeOf(parts.find(({ holds }) => holds === 'custom')?.type)
  return { ...levelsOf(projection, cells.length), customType, cells, parts }
}

/** The second of a nullable type's branches, as Avro writes its number. */
const SECOND_BRANCH = 2
const NOTHING = new Uint8Array()
const EMPTY_PARTS = { custom: {}, masked: [], unmapped: {}, nothing: undefined }

function levelsOf(
  { resource, reader, place }: Projection,
  noCell: number,
): Pick<TranscoderPlan, 'record' | 'fields'> {
  const isInner = resource.fields.at === 'StandardFields'
  const unknown = (name: string): MemberRule => ({ ...NOT_KNOWN, isInner, masked: place.field(name) })
  const uses = [...reader.uses()]
  const fields = {
    rules: new Map(
      uses.map((use) => [use.name, { ...unknown(use.name), isKnown: true, ...wayOf(use, noCell) }]),
    ),
    // A member of the record that is no field may be more than masked.
    other: isInner ? unknown : () => NOT_KNOWN,
  }
  if (!isInner) return { record: fields, fields: undefined }
  const holder = { ...NOT_KNOWN, way: WAYS.FIELDS }
  return { record: { rules: new Map([['StandardFields', holder]]), other: () => NOT_KNOWN }, fields }
}

/** @param noCell where a value goes that is no content */
function wayOf({ role, kind, cells }: FieldUse, noCell: number): Partial<MemberRule> {
  if (role === 'volatile') return { masked: undefined }
  if (role === 'timestamp') return { way: WAYS.TIMESTAMP, cell: noCell }
  const [cell] = cells
  if (kind === undefined || kind === 'labels' || cell === undefined) return { cells }
  return { way: WAY_OF_KIND[kind], cell, cells }
}

const WAY_OF_KIND: Readonly<Record<FieldKind, Way>> = {
  string: WAYS.TEXT,
  long: WAYS.LONG,
  double: WAYS.DOUBLE,
  boolean: WAYS.BOOLEAN,
  date: WAYS.DATE,
  timestamp: WAYS.TIMESTAMP,
  array: WAYS.LIST,
}

function heldBy(name: string, { events }: ResourceDescription): PartPlan['holds'] {
  if (name === events.fields) return 'fields'
  return PARTS.get(name) ?? 'nothing'
}

const PARTS: ReadonlyMap<string, 'custom' | 'masked' | 'unmapped'> = new Map([
  ['customFields', 'custom'],
  ['maskedFields', 'masked'],
  ['unmappedFields', 'unmapped'],
])

function customTypeOf(type: Type | undefined): Type | undefined {
  return type instanceof avsc.types.MapType && type.toString() === CUSTOM_TYPE ? type.valuesType : undefined
}

const LOOSE_TYPES = ['null', 'boolean', 'double', 'string']
const CUSTOM_TYPE = JSON.stringify({
  type: 'map',
  values: [...LOOSE_TYPES, { type: 'array', items: LOOSE_TYPES }],
})

function isUnion(type: Type): boolean {
  return type.typeName.startsWith('union')
}

/** Undefined if the type has no such value. */
function absentBytes(type: Type, value: unknown): Uint8Array | undefined {
  try {
    return type.toBuffer(value)
  } catch {
    return undefined
  }
}
