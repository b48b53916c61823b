/** What one transaction holds, sent record by record into an open one (R1). */
import { markerRecord, type Checkpoint, type Owner, type RowMarks } from '../feed/state-records.ts'
import type { Transaction } from '../kafka/transaction.ts'
import type { Instant } from '../domain/instant.ts'
import { trackOf, type NextOffsets, type RecordPosition, type SourceIdentity } from '../domain/pass.ts'
import type { Receipt, TransactionRequest } from '../replication/ports.ts'
import { appendData, type AppendedOffsets } from './append-data.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import type { RowRecords } from './row-records.ts'
import type { TransactionDraft } from './transaction-draft.ts'
import { stateRecord } from './transaction-records.ts'

export interface SendContext {
  readonly names: TopicNames
  readonly stateCodec: Pick<StateCodec, 'checkpoint' | 'watermark' | 'marker' | 'rowTopics'>
  readonly owner: Pick<Owner, 'instanceId'>
  readonly generation: number
  readonly source: SourceIdentity
  readonly startOffsets: NextOffsets
  /** After the transaction. */
  readonly rows: RowMarks
  /** Of all data topics, before the transaction. */
  readonly nextOffsets: NextOffsets
  /** When a pass of the request's kind was last completed, before this one. */
  readonly completedAt: Instant | null
  readonly now: () => Instant
  /** Asked between the sends; what it throws is the transaction's failure. */
  readonly goOn: () => void
}

/** Answers what a commit of the transaction would bring. */
export async function sendTransaction(
  transaction: Pick<Transaction, 'send'>,
  draft: TransactionDraft,
  context: SendContext,
  signal: AbortSignal,
): Promise<Receipt> {
  const { names } = context
  const nextOffsets = new Map(Object.entries(context.nextOffsets))
  const positions: (readonly RecordPosition[])[] = []
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
  await appendRows(transaction, draft.rows, nextOffsets, context, signal)
  const receipt: Receipt = { seq: draft.seq, positions, nextOffsets: Object.fromEntries(nextOffsets) }
  await sendState(transaction, draft, receipt.nextOffsets, context, signal)
  if (draft.deadLetters.length > 0) {
    await transaction.send(names.deadLetters, 0, draft.deadLetters, signal)
  }
  return receipt
}

/** A transaction that belongs to no pass: rows alone. */
export async function sendRows(
  transaction: Pick<Transaction, 'send'>,
  { seq, rows }: Pick<TransactionDraft, 'seq' | 'rows'>,
  context: Omit<SendContext, 'completedAt'>,
  signal: AbortSignal,
): Promise<Receipt> {
  const { names, stateCodec, owner, generation, startOffsets, source, rows: marks } = context
  const nextOffsets = new Map(Object.entries(context.nextOffsets))
  await appendRows(transaction, rows, nextOffsets, context, signal)
  const receipt: Receipt = { seq, positions: [], nextOffsets: Object.fromEntries(nextOffsets) }
  const stamp = { generation, instanceId: owner.instanceId, seq }
  const state = { ...stamp, nextOffsets: receipt.nextOffsets, startOffsets, rows: marks, source }
  await transaction.send(names.checkpoints, 0, [stateRecord('rows', stateCodec.rowTopics(state))], signal)
  return receipt
}

/** Moves the next offsets of their topics. */
async function appendRows(
  transaction: Pick<Transaction, 'send'>,
  rows: readonly RowRecords[],
  nextOffsets: Map<string, readonly number[]>,
  { names, goOn }: Pick<SendContext, 'names' | 'goOn'>,
  signal: AbortSignal,
): Promise<void> {
  for (const { resource, byPartition } of rows) {
    const { topic } = resource.rows
    const before = nextOffsets.get(topic) ?? []
    const append = { topic: names.rows(resource), nextOffsets: before, byPartition }
    nextOffsets.set(topic, offsetsAfter(before, await appendData(transaction, append, signal, goOn)))
  }
}

function offsetsAfter(before: readonly number[], appended: AppendedOffsets): readonly number[] {
  return before.map((next, partition) => {
    const last = appended.get(partition)?.at(-1)
    // The commit's marker takes the offset after the last record.
    return last === undefined ? next : last + 2
  })
}

/** A pass that ended earlier may be committed again, with something noted in it. */
export function isCompletion({ markers }: Pick<TransactionRequest, 'markers'>): boolean {
  return markers.some(({ event }) => event === 'completed')
}

/** The records that tell of the pass: checkpoint, watermark and markers. */
async function sendState(
  transaction: Pick<Transaction, 'send'>,
  { request, seq }: TransactionDraft,
  nextOffsets: NextOffsets,
  context: SendContext,
  signal: AbortSignal,
): Promise<void> {
  const { names, stateCodec, owner, generation, startOffsets, rows, source } = context
  const { progress, watermark, markers } = request
  const stamp = { generation, instanceId: owner.instanceId, seq }
  const completedAt = isCompletion(request) ? context.now() : context.completedAt
  const checkpoint: Checkpoint = { ...stamp, progress, nextOffsets, startOffsets, rows, source, completedAt }
  const checkpoints = [stateRecord(trackOf(progress), stateCodec.checkpoint(checkpoint))]
  if (watermark !== null) {
    const moved = { ...stamp, resource: progress.resource, watermark, passId: progress.passId }
    checkpoints.push(stateRecord(`${progress.resource}/watermark`, stateCodec.watermark(moved)))
  }
  await transaction.send(names.checkpoints, 0, checkpoints, signal)
  if (markers.length === 0) return
  const at = context.now()
  const records = markers.map((marker) => {
    const record = markerRecord(marker, { generation, at, nextOffsets })
    return stateRecord(marker.progress.passId, stateCodec.marker(record))
  })
  await transaction.send(names.control, 0, records, signal)
}
