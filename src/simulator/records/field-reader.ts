import { parseInstant } from '../../domain/instant.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { FieldReader } from '../sparkql/field.ts'
import type { FieldDefinition } from './field-catalog.ts'
import type { SimulatedRecord } from './simulated-record.ts'

export interface ReaderOptions<R extends SimulatedRecord> {
  /** The field shows when the record was changed last. */
  readonly isStamp: boolean
  /** A filter finds the stamp also where the record shows it masked, or in no form of a time. */
  readonly findsMasked: boolean
  readonly value: (record: R) => JsonValue
}

/** How a filter reads a field. */
export function fieldReader<R extends SimulatedRecord>(
  field: FieldDefinition,
  { isStamp, findsMasked, value }: ReaderOptions<R>,
): FieldReader<R> {
  const showsStamp = (record: R): boolean =>
    isStamp &&
    record.overrides?.get(field.id) !== null &&
    (findsMasked || (!record.overrides?.has(field.id) && !record.masks?.has(field.id)))
  return {
    type: field.type,
    multiSelect: field.values.kind === 'multi',
    value,
    seconds(record) {
      if (showsStamp(record)) return record.modifiedAt / 1000
      const text = value(record)
      const at = typeof text === 'string' ? parseInstant(text) : undefined
      return at === undefined ? null : Math.floor(at / 1000)
    },
  }
}
