import { randomUUID } from 'node:crypto'

import { expect } from 'vitest'

import { EventCodec } from '../../src/events/event-codec.ts'
import { AvroContentEncoder, DEFAULT_LIMIT } from '../../src/events/content/content-encoder.ts'
import { EventSchemas } from '../../src/events/schema/event-schemas.ts'
import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import type { Owner } from '../../src/feed/state-records.ts'
import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { connectKafka, type KafkaCluster } from '../../src/kafka/cluster.ts'
import { readWholeTopic, type KafkaRecord } from '../../src/kafka/read-topic.ts'
import type { LevelKeyIndex } from '../../src/key-index/level-key-index.ts'
import { openKeyIndex } from '../../src/key-index/open-key-index.ts'
import type { Change, Deletion, Upsert } from '../../src/domain/change.ts'
import { instant, type Instant } from '../../src/domain/instant.ts'
import { passId, type PassProgress, type SourceIdentity } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import type { ResourceDescription, ResourceName } from '../../src/domain/resource.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { CheckpointLog } from '../../src/feed/checkpoint-log.ts'
import { HoldLog } from '../../src/feed/hold-log.ts'
import { StateCodec } from '../../src/feed/state-codec.ts'
import { recoverIndex, type Recovery } from '../../src/recovery/index-recovery.ts'
import { takeOver, type FeedProducerOptions, type TakenOver } from '../../src/publisher/take-over.ts'
import { ensureTopics, type FeedTopics } from '../../src/feed/topics.ts'
import { topicNames, type TopicNames } from '../../src/feed/topic-names.ts'
import type { Feed } from '../../src/replication/feed.ts'
import { CommittedState } from '../../src/replication/committed-state.ts'
import { FeedSets } from '../../src/replication/sets/sets-to-look-at.ts'
import { LateArrivals } from '../../src/replication/late-arrivals.ts'
import { ServerClock } from '../../src/replication/server-clock.ts'
import { PageCommitter } from '../../src/replication/page-committer.ts'
import type { KeyIndex, TransactionRequest } from '../../src/replication/ports.ts'
import type { FeedIdentity } from '../../src/domain/feed-state.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import { sleep } from '../../src/support/abort.ts'
import { SYSTEM_TIMER } from '../../src/support/timer.ts'
import { FIELDS, VOLATILE } from '../events/sample.ts'
import { plainRecord } from '../fixtures/plain-record.ts'
import { withAdmin } from '../fixtures/kafka-admin.ts'
import { readAnySchema } from '../fixtures/resources.ts'
import { progressOf } from '../fixtures/pass-progress.ts'
import { ScriptedSource, SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'
import { SILENT_OBSERVER } from '../fixtures/silent-observer.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { transactionPart } from '../fixtures/transaction.ts'

const NEVER = new AbortController().signal
const SOURCE: SourceIdentity = { host: 'replication.example', userId: 'user-1', mlsId: 'mls-1' }

export const now = (): Instant => instant(Date.now())

export interface Instance extends TakenOver, AsyncDisposable {
  readonly log: CheckpointLog
  readonly owner: Owner
}

export interface InstanceOptions {
  /** @default the feed's own; another one goes through a proxy */
  readonly cluster?: KafkaCluster
  readonly restart?: boolean
  /** @default transactions of 60 s, and otherwise as a producer has them */
  readonly producer?: FeedProducerOptions
  /** What it replicates. @default all of the feed */
  readonly resources?: readonly ResourceDescription[]
}

export interface StartOptions extends InstanceOptions {
  readonly source?: ScriptedSource
  /** By which the age of an index is judged. */
  readonly now?: () => Instant
}

export interface Started extends Instance {
  readonly recovery: Recovery
  readonly index: KeyIndex
  readonly feed: Feed
}

/** A feed on the real broker and registry, under a prefix of its own. */
export class TestFeed implements AsyncDisposable {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly registry: SchemaRegistry
  readonly resources: readonly ResourceDescription[]
  readonly topics: FeedTopics
  readonly schemas: ReadonlyMap<ResourceName, EventSchemas>
  readonly encoder: AvroContentEncoder
  readonly #eventCodec: EventCodec
  readonly #stateCodec: StateCodec

  private constructor(
    cluster: KafkaCluster,
    names: TopicNames,
    registry: SchemaRegistry,
    parts: {
      readonly resources: readonly ResourceDescription[]
      readonly topics: FeedTopics
      readonly schemas: ReadonlyMap<ResourceName, EventSchemas>
      readonly eventCodec: EventCodec
      readonly stateCodec: StateCodec
    },
  ) {
    this.cluster = cluster
    this.names = names
    this.registry = registry
    this.resources = parts.resources
    this.topics = parts.topics
    this.schemas = parts.schemas
    const rules = [...parts.schemas].map(
      ([name, schemas]) => [name, { schemas, limit: DEFAULT_LIMIT }] as const,
    )
    this.encoder = new AvroContentEncoder(new Map(rules))
    this.#eventCodec = parts.eventCodec
    this.#stateCodec = parts.stateCodec
  }

  /** @param configs of the listings' topic, which an operator made beforehand */
  static async open(
    configs?: Readonly<Record<string, string>>,
    resources: readonly ResourceDescription[] = [LISTINGS],
  ): Promise<TestFeed> {
    const { brokers, registryUrl } = testStack()
    const names = topicNames(uniqueTopicPrefix())
    const cluster = await connectKafka({ brokers, clientId: names.prefix }, NEVER)
    const registry = new SchemaRegistry({ url: registryUrl })
    const listings = names.data(LISTINGS)
    if (configs !== undefined) {
      await cluster.createTopics([{ name: listings, partitions: 3, configs }], NEVER)
    }
    const schemas = await schemasOf(registry, names, resources)
    const eventCodec = await EventCodec.open(schemas, NEVER)
    const stateCodec = await StateCodec.open(registry, names, NEVER)
    const topics = await createTopics(cluster, names, resources)
    return new TestFeed(cluster, names, registry, { resources, topics, schemas, eventCodec, stateCodec })
  }

  /** Deletes a resource's topic and makes it anew. */
  async remakeTopic(resource: ResourceDescription = LISTINGS): Promise<void> {
    const topic = this.names.data(resource)
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }))
    await expect
      .poll(() => this.cluster.describeTopics([topic], NEVER), { timeout: 30_000 })
      .toEqual(new Map())
    await createTopics(this.cluster, this.names, this.resources)
  }

  /** Whom an index of this feed belongs to. */
  identity(generation: number, resources = this.resources): FeedIdentity {
    const replicated = resources.map(({ name }) => [name, this.topics.partitions.get(name) ?? 0] as const)
    return {
      generation,
      prefix: this.names.prefix,
      clusterId: this.cluster.clusterId,
      source: SOURCE,
      partitions: Object.fromEntries(replicated),
    }
  }

  /** A start of the program: takes the feed over, then brings the index up to the topics. */
  async start(index: KeyIndex, options: StartOptions = {}): Promise<Started> {
    const instance = await this.takeOver(options)
    const { resources = this.resources } = options
    const recovery = await recoverIndex(
      {
        cluster: this.cluster,
        names: this.names,
        resources,
        index,
        feed: this.identity(instance.state.generation, resources),
        extent: instance.extent,
        deleteRetention: this.topics.deleteRetention,
        now: options.now ?? now,
        onProgress: () => undefined,
      },
      NEVER,
    )
    return { ...instance, recovery, index, feed: this.#assemble(instance, index, options) }
  }

  #assemble({ publisher, state: recovered }: Instance, index: KeyIndex, options: StartOptions): Feed {
    const source = options.source ?? new ScriptedSource({}, now())
    const state = new CommittedState(recovered)
    const { cluster, names, registry } = this
    const holds = new HoldLog({ cluster, topic: names.holds, schemas: new WriterSchemas(registry) })
    const clock = { now: () => source.now, sleep }
    const observer = SILENT_OBSERVER
    const overlap = 20 * 60_000
    const lateArrivals = new LateArrivals({ overlap, most: overlap })
    const { encoder } = this
    const resources = [LISTINGS]
    const sets = new FeedSets(resources)
    return {
      resources,
      sets,
      source,
      identity: SOURCE,
      published: { lastFields: async () => new Map() },
      publisher,
      holds,
      index,
      state,
      clock,
      serverClock: new ServerClock(overlap),
      observer,
      overlap,
      metadata: { refresh: async () => undefined },
      lateArrivals,
      sweeps: { compare: 'versions', intervalMs: 86_400_000, reconcileIntervalMs: 7 * 86_400_000 },
      committer: new PageCommitter({
        publisher,
        index,
        encoder,
        state,
        clock,
        observer,
        overlap,
        lateArrivals,
        sets,
      }),
      newPassId: () => passId(randomUUID()),
      random: () => 1,
      deleteRetention: this.topics.deleteRetention,
      confirmSweeps: 1,
      guard: () => ({ maxDeletes: 100, maxRatio: 0.1, hardMax: 5_000, mayHalve: false }),
      reread: { maskMaxRatio: 0.1, changeMaxRatio: null },
      batchSize: 1_000,
    }
  }

  newLog(cluster = this.cluster, resources = this.resources): CheckpointLog {
    return new CheckpointLog(cluster, this.names.checkpoints, new WriterSchemas(this.registry), resources)
  }

  /** A new instance of the program takes the feed. */
  async takeOver(options: InstanceOptions = {}): Promise<Instance> {
    const { cluster = this.cluster, resources = this.resources } = options
    const log = this.newLog(cluster, resources)
    await log.refresh(NEVER)
    const owner = newOwner(log, cluster)
    const taken = await takeOver(
      {
        cluster,
        names: this.names,
        eventCodec: this.#eventCodec,
        stateCodec: this.#stateCodec,
        log,
        owner,
        source: SOURCE,
        partitions: new Map([...this.topics.partitions, ...this.topics.rowPartitions]),
        resources,
        withRows: [],
        rowCodec: undefined,
        restart: options.restart ?? false,
        producer: options.producer ?? { transactionTimeoutMs: 60_000 },
        settleWithinMs: 60_000,
        onTransaction: () => undefined,
        onDoubt: () => undefined,
        deadLetterBytes: undefined,
        now,
        timer: SYSTEM_TIMER,
      },
      NEVER,
    )
    return {
      ...taken,
      log,
      owner,
      [Symbol.asyncDispose]: () => taken.publisher[Symbol.asyncDispose](),
    }
  }

  async upsert(key: string, fields: Readonly<Record<string, string | number>> = {}): Promise<Upsert> {
    const record = sourceRecord(key, fields)
    await this.encoder.prepare(LISTINGS, [], NEVER)
    const result = this.encoder.encode(LISTINGS, record)
    if (result.kind !== 'encoded') throw new Error(result.reason)
    return {
      kind: 'upsert',
      reason: 'SNAPSHOT',
      key: record.key,
      modificationTimestamp: record.modificationTimestamp,
      observedAt: now(),
      mlsId: record.mlsId,
      changeStamps: record.changeStamps,
      content: result.content,
      previousDigest: null,
    }
  }

  upserts(keys: readonly string[], fields: Readonly<Record<string, string | number>> = {}) {
    return Promise.all(keys.map((key) => this.upsert(key, fields)))
  }

  /** Everything that a read-committed reader gets, by partition and offset. */
  async read(topic: string): Promise<readonly PlacedRecord[]> {
    const placed: PlacedRecord[] = []
    for await (const { partition, records } of readWholeTopic(this.cluster, topic, NEVER)) {
      placed.push(...records.map((record) => ({ ...plainRecord(record), partition })))
    }
    return placed.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
  }

  /**
   * The listings' topic, after a new producer's first transaction has ended whatever was open or not yet decided: the
   * feed is taken over for that.
   */
  async settled(options: InstanceOptions = {}): Promise<readonly PlacedRecord[]> {
    await using _ = await this.takeOver(options)
    return await this.read(this.names.data(LISTINGS))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]()
  }
}

