import type { SourceIdentity } from '../../domain/pass.ts'
import type { DataTopics } from '../../feed/topics.ts'
import type { LevelKeyIndex } from '../../key-index/level-key-index.ts'
import type { Logger } from '../../ops/logger.ts'
import type { TakenOver } from '../../publisher/take-over.ts'
import { recoverIndex } from '../../recovery/index-recovery.ts'
import { atMostEvery } from '../../support/at-most-every.ts'
import type { FeedReader } from './feed-reader.ts'
import { now } from './system-clock.ts'

/** How often a long recovery of the index is told of. */
const PROGRESS_INTERVAL_MS = 5_000

export interface RecoveryParts {
  readonly reader: FeedReader
  readonly topics: DataTopics
  readonly source: SourceIdentity
  readonly taken: Pick<TakenOver, 'state' | 'extent'>
}

/** Brings the index up to the topics of the feed (R2), and forgets the walks that are over. */
export async function bringIndexUp(
  index: LevelKeyIndex,
  { reader: { cluster, names, resources }, topics, source, taken: { state, extent } }: RecoveryParts,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { generation, passes } = state
  const feed = {
    prefix: names.prefix,
    generation,
    clusterId: cluster.clusterId,
    source,
    partitions: Object.fromEntries(topics.partitions),
  }
  if (index.recreated !== null) {
    logger.warn({ err: index.recreated }, 'the key index in DATA_DIR could not be opened; it is made anew')
  }
  const recovery = await recoverIndex(
    {
      cluster,
      names,
      resources,
      index,
      feed,
      extent,
      deleteRetention: topics.deleteRetention,
      now,
      onProgress: atMostEvery(PROGRESS_INTERVAL_MS, (progress) =>
        logger.info({ ...progress }, 'reading the topics back'),
      ),
    },
    signal,
  )
  logger.info({ ...recovery, generation }, 'key index is up with the topics')
  // Nobody goes on with an approval.
  const running = [...passes.values()].filter(
    ({ state: is, decidesOn }) => is === 'running' && decidesOn === null,
  )
  await index.ledger.keepOnly(running.map((progress) => progress.passId))
}
