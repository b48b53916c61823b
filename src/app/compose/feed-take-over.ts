/** Becoming the owner of a feed: whether this process may, the take-over itself (R2, R3), and a word to the log. */
import { formatInstant } from '../../domain/instant.ts'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'

import type { SourceIdentity } from '../../domain/pass.ts'
import type { Owner } from '../../feed/state-records.ts'
import { requireSamePartitions, type FeedTopics } from '../../feed/topics.ts'
import type { RowCodec } from '../../events/rows/row-codec.ts'
import { takeOver, type FeedProducerOptions, type TakenOver } from '../../publisher/take-over.ts'
import { firstOfSeries } from '../../support/first-of-series.ts'
import { SYSTEM_TIMER } from '../../support/timer.ts'
import { VERSION } from '../version.ts'
import type { FeedReader } from './feed-reader.ts'
import type { FeedEvents } from './open-events.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'
import { requireFree, requireSameSource } from './ownership.ts'
import { now } from './system-clock.ts'

/** How long a one-pass command may try to find out whether its last transaction was committed. */
const SETTLE_WITHIN_MS = 120_000
/** A transaction in doubt is asked about again and again; so long after the last question it is another one. */
const DOUBT_QUIET_MS = 5 * 60_000

export interface TakeOverParts {
  readonly reader: FeedReader
  readonly events: FeedEvents
  readonly rowCodec: RowCodec | undefined
  readonly topics: FeedTopics
  readonly source: SourceIdentity
}

export interface OwnedFeed extends TakenOver {
  readonly owner: Owner
}

/** @throws {ListingstreamError} `SOURCE_CHANGED`, `TOPIC_MISCONFIGURED` or `FEED_OWNED` if it may not be taken. */
export async function takeFeedOver(
  options: OpenFeedOptions,
  { reader, events: { eventCodec, stateCodec }, rowCodec, topics, source }: TakeOverParts,
  signal: AbortSignal,
): Promise<OwnedFeed> {
  const { settings, wishes, restart, logger, metrics } = options
  const { cluster, names, resources, withRows, log } = reader
  const { partitions, rowPartitions, recordLimits } = topics
  await log.refresh(signal)
  const owner = newOwner(options, source, reader)
  requireSameSource(log, source, wishes)
  if (!restart) requireSamePartitions(log.nextOffsets, partitions, names)
  requireFree(log, owner, settings.passes.updateIntervalMs, Date.now(), wishes)
  const { owner: before, ownerAliveAt: beforeAliveAt } = log
  const taken = await takeOver(
    {
      cluster,
      names,
      eventCodec,
      rowCodec,
      stateCodec,
      log,
      owner,
      source,
      partitions: new Map([...partitions, ...rowPartitions]),
      resources,
      withRows,
      restart,
      producer: producerOptions(options),
      deadLetterBytes: recordLimits.get(names.deadLetters)?.bytes,
      settleWithinMs: options.patient ? undefined : SETTLE_WITHIN_MS,
      onTransaction: (seconds) => metrics.transaction(seconds),
      onDoubt: firstOfSeries(DOUBT_QUIET_MS, (err) =>
        logger.warn({ err }, 'Kafka does not say whether a transaction was committed; asking again'),
      ),
      now,
      timer: SYSTEM_TIMER,
    },
    signal,
  )
  if (before !== undefined) {
    const { host, pid, dataDir } = before
    logger.info(
      { host, pid, dataDir, aliveAt: formatInstant(beforeAliveAt) },
      'took the feed over from its last owner',
    )
  }
  return { ...taken, owner }
}

function newOwner(
  { settings }: OpenFeedOptions,
  source: SourceIdentity,
  { cluster: { clusterId }, log }: FeedReader,
): Owner {
  const startedAt = now()
  return {
    instanceId: randomUUID(),
    host: hostname(),
    pid: process.pid,
    dataDir: resolve(settings.feed.dataDir),
    startedAt,
    aliveAt: startedAt,
    version: VERSION,
    generation: log.generation,
    seq: log.seq,
    source,
    clusterId,
  }
}

function producerOptions({ settings, logger }: OpenFeedOptions): FeedProducerOptions {
  const { compression, transactionTimeoutMs } = settings.kafka
  return {
    compression,
    transactionTimeoutMs,
    onAbandoned: () =>
      logger.warn(
        { transactionTimeoutMs },
        'Kafka does not answer, so that a transaction stays open: it ends by its timeout or with the next start',
      ),
  }
}
