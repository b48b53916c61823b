/** The life of a pass, as plain values: each function takes a progress and answers the next one. */
import type { Instant, Millis } from '../domain/instant.ts'
import {
  MISSED_REASONS,
  NO_DELETES,
  NO_OUTCOMES,
  NOTHING_MISSED,
  NO_REREAD,
  type DeleteCounts,
  type MissedCounts,
  type OutcomeCounts,
  type PassId,
  type PassKind,
  type PassProgress,
  type PassState,
  type PurgeCompare,
  type RereadCounts,
  type SliceProgress,
} from '../domain/pass.ts'
import type { ResourceName } from '../domain/resource.ts'
import type { SourcePage } from './ports.ts'

export interface PassBeginning {
  readonly resource: ResourceName
  readonly pass: PassKind
  readonly passId: PassId
  readonly initial: boolean
  readonly startedAt: Instant
  readonly filter: string
  readonly sweepOffsets: readonly number[]
  /** Deletes that the guard holds since an earlier sweep, until this one comes to its verdict (R10). */
  readonly held: number
  /** Records that the guard holds since an earlier pass of the kind, until this one comes to its verdict (R10). */
  readonly heldRecords: number
  readonly window: SliceProgress | null
  readonly owedSeconds: readonly Instant[]
  readonly scope: string
  readonly rescoped: boolean
  readonly compare: PurgeCompare | null
  readonly reconciledAt: Instant | null
  readonly overlap: Millis | null
}

/** What most passes begin with: no sweep, no slice of time, and nothing left by an earlier one. */
export const PLAIN_BEGINNING = {
  sweepOffsets: [],
  held: 0,
  heldRecords: 0,
  window: null,
  owedSeconds: [],
  rescoped: false,
  compare: null,
  reconciledAt: null,
  overlap: null,
} as const satisfies Partial<PassBeginning>

export function begun({ held, heldRecords, ...beginning }: PassBeginning): PassProgress {
  return {
    ...beginning,
    state: 'running',
    token: '',
    walkEnded: false,
    resumed: false,
    missed: NOTHING_MISSED,
    decidesOn: null,
    sweepDoubt: null,
    page: 0,
    walked: 0,
    walkedInRange: 0,
    counts: NO_OUTCOMES,
    deletes: { ...NO_DELETES, held },
    reread: { ...NO_REREAD, held: heldRecords },
  }
}

export function afterPage(
  progress: PassProgress,
  page: Pick<SourcePage, 'token' | 'nextToken'>,
  added: { readonly walked: number; readonly inRange: number; readonly counts: OutcomeCounts },
): PassProgress {
  return {
    ...withOutcomes(progress, added.counts),
    token: page.nextToken ?? page.token,
    walkEnded: page.nextToken === null,
    page: progress.page + 1,
    walked: progress.walked + added.walked,
    walkedInRange: progress.walkedInRange + added.inRange,
  }
}

/**
 * R7: a refused token restarts the walk, of an update that of its slice, under the same pass id and `startedAt`; what was
 * read stays counted.
 */
export function restarted(progress: PassProgress): PassProgress {
  if (progress.window !== null) return inSlice(progress, progress.window, progress.filter)
  const reread = { ...NO_REREAD, held: progress.reread.held }
  const anew = { token: '', walkEnded: false, resumed: false, page: 0, walked: 0, walkedInRange: 0, reread }
  return { ...progress, ...anew }
}

/** An interrupted pass that goes on. At the beginning of its walk it has nothing behind it. */
export function goesOn(progress: PassProgress): PassProgress {
  return { ...progress, resumed: progress.page > 0, sweepDoubt: null }
}

/** At the beginning of a slice. */
export function inSlice(progress: PassProgress, window: SliceProgress, filter: string): PassProgress {
  const walked = window.walkedBefore
  const reread = { ...progress.reread, known: window.knownBefore }
  return { ...progress, window, filter, token: '', walkEnded: false, walked, walkedInRange: 0, reread }
}

/** Distinct keys that the walk, of an update that of its slice, has shown. */
export function walkedOf({ walked, window }: PassProgress): number {
  return walked - (window?.walkedBefore ?? 0)
}

export function withOutcomes(progress: PassProgress, counts: OutcomeCounts): PassProgress {
  return { ...progress, counts: sum(progress.counts, counts) }
}

export function withMissed(progress: PassProgress, added: MissedCounts): PassProgress {
  return { ...progress, missed: sumOfMissed(progress.missed, added) }
}

export function totalMissed(missed: MissedCounts): number {
  return MISSED_REASONS.reduce((sum, reason) => sum + (missed[reason] ?? 0), 0)
}

function sumOfMissed(a: MissedCounts, b: MissedCounts): MissedCounts {
  const reasons = MISSED_REASONS.filter((reason) => reason in a || reason in b)
  return Object.fromEntries(reasons.map((reason) => [reason, (a[reason] ?? 0) + (b[reason] ?? 0)]))
}

export function withDeletes(progress: PassProgress, added: Partial<DeleteCounts>): PassProgress {
  const { deletes } = progress
  return {
    ...progress,
    deletes: {
      emitted: deletes.emitted + (added.emitted ?? 0),
      held: deletes.held + (added.held ?? 0),
      refuted: deletes.refuted + (added.refuted ?? 0),
      inconclusive: deletes.inconclusive + (added.inconclusive ?? 0),
      unconfirmed: deletes.unconfirmed + (added.unconfirmed ?? 0),
    },
  }
}

export function withHeld(progress: PassProgress, held: number): PassProgress {
  return { ...progress, deletes: { ...progress.deletes, held } }
}

export function withReread(progress: PassProgress, added: Omit<RereadCounts, 'held'>): PassProgress {
  const { known, masked, changed, held } = progress.reread
  const reread = {
    known: known + added.known,
    masked: masked + added.masked,
    changed: changed + added.changed,
    held,
  }
  return { ...progress, reread }
}

export function withHeldRecords(progress: PassProgress, held: number): PassProgress {
  return { ...progress, reread: { ...progress.reread, held } }
}

export function ended(progress: PassProgress, state: Exclude<PassState, 'running'>): PassProgress {
  const rescoped = progress.rescoped && state !== 'completed'
  // Whether the guard lets its deletes go or holds them, all content is compared; but records that it holds the next sweep reads again (R10).
  const isReconciled = progress.compare === 'content' && state !== 'failed' && progress.reread.held === 0
  const reconciledAt = isReconciled ? progress.startedAt : progress.reconciledAt
  return { ...progress, state, token: null, window: null, rescoped, reconciledAt }
}

export function sum(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  return {
    published: a.published + b.published,
    unchanged: a.unchanged + b.unchanged,
    stale: a.stale + b.stale,
    dead_lettered: a.dead_lettered + b.dead_lettered,
  }
}

export function total(counts: OutcomeCounts): number {
  return counts.published + counts.unchanged + counts.stale + counts.dead_lettered
}
