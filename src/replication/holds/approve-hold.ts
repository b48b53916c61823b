import { isOfRecords } from '../../domain/hold.ts'
import type { PassId, PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { requireBase } from '../pass-base.ts'
import type { PurgeResult } from '../purge.ts'
import { approveDeletes } from './approve-deletes.ts'
import { approveRecords } from './approve-records.ts'
import { requireHold } from './standing-hold.ts'

export interface Approval {
  /** The hold's id. */
  readonly sweep: PassId
  /** So many deletes, or records, at most. */
  readonly upTo: number
}

export interface ApprovalResult {
  readonly progress: PassProgress
  /** Of deletes alone. */
  readonly purge: PurgeResult | undefined
  /** Why records are held still; null if they are not, or of deletes. */
  readonly heldBecause: string | null
}

/**
 * An operator approves what the guard holds (R10), up to a number: a pass of its own.
 *
 * @throws see `requireHold`
 */
export async function approveHold(
  feed: Feed,
  resource: ListedResource,
  { sweep, upTo }: Approval,
  signal: AbortSignal,
): Promise<ApprovalResult> {
  requireBase(feed.state, resource, 'purge')
  const standing = requireHold(feed.state, resource, sweep)
  if (isOfRecords(standing.hold.kind)) {
    return { purge: undefined, ...(await approveRecords(feed, resource, standing, upTo, signal)) }
  }
  const purge = await approveDeletes(feed, resource, standing, upTo, signal)
  return { progress: purge.progress, purge, heldBecause: null }
}