export const KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8'] as const

export function openIndex(
  folder: string,
  resources: readonly ResourceDescription[] = [LISTINGS],
): Promise<LevelKeyIndex> {
  return openKeyIndex(folder, { resources }, NEVER)
}

/** A source that shows these keys to one snapshot. */
export function showing(keys: readonly string[]): ScriptedSource {
  const records = keys.map((key) => sourceRecord(key))
  return new ScriptedSource({ walks: [[{ records }]], counts: [keys.length], records }, now())
}

/** The first snapshot of a feed, by a process that works in this folder. */
export async function snapshotOf(
  feed: TestFeed,
  folder: string,
  keys: readonly string[] = KEYS,
): Promise<void> {
  await using index = await openIndex(folder)
  await using started = await feed.start(index, { source: showing(keys) })
  const { counts } = await runSnapshot(started.feed, LISTINGS, NEVER)
  expect(counts.published).toBe(keys.length)
}

export interface PlacedRecord extends KafkaRecord {
  readonly partition: number
}

export function keysOf(records: readonly KafkaRecord[]): readonly string[] {
  return records.map(({ key }) => String(key))
}

export function deletion(key: string): Deletion {
  return {
    kind: 'deletion',
    reason: 'NOT_IN_SOURCE',
    evidence: 'LIST_QUERY',
    key: recordKey(key),
    mlsId: 'mls-1',
    changeStamps: { photos: null, videos: null, documents: null },
    previousDigest: null,
    deletedAt: now(),
    absentSince: now(),
    lastModificationTimestamp: SERVER_TIME,
    lastSeenAt: null,
    missingSince: null,
    lastFields: {},
  }
}

