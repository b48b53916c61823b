/** What one transaction holds, sent record by record into an open one (R1). */
import { markerRecord, type Checkpoint, type Owner } from '../feed/state-records.ts'
import type { OutgoingRecord } from '../kafka/chunks.ts'
import type { Transaction } from '../kafka/transaction.ts'
import type { Instant } from '../domain/instant.ts'
import type { NextOffsets, RecordPlace, SourceIdentity } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { Receipt, TransactionRequest } from '../replication/ports.ts'
import { InvariantViolation } from '../support/errors.ts'
import { appendData, type AppendedOffsets } from './append-data.ts'
import { deadLetterRecords, deadLetterTombstones } from './dead-letters.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { TopicNames } from '../feed/topics.ts'
import { asBuffer, dataRecords, type ChangeCodec, type DataRecords } from './transaction-records.ts'

/** Encoded before the transaction is opened. */
export interface Draft {
  readonly request: TransactionRequest
  /** Of the transaction; it stays the same when that is repeated. */
  readonly seq: number
  /** Of each part of the request, in order. */
  readonly data: readonly (DataRecords & { readonly resource: ResourceDescription })[]
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
    /** Of each data topic, by resource. */
    readonly partitions: ReadonlyMap<string, number>
    /** Of a record, that the topic of the dead letters takes. @default more than a part has */
    readonly deadLetterBytes?: number | undefined
  },
): Draft {
  const { names, eventCodec, partitions, deadLetterBytes } = context
  const { passId } = request.progress
  const transaction = { prefix: names.prefix, passId, seq }
  const resources = new Set(request.parts.map(({ resource }) => resource.name))
  if (resources.size < request.parts.length) {
    throw new InvariantViolation('One transaction has two parts of the same resource.')
  }
  return {
    request,
    seq,
    data: request.parts.map((part) => ({
      resource: part.resource,
      ...dataRecords(part, partitionsOf(part.resource, partitions), eventCodec, transaction),
    })),
    deadLetters: request.parts.flatMap(({ resource, deadLetters, settledLetters }) => [
      ...deadLetterRecords(deadLetters, names, passId, deadLetterBytes),
      ...deadLetterTombstones(resource, settledLetters, names),
    ]),
  }
}

function partitionsOf({ name }: ResourceDescription, partitions: ReadonlyMap<string, number>): number {
  const count = partitions.get(name)
  if (count === undefined) throw new InvariantViolation(`The feed has no topic for ${name}.`)
  return count
}

/** Answers what a commit of the transaction would bring. */
export async function sendPage(
  transaction: Pick<Transaction, 'send'>,
  draft: Draft,
  context: PageContext,
  signal: AbortSignal,
): Promise<Receipt> {
  const { names } = context
  const nextOffsets = new Map(Object.entries(context.nextOffsets))
  const positions: (readonly RecordPlace[])[] = []
  // One topic after the other: the client looks a topic up before its first send to it, and fails for good if another send
  // loses the connection meanwhile.
  for (const { resource, byPartition, placements } of draft.data) {
    const before = nextOffsets.get(resource.name) ?? []
    const append = { topic: names.data(resource), nextOffsets: before, byPartition }
    const appended = await appendData(transaction, append, signal, context.goOn)
    nextOffsets.set(resource.name, offsetsAfter(before, appended))
    positions.push(
      placements.map(({ partition, index }) => ({
        partition,
        offset: appended.get(partition)?.[index] ?? -1,
      })),
    )
  }
  const receipt: Receipt = { seq: draft.seq, positions, nextOffsets: Object.fromEntries(nextOffsets) }
  await sendState(transaction, draft, receipt.nextOffsets, context, signal)
  if (draft.deadLetters.length > 0) {
    await transaction.send(names.deadLetters, 0, draft.deadLetters, signal)
  }
  return receipt
}

function offsetsAfter(before: readonly number[], appended: AppendedOffsets): readonly number[] {
  return before.map((next, partition) => {
    const last = appended.get(partition)?.at(-1)
    // The commit's marker takes the offset after the last record.
    return last === undefined ? next : last + 2
  })
}

/** The records that tell of the pass: checkpoint, watermark and markers. */
async function sendState(
  transaction: Pick<Transaction, 'send'>,
  { request, seq }: Draft,
  nextOffsets: NextOffsets,
  context: PageContext,
  signal: AbortSignal,
): Promise<void> {
  const { names, stateCodec, owner, generation, startOffsets, source } = context
  const { progress, watermark, markers } = request
  const stamp = { generation, instanceId: owner.instanceId, seq }
  const completedAt = progress.state === 'completed' ? context.now() : context.completedAt
  const checkpoint: Checkpoint = { ...stamp, progress, nextOffsets, startOffsets, source, completedAt }
  const checkpoints = [plain(`${progress.resource}/${progress.pass}`, stateCodec.checkpoint(checkpoint))]
  if (watermark !== null) {
    const moved = { ...stamp, resource: progress.resource, watermark, passId: progress.passId }
    checkpoints.push(plain(`${progress.resource}/watermark`, stateCodec.watermark(moved)))
  }
  await transaction.send(names.checkpoints, 0, checkpoints, signal)
  if (markers.length === 0) return
  const at = context.now()
  const records = markers.map((marker) => {
    const record = markerRecord(marker, { generation, at, endOffsets: nextOffsets })
    return plain(marker.progress.passId, stateCodec.marker(record))
  })
  await transaction.send(names.control, 0, records, signal)
}

/** A record of the publisher's own topics. */
export function plain(key: string, value: Uint8Array): OutgoingRecord {
  return { key, value: asBuffer(value), headers: {} }
}
