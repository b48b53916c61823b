/** The source of a feed, by its settings: told to the metrics, the outages and the clock of the feed. */
import type { SourceIdentity } from '../../domain/pass.ts'
import type { ServerClock } from '../../replication/server-clock.ts'
import { PLAIN_PAGE_READER, type PageReader } from '../../spark/page-body.ts'
import { METADATA_PATHS } from '../../spark/spark-metadata.ts'
import { createSparkSource, type SparkSource } from '../../spark/spark-source.ts'
import { PROGRAM } from '../version.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'
import { SYSTEM_CLOCK } from './system-clock.ts'

type Told = Pick<OpenFeedOptions, 'settings' | 'metrics' | 'outages'>

export interface FeedSourceOptions {
  readonly serverClock: ServerClock
  readonly firstRequestNumber: number
  readonly pageReader: PageReader
  /** Of the feed, once that is known: a token that is renewed has to be the same user's. */
  readonly user: SourceIdentity | undefined
}

const METADATA: ReadonlySet<string> = new Set(METADATA_PATHS)

export function feedSource({ settings, metrics, outages }: Told, options: FeedSourceOptions): SparkSource {
  const { apiUrl, accessToken, requestTimeoutMs, pageLimit, expand } = settings.spark
  const { serverClock, firstRequestNumber, pageReader, user } = options
  return createSparkSource({
    apiUrl,
    accessToken,
    user,
    requestTimeoutMs,
    pageLimit,
    expand: expand ?? undefined,
    userAgent: PROGRAM,
    firstRequestNumber,
    pageReader,
    tries: outages.of('spark-api'),
    clock: SYSTEM_CLOCK,
    onDate: (date, at) => serverClock.note(date, at),
    onRequest: (event) => {
      metrics.apiRequest(event)
      if (METADATA.has(event.path)) metrics.metadataCheck(event)
    },
  })
}

/** Whose key the settings have. */
export async function identifySource(
  told: Told,
  serverClock: ServerClock,
  signal: AbortSignal,
): Promise<SourceIdentity> {
  const options = { serverClock, firstRequestNumber: 1, pageReader: PLAIN_PAGE_READER, user: undefined }
  await using source = feedSource(told, options)
  return await source.identify(signal)
}
