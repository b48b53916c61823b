import type { PassKind, PassProgress } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { Feed } from './feed.ts'
import type { Commitment } from './commitment.ts'
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

export interface PassEnding extends Pick<Commitment, 'watermark' | 'holds'> {
  readonly state: 'completed' | 'held'
  /** Why it is held, or what it has left as it was; null if there is nothing to say. */
  readonly detail: string | null
}

/** Commits the end of a pass that came to it, and tells it. */
export async function endAs(
  feed: Feed,
  resource: ResourceDescription,
  progress: PassProgress,
  { state, detail, ...said }: PassEnding,
  signal: AbortSignal,
): Promise<PassProgress> {
  const done = ended(progress, state)
  const started = startMarkers(feed.state, progress)
  const markers = [...started, { event: state, progress: done, detail } as const]
  await feed.committer.commitProgress(resource, { ...said, progress: done, markers }, signal)
  await feed.index.ledger.drop(done.passId)
  feed.observer.passEnded(done, detail)
  return done
}
