import type { FeedState } from '../../domain/feed-state.ts'
import { holdReasons, lastMarkers } from '../../feed/control-log.ts'
import type { FeedReader } from './feed-reader.ts'
import type { OpenFeedOptions } from './open-feed-options.ts'

/** Tells metrics, health and log how the passes stand that earlier processes began. */
export async function tellRecoveredPasses(
  { observer, metrics }: Pick<OpenFeedOptions, 'observer' | 'metrics'>,
  { cluster, names, resources, writerSchemas: schemas, log }: FeedReader,
  { watermarks, passes }: FeedState,
  signal: AbortSignal,
): Promise<void> {
  for (const [resource, watermark] of watermarks) observer.watermarkMoved(resource, watermark)
  for (const [track, at] of log.completedAt) metrics.succeeded(track, at)
  const isHeld = [...passes.values()].some(({ deletes }) => deletes.held > 0)
  const markers = isHeld ? await lastMarkers(cluster, names.control, { schemas, resources }, signal) : []
  const reasons = holdReasons(markers)
  for (const [track, progress] of passes) {
    const completedAt = log.completedAt.get(track)
    observer.passRecovered?.(progress, completedAt, reasons.get(progress.resource))
  }
}
