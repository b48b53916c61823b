/** From what a transaction says to the records that say it. */
import type { EventCodec } from '../events/event-codec.ts'
import type { OutgoingRecord } from '../kafka/chunks.ts'
import { partitionFor } from '../kafka/partition.ts'
import type { Change } from '../domain/change.ts'
import type { TransactionPart } from '../replication/ports.ts'
import { headersOf, type HeaderContext, type RecordRole } from '../feed/record-headers.ts'

/** Where a change's last record lies among its partition's records. */
interface Placement {
  readonly partition: number
  readonly index: number
}

export type ChangeCodec = Pick<EventCodec, 'upserted' | 'deleted'>

/** Of one data topic. */
export interface DataRecords {
  readonly byPartition: ReadonlyMap<number, readonly OutgoingRecord[]>
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
  const byPartition = new Map<number, OutgoingRecord[]>()
  const placements: Placement[] = []
  for (const change of changes) {
    const partition = partitionFor(change.key, partitions)
    const records = byPartition.get(partition) ?? []
    byPartition.set(partition, records)
    if (change.kind === 'upsert' || resource.events.deletion === 'event-and-tombstone')
      records.push(record(change, 'event', valueOf(change, context, codec), context))
    if (change.kind === 'deletion') records.push(record(change, 'tombstone', null, context))
    placements.push({ partition, index: records.length - 1 })
  }
  return { byPartition, placements }
}

function valueOf(change: Change, { resource, passId }: HeaderContext, codec: ChangeCodec): Buffer {
  return asBuffer(
    change.kind === 'upsert'
      ? codec.upserted(resource, change, passId)
      : codec.deleted(resource, change, passId),
  )
}

/** kafkajs takes Buffers; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A record of the publisher's own topics. */
export function stateRecord(key: string, value: Uint8Array): OutgoingRecord {
  return { key, value: asBuffer(value), headers: {} }
}

function record(
  change: Change,
  role: RecordRole,
  value: Buffer | null,
  context: HeaderContext,
): OutgoingRecord {
  return { key: change.key, value, headers: headersOf(change, role, context) }
}
