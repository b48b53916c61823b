import type { MissedCounts, PassProgress } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { Feed } from './feed.ts'
import { missedReason, type PublishedRecord } from './missed.ts'
import { withMissed } from './progress.ts'
import { updatedAfter } from './window.ts'

/** The pass, with what it now publishes counted as missed, if it is a sweep of a resource that has updates. */
export function countMissed(
  { state, lateArrivals }: Feed,
  { name, stamp }: ListedResource,
  progress: PassProgress,
  published: readonly PublishedRecord[],
): PassProgress {
  if (progress.pass !== 'purge' || stamp === null || published.length === 0) return progress
  const nextWindow = updatedAfter(state.watermark(name) ?? progress.startedAt, lateArrivals.overlapOf(name))
  let missed: MissedCounts = {}
  for (const record of published) {
    const reason = missedReason(record, nextWindow)
    if (reason !== undefined) missed = { ...missed, [reason]: (missed[reason] ?? 0) + 1 }
  }
  return withMissed(progress, missed)
}
