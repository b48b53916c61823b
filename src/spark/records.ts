/** Elements of `Results` as records (docs/spark-api.md §4.1). */
import type { Instant } from '../domain/instant.ts'
import { parseJsonValue } from '../domain/json-text.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts'
import type { ChangeStamps, ListedResource, ResourceDescription } from '../domain/resource.ts'
import { instantOf, keyOf, MLS_FIELD, mlsIdOf } from '../domain/row-values.ts'
import type { SourceRecord, UnreadableRecord } from '../domain/source-record.ts'
import type { Selection } from '../replication/ports.ts'
import { textOfBytes } from '../support/utf8-text.ts'
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

/**
 * An element of `Results` by itself: exactly what `readRecords` makes of it within its page. @param from where it begins in the
 * page's bytes; it ends at `to`
 * @throws {SyntaxError} if none stands there
 */
export function readRow(
  resource: ResourceDescription,
  page: Buffer,
  from: number,
  to: number,
): SourceRecord | UnreadableRecord {
  return readRecord(resource, parseJsonValue(textOfBytes(page.subarray(from, to))))
}

export function readRecord(resource: ResourceDescription, body: JsonValue): SourceRecord | UnreadableRecord {
  if (!isJsonObject(body)) return { reason: 'the row is not an object', body }
  const below = resource.fields.at === 'StandardFields' ? body['StandardFields'] : undefined
  // With `_select` the key may stand at the top alone (docs/spark-api.md §2.4).
  const fields = isJsonObject(below) ? below : body
  const key = keyOf(resource.keyField, fields[resource.keyField], body['Id'])
  if (typeof key === 'object') return { reason: key.reason, body }
  return {
    key,
    modificationTimestamp: resource.stamp === null ? null : instantOf(fields[resource.stamp]),
    mlsId: mlsIdOf(fields[MLS_FIELD]),
    changeStamps: stampsOf(resource, fields),
    body,
  }
}

/** `_select` of a walk that needs no more of a record. */
export function keyAndStamp({ keyField, stamp }: ResourceDescription): string {
  return stamp === null ? keyField : `${keyField},${stamp}`
}

/** The parameters of a list that select so much of each record. */
export function selected(resource: ListedResource, select: Selection): Parameters {
  switch (select) {
    case 'keys':
      return { _select: resource.keyField }
    case 'versions':
      return { _select: keyAndStamp(resource) }
    case 'everything':
      return wholeRecords(resource)
  }
}

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

function stampsOf({ changeStamps }: ResourceDescription, fields: JsonObject): ChangeStamps {
  const stamps: Record<string, Instant | null> = {}
  for (const { name, field } of changeStamps) stamps[name] = instantOf(fields[field])
  return stamps
}
