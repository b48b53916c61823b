import kafkajs from 'kafkajs'
import type { ITopicMetadata } from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'

import { authorizedOperations, type AuthorizedOperations } from './authorized-operations.ts'
import { protocolTypeOf } from './client-failure.ts'
import type { KafkaClient } from './client.ts'
import { KafkaError } from './errors.ts'
import { parseOffset } from './offset.ts'
import type { Troubles } from './troubles.ts'

export interface PartitionOffsets {
  /** Log start offset. */
  readonly beginning: number
  /** Last stable offset: one above everything that a read-committed reader can get now. */
  readonly end: number
}

export type ConfigValues = Readonly<Record<string, string>>

/**
 * Questions to the brokers over one client, below kafkajs's admin client: that one asks for all topics of the cluster before it asks
 * for settings, asks for each topic twice, and remembers those whose offsets it was asked for (docs/kafka.md §4). Here every question
 * names the topics whose metadata it needs, and nothing is remembered. After a failure it is of no more use.
 */
export class QuestionSession {
  readonly #client: KafkaClient
  readonly #cluster: Cluster

  constructor(client: KafkaClient) {
    this.#client = client
    this.#cluster = client.fetchCluster()
  }

  get troubles(): Troubles {
    return this.#client.troubles
  }

  /** At once if it is connected. */
  async connect(): Promise<void> {
    await this.#cluster.connect()
  }

  /** Empty on a cluster that does not tell. */
  async clusterId(): Promise<string> {
    // Kafkajs cannot ask for no topics.
    await this.#cluster.brokerPool.refreshMetadata([])
    return this.#cluster.brokerPool.metadata?.clusterId ?? ''
  }

  /** Those that exist. */
  async topics(names: readonly string[]): Promise<readonly ITopicMetadata[]> {
    if (names.length === 0) return []
    try {
      return await this.#existing(names)
    } catch (error) {
      if (protocolTypeOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      // One of them is missing; which, kafkajs does not say.
      if (names.length === 1) return []
      const found: ITopicMetadata[] = []
      for (const name of names) found.push(...(await this.topics([name])))
      return found
    }
  }

  /** Rejects with KAFKA_TOPIC_MISSING. */
  async topic(name: string): Promise<ITopicMetadata> {
    const [topic] = await this.topics([name])
    if (topic !== undefined) return topic
    throw topicMissing(name)
  }

  /** Of every partition, by its number. Rejects with KAFKA_TOPIC_MISSING. */
  async offsets(name: string): Promise<readonly PartitionOffsets[]> {
    const { partitions } = await this.topic(name)
    const numbers = partitions.map(({ partitionId }) => partitionId).toSorted((a, b) => a - b)
    const [ends, beginnings] = await Promise.all([
      this.#offsets(name, numbers, false),
      this.#offsets(name, numbers, true),
    ])
    return numbers.map((partition) => {
      return { beginning: offsetOf(beginnings, name, partition), end: offsetOf(ends, name, partition) }
    })
  }

  /** Effective values, by topic; what the broker does not know is left out. */
  async configs(
    names: readonly string[],
    configNames: readonly string[],
  ): Promise<ReadonlyMap<string, ConfigValues>> {
    if (names.length === 0) return new Map()
    const broker = await this.#cluster.brokerPool.findConnectedBroker()
    const { resources } = await broker.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => {
        return { type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: [...configNames] }
      }),
    })
    return new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    )
  }

  /** Of this user; undefined of a broker that does not tell. */
  async authorizedOperations(topics: readonly string[]): Promise<AuthorizedOperations | undefined> {
    return await authorizedOperations(await this.#cluster.brokerPool.findConnectedBroker(), topics)
  }

  /** Rejects where this user may not know who keeps the transactional id. The brokers make their topic of transactions for it. */
  async transactionCoordinator(transactionalId: string): Promise<void> {
    await this.#cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: 1 })
  }

  /** Names of those requests that the broker knows in no version that is wanted. */
  async unknownRequests(
    wanted: readonly { readonly name: string; readonly key: number; readonly least: number }[],
  ): Promise<readonly string[]> {
    const { versions } = await this.#cluster.brokerPool.findConnectedBroker()
    const unknown = wanted.filter(({ key, least }) => (versions?.[key]?.maxVersion ?? -1) < least)
    return unknown.map(({ name }) => name)
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async #existing(names: readonly string[]): Promise<readonly ITopicMetadata[]> {
    await this.#cluster.brokerPool.refreshMetadata(names)
    const topics = this.#cluster.brokerPool.metadata?.topicMetadata ?? []
    return topics.map(({ topic, partitionMetadata }) => ({ name: topic, partitions: partitionMetadata }))
  }

  async #offsets(
    topic: string,
    numbers: readonly number[],
    fromBeginning: boolean,
  ): Promise<ReadonlyMap<number, string>> {
    const partitions = numbers.map((partition) => ({ partition }))
    const [answer] = await this.#cluster.fetchTopicsOffset([{ topic, fromBeginning, partitions }])
    return new Map(answer?.partitions.map(({ partition, offset }) => [partition, offset]))
  }
}

export function topicMissing(name: string): KafkaError {
  return new KafkaError(
    `Topic ${name} does not exist. Create it, or set TOPICS_CREATE=true and start again.`,
    { code: 'KAFKA_TOPIC_MISSING' },
  )
}

function offsetOf(offsets: ReadonlyMap<number, string>, topic: string, partition: number): number {
  const offset = offsets.get(partition)
  if (offset !== undefined) return parseOffset(offset)
  throw new KafkaError(`The brokers did not tell the offsets of topic ${topic}, partition ${partition}.`, {
    code: 'KAFKA_FAILED',
  })
}
