/** `schema show`: one version of the schema, for a person or as it is. */
import type { FeedChoice } from '../../../config/load-settings.ts'
import type { ResourceDescription } from '../../../domain/resource.ts'
import { heldRecord, parseAvroRecord, pathInto, type AvroRecord } from '../../../events/schema/avro-record.ts'
import { avroTypeText } from '../../../events/schema/avro-type-text.ts'
import type { SubjectVersion } from '../../../events/registry/schema-registry.ts'
import { printable } from '../../../support/printable.ts'
import { printJsonText, printLines } from '../../../support/print.ts'
import { requireVersion, schemaSubject } from './subject.ts'
import { alignColumns } from '../../reports/table.ts'

export interface ShowOptions extends FeedChoice {
  readonly resource: ResourceDescription
  /** Of its rows. */
  readonly rows?: true
  /** @default the latest */
  readonly version?: number
  /** The Avro schema itself. */
  readonly json?: true
}

export async function showSchema(
  { resource, rows, version, json, feed }: ShowOptions,
  signal: AbortSignal,
): Promise<number> {
  const subject = schemaSubject(resource, { feed }, rows)
  const found = await requireVersion(subject, version ?? 'latest', signal)
  if (json === true) printJsonText(found.schema)
  else printLines(schemaTable(subject.subject, found))
  return 0
}

/** Which version it is, a line of headings, then a line for each field that is no record. */
export function schemaTable(subject: string, { version, id, schema }: SubjectVersion): readonly string[] {
  const fields = rowsOf(parseAvroRecord(schema), '')
  return [
    `${subject} version ${version}, schema id ${id}: ${fields.length} fields`,
    ...alignColumns([['FIELD', 'TYPE', 'MEANING'], ...fields]),
  ]
}

type Row = readonly [field: string, type: string, meaning: string]

function rowsOf(record: AvroRecord, prefix: string): readonly Row[] {
  return record.fields.flatMap((field): readonly Row[] => {
    const { name, type, doc } = field
    const nested = heldRecord(type)
    if (nested !== undefined) return rowsOf(nested, `${prefix}${pathInto(field)}`)
    // The source's own text may break lines.
    const meaning = (doc ?? '').replaceAll(/\s+/g, ' ')
    return [[printable(`${prefix}${name}`), printable(avroTypeText(type)), printable(meaning)]]
  })
}
