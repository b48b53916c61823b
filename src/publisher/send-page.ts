/** What one transaction holds, sent record by record into an open one (R1). */
import { markerRecord, type Checkpoint, type Owner } from '../feed/state-records.ts'
import type { OutgoingRecord } from '../kafka/chunks.ts'
import type { Transaction } from '../kafka/transactional-producer.ts'
import type { Instant } from '../domain/instant.ts'
import type { NextOffsets, SourceIdentity } from '../domain/pass.ts'
import type { Receipt, TransactionRequest } from '../replication/ports.ts'
import { appendData } from './append-data.ts'
import { deadLetterRecords, deadLetterTombstones } from './dead-letters.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { TopicNames } from '../feed/topics.ts'
import { asBuffer, dataRecords, type ChangeCodec, type DataRecords } from './transaction-records.ts'

/** Encoded before the transaction is opened. */
export interface Draft {
  readonly request: TransactionRequest
  /** Of the transaction; it stays the same when that is repeated. */
  readonly seq: number
  readonly data: DataRecords
  readonly deadLetters: readonly OutgoingRecord[]
}

export interface PageContext {
  readonly names: TopicNames
  readonly stateCodec: Pick<StateCodec, 'checkpoint' | 'watermark' | 'marker'>
  readonly owner: Pick<Owner, 'instanceId'>
  readonly generation: number
  readonly source: SourceIdentity
  readonly startOffsets: NextOffsets
  /** Of all data topics, before the transaction. */
  readonly nextOffsets: NextOffsets
  /** Of the request's resource. */
  readonly partitionEnds: readonly number[]
  /** When a pass of the request's kind was last completed, before this one. */
  readonly completedAt: Instant | null
  readonly now: () => Instant
  /** Asked between the sends; what it throws is the transaction's failure. */
  readonly goOn: () => void
}

export function draftOf(
  request: TransactionRequest,
  seq: number,
  context: {
    readonly names: TopicNames
    readonly eventCodec: ChangeCodec
    readonly partitions: number
    /** Of a record, that the topic of the dead letters takes. @default more than a part has */
    readonly deadLetterBytes?: number | undefined
  },
): Draft {
  const { names, eventCodec, partitions, deadLetterBytes } = context
  return {
    request,
    seq,
    data: dataRecords(request, names.prefix, partitions, eventCodec, seq),
    deadLetters: [
      ...deadLetterRecords(request.deadLetters, names, request.progress.passId, deadLetterBytes),
      ...deadLetterTombstones(request.resource, request.settledLetters, names),
    ],
  }
}

/** Answers what a commit of the transaction would bring. */
export async function sendPage(
  transaction: Pick<Transaction, 'send'>,
  draft: Draft,
  context: PageContext,
  signal: AbortSignal,
): Promise<Receipt> {
  const { names, stateCodec, owner, generation, startOffsets, source, partitionEnds } = context
  const { seq, data } = draft
  const { resource, progress, watermark, markers } = draft.request
  const place = { topic: names.data(resource), nextOffsets: partitionEnds }
  const appended = await appendData(transaction, place, data.byPartition, signal, context.goOn)
  const nextOffsets: NextOffsets = {
    ...context.nextOffsets,
    // The commit's marker takes the offset after the last record.
    [resource.name]: partitionEnds.map((before, partition) => {
      const sent = appended.get(partition)
      return sent === undefined ? before : sent.nextOffset + 1
    }),
  }
  const stamp = { generation, instanceId: owner.instanceId, seq }
  const completedAt = progress.state === 'completed' ? context.now() : context.completedAt
  const checkpoint: Checkpoint = { ...stamp, progress, nextOffsets, startOffsets, source, completedAt }
  const checkpoints = [plain(`${progress.resource}/${progress.pass}`, stateCodec.checkpoint(checkpoint))]
  if (watermark !== null) {
    const moved = { ...stamp, resource: progress.resource, watermark, passId: progress.passId }
    checkpoints.push(plain(`${progress.resource}/watermark`, stateCodec.watermark(moved)))
  }
  await transaction.send(names.checkpoints, 0, checkpoints, signal)
  if (markers.length > 0) {
    const at = context.now()
    const records = markers.map((marker) =>
      plain(
        marker.progress.passId,
        stateCodec.marker(markerRecord(marker, { generation, at, endOffsets: nextOffsets })),
      ),
    )
    await transaction.send(names.control, 0, records, signal)
  }
  if (draft.deadLetters.length > 0) {
    await transaction.send(names.deadLetters, 0, draft.deadLetters, signal)
  }
  const positions = data.placements.map(({ partition, index }) => ({
    partition,
    offset: appended.get(partition)?.offsets[index] ?? -1,
  }))
  return { seq, positions, nextOffsets }
}

/** A record of the publisher's own topics. */
export function plain(key: string, value: Uint8Array): OutgoingRecord {
  return { key, value: asBuffer(value), headers: {} }
}
