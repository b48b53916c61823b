/** The end of what a pass read again (R10): what was withheld is published, or held for an operator. */
import type { HoldChanges } from '../../domain/hold.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { endOfRecordHolds } from '../holds/end-of-holds.ts'
import { holdRecords } from '../holds/hold-records.ts'
import type { LedgerSet } from '../ports.ts'
import { withHeldRecords } from '../progress.ts'
import { publishByKey, publishRechecked, type LetterRetry } from '../publish-by-key.ts'
import { judgeReread } from './judge-reread.ts'

export interface RereadConclusion {
  readonly progress: PassProgress
  /** Why records are held; null if none are. */
  readonly heldBecause: string | null
  /** For the transaction in which the pass ends. */
  readonly holds: HoldChanges
}

/** After all that a pass reads, and before its last transaction. */
export async function concludeReread(
  feed: Feed,
  resource: ListedResource,
  read: PassProgress,
  letters: LetterRetry | undefined,
  signal: AbortSignal,
): Promise<RereadConclusion> {
  const { masked, changed } = read.reread
  const verdict = judgeReread(feed.reread, read.reread)
  if (verdict.kind === 'clear') {
    const sets = masked + changed === 0 ? [] : (['masked', 'changed'] as const)
    const published = await publishWithheld(feed, resource, read, { sets, letters }, signal)
    const holds = endOfRecordHolds(feed.state, resource, read.pass)
    return { progress: withHeldRecords(published, 0), heldBecause: null, holds }
  }
  const isMasking = verdict.hold === 'masking'
  const others = isMasking && changed > 0 ? (['changed'] as const) : []
  const progress = await publishWithheld(feed, resource, read, { sets: others, letters }, signal)
  const sets = isMasking ? (['masked'] as const) : (['masked', 'changed'] as const)
  const withheld = { kind: verdict.hold, why: verdict.why, sets }
  const { keys, holds } = await holdRecords(feed, resource, progress, withheld, signal)
  return { progress: withHeldRecords(progress, keys), heldBecause: verdict.why, holds }
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
