/**
 * Finds what disappeared from a source that reports no deletes: walks the keys, compares them with the index, asks about
 * each key that is missing, and deletes only what is proved to be gone (R9) and not too much at once (R10).
 */
import type { PassProgress, PurgeCompare } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import { deleteCandidates, type Candidates } from './delete-candidates.ts'
import type { Feed } from './feed.ts'
import { withApproval, type GuardVerdict } from './guard.ts'
import { findMissing } from './missing-keys.ts'
import { requireBase } from './pass-base.ts'
import { totalMissed, withHeld } from './progress.ts'
import { publishMissed } from './publish-by-key.ts'
import { compareOf } from './reconcile.ts'
import { onWholeLedger } from './resume.ts'
import { concludeReread } from './reread/conclude-reread.ts'
import { endInDoubt } from './sweep/end-in-doubt.ts'
import { endSweep } from './sweep/end-sweep.ts'
import { giveUp } from './sweep/give-up.ts'
import { requireFeedsSource } from './sweep/identify-source.ts'
import { judgeSweep } from './sweep/judge-sweep.ts'
import { countMissing } from './sweep/missing.ts'
import { publishDeletes } from './sweep/publish-deletes.ts'
import { walkKeys } from './sweep/walk-keys.ts'

export interface PurgeOptions {
  /**
   * What is walked and compared; an interrupted sweep that is gone on with keeps its own. A dry run publishes nothing, and would
   * have no use for content: it compares versions then. @default by `PURGE_COMPARE` and `RECONCILE_INTERVAL`
   */
  readonly compare: undefined | PurgeCompare
  /** Walks, compares and asks, but publishes nothing and leaves no checkpoint. */
  readonly dryRun: boolean
  /** Of a dry run: told what would be deleted, whether or not the guard would hold it. */
  readonly examine: undefined | ((candidates: Candidates, signal: AbortSignal) => Promise<unknown>)
  /** Gives up a sweep that was interrupted, instead of going on with it. A dry run always begins anew. */
  readonly fresh: boolean
  /** Deletes of this sweep that an operator lets through although the guard would hold them. */
  readonly approveUpTo: undefined | number
}

export interface PurgeResult {
  readonly progress: PassProgress
  readonly verdict: GuardVerdict
  /** Keys proved to be gone. */
  readonly gone: number
  /** Keys that the source has, proved to be outside of the scope's filter. */
  readonly outOfScope: number
  /**
   * Keys that the walk shows and no update will bring, new ones or newer ones; they were read and published. Of a content
   * reconcile: those that it published, and that no update would have brought.
   */
  readonly missed: number
}

export async function runPurge(
  feed: Feed,
  resource: ListedResource,
  options: PurgeOptions,
  signal: AbortSignal,
): Promise<PurgeResult> {
  requireBase(feed.state, resource, 'purge')
  const resume = !options.dryRun
  const compare = chosenCompare(feed, resource, options)
  try {
    if (resume && options.fresh) await giveUp(feed, resource, signal)
    return await onWholeLedger(feed, resource, 'purge', resume, async (interrupted, passId) => {
      await requireFeedsSource(feed, signal)
      const mayCompareLess = options.compare === undefined
      const walk = { dryRun: options.dryRun, compare, mayCompareLess, interrupted, passId }
      const walked = await walkKeys(feed, resource, walk, signal)
      return await conclude(feed, resource, walked, options, signal)
    })
  } catch (error) {
    if (resume) await endInDoubt(feed, resource, error, signal)
    throw error
  }
}

function chosenCompare(
  { state, sweeps, clock }: Feed,
  resource: ListedResource,
  { compare = compareOf(state, resource, sweeps, clock.now()), dryRun }: PurgeOptions,
): PurgeCompare {
  return dryRun && compare === 'content' ? 'versions' : compare
}

async function conclude(
  feed: Feed,
  resource: ListedResource,
  walked: PassProgress,
  { dryRun, examine, approveUpTo }: PurgeOptions,
  signal: AbortSignal,
): Promise<PurgeResult> {
  const findings = await findMissing(feed, resource, walked, approveUpTo, signal)
  await requireFeedsSource(feed, signal)
  const { gone, outOfScope, missed, lettered, refuted, inconclusive, unconfirmed } = findings
  const verdict = withApproval(
    judgeSweep(feed, resource, walked, findings),
    findings.feed.deletes,
    approveUpTo,
  )
  const held = verdict.kind === 'held' ? findings.feed.deletes : 0
  // Told anew by a resumed sweep, which has asked again; what it had already deleted it does not find any more.
  let progress: PassProgress = {
    ...walked,
    deletes: { ...walked.deletes, refuted, inconclusive, unconfirmed },
  }
  if (dryRun) {
    await examine?.(deleteCandidates(feed, resource, walked), signal)
    await feed.index.ledger.drop(walked.passId)
    feed.observer.dryRunEnded(progress, findings.feed.deletes, verdict.kind === 'held' ? verdict.why : null)
    return { progress: withHeld(progress, held), verdict, gone, outOfScope, missed }
  }

  await countMissing(
    feed,
    resource,
    walked,
    verdict.kind === 'held' ? ['absent', 'gone'] : ['absent'],
    signal,
  )

  // What updates missed is read whole and published, so that a sweep also heals.
  progress = await publishMissed(feed, resource, progress, missed + lettered, signal)
  const conclusion = await concludeReread(feed, resource, progress, undefined, signal)
  progress = conclusion.progress
  if (verdict.kind !== 'held') {
    progress = await publishDeletes(feed, resource, progress, verdict.kind === 'approved', signal)
  }
  const done = await endSweep(feed, resource, progress, { verdict, held, records: conclusion }, signal)
  const healed =
    walked.compare === 'content' ? totalMissed(done.missed) : Math.max(missed, totalMissed(done.missed))
  return { progress: done, verdict, gone, outOfScope, missed: healed }
}
