/** One look at the groups of some topics, and at what each has still to read. */
import { instant, type Instant, type Millis } from '../../domain/instant.ts'
import type { KafkaCluster, PartitionOffsets, TopicDescription } from '../../kafka/cluster.ts'
import { consumerGroups, type ConsumerGroup } from '../../kafka/consumer-groups.ts'
import { NOTHING_UNREAD, type Stretch, type Unread, type UnreadCounter } from './unread.ts'

/** How long a topic keeps its tombstones (docs/operations.md, "Lag of subscribers"). */
export interface TombstoneLife {
  /** `min.compaction.lag.ms`: before then nothing is compacted. */
  readonly compactionLag: Millis
  /** `delete.retention.ms`: from the first compaction on. */
  readonly deleteRetention: Millis
}

export interface PartitionObservation {
  readonly partition: number
  /** The next offset that the group would read. */
  readonly committed: number
  readonly beginning: number
  /** Last stable offset. */
  readonly end: number
  /** Tombstones below this offset may be gone; null where nothing is compacted. */
  readonly horizon: number | null
  readonly unread: Unread
}

export interface TopicObservation {
  readonly topic: string
  /** Null if the topic is not compacted. */
  readonly tombstones: TombstoneLife | null
  /** Those of which the group has committed an offset. */
  readonly partitions: readonly PartitionObservation[]
  /** How many others hold something. */
  readonly uncommitted: number
}

export interface GroupObservation {
  readonly group: string
  /** Null of a group that does not show them (KIP-848). */
  readonly members: number | null
  readonly topics: readonly TopicObservation[]
}

export interface Observation {
  readonly at: Instant
  readonly groups: readonly GroupObservation[]
}

export interface ObserverOptions {
  readonly cluster: KafkaCluster
  readonly counter: UnreadCounter
  readonly topics: readonly string[]
  /** @default all that have committed an offset of one of the topics */
  readonly groups?: readonly string[]
  readonly now: () => Instant
}

/** Offsets are asked for before the ends, so that nobody is seen beyond an end that he has not passed. */
export async function observeGroups(options: ObserverOptions, signal: AbortSignal): Promise<Observation> {
  const { cluster, counter, topics, now } = options
  counter.beginRound()
  const groups = await consumerGroups(cluster, options, signal)
  const at = now()
  const read = topics.filter((topic) => groups.some(({ committed }) => committed.has(topic)))
  const described = await cluster.describeTopics(read, signal)
  const places: TopicPlace[] = []
  for (const topic of described.values()) places.push(await placeOf(cluster, topic, at, signal))
  const observed: GroupObservation[] = []
  for (const group of groups) {
    const seen: TopicObservation[] = []
    for (const place of places) {
      const committed = group.committed.get(place.topic)
      if (committed !== undefined) seen.push(await observeTopic(counter, place, committed, signal))
    }
    observed.push({ group: group.id, members: group.members, topics: seen })
  }
  return { at, groups: observed.filter(({ topics: seen }) => seen.length > 0) }
}

/** Where a topic stands, for whoever reads it. */
interface TopicPlace {
  readonly topic: string
  readonly tombstones: TombstoneLife | null
  readonly offsets: readonly PartitionOffsets[]
  readonly horizons: readonly number[] | null
}

async function placeOf(
  cluster: KafkaCluster,
  topic: TopicDescription,
  at: Instant,
  signal: AbortSignal,
): Promise<TopicPlace> {
  const tombstones = tombstoneLife(topic)
  const offsets = await cluster.topicOffsets(topic.name, signal)
  const since = tombstones === null ? 0 : at - tombstones.compactionLag - tombstones.deleteRetention
  const horizons = since > 0 ? await cluster.offsetsAt(topic.name, instant(since), signal) : null
  return { topic: topic.name, tombstones, offsets, horizons }
}

const DAY_MS = 24 * 3_600_000

/** Where the brokers do not tell, Kafka's own defaults: no lag, one day. */
function tombstoneLife({ configs }: TopicDescription): TombstoneLife | null {
  if (!(configs['cleanup.policy'] ?? '').includes('compact')) return null
  const compactionLag = Number(configs['min.compaction.lag.ms'] ?? 0)
  const deleteRetention = Number(configs['delete.retention.ms'] ?? DAY_MS)
  return { compactionLag, deleteRetention }
}

type Committed = NonNullable<ReturnType<ConsumerGroup['committed']['get']>>

async function observeTopic(
  counter: UnreadCounter,
  { topic, tombstones, offsets, horizons }: TopicPlace,
  committed: Committed,
  signal: AbortSignal,
): Promise<TopicObservation> {
  const places = offsets.flatMap(({ beginning, end }, partition) => {
    const offset = committed[partition] ?? null
    if (offset === null) return []
    // It was asked for later than the end, and may lie beyond it.
    const horizon = horizons === null ? null : Math.min(horizons[partition] ?? 0, end)
    return [{ partition, committed: offset, beginning, end, horizon }]
  })
  const stretches = places
    .map((place): Stretch => {
      return { partition: place.partition, from: Math.max(place.committed, place.beginning), to: place.end }
    })
    .filter(({ from, to }) => from < to)
  const counts = await counter.count(topic, stretches, signal)
  const partitions = places.map((place) => {
    const unread = counts.get(place.partition) ?? { ...NOTHING_UNREAD, readTo: place.committed }
    return { ...place, unread }
  })
  const others = offsets.filter((_, partition) => (committed[partition] ?? null) === null)
  return {
    topic,
    tombstones,
    partitions,
    uncommitted: others.filter(({ beginning, end }) => beginning < end).length,
  }
}
