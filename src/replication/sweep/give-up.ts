import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { ended } from '../progress.ts'

const WHY = 'An operator wanted a fresh purge, which begins anew.'

/** Ends a sweep that was interrupted, if there is one, so that nobody goes on with it. */
export async function giveUp(feed: Feed, resource: ListedResource, signal: AbortSignal): Promise<void> {
  const standing = feed.state.interrupted(resource.name, 'purge')
  if (standing === undefined) return
  const progress = { ...ended(standing, 'failed'), sweepDoubt: null }
  const markers = [{ event: 'failed', progress, detail: WHY } as const]
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers }, signal)
  await feed.index.ledger.drop(progress.passId)
  feed.observer.passEnded(progress, WHY)
}
