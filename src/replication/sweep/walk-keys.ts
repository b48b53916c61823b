/** The walk of a sweep: what the source shows of a resource, in the ledger. */
import { NO_OUTCOMES, type PassId, type PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { CheckpointPace } from '../checkpoint-pace.ts'
import type { Feed } from '../feed.ts'
import { afterPage, PLAIN_BEGINNING } from '../progress.ts'
import { startMarkers, walkToEnd } from '../walk.ts'
import { everythingOf } from '../window.ts'

export interface KeysWalk {
  /** Leaves no checkpoints. */
  readonly dryRun: boolean
  readonly interrupted: PassProgress | undefined
  readonly passId: PassId
}

export function walkKeys(
  feed: Feed,
  resource: ListedResource,
  { dryRun, interrupted, passId }: KeysWalk,
  signal: AbortSignal,
): Promise<PassProgress> {
  const sweepOffsets = feed.publisher.nextOffsets(resource.name)
  const last = feed.state.lastPass(resource.name, 'purge')
  const begin = {
    ...PLAIN_BEGINNING,
    pass: 'purge',
    passId,
    initial: false,
    sweepOffsets,
    held: last?.deletes.held ?? 0,
    rescoped: last?.rescoped ?? false,
  } as const
  const pace = new CheckpointPace()
  return walkToEnd(
    feed,
    { resource, select: 'keys', filter: everythingOf(resource), interrupted, begin },
    async ({ page, fresh, progress }) => {
      const { records, unreadable } = page
      const counts = { ...NO_OUTCOMES, unchanged: records.length, dead_lettered: unreadable.length }
      const after = afterPage(progress, page, { ...fresh, counts })
      const now = feed.clock.now()
      if (dryRun || (!pace.isDue(now) && !after.walkEnded)) {
        feed.observer.pageWalked(after)
        return after
      }
      pace.note(now)
      const commitment = { progress: after, watermark: null, markers: startMarkers(feed.state, after) }
      return feed.committer.commitProgress(resource, commitment, signal)
    },
    signal,
  )
}
