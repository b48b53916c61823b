/** Headers of rows and of their tombstones: CloudEvents 1.0 in binary mode, as those of the events that they follow. */
import type { ResourceDescription } from '../domain/resource.ts'
import { HEADERS } from '../events/header-names.ts'
import { NAMESPACE } from '../events/registry/subject-name.ts'
import type { RecordHeaders } from './record-headers.ts'

/** What is said of a key in a topic of rows. */
export interface KeyedRow {
  readonly key: string
  /** In the wire format; null is a tombstone. */
  readonly value: Uint8Array | null
  readonly headers: RecordHeaders
}

/** What of a record's headers its row has, too. */
const SHARED: ReadonlySet<string> = new Set([
  HEADERS.specVersion,
  HEADERS.source,
  HEADERS.subject,
  HEADERS.time,
  HEADERS.contentType,
])

/** @param last headers of the key's last record in the topic of the events */
export function rowHeaders({ rows }: ResourceDescription, last: RecordHeaders): RecordHeaders {
  const id = last.find(({ name }) => name === HEADERS.id)?.value ?? ''
  return [
    ...last.filter(({ name }) => SHARED.has(name)),
    // The row of an event is the same, however often it is written.
    { name: HEADERS.id, value: `${id}-row` },
    { name: HEADERS.type, value: `${NAMESPACE}.${rows.record}` },
  ]
}
