import type { Instant, Millis } from './instant.ts'
import type { ResourceName } from './resource.ts'
import type { SweepDoubt } from './sweep-doubt.ts'

export const PASS_KINDS = ['snapshot', 'update', 'purge', 'republish'] as const
export type PassKind = (typeof PASS_KINDS)[number]
/** What is done again and again, one at a time. */
export type PassTrack = `${ResourceName}/${PassKind}`
export type PassId = string & { readonly __brand: 'PassId' }
export function passId(text: string): PassId {
  return text as PassId
}

/** R11: every record read ends in exactly one of these. */
type Outcome = 'published' | 'unchanged' | 'stale' | 'dead_lettered'
export type OutcomeCounts = Readonly<Record<Outcome, number>>
export const NO_OUTCOMES: OutcomeCounts = { published: 0, unchanged: 0, stale: 0, dead_lettered: 0 }

/**
 * How a purge compares what it walks with the index: by `ListingKey` alone, by key and change stamp, or by the content of whole
 * records (a content reconcile), which also finds what left no stamp.
 */
export const PURGE_COMPARES = ['keys', 'versions', 'content'] as const
export type PurgeCompare = (typeof PURGE_COMPARES)[number]

/**
 * Why a sweep, or a full cycle of sets, found something to publish that no update had brought, nor would have: `new_key`: the feed
 * did not know it; `returned`: it is deleted in the topic; `newer_stamp`, `older_stamp`: the source's stamp is another, and in no
 * window; `same_stamp`: the content changed without it; `no_stamp`: there is none to compare.
 */
export const MISSED_REASONS = [
  'new_key',
  'returned',
  'newer_stamp',
  'older_stamp',
  'same_stamp',
  'no_stamp',
] as const
export type MissedReason = (typeof MISSED_REASONS)[number]
/** Events by reason; one that is not there has none. */
export type MissedCounts = Readonly<Partial<Record<MissedReason, number>>>
export const NOTHING_MISSED: MissedCounts = {}

/**
 * `running`: interrupted if nobody runs it; it goes on at `token`. The others are ends. `rejected`: the guard held it, and an
 * operator said that its deletes are wrong.
 */
export type PassState = 'running' | 'completed' | 'held' | 'rejected' | 'failed'

/** Next offset to be written, by topic name without its prefix, then by partition. */
export type NextOffsets = Readonly<Record<string, readonly number[]>>

/** A piece of an update's window: what is stamped behind `after` and up to `until`, both in whole seconds. */
export interface TimeSlice {
  readonly after: Instant
  /** Null: an open end. */
  readonly until: Instant | null
}

/** The slice that an update walks now: a walk by itself, with a count of its own (R7). */
export interface SliceProgress extends TimeSlice {
  /** Distinct keys walked in the slices before it: sums of `walked`. */
  readonly walkedBefore: number
  /** Records read again in the slices before it: sums of `reread.known`. */
  readonly knownBefore: number
}

