import type { Instant } from '../domain/instant.ts'
import type { PassProgress } from '../domain/pass.ts'
import type { Feed } from './feed.ts'
import type { PublishedRecord } from './missed.ts'

/** Stamps are cut to seconds. */
const CUT_MS = 1_000

/**
 * Notes how long after their stamps the changes were seen that an update has published. Not while the topic is filled, when
 * whatever is not there yet looks late, nor of seconds that the source could not show before; and a stamp that was known before
 * says nothing of when it came.
 *
 * @param progress of the pass as it stood before them
 */
export function noteArrivals(
  { state, lateArrivals, observer }: Feed,
  { resource, pass, window, owedSeconds }: PassProgress,
  published: readonly PublishedRecord[],
  observedAt: Instant,
): void {
  const watermark = state.watermark(resource)
  if (pass !== 'update' || watermark === undefined) return
  if (state.lastPass(resource, 'snapshot')?.state !== 'completed') return
  const until = window?.until ?? null
  if (until !== null && owedSeconds.includes(until)) return
  const stamps = published.flatMap(({ before, stamp }) => {
    const known = before?.modificationTimestamp ?? null
    return stamp === null || (known !== null && stamp <= known) ? [] : [stamp]
  })
  if (stamps.length === 0) return
  lateArrivals.note(
    resource,
    stamps.map((stamp) => Math.max(0, watermark - stamp - CUT_MS)),
  )
  observer.changesArrived(
    resource,
    stamps.map((stamp) => Math.max(0, observedAt - stamp)),
  )
}
