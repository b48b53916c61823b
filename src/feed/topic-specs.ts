/** How each topic of a feed is made, and what of that it must keep. */
import type { TopicDescription, TopicSpec } from '../kafka/cluster.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { TopicError } from './topic-error.ts'
import type { TopicNames } from './topic-names.ts'

const DAY_MS = 24 * 3_600_000

/** `delete.retention.ms` of data topics that the program makes: so long can a subscriber be away and see every tombstone. */
const DELETE_RETENTION_MS = 7 * DAY_MS

export interface TopicShape {
  readonly names: TopicNames
  readonly resources: readonly ResourceDescription[]
  /** Those of them that have a topic of rows, too (`ROW_TOPICS`). @default none */
  readonly withRows?: readonly ResourceDescription[]
  /** `KAFKA_PARTITIONS`, of data topics that have to be made. */
  readonly partitions: number
}

export function topicSpecs({
  names,
  resources,
  withRows = [],
  partitions,
}: TopicShape): readonly TopicSpec[] {
  const ofRecords = [
    ...resources.map((resource) => names.data(resource)),
    ...withRows.map((resource) => names.rows(resource)),
  ]
  const data = ofRecords.map((name) => ({
    name,
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
    { name: names.holds, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
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

/** @throws {TopicError} if it is missing, or not as it must be */
export function requireTopic(spec: TopicSpec, found: TopicDescription | undefined): void {
  if (found === undefined) {
    throw new TopicError(
      `Topic ${spec.name} does not exist any more. Nothing may delete topics of a feed; the next start makes it again, or says what is lost.`,
      'TOPIC_MISSING',
    )
  }
  checkTopic(spec, found)
}

/** Only what would break the contract stops a start: retention and compaction lag may be an operator's choice. */
export function checkTopic(spec: TopicSpec, found: TopicDescription | undefined): void {
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
