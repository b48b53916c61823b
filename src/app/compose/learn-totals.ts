import type { FeedState } from '../../domain/feed-state.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { WalkTotals } from '../../ops/walk-totals.ts'
import type { Source } from '../../replication/ports.ts'
import { everythingOf } from '../../replication/window.ts'

/**
 * What a full walk will show, by the last one; before the first one the source is asked, if somebody watches. Returns at
 * once; disposing of it ends the questions.
 */
export function learnTotals(
  totals: WalkTotals,
  resources: readonly ListedResource[],
  { passes }: FeedState,
  source: Pick<Source, 'count'>,
): Disposable {
  const stop = new AbortController()
  for (const resource of resources) {
    const walks = [passes.get(`${resource.name}/snapshot`), passes.get(`${resource.name}/purge`)]
    const walked = walks.filter((pass) => pass?.state === 'completed').map((pass) => pass?.walked ?? 0)
    if (walked.length > 0) totals.learn(resource.name, Math.max(...walked))
    if (totals.knows(resource.name) || !process.stderr.isTTY) continue
    source.count(resource, everythingOf(resource), 'walk', stop.signal).then(
      (count) => {
        if (count !== undefined && !totals.knows(resource.name)) totals.learn(resource.name, count)
      },
      // Without it the progress has no percentage; the walk reports what is wrong with the source.
      () => undefined,
    )
  }
  return { [Symbol.dispose]: () => stop.abort() }
}
