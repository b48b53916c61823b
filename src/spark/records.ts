/** Elements of `Results` as records (docs/spark-api.md §4.1). */
import { parseInstant, type Instant } from '../domain/instant.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts'
import { isPlainText } from '../domain/plain-text.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import type { ChangeStamps, ListedResource, ResourceDescription } from '../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../domain/source-record.ts'
import { MASKED } from '../domain/masked.ts'
import type { Parameters } from './query.ts'

export interface ReadRecords {
  readonly records: readonly SourceRecord[]
  readonly unreadable: readonly UnreadableRecord[]
}

export function readRecords(resource: ResourceDescription, results: readonly JsonValue[]): ReadRecords {
  const records: SourceRecord[] = []
  const unreadable: UnreadableRecord[] = []
  for (const body of results) {
    const row = readRecord(resource, body)
    if ('key' in row) records.push(row)
    else unreadable.push(row)
  }
  return { records, unreadable }
}

export function readRecord(resource: ResourceDescription, body: JsonValue): SourceRecord | UnreadableRecord {
  if (!isJsonObject(body)) return { reason: 'the row is not an object', body }
  const below = resource.fields.at === 'StandardFields' ? body['StandardFields'] : undefined
  // With `_select` the key may stand at the top alone (docs/spark-api.md §2.4).
  const fields = isJsonObject(below) ? below : body
  const key = keyOf(resource, body, fields)
  if (typeof key === 'object') return { reason: key.reason, body }
  return {
    key,
    modificationTimestamp: resource.stamp === null ? null : instantOf(fields[resource.stamp]),
    mlsId: textOf(fields[MLS_FIELD]),
    changeStamps: stampsOf(resource, fields),
    body,
  }
}

/** `_select` of a walk that needs no more of a record. */
export function keyAndStamp({ keyField, stamp }: ResourceDescription): string {
  return stamp === null ? keyField : `${keyField},${stamp}`
}

/** The MLS that a record belongs to. */
const MLS_FIELD = 'MlsId'

/** What is asked of whole records, one or many: the same everywhere, since less or more of one is another content (R5). */
export function wholeRecords({ keyField, stamp, changeStamps, scope }: ListedResource): Parameters {
  const { select, expand } = scope
  const needed = [
    keyField,
    ...(stamp === null ? [] : [stamp]),
    MLS_FIELD,
    ...changeStamps.map(({ field }) => field),
  ]
  return {
    // A blank behind a comma would lose the field.
    _select: select.length === 0 ? undefined : [...new Set([...needed, ...select])].join(','),
    _expand: expand ?? undefined,
  }
}

/** With `_select` the key is sure to be at `Id` alone (docs/spark-api.md §2.4). */
function keyOf(
  { keyField }: ResourceDescription,
  body: JsonObject,
  fields: JsonObject,
): RecordKey | { readonly reason: string } {
  const named = stated(fields[keyField])
  const id = stated(body['Id'])
  if (named === undefined && id === undefined) return { reason: `the row has neither ${keyField} nor Id` }
  if (named !== undefined && id !== undefined && named !== id) {
    return { reason: `${keyField} and Id are not the same` }
  }
  return (
    parseRecordKey(named ?? id) ?? { reason: `${named === undefined ? 'Id' : keyField} is not a valid key` }
  )
}

function stampsOf({ changeStamps }: ResourceDescription, fields: JsonObject): ChangeStamps {
  return Object.fromEntries(changeStamps.map(({ name, field }) => [name, instantOf(fields[field])]))
}

function instantOf(value: JsonValue | undefined): Instant | null {
  return typeof value === 'string' ? (parseInstant(value) ?? null) : null
}

/** It goes into a header as it is: half a surrogate pair would be another text there. */
function textOf(value: JsonValue | undefined): string | null {
  const stated = typeof value === 'string' && value !== '' && value !== MASKED
  return stated && isPlainText(value) ? value : null
}

function stated(value: JsonValue | undefined): JsonValue | undefined {
  return value === null || value === MASKED ? undefined : value
}
