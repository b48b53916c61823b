import type { PassKind } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { Feed } from './feed.ts'
import { IncompleteWalkError } from './pass-errors.ts'
import { ended } from './progress.ts'

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
