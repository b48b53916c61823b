/**
 * An operator approves what was masked or changed, up to a number (R10). Nobody has kept what the records said: each is read
 * once more, and what it says then is published, if it is still another than the topic's.
 */
import type { StandingHold } from '../../domain/hold.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { withHeldRecords } from '../progress.ts'
import { publishByKey } from '../publish-by-key.ts'
import { publishWithheld } from '../reread/conclude-reread.ts'
import { startMarkers } from '../walk.ts'
import { endOfApproval } from './approve-deletes.ts'
import { endOfRecordHolds } from './end-of-holds.ts'
import { fileHeld } from './file-held.ts'
import { passOnHold } from './standing-hold.ts'

/** Where more records would be published than were approved, none is, and the hold stands. */
export async function approveRecords(
  feed: Feed,
  resource: ListedResource,
  standing: StandingHold,
  upTo: number,
  signal: AbortSignal,
): Promise<{ readonly progress: PassProgress; readonly heldBecause: string | null }> {
  // What is published is encoded by the source's fields as they are now.
  await feed.metadata.refresh(resource, signal)
  const decidesOn = standing.hold.passId
  const begun = passOnHold(feed.state, standing, { passId: feed.newPassId(), state: 'running', decidesOn })
  feed.observer.passStarted(begun, false)
  try {
    const markers = startMarkers(feed.state, begun)
    await feed.committer.commitProgress(resource, { progress: begun, watermark: null, markers }, signal)
    const filedAs = { pass: begun.passId, set: 'held', page: begun.page } as const
    for await (const _ of fileHeld(feed, standing, filedAs, signal));
    const asked = standing.keys <= upTo ? undefined : await askAgain(feed, resource, begun, signal)
    const changed = asked === undefined ? 0 : asked.reread.masked + asked.reread.changed
    if (changed > upTo) {
      const why = `${upTo} records of hold ${decidesOn} were approved, but it would be ${changed}; none is published, and the hold stands`
      return { progress: await end(feed, resource, asked ?? begun, 'held', why, signal), heldBecause: why }
    }
    const sets = asked === undefined ? (['held'] as const) : (['masked', 'changed'] as const)
    const published = await publishWithheld(
      feed,
      resource,
      asked ?? begun,
      { sets, letters: undefined },
      signal,
    )
    const detail = `an operator approved up to ${upTo} records of hold ${decidesOn}, although ${standing.hold.why}`
    const done = withHeldRecords(published, 0)
    return { progress: await end(feed, resource, done, 'completed', detail, signal), heldBecause: null }
  } finally {
    await feed.index.ledger.drop(begun.passId)
  }
}

/** How many of them are still other than the topic's: none of it is published. */
function askAgain(
  feed: Feed,
  resource: ListedResource,
  begun: PassProgress,
  signal: AbortSignal,
): Promise<PassProgress> {
  const options = {
    set: 'held',
    accepts: () => true,
    askedAgain: false,
    withholding: 'changes',
    letters: undefined,
    orWalk: undefined,
  } as const
  return publishByKey(feed, resource, begun, options, signal)
}

async function end(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  state: 'completed' | 'held',
  detail: string,
  signal: AbortSignal,
): Promise<PassProgress> {
  const progress = endOfApproval(from, state)
  const markers = [{ event: state, progress, detail } as const]
  const commitment = { progress, watermark: null, markers }
  const holds = endOfRecordHolds(feed.state, resource, progress.pass)
  const ending = state === 'completed' ? { ...commitment, holds } : commitment
  await feed.committer.commitProgress(resource, ending, signal)
  feed.observer.passEnded(progress, detail)
  return progress
}
