import type { JsonValue } from '../../domain/json.ts'
import type { FieldType } from '../api/field-type.ts'

/** How a filter reads a field. */
export interface FieldReader<Row> {
  readonly type: FieldType
  readonly multiSelect: boolean
  value(row: Row): JsonValue
  /** Of a Datetime: seconds since 1970, null where the row has none. */
  seconds(row: Row): number | null
}

/** A field that a filter may name, or what is done with a filter that names it. */
export type FieldResolution<Row> = FieldReader<Row> | 'refused' | 'dropped'

/** What a filter is judged against. */
export interface FilterContext<Row> {
  resolve(field: string): FieldResolution<Row>
  /** Milliseconds since 1970. */
  now(): number
}
