/** The topics of a feed (design.md §4.3): made by the program, never auto-created, and checked at every start. */
import type { KafkaCluster, TopicDescription, TopicSpec } from '../kafka/cluster.ts'
import type { Millis } from '../listing/instant.ts'
import type { NextOffsets } from '../listing/pass.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import { ListingstreamError } from '../support/errors.ts'

const DAY_MS = 24 * 3_600_000

/** `delete.retention.ms` of data topics that the program makes: so long can a subscriber be away and see every tombstone. */
const DELETE_RETENTION_MS = 7 * DAY_MS

export interface TopicNames {
  readonly prefix: string
  readonly checkpoints: string
  readonly control: string
  readonly deadLetters: string
  data(resource: Pick<ResourceDescription, 'name'>): string
}

export function topicNames(prefix: string): TopicNames {
  return {
    prefix,
    checkpoints: `${prefix}.checkpoints`,
    control: `${prefix}.control`,
    deadLetters: `${prefix}.dead-letters`,
    data: ({ name }) => `${prefix}.${name}`,
  }
}

function topicSpecs({ names, resources, partitions }: TopicSettings): readonly TopicSpec[] {
  const data = resources.map((resource) => ({
    name: names.data(resource),
    partitions,
    configs: {
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': String(DAY_MS),
      'delete.retention.ms': String(DELETE_RETENTION_MS),
    },
  }))
  return [
    ...data,
    { name: names.checkpoints, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
    {
      name: names.control,
      partitions: 1,
      configs: { 'cleanup.policy': 'delete', 'retention.ms': String(90 * DAY_MS) },
    },
    {
      name: names.deadLetters,
      partitions: 1,
      configs: { 'cleanup.policy': 'compact,delete', 'retention.ms': String(30 * DAY_MS) },
    },
  ]
}

/** A topic that the feed cannot be published to as it is. */
export class TopicError extends ListingstreamError {
  constructor(message: string, code: 'TOPIC_MISSING' | 'TOPIC_MISCONFIGURED') {
    super(message, { code, retryable: false, exitCode: 2 })
  }
}

export interface TopicSettings {
  readonly names: TopicNames
  readonly resources: readonly ResourceDescription[]
  /** `KAFKA_PARTITIONS`, of data topics that have to be made. */
  readonly partitions: number
  /** `KAFKA_REPLICATION_FACTOR`; undefined for the broker's. */
  readonly replicationFactor: number | undefined
  /** `TOPICS_CREATE` */
  readonly create: boolean
}

/** What recovery has to know of the data topics (R2). */
export interface DataTopics {
  /** By resource. */
  readonly partitions: ReadonlyMap<string, number>
  /** Effective `delete.retention.ms`, the shortest of all: it may be an operator's choice. */
  readonly deleteRetention: Millis
}

/**
 * Makes the topics that are missing and checks all of them.
 *
 * @throws {TopicError} exit code 2
 */
export async function ensureTopics(
  cluster: KafkaCluster,
  settings: TopicSettings,
  signal: AbortSignal,
): Promise<DataTopics> {
  const { names, resources, replicationFactor } = settings
  const specs = topicSpecs(settings).map((spec) =>
    replicationFactor === undefined ? spec : { ...spec, replicationFactor },
  )
  const topics = specs.map(({ name }) => name)
  const before = await cluster.describeTopics(topics, signal)
  for (const spec of specs) checkTopic(spec, before.get(spec.name))
  const missing = specs.filter(({ name }) => !before.has(name))
  if (missing.length > 0 && !settings.create) {
    throw new TopicError(
      `These topics are missing and TOPICS_CREATE is false: ${missing.map(({ name }) => name).join(', ')}. Create them, or set TOPICS_CREATE=true.`,
      'TOPIC_MISSING',
    )
  }
  await cluster.createTopics(missing, signal)
  return dataTopics(new Map([...specs.map(asDescribed), ...before]), names, resources)
}

/**
 * The data topics as they are.
 *
 * @throws {TopicError} exit code 2, if one does not exist
 */
export async function describeDataTopics(
  cluster: KafkaCluster,
  names: TopicNames,
  resources: readonly ResourceDescription[],
  signal: AbortSignal,
): Promise<DataTopics> {
  const topics = resources.map((resource) => names.data(resource))
  const found = await cluster.describeTopics(topics, signal)
  const missing = topics.filter((name) => !found.has(name))
  if (missing.length > 0) {
    throw new TopicError(
      `These topics do not exist: ${missing.join(', ')}. Check TOPIC_PREFIX and KAFKA_BROKERS; "listingstream snapshot" makes them.`,
      'TOPIC_MISSING',
    )
  }
  return dataTopics(found, names, resources)
}

type Described = Pick<TopicDescription, 'partitions' | 'configs'>

function asDescribed({ name, partitions, configs }: TopicSpec): readonly [string, Described] {
  return [name, { partitions, configs }]
}

function dataTopics(
  found: ReadonlyMap<string, Described>,
  names: TopicNames,
  resources: readonly ResourceDescription[],
): DataTopics {
  const described = resources.map((resource) => [resource.name, found.get(names.data(resource))] as const)
  const retentions = described.map(([, topic]) => retentionOf(topic))
  return {
    partitions: new Map(described.map(([name, topic]) => [name, topic?.partitions ?? 0])),
    deleteRetention: Math.min(...retentions),
  }
}

/** A broker that does not tell it is taken to have Kafka's own default. */
function retentionOf(topic: Described | undefined): Millis {
  const text = topic?.configs['delete.retention.ms'] ?? ''
  return /^\d+$/.test(text) ? Number(text) : DAY_MS
}

/** A key's partition follows from their number: with another one, order per key is lost (kafka-client.md §11). */
export function requireSamePartitions(
  checkpoint: NextOffsets,
  actual: ReadonlyMap<string, number>,
  names: TopicNames,
): void {
  for (const [resource, offsets] of Object.entries(checkpoint)) {
    const count = actual.get(resource)
    if (count === undefined || count === offsets.length) continue
    throw new TopicError(
      `Topic ${names.prefix}.${resource} has ${count} partitions, but the feed was written to ${offsets.length}. Restore that number, or choose another TOPIC_PREFIX.`,
      'TOPIC_MISCONFIGURED',
    )
  }
}

/** Only what would break the contract stops a start: retention and compaction lag may be an operator's choice. */
function checkTopic(spec: TopicSpec, found: TopicDescription | undefined): void {
  if (found === undefined) return
  const wanted = policies(spec.configs['cleanup.policy'])
  const actual = policies(found.configs['cleanup.policy'])
  if (wanted !== actual) {
    throw new TopicError(
      `Topic ${spec.name} has cleanup.policy=${actual}, but must have ${wanted}. Correct it with kafka-configs, or choose another TOPIC_PREFIX.`,
      'TOPIC_MISCONFIGURED',
    )
  }
  if (found.partitions !== 1 && !isCompactedData(spec)) {
    throw new TopicError(
      `Topic ${spec.name} has ${found.partitions} partitions, but its order needs exactly one. Choose another TOPIC_PREFIX, or delete the topic if nothing needs it.`,
      'TOPIC_MISCONFIGURED',
    )
  }
}

function isCompactedData(spec: TopicSpec): boolean {
  return 'delete.retention.ms' in spec.configs
}

function policies(text: string | undefined): string {
  const parts = (text ?? '').split(',').map((policy) => policy.trim())
  return parts.toSorted().join(',')
}
