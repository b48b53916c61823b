/** The topics of a feed (docs/operations.md, "Topics"): made by the program, never auto-created, and checked at every start. */
import { RETENTION_CONFIGS, type KafkaCluster, type TopicDescription } from '../kafka/cluster.ts'
import type { Millis } from '../domain/instant.ts'
import type { NextOffsets } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { recordLimit, SIZE_CONFIGS, type RecordLimit } from './record-limits.ts'
import { partitionsChanged, rowPartitionsChanged, TopicError } from './topic-error.ts'
import type { TopicNames } from './topic-names.ts'
import { checkTopic, requireTopic, topicSpecs, type TopicShape } from './topic-specs.ts'
import { REMARKED_CONFIGS, remarksOn, type TopicRemark } from './topic-remarks.ts'

const DAY_MS = 24 * 3_600_000

export interface TopicSettings extends TopicShape {
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

export interface FeedTopics extends DataTopics {
  /** What an operator should know of how the brokers keep them; nothing of it stops a feed. */
  readonly remarks: readonly TopicRemark[]
  /** Partition count of each topic of rows, by its name without the prefix. */
  readonly rowPartitions: ReadonlyMap<string, number>
  /** By topic; only where the brokers tell. */
  readonly recordLimits: ReadonlyMap<string, RecordLimit>
}

/** Of a topic, that are looked at. */
export const CHECKED_CONFIGS = [...new Set([...RETENTION_CONFIGS, ...REMARKED_CONFIGS, ...SIZE_CONFIGS])]

/**
 * Makes the topics that are missing and checks all of them as they are then: what somebody else made in between is no other
 * topic than one that was there before.
 *
 * @throws {TopicError} exit code 2
 */
export async function ensureTopics(
  cluster: Pick<KafkaCluster, 'describeTopics' | 'createTopics'>,
  settings: TopicSettings,
  signal: AbortSignal,
): Promise<FeedTopics> {
  const { names, resources, withRows = [], replicationFactor } = settings
  const specs = topicSpecs(settings).map((spec) =>
    replicationFactor === undefined ? spec : { ...spec, replicationFactor },
  )
  const topics = specs.map(({ name }) => name)
  const before = await cluster.describeTopics(topics, signal, CHECKED_CONFIGS)
  for (const spec of specs) checkTopic(spec, before.get(spec.name))
  const missing = specs.filter(({ name }) => !before.has(name))
  if (missing.length > 0 && !settings.create) {
    throw new TopicError(
      `These topics are missing and TOPICS_CREATE is false: ${missing.map(({ name }) => name).join(', ')}. Create them, or set TOPICS_CREATE=true.`,
      'TOPIC_MISSING',
    )
  }
  await cluster.createTopics(missing, signal)
  const found = missing.length === 0 ? before : await cluster.describeTopics(topics, signal, CHECKED_CONFIGS)
  for (const spec of specs) requireTopic(spec, found.get(spec.name))
  const described = [...found.values()]
  return {
    ...dataTopics(found, names, resources),
    rowPartitions: new Map(
      withRows.map((resource) => [resource.rows.topic, found.get(names.rows(resource))?.partitions ?? 0]),
    ),
    remarks: remarksOn(described),
    recordLimits: limitsOf(described),
  }
}

/** Of those of the topics that exist. */
export async function recordLimitsOf(
  cluster: Pick<KafkaCluster, 'describeTopics'>,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<FeedTopics['recordLimits']> {
  return limitsOf([...(await cluster.describeTopics(topics, signal, SIZE_CONFIGS)).values()])
}

function limitsOf(topics: readonly TopicDescription[]): FeedTopics['recordLimits'] {
  return new Map(
    topics.flatMap(({ name, configs }) => {
      const limit = recordLimit(name, configs)
      return limit === undefined ? [] : [[name, limit] as const]
    }),
  )
}

/**
 * Whether the topics are still as they were when the feed was opened: partitions may be added to a topic, and its policy
 * changed, under a running process. Everything that is checked at a start, but for what makes topics.
 *
 * @throws {TopicError} exit code 2
 */
export async function requireUnaltered(
  cluster: Pick<KafkaCluster, 'describeTopics'>,
  { names, resources, withRows = [] }: Pick<TopicSettings, 'names' | 'resources' | 'withRows'>,
  { partitions, rowPartitions }: Pick<FeedTopics, 'partitions' | 'rowPartitions'>,
  signal: AbortSignal,
): Promise<void> {
  const specs = topicSpecs({ names, resources, withRows, partitions: 0 })
  const topics = specs.map(({ name }) => name)
  const found = await cluster.describeTopics(topics, signal, CHECKED_CONFIGS)
  for (const spec of specs) requireTopic(spec, found.get(spec.name))
  const actual = (topic: string): number => found.get(topic)?.partitions ?? 0
  for (const resource of resources) {
    const topic = names.data(resource)
    const known = partitions.get(resource.name) ?? 0
    if (actual(topic) !== known) throw partitionsChanged(topic, known, actual(topic))
  }
  for (const resource of withRows) {
    const topic = names.rows(resource)
    const known = rowPartitions.get(resource.rows.topic) ?? 0
    if (actual(topic) !== known) throw rowPartitionsChanged(topic, known, actual(topic))
  }
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

/**
 * A key's partition follows from their number: with another one, order per key is lost (docs/kafka.md §11). A topic that
 * was made anew is another matter, which only `snapshot --restart` takes up: whether each key lies where it belongs is seen
 * when the index is rebuilt.
 */
export function requireSamePartitions(
  checkpoint: NextOffsets,
  actual: ReadonlyMap<string, number>,
  names: TopicNames,
): void {
  const [first] = changedPartitions(checkpoint, actual, names)
  if (first !== undefined) throw first
}

/** The same of every topic. */
export function changedPartitions(
  checkpoint: NextOffsets,
  actual: ReadonlyMap<string, number>,
  { prefix }: Pick<TopicNames, 'prefix'>,
): readonly TopicError[] {
  return Object.entries(checkpoint).flatMap(([resource, { length: before }]) => {
    const after = actual.get(resource)
    if (after === undefined || after === before) return []
    return [partitionsChanged(`${prefix}.${resource}`, before, after)]
  })
}
