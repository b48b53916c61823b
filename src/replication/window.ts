import { formatSeconds, instant, type Instant, type Millis } from '../domain/instant.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { InvariantViolation } from '../support/errors.ts'

/** Filter of a walk of everything: none (docs/spark-api.md §2.3: no other parameters). */
export const EVERYTHING = ''

/**
 * R4: the bound of an update's window, exclusive. The extra second covers stamps that the source cuts to seconds, so that
 * a strict `Gt` still includes the second of the bound itself.
 */
export function updatedAfter(watermark: Instant, overlap: Millis): Instant {
  return instant(watermark - overlap - 1000)
}

/** R4: what may have changed since `watermark`. */
export function changedSince(resource: ResourceDescription, watermark: Instant, overlap: Millis): string {
  return `${stampOf(resource)} Gt ${formatSeconds(updatedAfter(watermark, overlap))}`
}

/** R7: records stamped at or after this may still appear or vanish while the walk goes on; the count leaves them out. */
export function settledBefore(startedAt: Instant, overlap: Millis): Instant {
  return instant(Math.floor((startedAt - overlap) / 1000) * 1000)
}

/** `filter`, narrowed to records stamped before `bound`. */
export function narrowedTo(filter: string, resource: ResourceDescription, bound: Instant): string {
  const upper = `${stampOf(resource)} Lt ${formatSeconds(bound)}`
  return filter === EVERYTHING ? upper : `${filter} And ${upper}`
}

function stampOf({ name, stamp }: ResourceDescription): string {
  if (stamp === null)
    throw new InvariantViolation(`A window was asked for of ${name}, which has no change stamp.`)
  return stamp
}
