import type { Instant } from '../domain/instant.ts'
import type { PassKind, PassProgress } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { Feed } from './feed.ts'
import { IncompleteWalkError } from './pass-errors.ts'
import { ended } from './progress.ts'
import { startMarkers } from './walk.ts'

/**
 * What a failed pass leaves behind. One that came out incomplete is over: the next begins anew. Anything else (an outage,
 * a refusal, a stop) leaves it as it stands, to be resumed at its token.
 */
export async function endAsFailed(
  feed: Feed,
  resource: ResourceDescription,
  pass: PassKind,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const progress = feed.state.interrupted(resource.name, pass)
  if (!(error instanceof IncompleteWalkError) || progress === undefined) return
  const failed = ended(progress, 'failed')
  const marker = { event: 'failed' as const, progress: failed, detail: error.message }
  await feed.committer.commitProgress(
    resource,
    { progress: failed, watermark: null, markers: [marker] },
    signal,
  )
  await feed.index.ledger.drop(failed.passId)
  feed.observer.passEnded(failed, error.message)
}

/** Commits the end of a pass that came to it, and tells it. @param watermark see `Commitment` */
export async function endAsCompleted(
  feed: Feed,
  resource: ResourceDescription,
  progress: PassProgress,
  watermark: Instant | null,
  signal: AbortSignal,
): Promise<PassProgress> {
  const done = ended(progress, 'completed')
  const started = startMarkers(feed.state, progress)
  const markers = [...started, { event: 'completed' as const, progress: done, detail: null }]
  await feed.committer.commitProgress(resource, { progress: done, watermark, markers }, signal)
  await feed.index.ledger.drop(done.passId)
  feed.observer.passEnded(done, null)
  return done
}
