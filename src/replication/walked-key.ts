/** What a purge makes of a key that its walk of keys and stamps has shown: the table of docs/replication.md (R6). */
import type { Instant, Millis } from '../domain/instant.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import { updatedAfter } from './window.ts'

/**
 * `believed`: the index has what the source has. `left_to_update`: the next update reads it. `left_to_purge`: it may be an
 * older answer of the source's cache, and the purge after this one looks again. `asked`: it is read whole, now.
 */
export type WalkedKeyVerdict = 'believed' | 'left_to_update' | 'left_to_purge' | 'asked'

export interface WalkedKey {
  /** Of the index; undefined if it does not know the key. */
  readonly entry: Pick<IndexEntry, 'state' | 'modificationTimestamp' | 'observedAt'> | undefined
  /** As the walk showed it; null if masked, absent or unreadable. */
  readonly stamp: Instant | null
}

export interface Sweep {
  /** The resource has a stamp, and the walk showed it; otherwise presence is all that is compared. */
  readonly showsStamps: boolean
  readonly startedAt: Instant
  /** Bound of the next update's window, exclusive. */
  readonly nextWindow: Instant
  readonly overlap: Millis
}

/**
 * Neither the entry's request nor how its state came about makes a difference: an entry that recovery took from the topics
 * (request 0) knows only when its last event was observed, and is judged by that.
 */
export function judgeWalkedKey({ entry, stamp }: WalkedKey, sweep: Sweep): WalkedKeyVerdict {
  if (entry === undefined || entry.state === 'deleted') return 'asked'
  // The content is for full walks, content reconciles and updates to compare.
  if (!sweep.showsStamps) return 'believed'
  // Nothing to compare: only the content tells. A stamp that the source does not have is in no update's window, ever.
  if (stamp === null) return 'asked'
  const { modificationTimestamp: known, observedAt } = entry
  if (known !== null && stamp < known) {
    return sweep.startedAt - observedAt > sweep.overlap ? 'asked' : 'left_to_purge'
  }
  // Within a second there may be two changes: an equal stamp is believed once it was read after it had left the overlap.
  if (stamp === known && stamp <= updatedAfter(observedAt, sweep.overlap)) return 'believed'
  return stamp > sweep.nextWindow ? 'left_to_update' : 'asked'
}