/** How far a pass has come: what a later process needs to go on with it. One is committed with every page. */
export interface PassProgress {
  readonly resource: ResourceName
  readonly pass: PassKind
  readonly passId: PassId
  readonly state: PassState
  /** A snapshot that is its generation's first: until one such is completed, the feed has no base to update. */
  readonly initial: boolean
  /** R4: the server's `Date` of the pass's first response, as far as other signs of time bear it out. */
  readonly startedAt: Instant
  /** SparkQL of the walk; empty for all records. Sent again as it is by a resumed pass. */
  readonly filter: string
  /**
   * Token to go on with; empty at the beginning. The last page leaves the token that brought it, so that a resumed pass
   * sees the walk's end again; null once the pass has ended, and in one of certain keys, which has no walk to go on with.
   */
  readonly token: string | null
  /** The last page is committed: a resumed pass reads it again, and it adds nothing to the keys walked. */
  readonly walkEnded: boolean
  /** Pages committed. */
  readonly page: number
  /**
   * Distinct keys walked so far, and those of them that the completeness count of R7 covers. Of an update in slices, the
   * first is the sum over its slices, the second is of the slice alone.
   */
  readonly walked: number
  readonly walkedInRange: number
  readonly counts: OutcomeCounts
  readonly deletes: DeleteCounts
  readonly reread: RereadCounts
  /**
   * End offsets of the resource's topic when a sweep began (R9 c), or a republish: what lies behind it was published since.
   * Empty for other passes.
   */
  readonly sweepOffsets: readonly number[]
  /** Of an update that runs; null for walks of everything, for a pass that has ended, and in checkpoints from before slices. */
  readonly window: SliceProgress | null
  /**
   * Of updates: seconds behind the watermark that the source could not show, and that later updates ask for again. Each is
   * what is stamped behind the second before it and up to it.
   */
  readonly owedSeconds: readonly Instant[]
  /** Text of the scope under which it runs; null in checkpoints of versions that knew none. */
  readonly scope: string | null
  /**
   * Of purges: the scope was changed, and none was completed since. The next one is due at once, and what it finds out of
   * scope is gone by the operator's wish (R10).
   */
  readonly rescoped: boolean
  /** Of purges; null for other passes, and in checkpoints of versions that knew `versions` alone. */
  readonly compare: PurgeCompare | null
  /**
   * `startedAt` of the resource's last content reconcile that came to a verdict, as its purges hand it on; null if there was
   * none.
   */
  readonly reconciledAt: Instant | null
  /** Of purges, and of full cycles of sets: what they published that updates had missed. */
  readonly missed: MissedCounts
  /**
   * Of updates: how far the window looked back behind the watermark, which may be more than `UPDATE_OVERLAP`; null for other
   * passes, and in checkpoints of versions that never widened it.
   */
  readonly overlap: Millis | null
  /** It was interrupted, and went on: what left behind its back while it stood still, only the next one notices. */
  readonly resumed: boolean
  /**
   * Of an operator's decision: the hold, by its id, whose keys it approves, and asks for again, or rejects. Null for all others. An
   * approval that was interrupted is not gone on with: what it has deleted or published stays so, and the hold stands.
   */
  readonly decidesOn: PassId | null
  /** Of a purge whose last try came to no conclusion: why. Null again when it goes on; always for other passes. */
  readonly sweepDoubt: SweepDoubt | null
}

/** What became of the keys that a complete purge walk did not show. */
export interface DeleteCounts {
  readonly emitted: number
  /** While the sweep runs, and where it failed: what the last one that came to a verdict holds. Of an approval: of its hold. */
  readonly held: number
  /** The source still has the key, or something was published for it since the sweep began. */
  readonly refuted: number
  /** 403/1500 for the key: kept (R9). */
  readonly inconclusive: number
  /** Gone, and kept until as many sweeps in a row have missed it as `PURGE_CONFIRM_SWEEPS` wants. */
  readonly unconfirmed: number
}
/** What the guard counts of records that a pass read again: the topic has them already (R10). */
export interface RereadCounts {
  readonly known: number
  /** Keys of those that gained masked fields. */
  readonly masked: number
  /** Keys of those that changed in another way; 0 unless `CHANGE_MAX_RATIO` is set. */
  readonly changed: number
  /** Records that are held: while the pass runs, and where it failed, by the last one of its kind that came to a verdict. */
  readonly held: number
}
export const NO_REREAD: RereadCounts = { known: 0, masked: 0, changed: 0, held: 0 }

export const NO_DELETES: DeleteCounts = { emitted: 0, held: 0, refuted: 0, inconclusive: 0, unconfirmed: 0 }

/** `watermark_set`: an operator set the watermark of the pass's resource back. */
export type PassEvent = 'started' | 'completed' | 'held' | 'rejected' | 'failed' | 'watermark_set'

/** A record of the topic `control`. */
export interface PassMarker {
  readonly event: PassEvent
  readonly progress: PassProgress
  /** In words, for `held`, `rejected`, `failed` and `watermark_set`, and for what an operator approved; null otherwise. */
  readonly detail: string | null
}

export function trackOf({ resource, pass }: Pick<PassProgress, 'resource' | 'pass'>): PassTrack {
  return `${resource}/${pass}`
}

/** Whom a feed replicates (docs/operations.md, "Two instances"): the API host, the user's Id and MLS from `/v1/system`. */
export interface SourceIdentity {
  readonly host: string
  readonly userId: string
  readonly mlsId: string
}

/** Where a record lies in its topic. */
export interface RecordPosition {
  readonly partition: number
  readonly offset: number
}
