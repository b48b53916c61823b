import { isOfRecords, type StandingHold } from '../../domain/hold.ts'
import type { PassId } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { withHeld, withHeldRecords } from '../progress.ts'
import { endOfHolds, endOfRecordHolds } from './end-of-holds.ts'
import { passOnHold, requireHold } from './standing-hold.ts'

/**
 * An operator says that what a pass found is wrong: the hold ends, nothing is deleted or published, and the next one judges anew.
 *
 * @returns the hold that stood
 * @throws see `requireHold`
 */
export async function rejectHold(
  feed: Feed,
  resource: ListedResource,
  sweep: PassId,
  signal: AbortSignal,
): Promise<StandingHold> {
  const standing = requireHold(feed.state, resource, sweep)
  const own = { passId: feed.newPassId(), state: 'rejected', decidesOn: sweep } as const
  const { pass, kind, why } = standing.hold
  const decided = passOnHold(feed.state, standing, own)
  const ofRecords = isOfRecords(kind)
  const progress = ofRecords ? withHeldRecords(decided, 0) : withHeld(decided, 0)
  const detail = ofRecords
    ? `an operator rejected the ${standing.keys} records of hold ${sweep}, because ${why}; the next ${pass} judges anew`
    : `an operator rejected the ${standing.keys} deletes of sweep ${sweep} that were held, because ${why}; the next sweep judges anew`
  const markers = [{ event: 'rejected', progress, detail } as const]
  const holds = ofRecords ? endOfRecordHolds(feed.state, resource, pass) : endOfHolds(feed.state, resource)
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers, holds }, signal)
  feed.observer.passEnded(progress, detail)
  return standing
}
