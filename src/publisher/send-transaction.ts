/** What one transaction holds, sent into an open one: what it publishes, then the state that tells where that lies (R1). */
import { markerRecord, type Checkpoint, type Owner, type RowMarks } from '../feed/state-records.ts'
import type { Append, Transaction } from '../kafka/transaction.ts'
import type { Instant } from '../domain/instant.ts'
import { isCompletion } from '../domain/completion.ts'
import { trackOf, type NextOffsets, type RecordPosition, type SourceIdentity } from '../domain/pass.ts'
import type { Receipt, TransactionRequest } from '../replication/ports.ts'
import { appendData, type AppendedOffsets, type TopicAppend } from './append-data.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import type { RowRecords } from './row-records.ts'
import type { TransactionDraft } from './transaction-draft.ts'
import { notificationRecord } from './notification-record.ts'
import { stateRecord } from './transaction-records.ts'

export interface SendContext {
  readonly names: TopicNames
  readonly stateCodec: Pick<
    StateCodec,
    'checkpoint' | 'watermark' | 'marker' | 'certificate' | 'rowTopics' | 'pauses' | 'notification'
  >
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
  const events = draft.data.map(({ resource, byPartition }) => {
    return { name: resource.name, topic: names.data(resource), byPartition }
  })
  const topics = [...events, ...rowAppends(draft.rows, names)]
  const { markers, certificates = [], notifications = [] } = draft.request
  const hasControl = markers.length + certificates.length + notifications.length > 0
  const next = [names.checkpoints, ...(hasControl ? [names.control] : [])]
  const { appended, nextOffsets } = await append(transaction, topics, { ...context, next }, signal)
  const positions = draft.data.map(({ placements }, i) =>
    placements.map(({ partition, index }): RecordPosition => ({
      partition,
      offset: appended[i]?.get(partition)?.[index] ?? -1,
    })),
  )
  const state = stateOf(draft, nextOffsets, context)
  const letters = { topic: names.deadLetters, partition: 0, records: draft.deadLetters }
  const holds = { topic: names.holds, partition: 0, records: draft.holds }
  const appends = [...state, letters, holds].filter(({ records }) => records.length > 0)
  await transaction.send(appends, signal, { goOn: context.goOn })
  return { seq: draft.seq, positions, nextOffsets }
}

/** A transaction that belongs to no pass: rows alone. */
export async function sendRows(
  transaction: Pick<Transaction, 'send'>,
  { seq, rows }: Pick<TransactionDraft, 'seq' | 'rows'>,
  context: Omit<SendContext, 'completedAt'>,
  signal: AbortSignal,
): Promise<Receipt> {
  const { names, stateCodec, owner, generation, startOffsets, source, rows: marks } = context
  const next = [names.checkpoints]
  const { nextOffsets } = await append(transaction, rowAppends(rows, names), { ...context, next }, signal)
  const stamp = { generation, instanceId: owner.instanceId, seq }
  const state = { ...stamp, nextOffsets, startOffsets, rows: marks, source }
  const records = [stateRecord('rows', stateCodec.rowTopics(state))]
  await transaction.send([{ topic: names.checkpoints, partition: 0, records }], signal)
  return { seq, positions: [], nextOffsets }
}

/** What is to be appended to one topic, and under which name its offsets are kept. */
interface NamedAppend extends Pick<TopicAppend, 'topic' | 'byPartition'> {
  readonly name: string
}

function rowAppends(rows: readonly RowRecords[], names: Pick<TopicNames, 'rows'>): readonly NamedAppend[] {
  return rows.map(({ resource, byPartition }) => {
    return { name: resource.rows.topic, topic: names.rows(resource), byPartition }
  })
}

/** Where the records lie, and where the topics end with them. `next`: topics whose turn is then. */
async function append(
  transaction: Pick<Transaction, 'send'>,
  topics: readonly NamedAppend[],
  context: Pick<SendContext, 'nextOffsets' | 'goOn'> & { readonly next: readonly string[] },
  signal: AbortSignal,
): Promise<{ readonly appended: readonly AppendedOffsets[]; readonly nextOffsets: NextOffsets }> {
  const { nextOffsets, goOn } = context
  const next = context.next.map((topic) => ({ topic, partition: 0 }))
  const appends = topics.map((topic) => ({ ...topic, nextOffsets: nextOffsets[topic.name] ?? [] }))
  const appended = await appendData(transaction, appends, signal, { goOn, next })
  const moved = appends.map(({ name, nextOffsets: before }, i) => {
    return [name, offsetsAfter(before, appended[i] ?? new Map())] as const
  })
  return { appended, nextOffsets: { ...nextOffsets, ...Object.fromEntries(moved) } }
}

function offsetsAfter(before: readonly number[], appended: AppendedOffsets): readonly number[] {
  return before.map((next, partition) => {
    const last = appended.get(partition)?.at(-1)
    // The commit's marker takes the offset after the last record.
    return last === undefined ? next : last + 2
  })
}

/** A pass that ended earlier may be committed again, with something noted in it. */
export function isEndOfPass({ markers }: Pick<TransactionRequest, 'markers'>): boolean {
  return markers.some(({ event, progress }) => event === 'completed' && isCompletion(progress))
}

/** The records that tell of the pass: checkpoint, watermark and markers. */
function stateOf(
  { request, seq }: TransactionDraft,
  nextOffsets: NextOffsets,
  context: SendContext,
): readonly Append[] {
  const { names, stateCodec, owner, generation, startOffsets, rows, source } = context
  const { progress, watermark, markers, certificates = [], pauses, notifications = [] } = request
  const stamp = { generation, instanceId: owner.instanceId, seq }
  const completedAt = isEndOfPass(request) ? context.now() : context.completedAt
  const checkpoint: Checkpoint = { ...stamp, progress, nextOffsets, startOffsets, rows, source, completedAt }
  const checkpoints = [stateRecord(trackOf(progress), stateCodec.checkpoint(checkpoint))]
  if (watermark !== null) {
    const moved = { ...stamp, resource: progress.resource, watermark, passId: progress.passId }
    checkpoints.push(stateRecord(`${progress.resource}/watermark`, stateCodec.watermark(moved)))
  }
  if (pauses !== undefined) checkpoints.push(stateRecord('pause', stateCodec.pauses({ ...stamp, pauses })))
  const at = context.now()
  const control = markers.map((marker) => {
    const record = markerRecord(marker, { generation, at, nextOffsets })
    return stateRecord(marker.progress.passId, stateCodec.marker(record))
  })
  for (const certificate of certificates) {
    const topic = names.data({ name: certificate.resource })
    const record = stateCodec.certificate({ ...certificate, topic, generation })
    control.push(stateRecord(certificate.passId, record))
  }
  for (const notification of notifications) {
    control.push(notificationRecord(notification, names.prefix, stateCodec.notification(notification)))
  }
  return [
    { topic: names.checkpoints, partition: 0, records: checkpoints },
    { topic: names.control, partition: 0, records: control },
  ]
}
