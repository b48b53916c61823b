import type { Transaction as KafkajsTransaction } from 'kafkajs'

import { InvariantViolation } from '../support/errors.ts'
import { sizeRefused, topicLimits, type TopicLimits } from './broker-limits.ts'
import { chunksOf, type OutgoingRecord } from './chunks.ts'
import type { KafkaCluster } from './cluster.ts'
import { compressionType, type KafkaCompression } from './compression.ts'
import { KafkaError } from './errors.ts'
import type { Appended } from './transaction.ts'
import { verifiedBaseOffset } from './verified-append.ts'

/** A producer, or one of its transactions. */
type Sender = Pick<KafkajsTransaction, 'send'>

export interface AppenderOptions {
  readonly compression: KafkaCompression
  readonly requestTimeoutMs: number
}

/** One partition and one batch a call, each of whose replies is verified. Its memory is that of one producer. */
export class RecordAppender {
  readonly #cluster: KafkaCluster
  readonly #options: AppenderOptions
  readonly #topics = new Map<string, Promise<TopicLimits>>()
  readonly #lastOffsets = new Map<string, number>()

  constructor(cluster: KafkaCluster, options: AppenderOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** @param requireOpen asked before each call; what it throws is the failure of the append */
  async append(
    sender: Sender,
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    requireOpen: () => void,
    signal: AbortSignal,
  ): Promise<Appended> {
    if (records.length === 0) throw new InvariantViolation('Nothing to send.')
    const limits = await this.#requirePartition(topic, partition, signal)
    const offsets: number[] = []
    for (const chunk of chunksOf(records, limits.batchBytes)) {
      requireOpen()
      const baseOffset = await this.#call(sender, { topic, partition, limits }, chunk)
      for (const index of chunk.keys()) offsets.push(baseOffset + index)
    }
    return { offsets, baseOffset: offsets[0] ?? 0, nextOffset: (offsets.at(-1) ?? 0) + 1 }
  }

  /** One batch to one partition. Resolves with the offset of its first record. */
  async #call(
    sender: Sender,
    {
      topic,
      partition,
      limits,
    }: { readonly topic: string; readonly partition: number; readonly limits: TopicLimits },
    records: readonly OutgoingRecord[],
  ): Promise<number> {
    const sending = sender.send({
      topic,
      acks: -1,
      timeout: this.#options.requestTimeoutMs,
      compression: compressionType(this.#options.compression),
      messages: records.map(({ key, value, headers, timestamp }) => ({
        partition,
        key,
        value,
        headers: { ...headers },
        ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
      })),
    })
    const reply = await sending.catch((error: unknown) => {
      throw sizeRefused(error, topic, records, limits)
    })
    const place = `${topic}/${partition}`
    const baseOffset = verifiedBaseOffset(reply, topic, partition, this.#lastOffsets.get(place) ?? -1)
    this.#lastOffsets.set(place, baseOffset + records.length - 1)
    return baseOffset
  }

  /** Asked once per topic, because kafkajs retries an unknown topic for a minute and takes an unknown partition in silence. */
  async #requirePartition(topic: string, partition: number, signal: AbortSignal): Promise<TopicLimits> {
    const asked = this.#topics.get(topic) ?? topicLimits(this.#cluster, topic, signal)
    this.#topics.set(topic, asked)
    const limits = await asked
    if (partition < limits.partitions) return limits
    throw new KafkaError(`Topic ${topic} has no partition ${partition}.`, { code: 'KAFKA_TOPIC_MISSING' })
  }
}
