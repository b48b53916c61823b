export const FIELD_TYPES = ['Character', 'Integer', 'Decimal', 'Boolean', 'Date', 'Datetime'] as const
/** The types that `/v1/standardfields` names (docs/spark-api.md §4.9). */
export type FieldType = (typeof FIELD_TYPES)[number]
