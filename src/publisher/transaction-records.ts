/** From what a transaction says to the records that say it. */
import type { EventCodec } from '../events/event-codec.ts'
import type { OutgoingRecord, RecordValue } from '../kafka/outgoing-record.ts'
import { partitionFor } from '../kafka/partition.ts'
import type { Change } from '../domain/change.ts'
import type { TransactionPart } from '../replication/ports.ts'
import { headersIn, type HeaderContext, type RecordHeaders } from '../feed/record-headers.ts'

/** Where a change's last record lies among its partition's records. */
interface Placement {
  readonly partition: number
  readonly index: number
}

export type ChangeCodec = Pick<EventCodec, 'upserted' | 'deleted'>

interface DataRecord extends OutgoingRecord {
  readonly headers: RecordHeaders
}

/** Of one data topic. */
export interface DataRecords {
  readonly byPartition: ReadonlyMap<number, readonly DataRecord[]>
  /** For each change, in order. */
  readonly placements: readonly Placement[]
}

/** One key, one partition (R6); an event and its tombstone follow each other (R13). */
export function dataRecords(
  { resource, changes }: Pick<TransactionPart, 'resource' | 'changes'>,
  partitions: number,
  codec: ChangeCodec,
  transaction: Omit<HeaderContext, 'resource'>,
): DataRecords {
  const context: HeaderContext = { ...transaction, resource }
  const headersOf = headersIn(context)
  const byPartition = new Map<number, DataRecord[]>()
  const placements: Placement[] = []
  for (const change of changes) {
    const partition = partitionFor(change.key, partitions)
    const records = byPartition.get(partition) ?? []
    byPartition.set(partition, records)
    const { key } = change
    if (change.kind === 'upsert' || resource.events.deletion === 'event-and-tombstone')
      records.push({ key, value: valueOf(change, context, codec), headers: headersOf(change, 'event') })
    if (change.kind === 'deletion')
      records.push({ key, value: null, headers: headersOf(change, 'tombstone') })
    placements.push({ partition, index: records.length - 1 })
  }
  return { byPartition, placements }
}

function valueOf(change: Change, { resource, passId }: HeaderContext, codec: ChangeCodec): RecordValue {
  return change.kind === 'upsert'
    ? codec.upserted(resource, change, passId)
    : codec.deleted(resource, change, passId)
}

/** A record of the publisher's own topics. */
export function stateRecord(key: string, value: Uint8Array): OutgoingRecord {
  return { key, value, headers: [] }
}
