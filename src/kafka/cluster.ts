import kafkajs, { type Admin } from 'kafkajs'

import { sleep } from '../support/abort.ts'
import { NOBODY, type Tries } from '../support/tries.ts'
import type { AuthorizedOperations } from './authorized-operations.ts'
import { answered, hasLeaders, refuseUnlessExisting } from './admin-questions.ts'
import { createClient, type ClientLimits, type KafkaClient } from './client.ts'
import { withDeadline } from './deadline.ts'
import { KafkaError, KafkaUnnamedError } from './errors.ts'
import { kafkaUnreachable, protocolTypeOf } from './client-failure.ts'
import { parseOffset } from './offset.ts'
import { QuestionSession, type ConfigValues, type PartitionOffsets } from './question-session.ts'
import type { KafkaSettings } from './settings.ts'
import { SpareSession } from './spare-session.ts'

export type { PartitionOffsets } from './question-session.ts'

const CONNECT_TIMEOUT_MS = 10_000
const ADMIN_TIMEOUT_MS = 30_000
const ADMIN_LIMITS: ClientLimits = { requestTimeoutMs: 10_000, retry: { initialMs: 50, retries: 6 } }
const LEADER_POLL_MS = 100
const LEADER_TIMEOUT_MS = 15_000
const LEADER_MISSING: ReadonlySet<string | undefined> = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  // By a leader that has not heard of it yet; a topic that does not exist is another error.
  'UNKNOWN_TOPIC_OR_PARTITION',
])

/** Requests with the version from which on they are of use. */
const NEEDED_REQUESTS = [
  { name: 'Produce', key: 0, least: 3 },
  { name: 'Fetch', key: 1, least: 4 },
  { name: 'InitProducerId', key: 22, least: 0 },
  { name: 'AddPartitionsToTxn', key: 24, least: 0 },
  { name: 'EndTxn', key: 26, least: 0 },
  { name: 'DescribeConfigs', key: 32, least: 0 },
]

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** @default the broker's */
  readonly replicationFactor?: number
  /** e.g. `{'cleanup.policy': 'compact'}` */
  readonly configs: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  /** Effective values of the settings asked for. */
  readonly configs: ConfigValues
}

/** Settings that say what becomes of a topic's records. */
export const RETENTION_CONFIGS = [
  'cleanup.policy',
  'min.compaction.lag.ms',
  'delete.retention.ms',
  'retention.ms',
] as const

/**
 * A cluster that has answered. Questions that follow each other share a connection (`QuestionSession`). What only kafkajs's admin
 * client asks opens one of its own and closes it: that client remembers each topic whose offsets it was asked for, and fails for
 * all of them once one of them is deleted.
 */
export class KafkaCluster implements AsyncDisposable {
  readonly #settings: KafkaSettings
  readonly #clients = new Set<KafkaClient>()
  readonly #spare = new SpareSession()
  #clusterId = ''
  #isClosed = false

  /** For this room. */
  get tries(): Tries {
    return this.#settings.tries ?? NOBODY
  }

  private constructor(settings: KafkaSettings) {
    this.#settings = settings
  }

