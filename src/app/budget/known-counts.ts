/** How many records there are and how many change: what a command was told, else what the feed knows of itself. */
import type { FeedState } from '../../domain/feed-state.ts'
import type { ListedResource, ResourceName } from '../../domain/resource.ts'
import { isUnder } from '../../domain/scope.ts'
import type { PlannedResource } from '../../replication/request-plan.ts'

/** `assumed`: nobody knows. */
export type Origin = 'given' | 'checkpoints' | 'assumed'

export interface CountedResource extends PlannedResource {
  readonly recordsFrom: Origin
  /** Not by the checkpoints: one update, of seconds or of the hours of an outage, says nothing of a day. */
  readonly changesFrom: Exclude<Origin, 'checkpoints'>
}

/** By resource; what is not in it is not told. */
export interface GivenCounts {
  readonly records: ReadonlyMap<ResourceName, number>
  readonly changesPerDay: ReadonlyMap<ResourceName, number>
}

export const NOTHING_GIVEN: GivenCounts = { records: new Map(), changesPerDay: new Map() }

/** Of the records of a resource, where nobody knows better. */
const ASSUMED_CHANGES_PER_DAY = 0.1

export function countedResources(
  resources: readonly ListedResource[],
  { records, changesPerDay }: GivenCounts,
  passes: FeedState['passes'],
): readonly CountedResource[] {
  return resources.map((resource) => {
    const { name } = resource
    const known = recordsOfLastWalk(passes, resource)
    const total = records.get(name) ?? known ?? 0
    const counted = { resource, records: total, recordsFrom: originOf(records.get(name), known) }
    const changes = changesPerDay.get(name)
    return changes === undefined
      ? { ...counted, changesPerDay: Math.ceil(ASSUMED_CHANGES_PER_DAY * total), changesFrom: 'assumed' }
      : { ...counted, changesPerDay: changes, changesFrom: 'given' }
  })
}

function originOf(given: number | undefined, known: number | undefined): Origin {
  if (given !== undefined) return 'given'
  return known === undefined ? 'assumed' : 'checkpoints'
}

/** Of the last full walk of either kind that came to its end within the present scope; undefined if there was none. */
export function recordsOfLastWalk(
  passes: FeedState['passes'],
  { name, scope }: ListedResource,
): number | undefined {
  const walks = [passes.get(`${name}/snapshot`), passes.get(`${name}/purge`)]
  // An approval of held deletes walks nothing.
  const walked = walks.flatMap((pass) => {
    const isWalk = pass?.state === 'completed' && pass.decidesOn === null && isUnder(pass.scope, scope)
    return isWalk ? [pass.walked] : []
  })
  return walked.length === 0 ? undefined : Math.max(...walked)
}
