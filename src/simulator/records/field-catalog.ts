import { z } from 'zod'

import { ListingstreamError } from '../../support/errors.ts'
import { FIELD_TYPES } from '../api/field-type.ts'
import type { FieldType } from '../api/field-type.ts'
import { hashText } from '../prng.ts'

/**
 * What a field's values look like. `fact`: the record's own state, of which its collection tells; with options if the metadata
 * lists its values.
 */
export type ValueKind =
  | { readonly kind: 'fact'; readonly options: readonly string[] }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'multi'; readonly options: readonly string[] }
  | { readonly kind: 'words'; readonly min: number; readonly max: number }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'decimal'; readonly min: number; readonly max: number; readonly digits: number }
  | { readonly kind: 'boolean' | 'date' | 'datetime' }

export interface FieldDefinition {
  /** Stays the same when the field is renamed; values hang on it. */
  readonly id: string
  /** For custom fields the bare name. */
  readonly name: string
  readonly group: { readonly name: string; readonly category: 'Main' | 'Details' } | null
  readonly type: FieldType
  readonly values: ValueKind
  /** Share of records in which it is null, 0–1. */
  readonly nullRate: number
  /** The role may not see it: `********` in its place (docs/spark-api.md §4.2). */
  readonly masked: boolean
  readonly inMetadata: boolean
  readonly inListings: boolean
  /** A filter may name it. */
  readonly searchable: boolean
  readonly seed: number
}

export type FieldSpec = Pick<FieldDefinition, 'name' | 'type' | 'values'> &
  Partial<Pick<FieldDefinition, 'nullRate' | 'masked' | 'inMetadata' | 'inListings' | 'searchable' | 'group'>>

export function defineField(spec: FieldSpec): FieldDefinition {
  const { group = null } = spec
  const id = group === null ? spec.name : `"${group.name}"."${spec.name}"`
  return {
    nullRate: 0.3,
    masked: false,
    inMetadata: true,
    inListings: true,
    searchable: true,
    ...spec,
    group,
    id,
    seed: hashText(id),
  }
}

const common = { custom: z.boolean().default(false), name: z.string().min(1) }
export const metadataChangeSchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('add'),
    ...common,
    type: z.enum(FIELD_TYPES),
    multiSelect: z.boolean().default(false),
    nullRate: z.number().min(0).max(1).default(0.5),
    /** Of a custom field. */
    group: z.string().min(1).default('Main Information'),
    /** A field can be named in the metadata and be missing from the listings, and the other way round. */
    inMetadata: z.boolean().default(true),
    inListings: z.boolean().default(true),
  }),
  z.strictObject({ action: z.literal('remove'), ...common }),
  z.strictObject({ action: z.literal('retype'), ...common, type: z.enum(FIELD_TYPES) }),
  z.strictObject({ action: z.literal('rename'), ...common, to: z.string().min(1) }),
])
/** A change of the field list while the simulator runs; metadata and listings both follow. */
export type MetadataChange = z.input<typeof metadataChangeSchema>

/** The fields of one metadata service, in order of definition. */
export class FieldCatalog {
  #fields: readonly FieldDefinition[]
  #byName = new Map<string, FieldDefinition>()
  #updatedAt: number

  constructor(fields: readonly FieldSpec[], updatedAt: number) {
    this.#fields = fields.map(defineField)
    this.#updatedAt = updatedAt
    this.#index()
  }

  get fields(): readonly FieldDefinition[] {
    return this.#fields
  }

  /** Milliseconds since 1970. */
  get updatedAt(): number {
    return this.#updatedAt
  }

  /** By name; a custom field by `"Group"."Field"`. */
  find(name: string): FieldDefinition | undefined {
    return this.#byName.get(name)
  }

  apply(change: z.output<typeof metadataChangeSchema>, at: number): void {
    this.#fields = this.#changed(change)
    this.#updatedAt = at
    this.#index()
  }

  #changed(change: z.output<typeof metadataChangeSchema>): readonly FieldDefinition[] {
    if (change.action === 'add') {
      const { name, type, nullRate, inMetadata, inListings } = change
      const group = change.custom ? { name: change.group, category: 'Main' as const } : null
      const values = change.multiSelect ? ADDED_MULTI : defaultValues(type)
      return [...this.#fields, defineField({ name, type, values, nullRate, inMetadata, inListings, group })]
    }
    const target = this.#byName.get(change.name)
    if (target === undefined) {
      throw new ListingstreamError(`There is no field ${change.name}. Name one that the metadata lists.`, {
        code: 'SIMULATOR_UNKNOWN_FIELD',
        retryable: false,
        disposition: 'stop',
      })
    }
    switch (change.action) {
      case 'remove':
        return this.#fields.filter((field) => field !== target)
      case 'retype':
        return this.#fields.map((field) =>
          field === target ? { ...field, type: change.type, values: defaultValues(change.type) } : field,
        )
      case 'rename':
        return this.#fields.map((field) => (field === target ? { ...field, name: change.to } : field))
    }
  }

  #index(): void {
    this.#byName = new Map(this.#fields.map((field) => [qualifiedName(field), field]))
  }
}

/** As SparkQL writes it: the name, or `"Group"."Field"`. */
export function qualifiedName(field: FieldDefinition): string {
  return field.group === null ? field.name : `"${field.group.name}"."${field.name}"`
}

const ADDED_MULTI: ValueKind = { kind: 'multi', options: ['First', 'Second', 'Third', 'Other/None'] }

/** Values for a type of which nothing else is known. */
export function defaultValues(type: FieldType): ValueKind {
  switch (type) {
    case 'Character':
      return { kind: 'words', min: 1, max: 3 }
    case 'Integer':
      return { kind: 'integer', min: 0, max: 400 }
    case 'Decimal':
      return { kind: 'decimal', min: 0, max: 20_000, digits: 2 }
    case 'Boolean':
      return { kind: 'boolean' }
    case 'Date':
      return { kind: 'date' }
    case 'Datetime':
      return { kind: 'datetime' }
  }
}
