/** From the records of a transaction's events to those of the rows that say the same (`ROW_TOPICS`). */
import type { RowCodec } from '../events/rows/row-codec.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { rowHeaders, type KeyedRow } from '../feed/row-headers.ts'
import { wholeValue, type OutgoingRecord } from '../kafka/outgoing-record.ts'
import { partitionFor } from '../kafka/partition.ts'
import type { TransactionPart } from '../replication/ports.ts'
import { InvariantViolation } from '../support/errors.ts'
import type { DataRecords } from './transaction-records.ts'

/** Of one topic of rows. */
export interface RowRecords {
  readonly resource: ResourceDescription
  readonly byPartition: ReadonlyMap<number, readonly OutgoingRecord[]>
}

/** One row an upsert, one tombstone a delete. */
export function rowsOf(
  { resource, changes }: Pick<TransactionPart, 'resource' | 'changes'>,
  { byPartition, placements }: DataRecords,
  partitions: number,
  codec: Pick<RowCodec, 'row'>,
): RowRecords['byPartition'] {
  const rows = changes.map((change, i): KeyedRow => {
    const { partition = -1, index = -1 } = placements[i] ?? {}
    // Of a delete the tombstone.
    const last = byPartition.get(partition)?.[index]
    if (last === undefined) throw new InvariantViolation(`A change of ${change.key} has no record.`)
    const value = last.value === null ? null : codec.row(resource, wholeValue(last.value))
    return { key: change.key, value, headers: rowHeaders(resource, last.headers) }
  })
  return placed(rows, partitions)
}

/** One key, one partition, as of the events. */
export function placed(rows: readonly KeyedRow[], partitions: number): RowRecords['byPartition'] {
  const byPartition = new Map<number, OutgoingRecord[]>()
  for (const { key, value, headers } of rows) {
    const partition = partitionFor(key, partitions)
    const records = byPartition.get(partition) ?? []
    byPartition.set(partition, records)
    records.push({ key, value, headers })
  }
  return byPartition
}
