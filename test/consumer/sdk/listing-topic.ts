import { randomUUID } from 'node:crypto'

import type { Change } from '../../../src/domain/change.ts'
import { instant } from '../../../src/domain/instant.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { passId } from '../../../src/domain/pass.ts'
import { recordKey } from '../../../src/domain/record-key.ts'
import type { EventCodec } from '../../../src/events/event-codec.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { headersIn } from '../../../src/feed/record-headers.ts'
import { topicNames } from '../../../src/feed/topic-names.ts'
import type { OutgoingRecord, RecordValue } from '../../../src/kafka/outgoing-record.ts'
import { connectKafka, type KafkaCluster } from '../../../src/kafka/cluster.ts'
import { partitionFor } from '../../../src/kafka/partition.ts'
import { TransactionalProducer } from '../../../src/kafka/transactional-producer.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { FIELDS, listing, listingCodec, listingEncoder, listingSchemas, NEVER } from '../../events/sample.ts'
import { untilEnds } from '../../fixtures/end-offsets.ts'
import { testStack, uniqueTopicPrefix } from '../../fixtures/test-stack.ts'

const PASS = passId('0b1f9a52-6a44-4c0c-9a0e-2f9c6f1f6d11')

/** What a test writes: a listing with its fields, or, as null, a delete with its tombstone. */
export type Written = readonly [key: string, fields: JsonObject | null]

export interface ListingTopicOptions {
  readonly partitions?: number
  readonly configs?: Readonly<Record<string, string>>
  /** @default the broker's */
  readonly replicationFactor?: number
  /** @default those of the stack */
  readonly brokers?: readonly string[]
}

/** A topic of listings that is written as the publisher writes it: the same bytes, headers and transactions. */
export class ListingTopic implements AsyncDisposable {
  readonly prefix: string
  readonly topic: string
  readonly partitions: number
  readonly cluster: KafkaCluster
  readonly #encoder: ReturnType<typeof listingEncoder>
  readonly #codec: EventCodec
  readonly #producer: TransactionalProducer
  #seq = 0

  private constructor(
    parts: Pick<ListingTopic, 'prefix' | 'partitions' | 'cluster'>,
    writing: {
      readonly encoder: ReturnType<typeof listingEncoder>
      readonly codec: EventCodec
      readonly producer: TransactionalProducer
    },
  ) {
    this.prefix = parts.prefix
    this.topic = topicNames(parts.prefix).data(LISTINGS)
    this.partitions = parts.partitions
    this.cluster = parts.cluster
    this.#encoder = writing.encoder
    this.#codec = writing.codec
    this.#producer = writing.producer
  }

  static async open(options: ListingTopicOptions = {}): Promise<ListingTopic> {
    const { partitions = 3, configs = { 'cleanup.policy': 'compact' } } = options
    const { brokers = testStack().brokers, replicationFactor } = options
    const prefix = uniqueTopicPrefix()
    const topic = topicNames(prefix).data(LISTINGS)
    const cluster = await connectKafka({ brokers, clientId: prefix }, NEVER)
    await cluster.createTopics(
      [
        {
          name: topic,
          partitions,
          configs,
          ...(replicationFactor === undefined ? {} : { replicationFactor }),
        },
      ],
      NEVER,
    )
    const schemas = listingSchemas(new SchemaRegistry({ url: testStack().registryUrl }), topic)
    await schemas.use(FIELDS, NEVER)
    const encoder = listingEncoder(schemas)
    const codec = await listingCodec(schemas)
    const producer = await TransactionalProducer.open(cluster, `${prefix}.publisher`, {}, NEVER)
    return new ListingTopic({ prefix, partitions, cluster }, { encoder, codec, producer })
  }

  /** What a consumer of it is given. */
  get options(): {
    readonly brokers: readonly string[]
    readonly registry: string
    readonly prefix: string
  } {
    return { brokers: testStack().brokers, registry: testStack().registryUrl, prefix: this.prefix }
  }

  /** A group that no other test has. */
  newGroup(): string {
    return `${this.prefix}.group-${randomUUID().slice(0, 8)}`
  }

  /** One transaction. */
  async write(changes: readonly Written[], fate: 'commit' | 'abort' = 'commit'): Promise<void> {
    await this.append(
      changes.flatMap((change) => this.recordsOf(change)),
      fate,
    )
  }

  /** One transaction of records as they are. Resolves when it can be read: a commit is answered before (docs/kafka.md §2). */
  async append(records: readonly OutgoingRecord[], fate: 'commit' | 'abort' = 'commit'): Promise<void> {
    const transaction = await this.#producer.begin(NEVER)
    const written = new Map<number, number>()
    for (const [partition, led] of Map.groupBy(records, ({ key }) => this.partitionOf(String(key)))) {
      const [appended] = await transaction.send([{ topic: this.topic, partition, records: led }], NEVER)
      // Behind the marker.
      written.set(partition, (appended?.nextOffset ?? 0) + 1)
    }
    await transaction[fate](NEVER)
    await untilEnds(this.cluster, this.topic, written, NEVER)
  }

  partitionOf(key: string): number {
    return partitionFor(key, this.partitions)
  }

  /** Of an upsert its event, of a delete its event and its tombstone. */
  recordsOf([key, fields]: Written): readonly OutgoingRecord[] {
    this.#seq += 1
    const change = fields === null ? deletion(key) : this.#upsert(key, fields)
    const value: RecordValue =
      change.kind === 'upsert'
        ? this.#codec.upserted(LISTINGS, change, PASS)
        : this.#codec.deleted(LISTINGS, change, PASS)
    const context = { prefix: this.prefix, resource: LISTINGS, passId: PASS, seq: this.#seq }
    const headersOf = headersIn(context)
    const event = { key, value, headers: headersOf(change, 'event') }
    if (fields !== null) return [event]
    return [event, { key, value: null, headers: headersOf(change, 'tombstone') }]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer[Symbol.asyncDispose]()
    await this.cluster[Symbol.asyncDispose]()
  }

  #upsert(key: string, fields: JsonObject): Change {
    const stamped = { ModificationTimestamp: '2026-05-02T10:00:00Z', ...fields }
    const record = { ...listing(stamped), key: recordKey(key) }
    const encoded = this.#encoder.encode(LISTINGS, record)
    if (encoded.kind !== 'encoded') throw new Error(encoded.reason)
    return {
      kind: 'upsert',
      reason: 'UPDATED',
      key: record.key,
      modificationTimestamp: record.modificationTimestamp,
      observedAt: instant(Date.parse('2026-05-02T10:05:00Z')),
      mlsId: null,
      changeStamps: {},
      content: encoded.content,
      previousDigest: null,
    }
  }
}

function deletion(key: string): Change {
  return {
    kind: 'deletion',
    reason: 'NOT_IN_SOURCE',
    evidence: 'LIST_QUERY',
    key: recordKey(key),
    deletedAt: instant(Date.parse('2026-05-03T11:00:00Z')),
    absentSince: instant(Date.parse('2026-05-03T10:55:00Z')),
    lastModificationTimestamp: instant(Date.parse('2026-05-02T10:00:00Z')),
    lastSeenAt: null,
    missingSince: null,
    lastFields: {},
    mlsId: null,
    changeStamps: {},
    previousDigest: null,
  }
}
