import type { IndexEntry } from '../domain/index-entry.ts'
import type { Instant } from '../domain/instant.ts'
import type { MissedReason } from '../domain/pass.ts'

/** A record that is published, and what the index had of it. */
export interface PublishedRecord {
  readonly before: Pick<IndexEntry, 'state' | 'modificationTimestamp'> | undefined
  /** As the source shows it now. */
  readonly stamp: Instant | null
}

/**
 * Why no update has brought what a sweep publishes.
 *
 * @param nextWindow bound of the next update's window, exclusive
 * @returns undefined if that update would have brought it
 */
export function missedReason(
  { before, stamp }: PublishedRecord,
  nextWindow: Instant,
): MissedReason | undefined {
  if (stamp !== null && stamp > nextWindow) return undefined
  if (before === undefined) return 'new_key'
  if (before.state === 'deleted') return 'returned'
  const known = before.modificationTimestamp
  if (stamp === null || known === null) return 'no_stamp'
  if (stamp === known) return 'same_stamp'
  return stamp > known ? 'newer_stamp' : 'older_stamp'
}
