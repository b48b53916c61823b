/**
 * Whether a group sees every delete. A tombstone goes with the first cleaning after `delete.retention.ms`, which count from
 * the first cleaning that met it, and that is never earlier than `min.compaction.lag.ms` after it was written (KIP-534).
 * So until both have passed it is there, and so is one whose group began to read less than `delete.retention.ms` ago: the
 * cleaning that sets the time is the one that takes away the upsert, which that group has read since.
 */
import type { Instant, Millis } from '../../domain/instant.ts'
import type { PartitionObservation, TombstoneLife } from './observation.ts'

/**
 * - `safe`: it sees every delete, if it goes on as it does.
 * - `will_lose`: it will not get to the oldest of what it has to read before tombstones there may vanish.
 * - `may_have_lost`: it stands where tombstones may have vanished, and compaction has been there. Only a group that began to
 *   read less than `delete.retention.ms` ago has lost none.
 * - `passed_gap`: it was seen there, and has gone on since: what it missed will not come again.
 */
export type DeleteState = 'safe' | 'will_lose' | 'may_have_lost' | 'passed_gap'

export interface DeleteRisk {
  readonly state: DeleteState
  /** Until the first tombstone may vanish that it has still to read; null if there is nothing to read, or nothing vanishes. */
  readonly leftMs: Millis | null
}

export interface PartitionDeletes {
  /** Records that it has not read may be gone. */
  readonly gone: boolean
  readonly leftMs: Millis | null
}

/** @param since when the group began to read the topic, at the earliest; null if that is not known */
export function deletesOf(
  partition: PartitionObservation,
  life: TombstoneLife | null,
  { now, since }: { readonly now: Instant; readonly since: Instant | null },
): PartitionDeletes {
  const { committed, beginning, unread } = partition
  // Whatever took the beginning of the log away took deletes with it.
  if (committed < beginning) return { gone: true, leftMs: null }
  if (life === null) return { gone: false, leftMs: null }
  const spared = since === null ? 0 : Math.max(0, since + life.deleteRetention - now)
  if (isCompacted(partition) && spared === 0) return { gone: true, leftMs: null }
  if (unread.records === 0 || unread.oldestAt === null) return { gone: false, leftMs: null }
  const left = unread.oldestAt + life.compactionLag + life.deleteRetention - now
  return { gone: false, leftMs: Math.max(left, spared, 0) }
}

/** Below the horizon something is gone, or was not looked at. */
function isCompacted({ committed, horizon, unread }: PartitionObservation): boolean {
  if (horizon === null || committed >= horizon) return false
  return unread.firstMissing === null ? unread.readTo < horizon : unread.firstMissing < horizon
}