  /** As `connectKafka`. */
  static async connect(
    settings: KafkaSettings,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<KafkaCluster> {
    const cluster = new KafkaCluster(settings)
    const doing = `Connecting to Kafka at ${settings.brokers.join(',')}`
    try {
      cluster.#clusterId = await cluster.#question(doing, signal, (session) => session.clusterId(), timeoutMs)
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      // Of a peer that does not speak Kafka the library only says that it is not connected, in an error of no class.
      if (error instanceof KafkaUnnamedError) throw kafkaUnreachable(doing, 'no answer', error)
      throw error
    }
  }

  /** Empty only on a cluster that does not tell. */
  get clusterId(): string {
    return this.#clusterId
  }

  /**
   * A client that is closed with the cluster at the latest. For this room.
   *
   * @throws {KafkaError} KAFKA_CLOSED, since nobody would close it any more
   */
  newClient(limits: ClientLimits): KafkaClient {
    this.#requireOpen()
    const client = createClient(this.#settings, limits)
    const close = async (): Promise<void> => {
      this.#clients.delete(owned)
      await client.close()
    }
    const owned: KafkaClient = { ...client, close, [Symbol.asyncDispose]: close }
    this.#clients.add(owned)
    return owned
  }

  /**
   * Beginning and end of every partition, by partition number. Waits while a partition has no leader that answers: a
   * topic is announced some moments before it is, and kafkajs gives that question no second try. Rejects with
   * KAFKA_TOPIC_MISSING.
   */
  async topicOffsets(topic: string, signal: AbortSignal): Promise<readonly PartitionOffsets[]> {
    const deadline = performance.now() + LEADER_TIMEOUT_MS
    for (;;) {
      try {
        return await this.#topicOffsets(topic, signal)
      } catch (error) {
        if (!LEADER_MISSING.has(protocolTypeOf(error)) || performance.now() > deadline) throw error
        await sleep(LEADER_POLL_MS, signal)
      }
    }
  }

  #topicOffsets(topic: string, signal: AbortSignal): Promise<readonly PartitionOffsets[]> {
    return this.#question(`Asking for the offsets of topic ${topic}`, signal, (session) =>
      session.offsets(topic),
    )
  }

