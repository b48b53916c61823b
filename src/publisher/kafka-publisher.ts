/**
 * The port `ChangePublisher` on Kafka: events, checkpoint, watermark and markers of a page in one transaction (R1), and the
 * settling of what happened when an answer is missing (R3).
 */
import type { EventCodec } from '../events/event-codec.ts'
import { markerRecord, type Checkpoint, type Owner } from '../events/state-records.ts'
import type { OutgoingRecord } from '../kafka/chunks.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { KafkaCommitUnknown, KafkaEpochError } from '../kafka/errors.ts'
import {
  TransactionalProducer,
  type ProducerOptions,
  type Transaction,
} from '../kafka/transactional-producer.ts'
import type { Instant } from '../listing/instant.ts'
import type { NextOffsets, SourceIdentity } from '../listing/pass.ts'
import type { ResourceDescription, ResourceName } from '../listing/resource.ts'
import type { ChangePublisher, Receipt, TransactionRequest } from '../replication/ports.ts'
import { graceAfter, sleep } from '../support/abort.ts'
import { isRetryable, ListingstreamError } from '../support/errors.ts'
import { appendData } from './append-data.ts'
import type { CheckpointLog } from './checkpoint-log.ts'
import { deadLetterRecords, deadLetterTombstones } from './dead-letters.ts'
import { CommitUnsettledError, FencedError, TopicTruncatedError } from './publisher-errors.ts'
import type { TopicNames } from './topics.ts'
import { asBuffer, dataRecords, type DataRecords } from './transaction-records.ts'

/** Transactions of one page that failed for an epoch or an unproved append before it is given up. */
const MOST_ATTEMPTS = 5
const SETTLE_PAUSE_MS = 1_000
/** So long has a rival to say that it is the owner, after its producer fenced this one's (R3). */
const GIVE_WAY_MS = 2_000
const GIVE_WAY_POLL_MS = 100
/** After a stop was asked for, an open transaction may still take so long (the process has ten seconds). */
const GRACE_MS = 5_000

export interface PublisherOptions {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly codec: EventCodec
  readonly log: CheckpointLog
  readonly owner: Owner
  readonly generation: number
  readonly source: SourceIdentity
  /** Of the data topics, as they were when the feed was taken over. */
  readonly nextOffsets: NextOffsets
  /** Log start offsets of the data topics when the generation began. */
  readonly startOffsets: NextOffsets
  /** Partition count of each data topic, by resource. */
  readonly partitions: ReadonlyMap<string, number>
  readonly producer: ProducerOptions
  /** How long an outage may keep a commit in doubt; undefined waits as long as it takes (the daemon). */
  readonly settleWithinMs: number | undefined
  /** Seconds are measured from the first send to the commit's answer. */
  readonly onTransaction: (seconds: number) => void
  readonly onDoubt: (error: unknown) => void
  readonly now: () => Instant
}

interface Draft {
  readonly request: TransactionRequest
  readonly data: DataRecords
  readonly deadLetters: readonly OutgoingRecord[]
}

export class KafkaPublisher implements ChangePublisher, AsyncDisposable {
  readonly #options: PublisherOptions
  #producer: TransactionalProducer | undefined
  /** Begun with the producer, so that `InitProducerId` is done before the topics are read (R2). */
  #begun: Transaction | undefined
  #seq: number
  #nextOffsets: NextOffsets
  /** What a commit would bring whose answer is still missing. */
  #pending: Receipt | undefined

  /** `producer` has committed the owner record; `log` and `nextOffsets` were read after that (R2). */
  constructor(options: PublisherOptions, producer: TransactionalProducer) {
    this.#options = options
    this.#producer = producer
    this.#seq = options.log.seq
    this.#nextOffsets = options.nextOffsets
  }

