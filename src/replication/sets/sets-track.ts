import type { Millis } from '../../domain/instant.ts'
import type { ListedResource, Subresource } from '../../domain/resource.ts'
import type { FeedRunner } from '../feed-runner.ts'
import type { SetsPlace } from '../page-committer.ts'
import { persist, type Parking } from '../persist.ts'
import { hasOwnStamp } from './owed.ts'

/** How often it is looked whether sets are owed: soon after their records are committed. */
const POLL_MS = 500

export interface SetCycles {
  /** `MEDIA_FULL_INTERVAL`: of sets that have no stamp of their own. */
  readonly mediaFullIntervalMs: Millis
  /** `RECONCILE_INTERVAL`: of those that have one, which may change without it. */
  readonly reconcileIntervalMs: Millis
}

/** How often all sets of a kind are read, owed or not, from begin to begin. */
export function cycleOf(
  parent: Pick<ListedResource, 'stamp'>,
  set: Subresource,
  { mediaFullIntervalMs, reconcileIntervalMs }: SetCycles,
): Millis {
  return hasOwnStamp(parent, set) ? reconcileIntervalMs : mediaFullIntervalMs
}

/**
 * Fills the topic of a set once its records are there, and then keeps it: what is owed, as soon as it is; and all of them once
 * in each cycle.
 */
export async function keepSets(
  runner: FeedRunner,
  { parent, set }: SetsPlace,
  cycle: Millis,
  parking: Parking,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock, sets } = runner.feed
  const toLookAt = sets.of(set)
  while (!state.hasSnapshot(parent.name)) await clock.sleep(POLL_MS, signal)
  for (;;) {
    const last = state.lastPass(set.name, 'snapshot')
    const isFilled = state.hasSnapshot(set.name)
    const isCycleDue = clock.now() >= (last?.startedAt ?? 0) + cycle
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
