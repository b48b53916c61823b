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
 * @param learned told once, when nothing is left to be asked
 */
export function learnTotals(
  totals: WalkTotals,
  resources: readonly ListedResource[],
  { passes }: FeedState,
  source: Pick<Source, 'count'>,
  learned: () => void,
): Disposable {
  const stop = new AbortController()
  const questions: Promise<void>[] = []
  for (const resource of resources) {
    const walked = recordsOfLastWalk(passes, resource)
    if (walked !== undefined) totals.learn(resource.name, walked)
    if (totals.all.has(resource.name)) continue
    const question = source.count(resource, everythingOf(resource), 'walk', stop.signal).then(
      (count) => {
        if (count === undefined || totals.all.has(resource.name)) return
        totals.learn(resource.name, count)
      },
      // Without it the progress has no percentage; the walk reports what is wrong with the source.
      () => undefined,
    )
    questions.push(question)
  }
  void Promise.all(questions).then(() => {
    if (!stop.signal.aborted) learned()
  })
  return { [Symbol.dispose]: () => stop.abort() }
}
