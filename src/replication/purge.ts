/**
 * Finds what disappeared from a source that reports no deletes: walks the keys, compares them with the index, asks about
 * each key that is missing, and deletes only what is proved to be gone (R9) and not too much at once (R10).
 */
import type { Deletion } from '../domain/change.ts'
import type { Millis } from '../domain/instant.ts'
import { NO_OUTCOMES, type PassId, type PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ListedResource } from '../domain/resource.ts'
import { slices } from '../support/slices.ts'
import { CheckpointPace } from './checkpoint-pace.ts'
import { publishedDigest } from './classify.ts'
import { deleteCandidates, type Candidates } from './delete-candidates.ts'
import type { Feed } from './feed.ts'
import { judgeDeletes, withApproval, type GuardVerdict } from './guard.ts'
import { parseProof, type Proof } from './deletion-proof.ts'
import { findMissing, sweepEnd, type Findings } from './missing-keys.ts'
import { endAsFailed } from './pass-end.ts'
import { requireBase } from './pass-base.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import { afterPage, ended, withDeletes, withHeld, PLAIN_BEGINNING } from './progress.ts'
import type { ProvedDeletion } from './proved-deletion.ts'
import { publishMissed } from './publish-by-key.ts'
import { onWholeLedger } from './resume.ts'
import { startMarkers, walkToEnd } from './walk.ts'
import { everythingOf, updatedAfter } from './window.ts'

export interface PurgeOptions {
  /** Walks, compares and asks, but publishes nothing and leaves no checkpoint. */
  readonly dryRun: boolean
  /** Of a dry run: told what would be deleted, whether or not the guard would hold it. */
  readonly examine: undefined | ((candidates: Candidates, signal: AbortSignal) => Promise<unknown>)
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
  /** Keys that the walk shows and no update will bring, new ones or newer ones; they were read and published. */
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
  try {
    return await onWholeLedger(feed, resource, 'purge', resume, async (interrupted, passId) => {
      const walked = await walkKeys(feed, resource, options, { interrupted, passId }, signal)
      return await conclude(feed, resource, walked, options, signal)
    })
  } catch (error) {
    if (resume) await endAsFailed(feed, resource, 'purge', error, signal)
    throw error
  }
}

function walkKeys(
  feed: Feed,
  resource: ListedResource,
  { dryRun }: PurgeOptions,
  { interrupted, passId }: { readonly interrupted: PassProgress | undefined; readonly passId: PassId },
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

async function conclude(
  feed: Feed,
  resource: ListedResource,
  walked: PassProgress,
  { dryRun, examine, approveUpTo }: PurgeOptions,
  signal: AbortSignal,
): Promise<PurgeResult> {
  const findings = await findMissing(feed, resource, walked, approveUpTo, signal)
  const { gone, outOfScope, missed, refuted, inconclusive } = findings
  const verdict = withApproval(judge(feed, resource, walked, findings), findings.feed.deletes, approveUpTo)
  const held = verdict.kind === 'held' ? findings.feed.deletes : 0
  // Told anew by a resumed sweep, which has asked again; what it had already deleted it does not find any more.
  let progress: PassProgress = { ...walked, deletes: { ...walked.deletes, refuted, inconclusive } }
  if (dryRun) {
    await examine?.(deleteCandidates(feed, resource, walked), signal)
    await feed.index.ledger.drop(walked.passId)
    feed.observer.dryRunEnded(progress, findings.feed.deletes, verdict.kind === 'held' ? verdict.why : null)
    return { progress: withHeld(progress, held), verdict, gone, outOfScope, missed }
  }

  // What updates missed is read whole and published, so that a sweep also heals.
  progress = await publishMissed(feed, resource, progress, missed, signal)
  if (verdict.kind !== 'held') {
    progress = await publishDeletes(feed, resource, progress, verdict.kind === 'approved', signal)
  }
  const state = verdict.kind === 'held' ? 'held' : 'completed'
  const detail = detailOf(verdict)
  const done = ended(withHeld(progress, held), state)
  const markers = [{ event: state, progress: done, detail } as const]
  await feed.committer.commitProgress(resource, { progress: done, watermark: null, markers }, signal)
  await feed.index.ledger.drop(done.passId)
  feed.observer.passEnded(done, detail)
  return { progress: done, verdict, gone, outOfScope, missed }
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

function judge(feed: Feed, { name }: ListedResource, walked: PassProgress, findings: Findings): GuardVerdict {
  if (walked.walked === 0 && findings.feed.live > 0) {
    return {
      kind: 'held',
      why: `the walk came back empty while ${findings.feed.live} records are known`,
    }
  }
  return judgeDeletes(feed.guard(name), findings.feed, findings.byMls)
}

async function publishDeletes(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  approved: boolean,
  signal: AbortSignal,
): Promise<PassProgress> {
  const sweep = { progress: from, approved, overlap: feed.overlap }
  let progress = from
  for await (const batch of feed.index.ledger.entries(from.passId, 'gone')) {
    for (const proved of slices(batch, feed.batchSize)) {
      const proofs = new Map(proved.map(([key, note]) => [key, parseProof(note)]))
      const before = progress
      progress = await feed.committer.commitDeletions(
        resource,
        [...proofs.keys()],
        (key, entry) => deletionOf(key, entry, proofs.get(key), sweep),
        (emitted, refuted) => ({
          progress: withDeletes(before, { emitted, refuted }),
          watermark: null,
          markers: [],
        }),
        signal,
      )
    }
  }
  return progress
}

/** What the deletes of a sweep have in common. */
interface ProvedSweep {
  readonly progress: PassProgress
  /** An operator let go what the guard would have held. */
  readonly approved: boolean
  readonly overlap: Millis
}

function deletionOf(
  key: RecordKey,
  entry: IndexEntry,
  proof: Proof | undefined,
  { progress, approved, overlap }: ProvedSweep,
): ProvedDeletion | undefined {
  // A record that was published or confirmed after the question was sent outweighs its answer (R6, R9 c).
  const outdated = proof === undefined || entry.request > proof.request
  if (outdated || entry.state === 'deleted' || entry.offset >= sweepEnd(progress, entry)) return undefined
  const outOfScope = proof.reason === 'OUT_OF_SCOPE'
  const deletion: Deletion = {
    kind: 'deletion',
    key,
    reason: approved && !outOfScope ? 'OPERATOR' : proof.reason,
    evidence: proof.evidence,
    deletedAt: proof.at,
    absentSince: outOfScope && progress.rescoped ? updatedAfter(proof.at, overlap) : proof.at,
    lastModificationTimestamp: entry.modificationTimestamp,
    mlsId: entry.mlsId,
    changeStamps: entry.changeStamps,
    previousDigest: publishedDigest(entry) ?? null,
  }
  return { deletion, request: proof.request }
}