  nextOffsets(resource: ResourceName): readonly number[] {
    const known = this.#nextOffsets[resource]
    return known ?? Array.from({ length: this.#partitionsOf({ name: resource }) }, () => 0)
  }

  async commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    const { codec, names } = this.#options
    const draft: Draft = {
      request,
      data: dataRecords(request, names.prefix, this.#partitionsOf(request.resource), codec),
      deadLetters: [
        ...deadLetterRecords(request.deadLetters, names, request.progress.passId),
        ...deadLetterTombstones(request.resource, request.settledLetters, names),
      ],
    }
    using grace = graceAfter(signal, GRACE_MS)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(draft, grace.signal)
      } catch (error) {
        await this.#discardProducer()
        if (error instanceof TopicTruncatedError) await this.#noteTruncation(error, grace.signal)
        if (isEpochError(error)) await this.#giveWay(grace.signal)
        const settled =
          error instanceof KafkaCommitUnknown ? await this.#settle(error, grace.signal) : undefined
        if (settled !== undefined) return settled
        if (!mayTryAgain(error) || attempt >= MOST_ATTEMPTS) throw error
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#discardProducer()
  }

  async #attempt(draft: Draft, signal: AbortSignal): Promise<Receipt> {
    const transaction = await this.#begin(signal)
    const started = performance.now()
    const receipt = await this.#send(transaction, draft, signal)
    this.#pending = receipt
    await transaction.commit(signal)
    this.#accept(receipt)
    this.#options.onTransaction((performance.now() - started) / 1000)
    return receipt
  }

  #accept(receipt: Receipt): void {
    this.#pending = undefined
    this.#seq = receipt.seq
    this.#nextOffsets = receipt.nextOffsets
  }

  async #send(transaction: Transaction, draft: Draft, signal: AbortSignal): Promise<Receipt> {
    const { names, codec, owner, generation, startOffsets, source } = this.#options
    const { request, data } = draft
    const { resource, progress, watermark, markers } = request
    const place = { topic: names.data(resource), nextOffsets: this.nextOffsets(resource.name) }
    const appended = await appendData(transaction, place, data.byPartition, signal)
    const nextOffsets: NextOffsets = {
      ...this.#nextOffsets,
      // The commit's marker takes the offset after the last record.
      [resource.name]: this.nextOffsets(resource.name).map((before, partition) => {
        const sent = appended.get(partition)
        return sent === undefined ? before : sent.nextOffset + 1
      }),
    }
    const stamp = { generation, instanceId: owner.instanceId, seq: this.#seq + 1 }
    const checkpoint: Checkpoint = { ...stamp, progress, nextOffsets, startOffsets, source }
    const checkpoints = [
      plain(`${progress.resource}/${progress.pass}`, codec.checkpoint(checkpoint)),
      ...(watermark === null
        ? []
        : [
            plain(
              `${progress.resource}/watermark`,
              codec.watermark({ ...stamp, resource: progress.resource, watermark, passId: progress.passId }),
            ),
          ]),
    ]
    await transaction.send(names.checkpoints, 0, checkpoints, signal)
    if (markers.length > 0) {
      const at = this.#options.now()
      const records = markers.map((marker) =>
        plain(
          marker.progress.passId,
          codec.marker(markerRecord(marker, { generation, at, endOffsets: nextOffsets })),
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
    return { seq: stamp.seq, positions, nextOffsets }
  }

  /** For the starts to come: the aborted records stay in the new topic, and its offsets may look right with them. */
  async #noteTruncation(
    { topic, partition, detail }: TopicTruncatedError,
    signal: AbortSignal,
  ): Promise<void> {
    const { names, codec, owner, generation } = this.#options
    const truncation = { topic, partition, detail, generation, instanceId: owner.instanceId }
    try {
      const transaction = await this.#begin(signal)
      await transaction.send(
        names.checkpoints,
        0,
        [plain('truncation', codec.truncation(truncation))],
        signal,
      )
      await transaction.commit(signal)
    } catch (cause) {
      throw cause instanceof FencedError
        ? cause
        : new TopicTruncatedError(topic, partition, detail, { cause })
    } finally {
      await this.#discardProducer()
    }
  }

  /**
   * R3: throws the producer away, reads the owner, opens a new producer, and reads the owner once more after
   * `InitProducerId`. From then on the checkpoint's `seq` is final.
   */
  async #begin(signal: AbortSignal): Promise<Transaction> {
    if (this.#producer === undefined) {
      await this.requireOwnership(signal)
      const { cluster, names, producer } = this.#options
      this.#producer = await TransactionalProducer.open(cluster, transactionalId(names), producer, signal)
      this.#begun = await this.#producer.begin(signal)
      await this.requireOwnership(signal)
    }
    const begun = this.#begun ?? (await this.#producer.begin(signal))
    this.#begun = undefined
    return begun
  }

  /** @throws {FencedError} if another instance has taken the feed; an idle one would not notice otherwise. */
  async requireOwnership(signal: AbortSignal): Promise<void> {
    const { log, owner, names } = this.#options
    await log.refresh(signal)
    if (log.owner !== undefined && log.owner.instanceId !== owner.instanceId) {
      throw new FencedError(names.prefix, log.owner)
    }
  }

  /**
   * A producer that came back at once would fence the rival's before that one's owner record is committed, and a busy
   * older instance would keep a newer one out for ever.
   */
  async #giveWay(signal: AbortSignal): Promise<void> {
    const until = performance.now() + GIVE_WAY_MS
    do {
      await sleep(GIVE_WAY_POLL_MS, signal)
      try {
        await this.requireOwnership(signal)
      } catch (error) {
        // An outage is for the next producer to report.
        if (error instanceof FencedError || signal.aborted) throw error
      }
    } while (performance.now() < until)
  }

