import { formatSeconds, instant, type Instant, type Millis } from '../domain/instant.ts'
import type { TimeSlice } from '../domain/pass.ts'
import type { ListedResource, ResourceDescription } from '../domain/resource.ts'
import { allOf } from '../domain/sparkql.ts'
import { InvariantViolation } from '../support/errors.ts'

/**
 * Filter of a walk of everything that is replicated: that of the scope, and nothing else (docs/spark-api.md §2.3: none of
 * one's own).
 */
export function everythingOf({ scope }: ListedResource): string {
  return scope.filter
}

/**
 * R4: the bound of an update's window, exclusive. The extra second covers stamps that the source cuts to seconds, so that
 * a strict `Gt` still includes the second of the bound itself.
 */
export function updatedAfter(watermark: Instant, overlap: Millis): Instant {
  return instant(watermark - overlap - 1000)
}

/** What is stamped within a slice of time. Two that share a bound have nothing in common, and nothing lies between them. */
export function sliceFilter(resource: ListedResource, { after, until }: TimeSlice): string {
  const stamp = stampOf(resource)
  const upper = until === null ? '' : `${stamp} Le ${formatSeconds(until)}`
  return allOf(everythingOf(resource), `${stamp} Gt ${formatSeconds(after)}`, upper)
}

/** R7: records stamped at or after this may still appear or vanish while the walk goes on; the count leaves them out. */
export function settledBefore(startedAt: Instant, overlap: Millis): Instant {
  return instant(Math.floor((startedAt - overlap) / 1000) * 1000)
}

/** `filter`, with that of the scope in it, narrowed to records stamped before `bound`. */
export function narrowedTo(filter: string, resource: ResourceDescription, bound: Instant): string {
  return allOf(filter, `${stampOf(resource)} Lt ${formatSeconds(bound)}`)
}

function stampOf({ name, stamp }: ResourceDescription): string {
  if (stamp === null)
    throw new InvariantViolation(`A window was asked for of ${name}, which has no change stamp.`)
  return stamp
}
