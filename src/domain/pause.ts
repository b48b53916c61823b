import type { Instant } from './instant.ts'
import type { ResourceName } from './resource.ts'

/** An operator's wish that passes by schedule stand still. Those on demand go on. */
export interface Pause {
  /** Whose passes, and those of its sets; null: of the whole feed. */
  readonly resource: ResourceName | null
  readonly since: Instant
  /** Null: until it is ended. */
  readonly until: Instant | null
}

/** What stands still, or may: a set goes with its record. */
interface Paused {
  readonly name: ResourceName
  readonly parent?: ResourceName
}

export function stands({ until }: Pause, now: Instant): boolean {
  return until === null || until > now
}

/** The one that keeps its passes from running; undefined if none does. */
export function pauseOf(pauses: readonly Pause[], paused: Paused, now: Instant): Pause | undefined {
  const names: readonly (ResourceName | null | undefined)[] = [null, paused.name, paused.parent]
  return pauses.find((pause) => names.includes(pause.resource) && stands(pause, now))
}

/** With this one in the place of an earlier one of the same resource, and without those that are over. */
export function withPause(pauses: readonly Pause[], pause: Pause): readonly Pause[] {
  const { resource, since } = pause
  return [...pauses.filter((one) => one.resource !== resource && stands(one, since)), pause]
}

/** @param resource null: all of them end */
export function withoutPause(
  pauses: readonly Pause[],
  resource: ResourceName | null,
  now: Instant,
): readonly Pause[] {
  if (resource === null) return []
  return pauses.filter((one) => one.resource !== resource && stands(one, now))
}
