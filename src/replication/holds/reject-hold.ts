import { HOLD_LOST } from '../../domain/error-codes.ts'
import { isOfRecords, type HeldKey, type HoldChanges, type StandingHold } from '../../domain/hold.ts'
import type { PassId } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { hasCode } from '../../support/errors.ts'
import type { Feed } from '../feed.ts'
import { withHeld, withHeldRecords } from '../progress.ts'
import { endOfHolds, endOfRecordHolds } from './end-of-holds.ts'
import { passOnHold, requireHold } from './standing-hold.ts'

/**
 * An operator says that what a pass found is wrong: the hold ends, nothing is deleted or published, and the next one judges anew.
 * Until then no other pass publishes what of the records it reads again.
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
  const holds = ofRecords
    ? await rejectedRecords(feed, resource, standing, signal)
    : endOfHolds(feed.state, resource)
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers, holds }, signal)
  feed.observer.passEnded(progress, detail)
  return standing
}

/** Its last chunk says so; the keys stay in the topic until a pass has judged them anew. */
async function rejectedRecords(
  { clock, holds, state }: Feed,
  resource: ListedResource,
  standing: StandingHold,
  signal: AbortSignal,
): Promise<HoldChanges> {
  const { hold, chunks, keys } = standing
  let last: readonly HeldKey[] = []
  try {
    for await (const chunk of holds.keys(standing, signal)) last = chunk
  } catch (error) {
    if (!hasCode(error, HOLD_LOST)) throw error
    return endOfRecordHolds(state, resource, hold.pass)
  }
  const rejected = { ...hold, rejectedAt: clock.now() }
  const { ended } = endOfRecordHolds(state, resource, hold.pass, [standing])
  return { written: [{ hold: rejected, chunk: chunks - 1, whole: { chunks, keys }, keys: last }], ended }
}
