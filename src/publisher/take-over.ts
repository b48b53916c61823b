/** Becoming the feed's one writer, in the order of R2: `InitProducerId`, the owner record, then what the topics say. */
import { KafkaCommitUnknown, KafkaEpochError } from '../kafka/errors.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { TransactionalProducer, type ProducerOptions } from '../kafka/transactional-producer.ts'
import type { NextOffsets } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { FeedState } from '../domain/feed-state.ts'
import type { CheckpointLog } from '../feed/checkpoint-log.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import { KafkaPublisher, type PublisherOptions } from './kafka-publisher.ts'
import { requireOwner } from './owned-producer.ts'
import { stateRecord } from './transaction-records.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import { InvariantViolation } from '../support/errors.ts'
import { keptRows } from '../feed/row-topics.ts'
import type { RowMarks } from '../feed/state-records.ts'
import { extentOf, extentOfTopics, requireWhole, type TopicExtent } from '../feed/topic-extent.ts'

const MOST_ATTEMPTS = 5

/** What the publisher goes by has to be what the producer tells the broker. */
export type FeedProducerOptions = ProducerOptions & Required<Pick<ProducerOptions, 'transactionTimeoutMs'>>

export interface TakeOverOptions extends Omit<
  PublisherOptions,
  | 'nextOffsets'
  | 'startOffsets'
  | 'completedAt'
  | 'rows'
  | 'generation'
  | 'openProducer'
  | 'transactionTimeoutMs'
  | 'log'
  | 'stateCodec'
> {
  readonly cluster: KafkaCluster
  readonly stateCodec: StateCodec
  readonly log: CheckpointLog
  readonly producer: FeedProducerOptions
  readonly resources: readonly ResourceDescription[]
  /** Those of them that have a topic of rows (`ROW_TOPICS`). */
  readonly withRows: readonly ResourceDescription[]
  /** `snapshot --restart`: a new generation, whatever the topics still hold. */
  readonly restart: boolean
}

export interface TakenOver {
  readonly publisher: KafkaPublisher
  readonly state: FeedState
  /** The index has to be brought up to its end. */
  readonly extent: TopicExtent
}

/** @throws {TopicTruncatedError} if a data topic is shorter than the last checkpoint says and this is no restart. */
export async function takeOver(options: TakeOverOptions, signal: AbortSignal): Promise<TakenOver> {
  const { log, names, restart } = options
  const { producer, end } = await claim(options, signal)
  try {
    // Without its own record in sight it would take the last owner's for a rival's.
    await log.refresh(signal, end)
    requireOwner(options)
    const extent = await extentOfTopics(options, signal)
    if (!restart) requireWhole(log, extent, names)
    const recovered = log.state()
    const state = restart ? restarted(recovered) : recovered
    // Those of topics that this process does not replicate are carried on as they are.
    const nextOffsets = restart ? extent.nextOffsets : { ...log.nextOffsets, ...extent.nextOffsets }
    const startOffsets = restart ? extent.startOffsets : { ...extent.startOffsets, ...log.startOffsets }
    const rowTopics = options.withRows.map(({ rows }) => rows.topic)
    const rowExtent = await extentOf(rowTopics, options, signal)
    const rows = keptRows({ ...options, extent, rowExtent })
    const publisher = new KafkaPublisher(
      {
        ...options,
        nextOffsets: withRowOffsets(nextOffsets, rowExtent.nextOffsets, log.rows, rows),
        startOffsets: withRowOffsets(startOffsets, rowExtent.startOffsets, log.rows, rows),
        rows,
        generation: state.generation,
        completedAt: restart ? new Map() : log.completedAt,
        openProducer: (opening) => openProducer(options, opening),
        transactionTimeoutMs: options.producer.transactionTimeoutMs,
      },
      producer,
    )
    return { publisher, state, extent }
  } catch (error) {
    await producer[Symbol.asyncDispose]()
    throw error
  }
}

/** A topic of rows that is not kept any more is none of the feed's; of one that is kept, compaction moves neither end. */
function withRowOffsets(
  offsets: NextOffsets,
  actual: NextOffsets,
  before: RowMarks,
  kept: RowMarks,
): NextOffsets {
  const others = Object.entries(offsets).filter(([name]) => kept.has(name) || !before.has(name))
  return { ...Object.fromEntries(others), ...actual }
}

interface Claim {
  readonly producer: TransactionalProducer
  /** The offset after the owner record. */
  readonly end: number
}

/** A first transaction with the owner record alone: it fences the last writer and ends what that one left open. */
async function claim(options: TakeOverOptions, signal: AbortSignal): Promise<Claim> {
  const { names, stateCodec, owner } = options
  for (let attempt = 1; ; attempt += 1) {
    const producer = await openProducer(options, signal)
    try {
      const transaction = await producer.begin(signal)
      const record = stateRecord('owner', stateCodec.owner(owner))
      const append = { topic: names.checkpoints, partition: 0, records: [record] }
      const [appended] = await transaction.send([append], signal)
      if (appended === undefined) throw new InvariantViolation('An owner record without an offset.')
      await transaction.commit(signal)
      return { producer, end: appended.nextOffset }
    } catch (error) {
      await producer[Symbol.asyncDispose]()
      // Whether or not it was committed: the same record once more says the same.
      const again = error instanceof KafkaCommitUnknown || error instanceof KafkaEpochError
      if (!again || attempt >= MOST_ATTEMPTS) throw error
    }
  }
}

/** One writer a prefix (R3). */
export function transactionalId(names: Pick<TopicNames, 'prefix'>): string {
  return `${names.prefix}.publisher`
}

function openProducer(
  { cluster, names, producer }: Pick<TakeOverOptions, 'cluster' | 'names' | 'producer'>,
  signal: AbortSignal,
): Promise<TransactionalProducer> {
  return TransactionalProducer.open(cluster, transactionalId(names), producer, signal)
}

function restarted(recovered: FeedState): FeedState {
  return {
    generation: recovered.generation + 1,
    source: recovered.source,
    watermarks: new Map(),
    passes: new Map(),
    ...(recovered.pauses && { pauses: recovered.pauses }),
  }
}
