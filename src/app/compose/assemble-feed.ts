import { randomUUID } from 'node:crypto'

import type { Millis } from '../../domain/instant.ts'
import { passId } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'
import type { AvroContentEncoder } from '../../events/content/content-encoder.ts'
import type { CommittedState } from '../../replication/committed-state.ts'
import type { Feed } from '../../replication/feed.ts'
import { LateArrivals } from '../../replication/late-arrivals.ts'
import { PageCommitter } from '../../replication/page-committer.ts'
import { FeedSets } from '../../replication/sets/sets-to-look-at.ts'
import type { SparkSource } from '../../spark/spark-source.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import { MetadataRefresher } from '../metadata/metadata-refresher.ts'
import type { FeedEvents } from './open-events.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'
import { SYSTEM_CLOCK } from './system-clock.ts'

export interface FeedParts extends Pick<
  Feed,
  | 'resources'
  | 'identity'
  | 'guard'
  | 'publisher'
  | 'holds'
  | 'published'
  | 'index'
  | 'state'
  | 'deleteRetention'
  | 'serverClock'
> {
  readonly source: SparkSource
  readonly schemas: FeedEvents['schemas']
  readonly encoder: AvroContentEncoder
  readonly cache: MetadataCache
}

/** What the passes of a feed share, from its parts and its settings. */
export function assembleFeed(
  { settings, observer, metrics, logger }: OpenFeedOptions,
  {
    resources,
    identity,
    guard,
    source,
    publisher,
    holds,
    published,
    index,
    state,
    serverClock,
    deleteRetention,
    schemas,
    encoder,
    cache,
  }: FeedParts,
): Feed {
  const { updateOverlapMs: overlap, updateOverlapMaxMs: most } = settings.passes
  const lateArrivals = new LateArrivals({ overlap, most, before: overlapsBefore(state) })
  const clock = SYSTEM_CLOCK
  const sets = new FeedSets(resources)
  const shared = { publisher, index, state, clock, observer, overlap, lateArrivals, sets }
  return {
    ...shared,
    resources,
    identity,
    source,
    holds,
    published,
    serverClock,
    sweeps: {
      compare: settings.passes.purgeCompare,
      intervalMs: settings.passes.purgeIntervalMs,
      reconcileIntervalMs: settings.passes.reconcileIntervalMs,
    },
    confirmSweeps: settings.passes.purgeConfirmSweeps,
    guard,
    reread: {
      maskMaxRatio: settings.passes.maskMaxRatio,
      changeMaxRatio: settings.passes.changeMaxRatio,
    },
    metadata: new MetadataRefresher({
      metadata: source.metadata,
      schemas,
      cache,
      observer,
      onFields: (resource, names) => metrics.describedFields(resource, names),
      logger,
    }),
    committer: new PageCommitter({ ...shared, encoder }),
    newPassId: () => passId(randomUUID()),
    random: Math.random,
    // A deleted key is remembered for the widest overlap at least: an answer from the source's cache would restore it (R9).
    deleteRetention: Math.max(deleteRetention, overlap, most),
    batchSize: settings.spark.pageLimit,
  }
}

/** By the last updates, of whatever process. */
function overlapsBefore(state: CommittedState): ReadonlyMap<ResourceName, Millis> {
  return new Map(
    state
      .passes()
      .flatMap(({ resource, overlap }) => (overlap === null ? [] : [[resource, overlap] as const])),
  )
}
