/** The composition root: connects every adapter, takes the feed over, and hands back what runs its passes. */
import type { SourceIdentity } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { AvroContentEncoder } from '../../events/content/content-encoder.ts'
import type { Owner } from '../../feed/state-records.ts'
import { CommittedState } from '../../replication/committed-state.ts'
import { FeedRunner } from '../../replication/feed-runner.ts'
import { ServerClock } from '../../replication/server-clock.ts'
import { together } from '../../support/together.ts'
import { assembleFeed } from './assemble-feed.ts'
import { bringIndexUp } from './bring-index-up.ts'
import { feedQueries, type FeedQueries } from './feed-queries.ts'
import { connectFeed, type FeedReader } from './feed-reader.ts'
import { feedSource, identifySource } from './feed-source.ts'
import { takeFeedOver } from './feed-take-over.ts'
import { guardLimits } from './guard-limits.ts'
import { claimIndex, openIndexWhenFree, warnOfLaxFolder } from './index-folder.ts'
import { learnTotals } from './learn-totals.ts'
import { warnOfMisfit } from '../budget/misfit.ts'
import { makeTopics } from './make-topics.ts'
import { MetadataCache } from '../metadata/metadata-cache.ts'
import { contentRules, openEvents } from './open-events.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'
import { ThreadedPageReader } from '../pages/page-reader.ts'
import { noticeScopes } from './notice-scopes.ts'
import { publishedEvents } from './published-events.ts'
import { requireWantedBase } from './require-base.ts'
import { keepRows, openRows } from './keep-rows.ts'
import { tellRecoveredPasses } from './tell-recovered-passes.ts'
import { openTracing } from '../tracing/open-tracing.ts'
import { watchFeed } from './watch-feed.ts'

export interface OpenFeed extends FeedQueries, AsyncDisposable {
  readonly runner: FeedRunner
  /** Those that are replicated by passes of their own, each within its scope. */
  readonly resources: readonly ListedResource[]
  readonly owner: Owner
  readonly source: SourceIdentity
  /** @throws {FencedError} if another instance has taken the feed */
  requireOwnership(signal: AbortSignal): Promise<void>
}

/** Refuses before it writes: nothing is left behind by a wrong token, and nothing is registered for a pass that cannot be. */
export async function openFeed(options: OpenFeedOptions, signal: AbortSignal): Promise<OpenFeed> {
  const { settings, logger, metrics } = options
  const { apiUrl, accessToken, requestTimeoutMs } = settings.spark
  const { dataDir } = settings.feed
  const guard = guardLimits(settings.passes.guard)
  await using opened = new AsyncDisposableStack()
  const tracing = opened.use(await openTracing(settings, logger))
  const claimed = opened.use(await claimIndex(options, signal))
  await warnOfLaxFolder(options)
  const serverClock = new ServerClock(settings.passes.updateOverlapMs)
  const [user, reader] = await identifyAndConnect(options, serverClock, opened, signal)
  await requireWantedBase(reader, options.wanted, signal)
  const events = await openEvents(reader, settings, signal)
  const topics = await makeTopics(reader, options, signal)

  const rowCodec = openRows(reader, topics, logger)
  const taken = await takeFeedOver(options, { reader, events, rowCodec, topics, source: user }, signal)
  const { owner, state } = taken
  const publisher = opened.use(taken.publisher)
  const index = claimed ?? opened.use(await openIndexWhenFree(options, signal))
  await bringIndexUp(index, { reader, topics, source: user, taken }, logger, signal)
  await keepRows({ reader, index, publisher, rowCodec }, logger, signal)

  const rules = contentRules(events, reader, topics)
  const encoder = new AvroContentEncoder(rules)
  const onRows = metrics.rowsRead.bind(metrics)
  const pageReader = opened.use(new ThreadedPageReader({ rules, onRows, timeoutMs: requestTimeoutMs }))
  const firstRequestNumber = (index.state()?.request ?? 0) + 1
  const source = tracing.source(feedSource(options, { serverClock, firstRequestNumber, pageReader, user }))
  const feed = assembleFeed(options, {
    resources: reader.listed,
    identity: user,
    guard,
    source,
    publisher: tracing.publisher(watchFeed(publisher, { reader, topics, events, rowCodec }, logger)),
    published: publishedEvents(reader),
    index,
    schemas: events.schemas,
    encoder,
    cache: await MetadataCache.open({ dataDir, apiUrl, accessToken, source: user }),
    deleteRetention: topics.deleteRetention,
    serverClock,
    state: new CommittedState(state, await reader.holdLog.known(signal)),
    holds: reader.holdLog,
  })
  await noticeScopes(feed, reader.listed, options, signal)
  await tellRecoveredPasses(options, reader, feed.state, signal)
  const learned = (): void => warnOfMisfit(options, reader.listed, state)
  opened.use(learnTotals(options.totals, reader.listed, state, source, learned))
  const owned = opened.move()
  return {
    runner: new FeedRunner(feed, { walks: options.walks, surround: tracing.surround }),
    resources: reader.listed,
    owner,
    source: user,
    requireOwnership: (within) => publisher.requireOwnership(within),
    ...feedQueries(reader, index, feed.state),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Side by side: neither writes anything. */
function identifyAndConnect(
  options: OpenFeedOptions,
  serverClock: ServerClock,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<[SourceIdentity, FeedReader]> {
  return together(
    [
      (within) => identifySource(options, serverClock, within),
      async (within) => opened.use(await connectFeed(options.settings, options, within)),
    ],
    signal,
  )
}
