/** Rows of a store that `listingstream rebuild` has filled, as anybody reads them who knows docs/rebuild.md. */
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

import type { ResourceDescription } from '../domain/resource.ts'
import { parseJson } from '../support/parse-json.ts'
import type { UpsertedRecord } from './decoded-events.ts'

const COLUMN = z.object({ column_name: z.string(), type: z.string(), field: z.string() })
/** A row of `_listingstream_columns`. */
export type StoredColumn = z.infer<typeof COLUMN>

export type StoredRow = Readonly<Record<string, unknown>>

/** What the event said that a row was made from; why it was published is not stored. */
export function storedRecord(
  { events, fields: { at }, keyField }: ResourceDescription,
  columns: readonly StoredColumn[],
  row: StoredRow,
): UpsertedRecord {
  const held = new Map(columns.map((column) => [column.field, valueOf(column, row[column.column_name])]))
  const within = `${events.content}.${events.fields}.`
  const fields = [...held].filter(([field]) => field.startsWith(within))
  const key = z.string().parse(held.get(events.key))
  const content = {
    // The source's own field of the key is the key's column.
    ...(at === 'StandardFields' ? { [keyField]: key } : {}),
    ...Object.fromEntries(fields.map(([field, value]) => [field.slice(within.length), value])),
  }
  return {
    key,
    change: 'UNKNOWN',
    modificationTimestamp: z.string().nullish().parse(held.get('modificationTimestamp')) ?? null,
    observedAt: z.string().parse(held.get('observedAt')),
    volatileFields: MEMBERS.parse(held.get('volatileFields')),
    content: {
      fields: content,
      customFields: MEMBERS.parse(held.get(`${events.content}.customFields`) ?? {}),
      maskedFields: z.array(z.string()).parse(held.get(`${events.content}.maskedFields`)),
      unmappedFields: z.record(z.string(), z.string()).parse(held.get(`${events.content}.unmappedFields`)),
    },
  }
}

const MEMBERS = z.record(z.string(), z.unknown())

/** In SQLite; other stores have booleans and JSON as such. */
function valueOf({ type }: StoredColumn, value: unknown): unknown {
  if (type === 'boolean' && typeof value === 'number') return value === 1
  return type === 'json' && typeof value === 'string' ? parseJson(value) : value
}

/** Every record of a resource that a file of SQLite has, by its key. */
export function recordsInSqlite(
  file: string,
  resource: ResourceDescription,
): ReadonlyMap<string, UpsertedRecord> {
  using database = new DatabaseSync(file, { readOnly: true })
  const table = resource.name.replaceAll('-', '_')
  const columns = database
    .prepare('SELECT column_name, type, field FROM _listingstream_columns WHERE table_name = ?')
    .all(table)
    .map((column) => COLUMN.parse(column))
  const records = new Map<string, UpsertedRecord>()
  for (const row of database.prepare(`SELECT * FROM "${table}"`).iterate()) {
    const record = storedRecord(resource, columns, row)
    records.set(record.key, record)
  }
  return records
}