export function progress(over: Partial<PassProgress> = {}): PassProgress {
  const snapshot = {
    pass: 'snapshot',
    initial: true,
    startedAt: SERVER_TIME,
    token: 'token-1',
    page: 1,
  } as const
  return progressOf({ ...snapshot, ...over })
}

/** One page of the pass `pass-1`. */
export function page(changes: readonly Change[], over: Partial<TransactionRequest> = {}): TransactionRequest {
  return {
    parts: [transactionPart({ changes })],
    progress: progress(),
    watermark: null,
    markers: [],
    ...over,
  }
}

/** With a version of each in use. */
async function schemasOf(
  registry: SchemaRegistry,
  names: TopicNames,
  resources: readonly ResourceDescription[],
): Promise<ReadonlyMap<ResourceName, EventSchemas>> {
  const all = new Map<ResourceName, EventSchemas>()
  for (const resource of resources) {
    const topic = names.data(resource)
    const options = { registry, topic, resource, volatileFields: VOLATILE, readSchema: readAnySchema }
    const schemas = new EventSchemas(options)
    await schemas.use(FIELDS, NEVER)
    all.set(resource.name, schemas)
  }
  return all
}

function createTopics(
  cluster: KafkaCluster,
  names: TopicNames,
  resources: readonly ResourceDescription[],
): Promise<FeedTopics> {
  const settings = {
    names,
    resources,
    partitions: 3,
    replicationFactor: undefined,
    create: true,
  }
  return ensureTopics(cluster, settings, NEVER)
}

function newOwner(log: CheckpointLog, { clusterId }: KafkaCluster): Owner {
  return {
    instanceId: randomUUID(),
    host: 'host-1',
    pid: process.pid,
    dataDir: '/data',
    startedAt: now(),
    aliveAt: now(),
    version: 'test',
    generation: log.generation,
    seq: log.seq,
    source: SOURCE,
    clusterId,
  }
}
