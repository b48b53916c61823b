import { isOfRecords } from '../../domain/hold.ts'
import { trackOf, type PassProgress } from '../../domain/pass.ts'
import { holdReasons, lastMarkers } from '../../feed/control-log.ts'
import type { CommittedState } from '../../replication/committed-state.ts'
import { standingHold, standingHolds } from '../../replication/holds/standing-hold.ts'
import type { FeedReader } from './feed-reader.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'

/** Tells metrics, health and log how the passes stand that earlier processes began. */
export async function tellRecoveredPasses(
  { observer, metrics }: Pick<OpenFeedOptions, 'observer' | 'metrics'>,
  reader: FeedReader,
  state: CommittedState,
  signal: AbortSignal,
): Promise<void> {
  for (const [resource, watermark] of state.watermarks()) observer.watermarkMoved(resource, watermark)
  observer.pausesChanged(state.pauses.all)
  const { completedAt } = reader.log
  for (const [track, at] of completedAt) metrics.succeeded(track, at)
  const passes = state.passes()
  const told = await reasonsOfMarkers(reader, passes, state, signal)
  for (const progress of passes) {
    const heldBecause = heldBecauseOf(progress, state, told)
    observer.passRecovered(progress, completedAt.get(trackOf(progress)), heldBecause)
  }
}

/** Undefined where nothing says why. */
function heldBecauseOf(
  { resource, pass }: PassProgress,
  state: CommittedState,
  told: ReadonlyMap<string, string>,
): string | undefined {
  const ofDeletes =
    pass === 'purge' ? (standingHold(state, { name: resource })?.hold.why ?? told.get(resource)) : undefined
  const ofRecords = standingHolds(state, { name: resource })
    .map(({ hold }) => hold)
    .find((hold) => isOfRecords(hold.kind) && hold.pass === pass)
  const reasons = [ofDeletes, ofRecords?.why]
  const known = reasons.filter((why) => why !== undefined)
  return known.length === 0 ? undefined : known.join('; ')
}

/** Of what a version held that wrote down no keys: only the markers say why. */
async function reasonsOfMarkers(
  { cluster, names, resources, writerSchemas: schemas }: FeedReader,
  passes: readonly PassProgress[],
  state: CommittedState,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const isUnexplained = passes.some(
    ({ resource: name, deletes }) => deletes.held > 0 && standingHold(state, { name }) === undefined,
  )
  if (!isUnexplained) return new Map()
  return holdReasons(await lastMarkers(cluster, names.control, { schemas, resources }, signal))
}
