import { defaultValues } from '../../records/field-catalog.ts'
import type { FieldSpec } from '../../records/field-catalog.ts'

const MAIN = { name: 'General Property Description', category: 'Main' } as const
const REMARKS = { name: 'Remarks & "Misc"', category: 'Main' } as const
const DETAILS = { name: 'Location, Tax/Legal', category: 'Details' } as const

/** Invented custom fields with the awkward names that MLSs give them (docs/spark-api.md §4.9). */
export const CUSTOM_FIELDS: readonly FieldSpec[] = [
  {
    group: MAIN,
    name: 'Guest House SqFt',
    type: 'Integer',
    values: { kind: 'integer', min: 120, max: 1200 },
  },
  {
    group: MAIN,
    name: 'Flood Plain',
    type: 'Character',
    values: { kind: 'choice', options: ['Yes', 'No', 'Unknown'] },
  },
  { group: MAIN, name: 'Lot # / Block', type: 'Character', values: { kind: 'pattern', pattern: '## / #' } },
  {
    group: MAIN,
    name: 'Ceiling Height (ft)',
    type: 'Decimal',
    values: { kind: 'decimal', min: 7, max: 14, digits: 1 },
  },
  { group: REMARKS, name: 'Public Remarks4', type: 'Character', values: { kind: 'words', min: 3, max: 12 } },
  { group: REMARKS, name: 'Furnished?', type: 'Boolean', values: defaultValues('Boolean') },
  {
    group: DETAILS,
    name: 'Water Rights',
    type: 'Character',
    values: { kind: 'multi', options: ['Irrigation', 'Lake', 'River', 'Aïn'] },
  },
  { group: DETAILS, name: 'Survey Date', type: 'Date', values: defaultValues('Date') },
]
