import { ensureTopics, type FeedTopics } from '../../feed/topics.ts'
import type { FeedReader } from './feed-reader.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'

/** Makes the topics that are missing, checks all of them, and logs what an operator should know of them. */
export async function makeTopics(
  { cluster, names, resources, withRows }: FeedReader,
  { settings, logger }: Pick<OpenFeedOptions, 'settings' | 'logger'>,
  signal: AbortSignal,
): Promise<FeedTopics> {
  const { partitions, replicationFactor, create } = settings.topics
  const topics = await ensureTopics(
    cluster,
    {
      names,
      resources,
      withRows,
      partitions,
      replicationFactor: replicationFactor ?? undefined,
      create,
    },
    signal,
  )
  for (const { topic, level, text } of topics.remarks) logger[level]({ topic }, text)
  return topics
}
