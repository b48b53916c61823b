import type { ListedResource } from '../../domain/resource.ts'
import { scopeText } from '../../domain/scope.ts'
import type { Feed } from '../../replication/feed.ts'
import { noticeScope } from '../../replication/scope-change.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'

/** Says in the log what changed: the snapshot that follows reads all records again. */
export async function noticeScopes(
  feed: Feed,
  resources: readonly ListedResource[],
  { logger, totals }: Pick<OpenFeedOptions, 'logger' | 'totals'>,
  signal: AbortSignal,
): Promise<void> {
  for (const resource of resources) {
    const before = await noticeScope(feed, resource, signal)
    if (before === undefined) continue
    const { name, scope } = resource
    totals.forget(name)
    logger.info(
      { resource: name, before, now: scopeText(scope) },
      'the scope was changed: a snapshot publishes what differs',
    )
  }
}
