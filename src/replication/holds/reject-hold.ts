import type { StandingHold } from '../../domain/hold.ts'
import type { PassId } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { withHeld } from '../progress.ts'
import { endOfHolds } from './end-of-holds.ts'
import { passOnHold, requireHold } from './standing-hold.ts'

/**
 * An operator says that the deletes of a sweep are wrong: the hold ends, nothing is deleted, and the next sweep judges anew.
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
  const progress = withHeld(passOnHold(feed.state, standing, own), 0)
  const detail = `an operator rejected the ${standing.keys} deletes of sweep ${sweep} that were held, because ${standing.hold.why}; the next sweep judges anew`
  const markers = [{ event: 'rejected', progress, detail } as const]
  const holds = endOfHolds(feed.state, resource)
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers, holds }, signal)
  feed.observer.passEnded(progress, detail)
  return standing
}
