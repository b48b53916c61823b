import kafkajs from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { ProducingBroker } from 'kafkajs/src/cluster/index.js'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'

import { sleep } from '../support/abort.ts'
import { InvariantViolation } from '../support/errors.ts'
import { BatchRounds, MemoryPool, recordsOf, type Batch } from './batch-rounds.ts'
import { sizeRefused, topicLimits, type TopicLimits } from './broker-limits.ts'
import { forget, isRefusal, mayPass, pauseAfter, versionOf } from './brokers.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import { CODEC_NUMBERS, type KafkaCompression } from './compression.ts'
import { KafkaError, KafkaOffsetSeenBefore } from './errors.ts'
import {
  PRODUCE,
  PRODUCE_VERSIONS,
  produceRequest,
  type PartitionAnswer,
  type ProducerIdentity,
} from './produce-request.ts'
import type { Append, Place } from './transaction.ts'
import { unverified, verifiedBaseOffset } from './verified-append.ts'

export interface AppenderOptions {
  readonly compression: KafkaCompression
  readonly requestTimeoutMs: number
}

/** In whose name records are appended. */
export interface Author extends ProducerIdentity {
  readonly transactionalId: string
}

/** Without idempotence or transaction. */
const NOBODY: ProducerIdentity & { readonly transactionalId: null } = {
  transactionalId: null,
  producerId: -1n,
  epoch: -1,
}
const NO_SEQUENCE = -1
/** A broker takes requests of 100 MiB by default (`socket.request.max.bytes`), and this process has to hold them. */
const ROUND_BYTES = 8 * 1024 * 1024
const UNSUPPORTED_COMPRESSION_TYPE = 76

type Fate =
  | { readonly batch: Batch; readonly baseOffset: number }
  | { readonly batch: Batch; readonly error: unknown }

/**
 * Appends batches and knows of each partition what is proved: the sequence number that is next, and the offset of the last
 * record. Its memory is that of one producer; after a failure it is of no more use (docs/kafka.md §1.3).
 */
export class RecordAppender {
  readonly #cluster: KafkaCluster
  readonly #inner: Cluster
  readonly #client: KafkaClient
  readonly #options: AppenderOptions
  readonly #pool = new MemoryPool()
  readonly #topics = new Map<string, TopicLimits>()
  readonly #sequences = new Map<string, number>()
  readonly #lastOffsets = new Map<string, number>()
  readonly #inFlight = new Set<Promise<unknown>>()
  /** Batches of which the broker may have got, and may still take, what was not answered. */
  readonly #unanswered = new Set<Batch>()
  #seenBefore: KafkaOffsetSeenBefore | undefined

  constructor(cluster: KafkaCluster, client: KafkaClient, inner: Cluster, options: AppenderOptions) {
    this.#cluster = cluster
    this.#client = client
    this.#inner = inner
    this.#options = options
  }

  /** An answer that tells of a topic that was made anew. It outweighs whatever else fails in the same call (R2). */
  get seenBefore(): KafkaOffsetSeenBefore | undefined {
    return this.#seenBefore
  }

  /** Whether a request that was given up may still be carried out. */
  get isUncertain(): boolean {
    return this.#unanswered.size > 0
  }

