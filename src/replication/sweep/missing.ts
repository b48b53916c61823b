/** How often in a row complete sweeps did not show a key (R9 a, `PURGE_CONFIRM_SWEEPS`). */
import type { IndexEntry, Missing } from '../../domain/index-entry.ts'
import type { Instant } from '../../domain/instant.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import type { LedgerSet } from '../ports.ts'

/** Sweeps in a row that did not show the key, the one that began at `startedAt` included, counted in already or not. */
export function sweepsWithout(missing: Missing | undefined, startedAt: Instant): number {
  if (missing === undefined) return 1
  return missing.last === startedAt ? missing.sweeps : missing.sweeps + 1
}

/** The entry of a key that was shown. Undefined if it says so already. */
export function sighted(entry: IndexEntry): IndexEntry | undefined {
  const { missing, ...shown } = entry
  return missing === undefined ? undefined : shown
}

/**
 * Counts a sweep that is believed for the keys in these sets of its ledger. Something that was seen of a key since the sweep began
 * outweighs what its walk did not show.
 */
export async function countMissing(
  feed: Feed,
  resource: ListedResource,
  { passId, startedAt }: PassProgress,
  sets: readonly LedgerSet[],
  signal: AbortSignal,
): Promise<void> {
  const count = (entry: IndexEntry): IndexEntry | undefined => {
    const { missing, observedAt } = entry
    if (observedAt > startedAt || missing?.last === startedAt) return undefined
    const since = missing?.since ?? startedAt
    return { ...entry, missing: { since, last: startedAt, sweeps: sweepsWithout(missing, startedAt) } }
  }
  for (const set of sets) {
    for await (const batch of feed.index.ledger.entries(passId, set)) {
      await feed.committer.amend(
        resource,
        batch.map(([key]) => key),
        count,
        signal,
      )
    }
  }
}
