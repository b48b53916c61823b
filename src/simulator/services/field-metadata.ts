/** What the metadata services tell of a field (docs/spark-api.md §4.9). */
import type { JsonObject } from '../../domain/json.ts'
import { PROPERTY_TYPES } from '../collections/listings/property-types.ts'
import type { FieldCatalog, FieldDefinition } from '../records/field-catalog.ts'

const ALL_TYPES = PROPERTY_TYPES.map(({ code }) => code)

/** Its list is the MLSs of the data share. */
export const SHARE_FIELD = 'MlsId'

/** A value that a field with a list may have. */
export interface FieldOption extends JsonObject {
  readonly Name: string
  readonly Value: string
  readonly AppliesTo: readonly string[]
}

export function fieldOption(value: string, name = value): FieldOption {
  return { Name: name, Value: value, AppliesTo: ALL_TYPES }
}

export function fieldOptions({ values }: FieldDefinition): readonly FieldOption[] {
  return 'options' in values ? values.options.map((option) => fieldOption(option)) : []
}

export function listedFields({ fields }: FieldCatalog): readonly FieldDefinition[] {
  return fields.filter((field) => field.inMetadata)
}

/** Any attribute may be missing, so Booleans go without those of lists. */
export function standardField(field: FieldDefinition): JsonObject {
  const lists = { HasList: hasList(field), MultiSelect: field.values.kind === 'multi' }
  return {
    ResourceUri: `/v1/standardfields/${field.name}`,
    Label: labelOf(field.name),
    Type: field.type,
    Searchable: field.searchable,
    ...(field.type === 'Boolean' ? {} : lists),
    ...(hasList(field) ? { MaxListSize: 200 } : {}),
    Nullable: field.nullRate > 0,
    Currency: field.name.endsWith('Price'),
    Format: null,
    MlsVisible: { PropertyTypes: ALL_TYPES },
    AllMlsVisible: { PropertyTypes: ['A'] },
  }
}

/** Its shape is not known. */
export function accountField(field: FieldDefinition): JsonObject {
  return {
    Label: labelOf(field.name),
    Type: field.type,
    Searchable: field.searchable,
    HasList: hasList(field),
    FieldList: fieldOptions(field).map(({ Name, Value }) => ({ Name, Value })),
  }
}

export function customField(field: FieldDefinition): JsonObject {
  return {
    // Blanks stay as they are.
    ResourceUri: `/v1/customfields/${field.name}`,
    Label: field.name,
    Type: field.type,
    Searchable: field.searchable,
    HasList: hasList(field),
    MultiSelect: field.values.kind === 'multi',
    MaxListSize: hasList(field) ? 200 : false,
    MlsVisible: ALL_TYPES,
    AllMlsVisible: [],
    FieldCategory: field.group?.category ?? null,
  }
}

function hasList(field: FieldDefinition): boolean {
  return field.name === SHARE_FIELD || fieldOptions(field).length > 0
}

/** `BedsTotal` as `Beds Total`. */
function labelOf(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
}
