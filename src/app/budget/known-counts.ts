/** How many records there are and how many change: what a command was told, else what the feed knows of itself. */
import type { Millis } from '../../domain/instant.ts'
import type { FeedState } from '../../domain/feed-state.ts'
import type { ListedResource, ResourceName } from '../../domain/resource.ts'
import { isUnder } from '../../domain/scope.ts'
import type { PlannedResource } from '../../replication/request-plan.ts'

/** `assumed`: nobody knows. */
export type Origin = 'given' | 'checkpoints' | 'assumed'

export interface CountedResource extends PlannedResource {
  readonly recordsFrom: Origin
  readonly changesFrom: Origin
}

/** By resource; what is not in it is not told. */
export interface GivenCounts {
  readonly records: ReadonlyMap<ResourceName, number>
  readonly changesPerDay: ReadonlyMap<ResourceName, number>
}

export const NOTHING_GIVEN: GivenCounts = { records: new Map(), changesPerDay: new Map() }

/** Of the records of a resource, where nobody knows better. */
const ASSUMED_CHANGES_PER_DAY = 0.1
const DAY_MS: Millis = 24 * 60 * 60_000

/** @param window how much of the past an update looks at */
export function countedResources(
  resources: readonly ListedResource[],
  { records, changesPerDay }: GivenCounts,
  passes: FeedState['passes'],
  window: Millis,
): readonly CountedResource[] {
  return resources.map((resource) => {
    const { name } = resource
    const known = recordsOfLastWalk(passes, resource)
    const total = records.get(name) ?? known ?? 0
    const counted = { resource, records: total, recordsFrom: originOf(records.get(name), known) }
    const seen = changesOfLastUpdate(passes, name, window)
    const changes = changesPerDay.get(name) ?? seen ?? Math.ceil(ASSUMED_CHANGES_PER_DAY * total)
    return { ...counted, changesPerDay: changes, changesFrom: originOf(changesPerDay.get(name), seen) }
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
  const ended = walks.filter((pass) => pass?.state === 'completed' && isUnder(pass.scope, scope))
  const walked = ended.map((pass) => pass?.walked ?? 0)
  return walked.length === 0 ? undefined : Math.max(...walked)
}

/** A quiet hour says nothing of the day. */
function changesOfLastUpdate(
  passes: FeedState['passes'],
  name: ResourceName,
  window: Millis,
): number | undefined {
  const update = passes.get(`${name}/update`)
  if (update?.state !== 'completed' || update.walked === 0) return undefined
  return Math.ceil((update.walked * DAY_MS) / window)
}
