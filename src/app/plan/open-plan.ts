/**
 * A feed whose passes write nothing: the source and the topics are the real ones, the index is a temporary copy, and the
 * publisher only tells what it would publish. Beside it the feed's own daemon goes on.
 */
import type { SourceIdentity } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { AvroContentEncoder } from '../../events/content/content-encoder.ts'
import { UnwrittenSchemas } from '../../events/registry/unwritten-schemas.ts'
import type { LevelKeyIndex } from '../../key-index/level-key-index.ts'
import type { TopicExtent } from '../../feed/topic-extent.ts'
import { recordLimitsOf } from '../../feed/topics.ts'
import { surveyFeed, type FeedSurvey } from '../../recovery/feed-survey.ts'
import { CommittedState } from '../../replication/committed-state.ts'
import type { Feed } from '../../replication/feed.ts'
import { FeedRunner } from '../../replication/feed-runner.ts'
import type { PublishedEvents, TransactionRequest } from '../../replication/ports.ts'
import { ServerClock } from '../../replication/server-clock.ts'
import { together } from '../../support/together.ts'
import { assembleFeed } from '../compose/assemble-feed.ts'
import { bringIndexUp } from '../compose/bring-index-up.ts'
import { feedQueries } from '../compose/feed-queries.ts'
import { connectFeed, type FeedReader } from '../compose/feed-reader.ts'
import { feedSource, identifySource } from '../compose/feed-source.ts'
import { guardLimits } from '../compose/guard-limits.ts'
import { noticeScopes } from '../compose/notice-scopes.ts'
import { contentRules, eventSchemas } from '../compose/open-events.ts'
import type { OpenFeedOptions } from '../compose/open-feed-options.ts'
import { requireSameSource } from '../compose/ownership.ts'
import { publishedEvents } from '../compose/published-events.ts'
import { MetadataCache } from '../metadata/metadata-cache.ts'
import { ThreadedPageReader } from '../pages/page-reader.ts'
import type { PassingFeed } from '../passes/run-pass.ts'
import { RecordingPublisher } from './recording-publisher.ts'
import { copyDataDir, openCopiedIndex, temporaryFolder } from './temporary-folder.ts'

export interface PlannedFeed extends PassingFeed, AsyncDisposable {
  readonly resources: readonly ListedResource[]
}

/** `restart`, `wanted` and `patient` mean nothing here: nothing is taken over. */
export type PlanOptions = Omit<OpenFeedOptions, 'restart' | 'wanted' | 'patient'>

/**
 * @param onTransaction told of what each transaction would publish, in order
 * @throws {NoFeedError} before the first snapshot
 */
export async function openPlan(
  { settings: real, ...told }: PlanOptions,
  onTransaction: (request: TransactionRequest) => void,
  signal: AbortSignal,
): Promise<PlannedFeed> {
  await using opened = new AsyncDisposableStack()
  const { path: dataDir } = opened.use(await temporaryFolder())
  await copyDataDir(real.feed.dataDir, dataDir, told.logger)
  const options = {
    ...told,
    settings: { ...real, feed: { ...real.feed, dataDir } },
    restart: false,
    patient: false,
  }
  const serverClock = new ServerClock(real.passes.updateOverlapMs)
  const [user, reader] = await together(
    [
      (within) => identifySource(options, serverClock, within),
      async (within) => opened.use(await connectFeed(options.settings, options, within)),
    ],
    signal,
  )
  const index = opened.use(await openCopiedIndex(dataDir, reader.resources, signal))
  const { extent, deleteRetention } = await bringCopyUp(index, reader, user, options, signal)
  const { schemas, rules, source } = await openSource(
    options,
    reader,
    { user, serverClock, index },
    opened,
    signal,
  )
  const feed = assembleFeed(options, {
    resources: reader.listed,
    identity: user,
    guard: guardLimits(real.passes.guard),
    source,
    publisher: new RecordingPublisher(
      { seq: reader.log.seq, nextOffsets: extent.nextOffsets },
      onTransaction,
    ),
    published: committedAlone(publishedEvents(reader), extent),
    index,
    schemas,
    encoder: new AvroContentEncoder(rules),
    cache: await MetadataCache.open({ ...real.spark, dataDir, source: user }),
    deleteRetention,
    serverClock,
    state: new CommittedState(reader.log.state(), await reader.holdLog.known(signal)),
    holds: reader.holdLog,
  })
  await noticeScopes(feed, reader.listed, options, signal)
  const queries = feedQueries(reader, index, feed.state)
  const owned = opened.move()
  return {
    runner: new FeedRunner(feed),
    resources: reader.listed,
    previewDeletes: (...asked) => queries.previewDeletes(...asked),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** @throws {ListingstreamError} `SOURCE_CHANGED` if the passes would be refused */
async function bringCopyUp(
  index: LevelKeyIndex,
  reader: FeedReader,
  source: SourceIdentity,
  { wishes, logger }: OpenFeedOptions,
  signal: AbortSignal,
): Promise<FeedSurvey> {
  const survey = await surveyFeed({ ...reader, index: index.state() }, signal)
  requireSameSource(reader.log, source, wishes)
  const { feed, extent, deleteRetention } = survey
  const topics = { partitions: new Map(Object.entries(feed.partitions)), deleteRetention }
  const taken = { state: reader.log.state(), extent }
  await bringIndexUp(index, { reader, topics, source, taken }, logger, signal)
  return survey
}

interface SourceParts extends Pick<Feed, 'index' | 'serverClock'> {
  readonly user: SourceIdentity
}

async function openSource(
  options: OpenFeedOptions,
  reader: FeedReader,
  { user, serverClock, index }: SourceParts,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
) {
  const { settings, metrics } = options
  const { cluster, names, resources } = reader
  const registry = new UnwrittenSchemas(reader.registry)
  const schemas = eventSchemas({ names, resources, registry }, settings.passes)
  const topics = resources.map((resource) => names.data(resource))
  const recordLimits = await recordLimitsOf(cluster, topics, signal)
  const rules = contentRules({ schemas }, reader, { recordLimits })
  const { requestTimeoutMs: timeoutMs } = settings.spark
  const onRows = metrics.rowsRead.bind(metrics)
  const pageReader = opened.use(new ThreadedPageReader({ rules, onRows, timeoutMs }))
  const firstRequestNumber = (index.state()?.request ?? 0) + 1
  return {
    schemas,
    rules,
    source: feedSource(options, { serverClock, firstRequestNumber, pageReader, user }),
  }
}

/** What the plan itself would publish lies in no topic. */
function committedAlone(events: PublishedEvents, { nextOffsets }: TopicExtent): PublishedEvents {
  return {
    lastFields(resource, positions, signal) {
      const ends = nextOffsets[resource.name] ?? []
      const there = [...positions].filter(([, { partition, offset }]) => offset < (ends[partition] ?? 0))
      return events.lastFields(resource, new Map(there), signal)
    },
  }
}
