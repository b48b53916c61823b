/** What the passes read of a row of the source (docs/spark-api.md §4.1). */
import { parseInstant, type Instant } from './instant.ts'
import type { JsonValue } from './json.ts'
import { MASKED } from './masked.ts'
import { isPlainText } from './plain-text.ts'
import { parseRecordKey, type RecordKey } from './record-key.ts'

/** The MLS that a record belongs to. */
export const MLS_FIELD = 'MlsId'

/**
 * With `_select` the key is sure to be at `Id` alone (docs/spark-api.md §2.4).
 *
 * @param keyField name of the field, of which `named` is the value; `id` is that of the row's member `Id`
 */
export function keyOf(
  keyField: string,
  named: JsonValue | undefined,
  id: JsonValue | undefined,
): RecordKey | { readonly reason: string } {
  const [key, again] = [stated(named), stated(id)]
  if (key === undefined && again === undefined) return { reason: `the row has neither ${keyField} nor Id` }
  if (key !== undefined && again !== undefined && key !== again) {
    return { reason: `${keyField} and Id are not the same` }
  }
  return (
    parseRecordKey(key ?? again) ?? { reason: `${key === undefined ? 'Id' : keyField} is not a valid key` }
  )
}

/** Null for what is no datetime. */
export function instantOf(value: JsonValue | undefined): Instant | null {
  return typeof value === 'string' ? (parseInstant(value) ?? null) : null
}

/** It goes into a header as it is: half a surrogate pair would be another text there. */
export function mlsIdOf(value: JsonValue | undefined): string | null {
  const isStated = typeof value === 'string' && value !== '' && value !== MASKED
  return isStated && isPlainText(value) ? value : null
}

function stated(value: JsonValue | undefined): JsonValue | undefined {
  return value === null || value === MASKED ? undefined : value
}