  /** The receipt if the transaction in doubt turns out to be committed; undefined if it never will be. */
  async #settle(doubt: KafkaCommitUnknown, signal: AbortSignal): Promise<Receipt | undefined> {
    const { log, settleWithinMs, onDoubt } = this.#options
    const pending = this.#pending
    const since = performance.now()
    for (;;) {
      try {
        this.#begun = await this.#begin(signal)
        break
      } catch (error) {
        await this.#discardProducer()
        const waited = performance.now() - since
        const epoch = error instanceof KafkaEpochError
        if (!isRetryable(error) && !epoch) throw error
        if (settleWithinMs !== undefined && waited > settleWithinMs) throw new CommitUnsettledError(doubt)
        onDoubt(error)
        await sleep(SETTLE_PAUSE_MS, signal)
      }
    }
    this.#pending = undefined
    if (pending === undefined || log.seq < pending.seq) return undefined
    this.#accept(pending)
    return pending
  }

  async #discardProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    this.#begun = undefined
    await producer?.[Symbol.asyncDispose]()
  }

  #partitionsOf(resource: Pick<ResourceDescription, 'name'>): number {
    return this.#options.partitions.get(resource.name) ?? 0
  }
}

function plain(key: string, value: Uint8Array): OutgoingRecord {
  return { key, value: asBuffer(value), headers: {} }
}

/** One writer a prefix (R3). */
export function transactionalId(names: TopicNames): string {
  return `${names.prefix}.publisher`
}

/** Another producer took the transactional id, or the broker ended the transaction for its age. */
function isEpochError(error: unknown): boolean {
  return error instanceof KafkaCommitUnknown
    ? error.cause instanceof KafkaEpochError
    : error instanceof KafkaEpochError
}

/** Nothing of the transaction is visible, and a new producer may well succeed with it (R3). */
function mayTryAgain(error: unknown): boolean {
  if (error instanceof KafkaEpochError || error instanceof KafkaCommitUnknown) return true
  return error instanceof ListingstreamError && error.code === 'KAFKA_APPEND_UNVERIFIED'
}
