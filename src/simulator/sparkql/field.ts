import type { JsonValue } from '../../domain/json.ts'
import type { FieldType } from '../api/field-type.ts'
import type { Point } from './geometry.ts'

/** `Location` is no field of the metadata: where the record's coordinates lie. */
export type FilterFieldType = FieldType | 'Location'

/** How a filter reads a field. */
export interface FieldReader<Row> {
  readonly type: FilterFieldType
  readonly multiSelect: boolean
  /** Of a Location: an object of `Latitude` and `Longitude`, or null. */
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
  /** Where the row with this Id lies. */
  locate(id: string): Point | undefined
}