  /**
   * Of every partition, by its number: the offset of the first record that is stamped at or after that time, or the last stable
   * offset if there is none. Rejects with KAFKA_TOPIC_MISSING.
   */
  async offsetsAt(topic: string, time: number, signal: AbortSignal): Promise<readonly number[]> {
    await this.partitionCount(topic, signal)
    return this.ask(`Asking for the offsets of topic ${topic}`, signal, async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, time)
      return offsets.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => parseOffset(offset))
    })
  }

  /** Rejects with KAFKA_TOPIC_MISSING. */
  async partitionCount(topic: string, signal: AbortSignal): Promise<number> {
    return this.#question(`Asking for topic ${topic}`, signal, async (session) => {
      return (await session.topic(topic)).partitions.length
    })
  }

  /** Effective values of those settings of the topic; what the broker does not know is left out. */
  async topicConfigs(
    topic: string,
    configNames: readonly string[],
    signal: AbortSignal,
  ): Promise<ConfigValues> {
    return this.#question(`Asking for the settings of topic ${topic}`, signal, async (session) => {
      return (await session.configs([topic], configNames)).get(topic) ?? {}
    })
  }

  /** A setting of the brokers, as one of them has it; undefined if it does not tell. */
  async brokerConfig(name: string, signal: AbortSignal): Promise<string | undefined> {
    return this.ask(`Asking for the setting ${name} of the brokers`, signal, async (admin) => {
      const { brokers } = await answered(() => admin.describeCluster(), 'Asking for the brokers')
      const [broker] = brokers
      if (broker === undefined) return undefined
      const resource = {
        type: kafkajs.ConfigResourceTypes.BROKER,
        name: String(broker.nodeId),
        configNames: [name],
      }
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] })
      return resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
    })
  }

  /** What this user may do with these topics, as the broker tells it; undefined of one that does not. Tries nothing. */
  async authorizedOperations(
    topics: readonly string[],
    signal: AbortSignal,
  ): Promise<AuthorizedOperations | undefined> {
    return this.#question('Asking for the rights on the topics', signal, (session) =>
      session.authorizedOperations(topics),
    )
  }

  /** Rejects with KAFKA_UNAUTHORIZED unless this user may describe the transactional id, which must have been used before. */
  async requireTransactionalId(transactionalId: string, signal: AbortSignal): Promise<void> {
    await this.#question(`Asking for transactional id ${transactionalId}`, signal, (session) =>
      session.transactionCoordinator(transactionalId),
    )
  }

  /** Of what a feed needs; empty for every broker from Kafka 0.11 on. */
  async unknownRequests(signal: AbortSignal): Promise<readonly string[]> {
    return this.#question('Asking for the version of the brokers', signal, (session) =>
      session.unknownRequests(NEEDED_REQUESTS),
    )
  }

  async existingTopics(names: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    return this.#question('Asking for topics', signal, async (session) => {
      return (await session.topics(names)).map(({ name }) => name)
    })
  }

  /** By name; topics that do not exist are left out. */
  async describeTopics(
    names: readonly string[],
    signal: AbortSignal,
    configNames: readonly string[] = RETENTION_CONFIGS,
  ): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.#question('Describing the topics', signal, async (session) => {
      const found = await session.topics(names)
      const configs = await session.configs(
        found.map(({ name }) => name),
        configNames,
      )
      return new Map(
        found.map(({ name, partitions }) => [
          name,
          {
            name,
            partitions: partitions.length,
            replicationFactor: partitions[0]?.replicas.length ?? 0,
            configs: configs.get(name) ?? {},
          },
        ]),
      )
    })
  }

  /**
   * Creates those that do not exist and resolves when every partition has a leader. A topic that exists, or that
   * somebody else creates at the same time, is left as it is: describe it afterwards.
   */
  async createTopics(specs: readonly TopicSpec[], signal: AbortSignal): Promise<void> {
    if (specs.length === 0) return
    await this.ask('Creating the topics', signal, async (admin) => {
      try {
        await admin.createTopics({
          waitForLeaders: false,
          topics: specs.map(({ name, partitions, replicationFactor, configs }) => ({
            topic: name,
            numPartitions: partitions,
            ...(replicationFactor === undefined ? {} : { replicationFactor }),
            configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
          })),
        })
      } catch (error) {
        refuseUnlessExisting(error)
      }
    })
    await this.#question('Waiting for the leaders of the topics', signal, async (session) => {
      for (const { name } of specs) {
        while (!hasLeaders((await session.topics([name]))[0])) await sleep(LEADER_POLL_MS, signal)
      }
    })
  }

  /** Has so many partitions afterwards, or more. Rejects with KAFKA_TOPIC_MISSING. */
  async growTopic(topic: string, partitions: number, signal: AbortSignal): Promise<void> {
    if ((await this.partitionCount(topic, signal)) >= partitions) return
    await this.ask(`Adding partitions to topic ${topic}`, signal, async (admin) => {
      try {
        await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
      } catch (error) {
        // Somebody else has added them.
        if (protocolTypeOf(error) !== 'INVALID_PARTITIONS') throw error
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    // The spare session's client is among them.
    await Promise.all([...this.#clients].map((client) => client.close()))
  }

  /** One or more questions to kafkajs's admin client, over one connection. For this room. */
  async ask<T>(doing: string, signal: AbortSignal, work: (admin: Admin) => Promise<T>): Promise<T> {
    await using client = this.newClient(ADMIN_LIMITS)
    const admin = client.kafka.admin()
    const ask = async (): Promise<T> => {
      await admin.connect()
      return work(admin)
    }
    return await withDeadline(doing, ADMIN_TIMEOUT_MS, signal, ask, this.tries, client.troubles)
  }

  async #question<T>(
    doing: string,
    signal: AbortSignal,
    work: (session: QuestionSession) => Promise<T>,
    timeoutMs: number = ADMIN_TIMEOUT_MS,
  ): Promise<T> {
    this.#requireOpen()
    const session = this.#spare.take() ?? new QuestionSession(this.newClient(ADMIN_LIMITS))
    const ask = async (): Promise<T> => {
      await session.connect()
      return work(session)
    }
    try {
      const answer = await withDeadline(doing, timeoutMs, signal, ask, this.tries, session.troubles)
      this.#spare.keep(session)
      return answer
    } catch (error) {
      await session.close()
      throw error
    }
  }

  #requireOpen(): void {
    if (!this.#isClosed) return
    throw new KafkaError('The connection to Kafka was used after it was closed.', { code: 'KAFKA_CLOSED' })
  }
}

/**
 * Resolves once the cluster has answered a question. A mere connection proves nothing: kafkajs calls a peer connected
 * that never says a word (docs/kafka.md §8). Rejects with KAFKA_UNREACHABLE (retryable) or KAFKA_UNAUTHORIZED.
 *
 * @param timeoutMs @default 10 s
 */
export async function connectKafka(
  settings: KafkaSettings,
  signal: AbortSignal,
  timeoutMs: number = CONNECT_TIMEOUT_MS,
): Promise<KafkaCluster> {
  return KafkaCluster.connect(settings, signal, timeoutMs)
}
