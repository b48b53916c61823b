import type { FeedState } from '../../domain/feed-state.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { WalkTotals } from '../../ops/walk-totals.ts'
import type { Source } from '../../replication/ports.ts'
import { recordsOfLastWalk } from '../budget/known-counts.ts'
import { everythingOf } from '../../replication/window.ts'

/**
 * What a full walk will show, by the last one; before the first one the source is asked. Returns at once; disposing of it
 * ends the questions.
 *
 * @param learned told after each answer
 */
export function learnTotals(
  totals: WalkTotals,
  resources: readonly ListedResource[],
  { passes }: FeedState,
  source: Pick<Source, 'count'>,
  learned: () => void,
): Disposable {
  const stop = new AbortController()
  for (const resource of resources) {
    const walked = recordsOfLastWalk(passes, resource)
    if (walked !== undefined) totals.learn(resource.name, walked)
    if (totals.all.has(resource.name)) continue
    source.count(resource, everythingOf(resource), 'walk', stop.signal).then(
      (count) => {
        if (count === undefined || totals.all.has(resource.name)) return
        totals.learn(resource.name, count)
        learned()
      },
      // Without it the progress has no percentage; the walk reports what is wrong with the source.
      () => undefined,
    )
  }
  return { [Symbol.dispose]: () => stop.abort() }
}
