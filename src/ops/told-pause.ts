import { formatInstant } from '../domain/instant.ts'
import type { Pause } from '../domain/pause.ts'
import type { ResourceName } from '../domain/resource.ts'

/** As `/readyz` and `status` have it. */
export interface ToldPause {
  /** Null: the whole feed. */
  readonly resource: ResourceName | null
  readonly since: string
  /** Null: until it is ended. */
  readonly until: string | null
}

export function tellPause({ resource, since, until }: Pause): ToldPause {
  return { resource, since: formatInstant(since), until: until === null ? null : formatInstant(until) }
}
