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
  const [first] = topicFaults(spec, found)
  if (first !== undefined) throw first
}

/** All that is to be corrected of it. */
export function topicFaults(spec: TopicSpec, found: TopicDescription | undefined): readonly TopicError[] {
  if (found === undefined) return []
  return [...policyFaults(spec, found), ...partitionFaults(spec, found), ...replicaFaults(found)]
}

function policyFaults({ name, configs }: TopicSpec, found: TopicDescription): readonly TopicError[] {
  const wanted = policies(configs['cleanup.policy'])
  const actual = policies(found.configs['cleanup.policy'])
  if (wanted === actual) return []
  return [
    new TopicError(
      `Topic ${name} has cleanup.policy=${actual}, but must have ${wanted}.`,
      'TOPIC_MISCONFIGURED',
      `Set cleanup.policy=${wanted} with kafka-configs; if the topic is somebody else's, and this feed has not begun, choose another TOPIC_PREFIX.`,
    ),
  ]
}

function partitionFaults(spec: TopicSpec, { partitions }: TopicDescription): readonly TopicError[] {
  if (partitions === 1 || isCompactedData(spec)) return []
  return [
    new TopicError(
      `Topic ${spec.name} has ${partitions} partitions, but its order needs exactly one.`,
      'TOPIC_MISCONFIGURED',
      `Stop the feed and delete the topic (Kafka takes no partitions away): the next start makes it anew. ${lostWith(spec.name)}`,
    ),
  ]
}

/** What becomes of a topic that has one partition, when it is made anew. */
export function lostWith(topic: string): string {
  if (topic.endsWith('.control')) return 'Only its history of passes and notifications is gone.'
  if (topic.endsWith('.holds'))
    return 'What the guard holds can be decided on after the next purge, which writes it down again.'
  if (topic.endsWith('.dead-letters'))
    return 'Letters that wait are gone: what they are of is read again when it changes, or by a content reconcile.'
  return 'It says how far the feed is: "listingstream snapshot --restart" begins anew.'
}

/** Nothing could ever be written: every batch would wait for replicas that do not exist. */
function replicaFaults({ name, replicationFactor, configs }: TopicDescription): readonly TopicError[] {
  const inSync = Number(configs['min.insync.replicas'] ?? 1)
  if (inSync <= replicationFactor) return []
  return [
    new TopicError(
      `Topic ${name} has min.insync.replicas=${inSync}, but only ${replicationFactor} replica(s): nothing can be written to it.`,
      'TOPIC_MISCONFIGURED',
      `Set min.insync.replicas=${replicationFactor} with kafka-configs, or give it more replicas.`,
    ),
  ]
}

function isCompactedData(spec: TopicSpec): boolean {
  return 'delete.retention.ms' in spec.configs
}

function policies(text: string | undefined): string {
  const parts = (text ?? '').split(',').map((policy) => policy.trim())
  return parts.toSorted().join(',')
}
