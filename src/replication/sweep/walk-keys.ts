/** The walk of a sweep: what the source shows of a resource, in the ledger; in a content reconcile also in the topic. */
import { DATA_FAILED, TOO_SLOW } from '../../domain/error-codes.ts'
import { NO_OUTCOMES, type PassId, type PassProgress, type PurgeCompare } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { hasCode, type ListingstreamError } from '../../support/errors.ts'
import { CheckpointPace } from '../checkpoint-pace.ts'
import { commitWalked } from '../commit-walked.ts'
import type { Feed } from '../feed.ts'
import type { Selection } from '../ports.ts'
import { afterPage, PLAIN_BEGINNING, restarted } from '../progress.ts'
import { compareOfSweep } from '../reconcile.ts'
import { startMarkers, walkToEnd, type WalkedPage, type WalkPlan } from '../walk.ts'
import { everythingOf } from '../window.ts'

export interface KeysWalk {
  /** Leaves no checkpoints, and publishes nothing. */
  readonly dryRun: boolean
  /** Of a new sweep: an interrupted one keeps its own. */
  readonly compare: PurgeCompare
  /** Nobody insists on a content reconcile: one record that cannot be shown whole must not keep deletes from being found. */
  readonly mayCompareLess: boolean
  readonly interrupted: PassProgress | undefined
  readonly passId: PassId
}

/** What a new sweep begins with. */
export function sweepBeginning(
  { publisher, state }: Pick<Feed, 'publisher' | 'state'>,
  { name }: ListedResource,
  { passId, compare }: Pick<PassProgress, 'passId' | 'compare'>,
): WalkPlan['begin'] {
  const last = state.lastPass(name, 'purge')
  return {
    ...PLAIN_BEGINNING,
    pass: 'purge',
    passId,
    initial: false,
    sweepOffsets: publisher.nextOffsets(name),
    held: last?.deletes.held ?? 0,
    rescoped: last?.rescoped ?? false,
    compare,
    reconciledAt: last?.reconciledAt ?? null,
  }
}

export async function walkKeys(
  feed: Feed,
  resource: ListedResource,
  walk: KeysWalk,
  signal: AbortSignal,
): Promise<PassProgress> {
  try {
    return await walkOnce(feed, resource, walk, signal)
  } catch (error) {
    const standing = feed.state.interrupted(resource.name, 'purge')
    const begun = standing?.passId === walk.passId ? standing : undefined
    const compare = begun === undefined ? walk.compare : compareOfSweep(begun)
    if (compare !== 'content' || !walk.mayCompareLess || !isOfRecords(error)) throw error
    feed.observer.reconcilePutOff(resource.name, error)
    await feed.index.ledger.drop(walk.passId)
    const interrupted =
      begun === undefined ? undefined : { ...restarted(begun), compare: 'versions' as const }
    return walkOnce(feed, resource, { ...walk, compare: 'versions', interrupted }, signal)
  }
}

/** The source stumbles over a record that is to be shown whole: of keys and stamps it may show all. */
function isOfRecords(error: unknown): error is ListingstreamError {
  return hasCode(error, DATA_FAILED) || hasCode(error, TOO_SLOW)
}

function walkOnce(
  feed: Feed,
  resource: ListedResource,
  walk: KeysWalk,
  signal: AbortSignal,
): Promise<PassProgress> {
  const { dryRun, interrupted, passId } = walk
  const compare = interrupted === undefined ? walk.compare : compareOfSweep(interrupted)
  const begin = sweepBeginning(feed, resource, { passId, compare })
  const plan = { resource, select: SELECTS[compare], filter: everythingOf(resource), interrupted, begin }
  const pace = new CheckpointPace()
  return walkToEnd(
    feed,
    plan,
    (walked) => {
      return compare === 'content' && !dryRun
        ? commitWalked(feed, resource, walked, pace, signal)
        : noteKeys(feed, resource, walked, dryRun ? undefined : pace, signal)
    },
    signal,
  )
}

const SELECTS = { keys: 'keys', versions: 'versions', content: 'everything' } as const satisfies Record<
  PurgeCompare,
  Selection
>

/** @param pace undefined: without checkpoints */
async function noteKeys(
  feed: Feed,
  resource: ListedResource,
  { page, fresh, progress }: WalkedPage,
  pace: CheckpointPace | undefined,
  signal: AbortSignal,
): Promise<PassProgress> {
  const { records, unreadable } = page
  const counts = { ...NO_OUTCOMES, unchanged: records.length, dead_lettered: unreadable.length }
  const after = afterPage(progress, page, { ...fresh, counts })
  const now = feed.clock.now()
  if (pace === undefined || (!pace.isDue(now) && !after.walkEnded)) {
    feed.observer.pageWalked(after)
    return after
  }
  pace.note(now)
  const commitment = { progress: after, watermark: null, markers: startMarkers(feed.state, after) }
  return feed.committer.commitProgress(resource, commitment, signal)
}
