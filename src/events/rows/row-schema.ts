/** The schema of a resource's rows. Versions only ever add columns, so that each can read every other (FULL_TRANSITIVE). */
import type { ResourceDescription } from '../../domain/resource.ts'
import { NAMESPACE } from '../registry/subject-name.ts'
import { parseAvroRecord, serializeSchema, type AvroRecord } from '../schema/avro-record.ts'
import type { RowColumn } from './row-columns.ts'

/**
 * The version that follows `previous` (JSON text; null for the first one): its columns stay as they are, those that the
 * event's schema has beside them are added behind. The same text if there is nothing to add.
 */
export function nextRowSchema(
  previous: string | null,
  columns: readonly RowColumn[],
  { rows, events }: ResourceDescription,
): string {
  const before = previous === null ? noColumns(rows.record, events.upserted) : parseAvroRecord(previous)
  const names = new Set(before.fields.map(({ name }) => name))
  const added = columns.map(({ field }) => field).filter(({ name }) => !names.has(name))
  return serializeSchema({ ...before, fields: [...before.fields, ...added] })
}

function noColumns(name: string, event: string): AvroRecord {
  return {
    type: 'record',
    name,
    namespace: NAMESPACE,
    doc: `The last ${event} of a key as one flat row; a tombstone says that the key is gone. Dates and timestamps are Avro's, lists, maps and records JSON text. Columns are only added.`,
    fields: [],
  }
}
