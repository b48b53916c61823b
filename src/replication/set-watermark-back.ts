/** R4 but for one case: an operator sets a watermark back, so that the next update reads that time again. */
import { formatSeconds, type Instant } from '../domain/instant.ts'
import type { PassMarker, PassProgress } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import { InvariantViolation, ListingstreamError } from '../support/errors.ts'
import type { Feed } from './feed.ts'
import { requireBase } from './pass-base.ts'
import { NoSnapshotError } from './pass-errors.ts'
import { ended } from './progress.ts'

class WatermarkRefusedError extends ListingstreamError {
  constructor(resource: string, why: string) {
    super(`The watermark of ${resource} stays as it is: ${why}`, {
      code: 'WATERMARK_REFUSED',
      retryable: false,
      disposition: 'stop',
      exitCode: 2,
    })
  }
}

/**
 * Whether a watermark may be set to this.
 *
 * @param firstSnapshotAt what was published before then was read whole: there is nothing to read again
 * @throws {WatermarkRefusedError}
 */
export function requireEarlier(
  resource: string,
  { current, wanted, firstSnapshotAt }: Readonly<Record<'current' | 'wanted' | 'firstSnapshotAt', Instant>>,
): void {
  if (wanted >= current) {
    throw new WatermarkRefusedError(
      resource,
      `it stands at ${formatSeconds(current)}, and only goes back by hand. Name an earlier time than that; forward it is moved by updates alone, which have read what lies between.`,
    )
  }
  if (wanted < firstSnapshotAt) {
    throw new WatermarkRefusedError(
      resource,
      `the first snapshot began at ${formatSeconds(firstSnapshotAt)} and has read all that was there. Name a time after that; "listingstream snapshot --resource ${resource}" compares everything again.`,
    )
  }
}

/**
 * Commits the earlier watermark with a marker. An update that was interrupted ends with it: its window began by the watermark
 * before.
 *
 * @returns where it stood
 * @throws {WatermarkRefusedError} see `requireEarlier`
 * @throws {ListingstreamError} see `requireBase`
 */
export async function setWatermarkBack(
  feed: Feed,
  resource: ListedResource,
  { to, firstSnapshotAt }: { readonly to: Instant; readonly firstSnapshotAt: Instant },
  signal: AbortSignal,
): Promise<Instant> {
  const { state, committer, index, observer } = feed
  const { name } = resource
  requireBase(state, resource, 'update')
  const current = state.watermark(name)
  if (current === undefined) throw new NoSnapshotError(name, 'update')
  requireEarlier(name, { current, wanted: to, firstSnapshotAt })
  const detail = `An operator set the watermark back from ${formatSeconds(current)} to ${formatSeconds(to)}.`
  const interrupted = state.interrupted(name, 'update')
  const progress = interrupted === undefined ? lastPass(feed, resource) : ended(interrupted, 'failed')
  const failed: readonly PassMarker[] =
    interrupted === undefined ? [] : [{ event: 'failed', progress, detail }]
  const markers: readonly PassMarker[] = [...failed, { event: 'watermark_set', progress, detail }]
  await committer.commitProgress(resource, { progress, watermark: to, mayGoBack: true, markers }, signal)
  if (interrupted !== undefined) {
    await index.ledger.drop(interrupted.passId)
    observer.passEnded(progress, detail)
  }
  return current
}

/** Written again as it is: no transaction is without a checkpoint. */
function lastPass({ state }: Feed, { name }: ListedResource): PassProgress {
  const last = state.lastPass(name, 'update') ?? state.lastPass(name, 'snapshot')
  if (last === undefined) throw new InvariantViolation(`${name} has a watermark and no pass.`)
  return last
}
