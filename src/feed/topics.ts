/** The topics of a feed (docs/operations.md, "Topics"): made by the program, never auto-created, and checked at every start. */
import {
  RETENTION_CONFIGS,
  type KafkaCluster,
  type TopicDescription,
  type TopicSpec,
} from '../kafka/cluster.ts'
import { partitionFor } from '../kafka/partition.ts'
import type { Millis } from '../domain/instant.ts'
import type { NextOffsets } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { ListingstreamError, type Disposition } from '../support/errors.ts'
import { recordLimit, SIZE_CONFIGS, type RecordLimit } from './record-limits.ts'
import { REMARKED_CONFIGS, remarksOn, type TopicRemark } from './topic-remarks.ts'

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

/** What of a topic has to be as it was made. */
type TopicShape = Pick<TopicSettings, 'names' | 'resources' | 'partitions'>

function topicSpecs({ names, resources, partitions }: TopicShape): readonly TopicSpec[] {
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

/** What becomes of a running feed; a start ends with each of them, by the exit code. */
const TOPIC_DISPOSITIONS = {
  // The start makes it again, or says what is lost with it.
  TOPIC_MISSING: 'reopen',
  TOPIC_MISCONFIGURED: 'retry',
  TOPIC_KEYS_MISPLACED: 'stop',
} as const satisfies Readonly<Record<string, Disposition>>

/** A topic that the feed cannot be published to as it is. */
export class TopicError extends ListingstreamError {
  constructor(message: string, code: keyof typeof TOPIC_DISPOSITIONS) {
    super(message, { code, retryable: false, disposition: TOPIC_DISPOSITIONS[code], exitCode: 2 })
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

export interface FeedTopics extends DataTopics {
  /** What an operator should know of how the brokers keep them; nothing of it stops a feed. */
  readonly remarks: readonly TopicRemark[]
  /** By topic; only where the brokers tell. */
  readonly recordLimits: ReadonlyMap<string, RecordLimit>
}

const CHECKED_CONFIGS = [...new Set([...RETENTION_CONFIGS, ...REMARKED_CONFIGS, ...SIZE_CONFIGS])]

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
  const { names, resources, replicationFactor } = settings
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
  const limits = described.flatMap(({ name, configs }) => {
    const limit = recordLimit(name, configs)
    return limit === undefined ? [] : [[name, limit] as const]
  })
  return {
    ...dataTopics(found, names, resources),
    remarks: remarksOn(described),
    recordLimits: new Map(limits),
  }
}

/**
 * Whether the topics are still as they were when the feed was opened: partitions may be added to a topic, and its policy
 * changed, under a running process. Everything that is checked at a start, but for what makes topics.
 *
 * @throws {TopicError} exit code 2
 */
export async function requireUnaltered(
  cluster: Pick<KafkaCluster, 'describeTopics'>,
  { names, resources }: Pick<TopicSettings, 'names' | 'resources'>,
  partitions: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const specs = topicSpecs({ names, resources, partitions: 0 })
  const topics = specs.map(({ name }) => name)
  const found = await cluster.describeTopics(topics, signal, CHECKED_CONFIGS)
  for (const spec of specs) requireTopic(spec, found.get(spec.name))
  for (const resource of resources) {
    const actual = found.get(names.data(resource))?.partitions ?? 0
    const known = partitions.get(resource.name) ?? 0
    if (actual !== known) throw partitionsChanged(names.data(resource), known, actual)
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
  for (const [resource, offsets] of Object.entries(checkpoint)) {
    const count = actual.get(resource)
    if (count === undefined || count === offsets.length) continue
    throw partitionsChanged(`${names.prefix}.${resource}`, offsets.length, count)
  }
}

function partitionsChanged(topic: string, before: number, after: number): TopicError {
  return new TopicError(
    `Topic ${topic} has ${after} partitions, but the feed was written to ${before}: the same key would lie in two of them. ${WAYS_OUT}`,
    'TOPIC_MISCONFIGURED',
  )
}

/** Kafka can add partitions to a topic, and cannot take them away. */
const WAYS_OUT =
  'Choose another TOPIC_PREFIX, which begins a feed of its own; or stop the feed and its subscribers, delete this topic, and run "listingstream snapshot --restart", which makes it anew and fills it.'

/** R6: of a record that lies where a client of today's partition count would not put it. */
export function keyMisplaced(topic: string, key: string, place: number, partitions: number): TopicError {
  return new TopicError(
    `Topic ${topic} holds the key ${JSON.stringify(key)} in partition ${place}, but of ${partitions} partitions it belongs in ${partitionFor(key, partitions)}: partitions were added after it was written, and its next event would lie in another one. ${WAYS_OUT}`,
    'TOPIC_KEYS_MISPLACED',
  )
}

function requireTopic(spec: TopicSpec, found: TopicDescription | undefined): void {
  if (found === undefined) {
    throw new TopicError(
      `Topic ${spec.name} does not exist any more. Nothing may delete topics of a feed; the next start makes it again, or says what is lost.`,
      'TOPIC_MISSING',
    )
  }
  checkTopic(spec, found)
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
  requireEnoughReplicas(found)
}

/** Nothing could ever be written: every batch would wait for replicas that do not exist. */
function requireEnoughReplicas({ name, replicationFactor, configs }: TopicDescription): void {
  const inSync = Number(configs['min.insync.replicas'] ?? 1)
  if (inSync <= replicationFactor) return
  throw new TopicError(
    `Topic ${name} has min.insync.replicas=${inSync}, but only ${replicationFactor} replica(s): nothing can be written to it. Correct one of the two.`,
    'TOPIC_MISCONFIGURED',
  )
}

function isCompactedData(spec: TopicSpec): boolean {
  return 'delete.retention.ms' in spec.configs
}

function policies(text: string | undefined): string {
  const parts = (text ?? '').split(',').map((policy) => policy.trim())
  return parts.toSorted().join(',')
}
