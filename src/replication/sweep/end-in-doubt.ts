import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { scopeText } from '../../domain/scope.ts'
import { endsSweep, sweepDoubtOf, type SweepDoubt } from '../../domain/sweep-doubt.ts'
import type { Feed } from '../feed.ts'
import { begun, ended } from '../progress.ts'
import { startMarkers } from '../walk.ts'
import { everythingOf } from '../window.ts'
import { sweepBeginning } from './walk-keys.ts'

/**
 * Writes down why a sweep came to no conclusion. It is over, and the next one begins anew, if what it was shown or who it was
 * shown to is in doubt; if the source only gave no answer, it stands at its token. What is not the source's doing leaves it as it
 * stands, too, and is told by its error alone.
 */
export async function endInDoubt(
  feed: Feed,
  resource: ListedResource,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const doubt = sweepDoubtOf(error)
  if (doubt === undefined || !(error instanceof Error)) return
  const standing = feed.state.interrupted(resource.name, 'purge')
  const isOver = standing === undefined || endsSweep(doubt)
  const progress = inDoubt(standing ?? unbegun(feed, resource), doubt, isOver)
  const started = startMarkers(feed.state, progress)
  const markers = [...started, { event: 'failed' as const, progress, detail: error.message }]
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers }, signal)
  feed.observer.sweepJudged(progress, 'inconclusive', doubt)
  if (!isOver) return
  await feed.index.ledger.drop(progress.passId)
  feed.observer.passEnded(progress, error.message)
}

function inDoubt(progress: PassProgress, sweepDoubt: SweepDoubt, isOver: boolean): PassProgress {
  const doubted = { ...progress, sweepDoubt }
  return isOver ? ended(doubted, 'failed') : doubted
}

/** One that never saw its first page. */
function unbegun(feed: Feed, resource: ListedResource): PassProgress {
  const { serverClock, clock, newPassId, state, sweeps } = feed
  return begun({
    ...sweepBeginning(feed, resource, { passId: newPassId(), compare: sweeps.compare }),
    heldRecords: state.lastPass(resource.name, 'purge')?.reread.held ?? 0,
    resource: resource.name,
    filter: everythingOf(resource),
    scope: scopeText(resource.scope),
    startedAt: serverClock.observed(null, clock.now()),
  })
}
