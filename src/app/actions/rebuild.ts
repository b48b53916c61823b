/** `rebuild`: the topics into a store. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import type { StoreTarget } from '../../consumer/rebuild/store-target.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { printLine } from '../../support/print.ts'
import { openFeedReader } from '../compose/feed-reader.ts'
import { READER_GROUPS } from '../compose/settings-groups.ts'
import { loggerFor } from '../compose/feed-logger.ts'
import { rebuildStore } from '../rebuild/rebuild-store.ts'
import { tellRebuild } from '../rebuild/tell-rebuild.ts'
import { grouped } from '../reports/phrases.ts'

export interface RebuildCommandOptions extends FeedChoice {
  readonly to: StoreTarget
  /** @default all that the feed publishes */
  readonly resource?: readonly ResourceDescription[]
  readonly follow?: true
  readonly json?: true
}

/** @throws {StoreError}, and what reading the topics throws; the signal's reason if it is stopped before the store is up to date */
export async function rebuildByHand(
  { to, resource, feed, ...options }: RebuildCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(READER_GROUPS, { feed })
  const json = options.json === true
  const follow = options.follow === true
  await using reader = await openFeedReader(settings, signal)
  using told = tellRebuild({ json, logger: loggerFor(settings), feed: settings.feed.topicPrefix })
  const rebuilding = { target: to, resources: resource ?? null, follow, observer: told.observer }
  const { resources, records, seconds } = await rebuildStore(reader, rebuilding, signal)
  if (!json) printLine(`${resources.join(', ')} up to date: ${grouped(records)} records read in ${seconds} s`)
  return 0
}
