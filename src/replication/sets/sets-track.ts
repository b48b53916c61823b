import type { Millis } from '../../domain/instant.ts'
import type { FeedRunner } from '../feed-runner.ts'
import type { SetsPlace } from '../page-committer.ts'
import { persist, type Parking } from '../persist.ts'
import { hasOwnStamp } from './owed.ts'

/** How often it is looked whether sets are owed: soon after their records are committed. */
const POLL_MS = 500

/**
 * Fills the topic of a set once its records are there, and then keeps it: what is owed, as soon as it is; and, where the
 * source does not say when a set changed, all of them once in each interval, from begin to begin.
 */
export async function keepSets(
  runner: FeedRunner,
  { parent, set }: SetsPlace,
  fullInterval: Millis,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock, sets } = runner.feed
  const toLookAt = sets.of(set)
  while (!state.hasSnapshot(parent.name)) await clock.sleep(POLL_MS, signal)
  for (;;) {
    const last = state.lastPass(set.name, 'snapshot')
    const isFilled = state.hasSnapshot(set.name)
    const cycleAt = (last?.startedAt ?? 0) + fullInterval
    const isCycleDue = !hasOwnStamp(parent, set) && clock.now() >= cycleAt
    const isUnended = last?.state === 'running'
    if (isUnended || (isFilled && isCycleDue) || (!isFilled && toLookAt.isDue(clock.now()))) {
      await persist(runner, set, 'snapshot', parking, signal)
    } else if (isFilled && toLookAt.isDue(clock.now())) {
      await persist(runner, set, 'update', parking, signal)
    } else {
      await clock.sleep(POLL_MS, signal)
    }
  }
}
