import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import type { GuardVerdict } from '../guard.ts'
import { allOf, endOfHolds } from '../holds/end-of-holds.ts'
import { holdDeletes } from '../holds/hold-deletes.ts'
import { ended, withHeld } from '../progress.ts'
import { allSaid, type RereadConclusion } from '../reread/conclude-reread.ts'
import { certify } from './certify.ts'

interface SweepEnd {
  readonly verdict: GuardVerdict
  /** Deletes that are held. */
  readonly held: number
  /** What came of the records that it has read. */
  readonly records: Pick<RereadConclusion, 'heldBecause' | 'left' | 'holds'>
}

/** Commits the end of a sweep that came to a verdict, with the deletes that are held or with the end of those that were. */
export async function endSweep(
  feed: Feed,
  resource: ListedResource,
  progress: PassProgress,
  { verdict, held, records }: SweepEnd,
  signal: AbortSignal,
): Promise<PassProgress> {
  const isHeld = verdict.kind === 'held' || records.heldBecause !== null
  const state = isHeld ? 'held' : 'completed'
  const detail = allSaid([detailOf(verdict), records.heldBecause, records.left])
  const deletes =
    verdict.kind === 'held' && held > 0
      ? await holdDeletes(feed, resource, progress, verdict.why, signal)
      : endOfHolds(feed.state, resource)
  const holds = allOf(deletes, records.holds)
  const done = ended(withHeld(progress, held), state)
  const markers = [{ event: state, progress: done, detail } as const]
  const certificates = state === 'completed' ? await certify(feed, resource, done.passId, signal) : []
  const commitment = { progress: done, watermark: null, markers, holds, certificates }
  await feed.committer.commitProgress(resource, commitment, signal)
  await feed.index.ledger.drop(done.passId)
  feed.observer.passEnded(done, detail)
  feed.observer.sweepJudged(done, verdict.kind, null)
  return done
}

function detailOf(verdict: GuardVerdict): string | null {
  switch (verdict.kind) {
    case 'clear':
      return null
    case 'held':
      return verdict.why
    case 'approved':
      return `an operator approved up to ${verdict.upTo} deletes, although ${verdict.why}`
  }
}
