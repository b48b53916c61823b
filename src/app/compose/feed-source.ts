/** The source of a feed, whose requests the metrics, the outages and the clock of the feed are told of. */
import type { SourceIdentity } from '../../domain/pass.ts'
import type { ServerClock } from '../../replication/server-clock.ts'
import { PLAIN_PAGE_READER } from '../../spark/page-body.ts'
import { METADATA_PATHS } from '../../spark/spark-metadata.ts'
import type { SparkSource, SparkSourceOptions } from '../../spark/spark-source.ts'
import { sparkSource } from './clients.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'

export interface FeedSourceOptions extends Pick<SparkSourceOptions, 'firstRequestNumber' | 'pageReader'> {
  readonly serverClock: ServerClock
  /** Of the feed, once that is known: a token that is renewed has to be the same user's. */
  readonly user: SourceIdentity | undefined
}

const METADATA: ReadonlySet<string> = new Set(METADATA_PATHS)

export function feedSource(
  { settings, transport, metrics, outages }: OpenFeedOptions,
  { serverClock, ...options }: FeedSourceOptions,
): SparkSource {
  return sparkSource(settings.spark, {
    ...options,
    transport,
    tries: outages.of('spark-api'),
    onDate: (date, at) => serverClock.note(date, at),
    onRequest: (event) => {
      metrics.apiRequest(event)
      if (METADATA.has(event.path)) metrics.metadataCheck(event)
    },
  })
}

/** Whose key the settings have. */
export function identifySource(
  options: OpenFeedOptions,
  serverClock: ServerClock,
  signal: AbortSignal,
): Promise<SourceIdentity> {
  const pageReader = PLAIN_PAGE_READER
  const source = feedSource(options, { serverClock, firstRequestNumber: 1, pageReader, user: undefined })
  return source.identify('update', signal)
}
