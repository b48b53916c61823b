/** What the topics say of a feed to who rebuilds a store from them. */
import type { Millis } from '../../domain/instant.ts'
import type { NextOffsets } from '../../domain/pass.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { CheckpointLog } from '../../feed/checkpoint-log.ts'
import { NoFeedError, NotPublishedError } from '../../feed/feed-errors.ts'
import { readableExtent, requireWhole } from '../../feed/topic-extent.ts'
import type { TopicNames } from '../../feed/topic-names.ts'
import { describeDataTopics, requireSamePartitions } from '../../feed/topics.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import type { StoredFeed } from './store.ts'

export interface ViewedTopics {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly log: CheckpointLog
  /** All that can be rebuilt; the feed may have topics of some of them alone. */
  readonly resources: readonly ResourceDescription[]
}

export interface FeedView {
  readonly feed: StoredFeed
  /** Those that the feed publishes. */
  readonly resources: readonly ResourceDescription[]
  /** Of their topics: where they begin. */
  readonly starts: NextOffsets
  /** After the last transaction of the publisher, of all of them at once. */
  readonly ends: NextOffsets
  /** The shortest `delete.retention.ms` of their topics. */
  readonly deleteRetention: Millis
}

/**
 * @throws {NoFeedError} if there is no checkpoint under the prefix
 * @throws {TopicTruncatedError} if a topic is shorter than the last checkpoint says (R2)
 * @throws {TopicError} if one is missing, or has another number of partitions
 */
export async function viewFeed(
  { cluster, names, log, resources: known }: ViewedTopics,
  signal: AbortSignal,
): Promise<FeedView> {
  await log.refreshIfThere(signal)
  if (log.source === null) throw new NoFeedError(names.prefix)
  const resources = known.filter(({ name }) => Object.hasOwn(log.nextOffsets, name))
  const { partitions, deleteRetention } = await describeDataTopics(cluster, names, resources, signal)
  const ends = endsOf(log, resources)
  requireSamePartitions(ends, partitions, names)
  const extent = await readableExtent({ cluster, names, resources }, [ends], signal)
  requireWhole(log, extent, names)
  const feed = feedOf({ cluster, names, log })
  return { feed, resources, starts: extent.startOffsets, ends, deleteRetention }
}

/** @param chosen null: whatever there is @throws {NotPublishedError} naming each that the feed does not publish */
export function requirePublished(
  chosen: readonly ResourceName[] | null,
  { feed, resources }: Pick<FeedView, 'feed' | 'resources'>,
): void {
  const published = resources.map(({ name }) => name)
  const missing = (chosen ?? []).filter((name) => !published.includes(name))
  if (missing.length > 0) throw new NotPublishedError(feed.prefix, missing, published)
}

/** The same feed after a later transaction; undefined if it is another generation, which has to be looked at anew. */
export async function laterView(
  { cluster, names, log }: ViewedTopics,
  view: FeedView,
  signal: AbortSignal,
): Promise<FeedView | undefined> {
  await log.refresh(signal)
  const isSame =
    log.generation === view.feed.generation &&
    view.resources.every(({ name }) => Object.hasOwn(log.nextOffsets, name)) &&
    log.truncation === undefined
  return isSame
    ? { ...view, feed: feedOf({ cluster, names, log }), ends: endsOf(log, view.resources) }
    : undefined
}

function feedOf({ cluster, names, log }: Omit<ViewedTopics, 'resources'>): StoredFeed {
  return { prefix: names.prefix, clusterId: cluster.clusterId, generation: log.generation }
}

function endsOf({ nextOffsets }: CheckpointLog, resources: readonly ResourceDescription[]): NextOffsets {
  return Object.fromEntries(resources.map(({ name }) => [name, nextOffsets[name] ?? []]))
}
