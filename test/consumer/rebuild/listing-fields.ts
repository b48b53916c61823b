import type { FieldDescription } from '../../../src/domain/field-description.ts'

const KINDS = ['Character', 'Integer', 'Decimal', 'Boolean', 'Date', 'Datetime']

/** Of all kinds. */
export const LISTING_FIELDS = [
  ...KINDS.map((type) => fieldDescription({ name: `A${type}`, type })),
  fieldDescription({ name: 'Cooling', type: 'Character', multiSelect: true }),
  fieldDescription({ name: 'WaterfrontYN', type: 'Boolean' }),
  fieldDescription({ name: 'WaterFrontYN', type: 'Boolean' }),
]

export function fieldDescription(
  given: Pick<FieldDescription, 'name' | 'type'> & { readonly multiSelect?: true },
): FieldDescription {
  const { name, multiSelect = false } = given
  const rest = { hasList: multiSelect, searchable: true, nullable: null, group: null, shownFor: null }
  return { label: name, ...rest, ...given, multiSelect }
}
