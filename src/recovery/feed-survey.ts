/** What the topics say of a feed to a process that does not take it over. */
import type { Millis } from '../domain/instant.ts'
import type { IndexState } from '../replication/ports.ts'
import type { FeedIdentity } from '../domain/feed-state.ts'
import type { CheckpointLog } from '../feed/checkpoint-log.ts'
import { NoFeedError } from '../feed/feed-errors.ts'
import { readableExtent, requireWhole, type ExtentOptions, type TopicExtent } from '../feed/topic-extent.ts'
import { describeDataTopics, requireSamePartitions } from '../feed/topics.ts'

export interface SurveyOptions extends ExtentOptions {
  readonly log: CheckpointLog
  /** What the index knows that is to be compared or rebuilt; null if that does not matter. */
  readonly index: IndexState | null
}

export interface FeedSurvey {
  /** Whom an index of the feed has to belong to. */
  readonly feed: FeedIdentity
  readonly extent: TopicExtent
  readonly deleteRetention: Millis
}

/**
 * @throws {NoFeedError} if there is no checkpoint under the prefix
 * @throws {TopicTruncatedError} if a data topic is shorter than the last checkpoint says
 * @throws {TopicError} exit code 2, if a data topic is missing or has another number of partitions
 */
export async function surveyFeed(options: SurveyOptions, signal: AbortSignal): Promise<FeedSurvey> {
  const { cluster, names, resources, log, index } = options
  await log.refreshIfThere(signal)
  const { source } = log
  if (source === null) throw new NoFeedError(names.prefix)
  const { partitions, deleteRetention } = await describeDataTopics(cluster, names, resources, signal)
  requireSamePartitions(log.nextOffsets, partitions, names)
  const indexed = index?.feed.clusterId === cluster.clusterId ? index.nextOffsets : {}
  const extent = await readableExtent(options, [log.nextOffsets, indexed], signal)
  requireWhole(log, extent, names)
  const feed = {
    prefix: names.prefix,
    generation: log.generation,
    clusterId: cluster.clusterId,
    source,
    partitions: Object.fromEntries(partitions),
  }
  return { feed, extent, deleteRetention }
}