  /** Resolves when no request waits for its answer. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#inFlight)
  }

  /** Before the first send there. Rejects with KAFKA_TOPIC_MISSING, at once: a send would wait for a topic that is just made. */
  async lookUp(places: readonly Place[], signal: AbortSignal): Promise<void> {
    const fresh = new Set(places.map(({ topic }) => topic).filter((topic) => !this.#topics.has(topic)))
    const found = fresh.size === 0 ? [] : await topicLimits(this.#cluster, [...fresh], signal)
    for (const [topic, limits] of found) this.#topics.set(topic, limits)
    for (const { topic, partition } of places) {
      if (partition < this.#limits(topic).partitions) continue
      throw new KafkaError(`Topic ${topic} has no partition ${partition}.`, { code: 'KAFKA_TOPIC_MISSING' })
    }
  }

  /** Of topics that were looked up. */
  rounds(appends: readonly Append[]): BatchRounds {
    const places = new Set(appends.map(placeOf))
    if (places.size < appends.length) throw new InvariantViolation('A partition was named twice in one send.')
    if (appends.length === 0 || appends.some(({ records }) => records.length === 0)) {
      throw new InvariantViolation('Nothing to send.')
    }
    return new BatchRounds(appends, {
      compression: this.#options.compression,
      batchBytes: (topic) => this.#limits(topic).batchBytes,
      roundBytes: ROUND_BYTES,
      pool: this.#pool,
      now: Date.now,
    })
  }

  /**
   * Appends one batch to each partition, and answers their base offsets. What may pass is tried again, with the same sequence
   * numbers and for those partitions alone that have no proof yet; so a batch is in its log once, whatever was lost on the
   * way (KIP-98). All of them are heard before a failure is told.
   *
   * @param over aborts when nothing is to be sent any more
   * @throws {KafkaOffsetSeenBefore} before any other failure
   */
  async append(
    round: readonly Batch[],
    author: Author | undefined,
    over: AbortSignal,
  ): Promise<ReadonlyMap<Append, number>> {
    const baseOffsets = new Map<Append, number>()
    const failed: unknown[] = []
    let waiting = round
    for (let tries = 1; waiting.length > 0; tries += 1) {
      over.throwIfAborted()
      const fates = await this.#try(waiting, author, tries > 1, over)
      const passing: { readonly batch: Batch; readonly error: unknown }[] = []
      for (const fate of fates) {
        if ('baseOffset' in fate) baseOffsets.set(fate.batch.append, fate.baseOffset)
        else if (mayPass(fate.error)) passing.push(fate)
        else failed.push(this.#named(fate))
      }
      waiting = passing.map(({ batch }) => batch)
      const [first] = passing
      if (first === undefined) continue
      this.#note(first, tries)
      await sleep(pauseAfter(first.error, tries), over)
    }
    if (failed.length > 0) throw this.#seenBefore ?? failed[0]
    return baseOffsets
  }

  /** One request to each leader. Never rejects. */
  async #try(
    batches: readonly Batch[],
    author: Author | undefined,
    again: boolean,
    over: AbortSignal,
  ): Promise<readonly Fate[]> {
    let byLeader: ReadonlyMap<string, readonly Batch[]>
    try {
      if (again) await this.#inner.refreshMetadata()
      await this.#inner.addMultipleTargetTopics([...new Set(batches.map(({ append }) => append.topic))])
      await this.#inner.refreshMetadataIfNecessary()
      byLeader = Map.groupBy(batches, ({ append }) => this.#leaderOf(append))
    } catch (error) {
      return batches.map((batch) => ({ batch, error }))
    }
    const asked = [...byLeader].map(([leader, led]) => this.#produce(leader, led, author, over))
    return (await Promise.all(asked)).flat()
  }

  #leaderOf({ topic, partition }: Append): string {
    const [leader] = Object.keys(this.#inner.findLeaderForPartitions(topic, [partition]))
    if (leader !== undefined) return leader
    throw new kafkajs.KafkaJSError(`No metadata of ${topic}, partition ${partition}`)
  }

  async #produce(
    leader: string,
    batches: readonly Batch[],
    author: Author | undefined,
    over: AbortSignal,
  ): Promise<readonly Fate[]> {
    let broker: ProducingBroker | undefined
    try {
      const found = await this.#inner.findBroker({ nodeId: leader })
      const version = this.#version(found)
      over.throwIfAborted()
      broker = found
      return this.#judged(batches, await this.#send(found, version, batches, author))
    } catch (error) {
      if (broker === undefined) return batches.map((batch) => ({ batch, error }))
      if (!isRefusal(error)) {
        forget(this.#inner, broker)
        for (const batch of batches) this.#unanswered.add(batch)
      }
      return batches.map((batch) => ({ batch, error: this.#readable(batch, error) }))
    }
  }

  #version(broker: ProducingBroker): number {
    const version = versionOf(broker, PRODUCE, PRODUCE_VERSIONS)
    const isZstd = this.#options.compression === 'zstd'
    if (version === undefined || (isZstd && version < PRODUCE_VERSIONS.zstd)) {
      throw createErrorFromCode(UNSUPPORTED_COMPRESSION_TYPE)
    }
    return version
  }

  async #send(
    broker: ProducingBroker,
    version: number,
    batches: readonly Batch[],
    author: Author | undefined,
  ): Promise<readonly PartitionAnswer[]> {
    const { transactionalId, producerId, epoch } = author ?? NOBODY
    const { compression, requestTimeoutMs } = this.#options
    const request = produceRequest(
      version,
      transactionalId,
      requestTimeoutMs,
      batches.map(({ append, bytes, count, firstTimestamp, maxTimestamp }) => ({
        topic: append.topic,
        partition: append.partition,
        records: bytes,
        count,
        firstTimestamp,
        maxTimestamp,
        stamp: {
          producerId,
          epoch,
          sequence: author === undefined ? NO_SEQUENCE : (this.#sequences.get(placeOf(append)) ?? 0),
          transactional: author !== undefined,
          codec: CODEC_NUMBERS[compression],
        },
      })),
    )
    const answering = broker.connectionPool.send(request)
    this.#inFlight.add(answering)
    try {
      return await answering
    } finally {
      this.#inFlight.delete(answering)
    }
  }

  #judged(batches: readonly Batch[], answers: readonly PartitionAnswer[]): readonly Fate[] {
    const byPlace = Map.groupBy(answers, placeOf)
    const places = new Set(batches.map(({ append }) => placeOf(append)))
    const isForeign = [...byPlace.keys()].some((place) => !places.has(place))
    return batches.map((batch) => {
      const { topic, partition } = batch.append
      try {
        if (isForeign) throw unverified(topic, partition)
        const baseOffset = this.#proved(batch, byPlace.get(placeOf(batch.append)) ?? [])
        return { batch, baseOffset }
      } catch (error) {
        if (error instanceof KafkaOffsetSeenBefore) this.#seenBefore ??= error
        return { batch, error }
      }
    })
  }

  #proved(batch: Batch, answers: readonly PartitionAnswer[]): number {
    const { append, count } = batch
    const place = placeOf(append)
    const [only] = answers
    if (answers.length === 1 && only !== undefined && only.errorCode !== 0) {
      const refusal = createErrorFromCode(only.errorCode)
      this.#client.troubles.note(refusal)
      throw refusal
    }
    const lastOffset = Math.max(this.#lastOffsets.get(place) ?? -1, (append.end ?? 0) - 1)
    const baseOffset = verifiedBaseOffset(answers, { ...append, lastOffset })
    this.#lastOffsets.set(place, baseOffset + count - 1)
    this.#sequences.set(place, sequenceAfter(this.#sequences.get(place) ?? 0, count))
    this.#unanswered.delete(batch)
    return baseOffset
  }

  /** An answer that cannot be read proves nothing. */
  #readable({ append }: Batch, error: unknown): unknown {
    return error instanceof RangeError ? unverified(append.topic, append.partition, error) : error
  }

  /** Failures of connections are noted where they happen. */
  #note({ batch, error }: { readonly batch: Batch; readonly error: unknown }, tries: number): void {
    if (!(error instanceof kafkajs.KafkaJSProtocolError)) return
    const { topic, partition } = batch.append
    const extra = { topic, partition, error: error.message, retryCount: tries }
    this.#client.kafka.logger().warn('Records were not appended, and are sent again', extra)
  }

  #named({ batch, error }: { readonly batch: Batch; readonly error: unknown }): unknown {
    const { topic } = batch.append
    return sizeRefused(error, topic, recordsOf(batch), this.#limits(topic))
  }

  #limits(topic: string): TopicLimits {
    const limits = this.#topics.get(topic)
    if (limits === undefined) throw new InvariantViolation(`Topic ${topic} was not looked up.`)
    return limits
  }
}

function placeOf({ topic, partition }: Place): string {
  return `${topic}/${partition}`
}

/** 31 bits; zero follows the largest. */
function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % 2 ** 31
}
