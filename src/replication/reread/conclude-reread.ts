/** The end of what a pass read again (R10): what was withheld is published, or held for an operator. */
import type { HoldChanges, StandingHold } from '../../domain/hold.ts'
import type { PassProgress, RereadCounts } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { allOf, endOfRecordHolds, endOfRejected } from '../holds/end-of-holds.ts'
import { holdRecords, type WithheldRecords } from '../holds/hold-records.ts'
import type { LedgerSet } from '../ports.ts'
import { withHeldRecords } from '../progress.ts'
import { publishByKey, publishRechecked, type LetterRetry } from '../publish-by-key.ts'
import { compareOfSweep } from '../reconcile.ts'
import { judgeReread } from './judge-reread.ts'
import { readUnread } from './read-unread.ts'
import { judgesAnew, readsAllHeld, releaseWithheld } from './release-withheld.ts'

export interface RereadConclusion {
  readonly progress: PassProgress
  /** Why records are held; null if none are. */
  readonly heldBecause: string | null
  /** What is left as it is since another pass holds it, in words; null if that is nothing. */
  readonly left: string | null
  /** For the transaction in which the pass ends. */
  readonly holds: HoldChanges
}

/** After all that a pass reads, and before its last transaction. */
export async function concludeReread(
  feed: Feed,
  resource: ListedResource,
  walked: PassProgress,
  letters: LetterRetry | undefined,
  signal: AbortSignal,
): Promise<RereadConclusion> {
  const standing = standingOf(feed, walked)
  if (standing !== undefined && !readsAllHeld(walked)) {
    return await addToHold(feed, resource, walked, { standing, letters }, signal)
  }
  const read =
    standing === undefined ? walked : await readUnread(feed, resource, walked, { standing, letters }, signal)
  const { masked, changed } = read.reread
  const verdict = judgeReread(feed.reread, withRejected(feed, resource, read))
  if (verdict.kind === 'clear') {
    const withheld = masked + changed === 0 ? [] : (['masked', 'changed'] as const)
    const { sets, left } = await releaseWithheld(feed, resource, read, withheld, signal)
    const published = await publishWithheld(feed, resource, read, { sets, letters }, signal)
    const holds = allOf(endOfRecordHolds(feed.state, resource, read.pass), endOfJudged(feed, resource, read))
    return { progress: withHeldRecords(published, 0), heldBecause: null, left, holds }
  }
  const withheld = { kind: verdict.hold, why: verdict.why }
  return await hold(feed, resource, read, { withheld, letters }, signal)
}

/** What records of such passes are held already. */
function standingOf({ state }: Feed, { resource, pass, reread }: PassProgress): StandingHold | undefined {
  return reread.held === 0 ? undefined : state.holds.standingRecords(resource, pass)
}

/** What was too much once is judged by its share however few are shown, as what is held is. */
function withRejected({ state }: Feed, { name }: ListedResource, read: PassProgress): RereadCounts {
  const judged = state.holds.rejected(name).filter(({ hold }) => judgesAnew(read, hold))
  return { ...read.reread, held: judged.reduce((sum, { keys }) => sum + keys, read.reread.held) }
}

/** What was rejected, and has its verdict now. */
function endOfJudged({ state }: Feed, resource: ListedResource, read: PassProgress): HoldChanges {
  return endOfRejected(state, resource, (hold) => judgesAnew(read, hold))
}

/** In one line; null if there is nothing to say. */
export function allSaid(texts: readonly (string | null)[]): string | null {
  return texts.filter((text) => text !== null).join('; ') || null
}

interface OnHold {
  readonly standing: StandingHold
  readonly letters: LetterRetry | undefined
}

/** The hold stands as it did, and what the pass withholds is held with the rest, few as it may be. */
async function addToHold(
  feed: Feed,
  resource: ListedResource,
  read: PassProgress,
  { standing, letters }: OnHold,
  signal: AbortSignal,
): Promise<RereadConclusion> {
  const { kind, why, passId } = standing.hold
  const what = read.pass === 'purge' ? `compared ${compareOfSweep(read)}` : 'could not read its whole window'
  const heldBecause = `${why}; hold ${passId} stands, since this ${read.pass} ${what}`
  const { masked, changed } = read.reread
  if (masked + changed === 0) {
    return { progress: read, heldBecause, left: null, holds: { written: [], ended: [] } }
  }
  const verdict = judgeReread(feed.reread, read.reread)
  const isOfChanges = kind === 'changes' || (verdict.kind === 'held' && verdict.hold === 'changes')
  const withheld = { kind: isOfChanges ? 'changes' : 'masking', why, onto: standing } as const
  const conclusion = await hold(feed, resource, read, { withheld, letters }, signal)
  return { ...conclusion, heldBecause }
}

async function hold(
  feed: Feed,
  resource: ListedResource,
  read: PassProgress,
  {
    withheld,
    letters,
  }: { readonly withheld: Omit<WithheldRecords, 'sets'>; readonly letters: LetterRetry | undefined },
  signal: AbortSignal,
): Promise<RereadConclusion> {
  const isMasking = withheld.kind === 'masking'
  const others = isMasking && read.reread.changed > 0 ? (['changed'] as const) : []
  const { sets: released, left } = await releaseWithheld(feed, resource, read, others, signal)
  const progress = await publishWithheld(feed, resource, read, { sets: released, letters }, signal)
  const sets = isMasking ? (['masked'] as const) : (['masked', 'changed'] as const)
  const { keys, holds: own } = await holdRecords(feed, resource, progress, { ...withheld, sets }, signal)
  const holds = allOf(own, endOfJudged(feed, resource, read))
  return { progress: withHeldRecords(progress, keys), heldBecause: withheld.why, left, holds }
}

interface Withheld {
  readonly sets: readonly LedgerSet[]
  readonly letters: LetterRetry | undefined
}

/** Each is read once more, since nobody has kept what it said: a page is long forgotten when the pass has come to its end (R14). */
export async function publishWithheld(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  { sets, letters }: Withheld,
  signal: AbortSignal,
): Promise<PassProgress> {
  if (sets.length === 0) return from
  await feed.index.ledger.drop(from.passId, 'recheck')
  const wishes = { letters, withholding: 'nothing' } as const
  let progress = from
  for (const set of sets) {
    const options = { ...wishes, set, accepts: () => true, askedAgain: false, orWalk: undefined } as const
    progress = await publishByKey(feed, resource, progress, options, signal)
  }
  return publishRechecked(feed, resource, progress, wishes, signal)
}
