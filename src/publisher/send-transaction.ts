/** What one transaction holds, sent record by record into an open one (R1). */
import { markerRecord, type Checkpoint, type Owner } from '../feed/state-records.ts'
import type { Transaction } from '../kafka/transaction.ts'
import type { Instant } from '../domain/instant.ts'
import { trackOf, type NextOffsets, type RecordPosition, type SourceIdentity } from '../domain/pass.ts'
import type { Receipt, TransactionRequest } from '../replication/ports.ts'
import { appendData, type AppendedOffsets } from './append-data.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import type { TransactionDraft } from './transaction-draft.ts'
import { stateRecord } from './transaction-records.ts'

export interface SendContext {
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
  const { names, stateCodec, owner, generation, startOffsets, source } = context
  const { progress, watermark, markers } = request
  const stamp = { generation, instanceId: owner.instanceId, seq }
  const completedAt = isCompletion(request) ? context.now() : context.completedAt
  const checkpoint: Checkpoint = { ...stamp, progress, nextOffsets, startOffsets, source, completedAt }
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
