/** A page of whole records that a pass has walked, as a transaction. */
import type { Instant } from '../domain/instant.ts'
import type { PassProgress } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { CheckpointPace } from './checkpoint-pace.ts'
import { NO_KEYS } from './classify-page.ts'
import type { Feed } from './feed.ts'
import { countMissed } from './count-missed.ts'
import type { PublishedRecord } from './missed.ts'
import { noteArrivals } from './note-arrivals.ts'
import { afterPage } from './progress.ts'
import { fileForRecheck } from './publish-by-key.ts'
import { fileWithheld } from './reread/file-withheld.ts'
import { withholdingOf } from './reread/withholding.ts'
import { startMarkers, type WalkedPage } from './walk.ts'

/** Answers the pass as it stands after the page. */
export async function commitWalked(
  feed: Feed,
  resource: ListedResource,
  { page, observedAt, fresh, progress }: WalkedPage,
  pace: CheckpointPace,
  signal: AbortSignal,
): Promise<PassProgress> {
  const withholding = withholdingOf(feed.reread, progress)
  const sightings = { ...page, observedAt, askedAgain: false, lettered: NO_KEYS, withholding }
  let changed: readonly PublishedRecord[] = []
  const after = await feed.committer.commitPage(
    resource,
    sightings,
    progress.initial,
    async ({ counts, askAgain, published, reread }) => {
      // What is held shows up in each update: when it came, the first one has noted (R10).
      changed = progress.reread.held > 0 ? published : [...published, ...reread.withheld]
      const walked = countMissed(feed, resource, afterPage(progress, page, { ...fresh, counts }), published)
      await fileForRecheck(feed, walked, askAgain)
      const next = await fileWithheld(feed, walked, reread)
      const markers = startMarkers(feed.state, next)
      const watermark = firstWatermark(feed, resource, next)
      return { progress: next, watermark, markers, before: progress, pace }
    },
    signal,
  )
  noteArrivals(feed, progress, changed, observedAt)
  return after
}

/** R4: of a resource that has updates to go by it, with the first page of its first snapshot. */
export function firstWatermark(
  feed: Feed,
  { stamp }: ListedResource,
  progress: PassProgress,
): Instant | null {
  if (stamp === null) return null
  const first = progress.pass === 'snapshot' && feed.state.watermark(progress.resource) === undefined
  return first ? progress.startedAt : null
}
