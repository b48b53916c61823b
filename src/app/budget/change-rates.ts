import type { Instant, Millis } from '../../domain/instant.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'

/** Less says nothing of a day. */
const KNOWN_FROM_MS: Millis = 60 * 60_000
const DAY_MS: Millis = 24 * KNOWN_FROM_MS

interface Update {
  readonly startedAt: Instant
  readonly published: number
}

/** How many records change in a day, by what the updates of this process have published. */
export class ChangeRates {
  /** Those of the last day, oldest first. */
  readonly #updates = new Map<ResourceName, Update[]>()

  ended({ resource, pass, state, startedAt, counts, decidesOn }: PassProgress): void {
    // What an operator lets go is no day's work.
    if (pass !== 'update' || state !== 'completed' || decidesOn !== null) return
    const updates = this.#updates.get(resource) ?? []
    updates.push({ startedAt, published: counts.published })
    while (updates[1] !== undefined && startedAt - updates[1].startedAt >= DAY_MS) updates.shift()
    this.#updates.set(resource, updates)
  }

  /** By resource; without those whose updates began within an hour. */
  perDay(): ReadonlyMap<ResourceName, number> {
    const rates = new Map<ResourceName, number>()
    for (const [resource, [first, ...later]] of this.#updates) {
      const last = later.at(-1)
      if (first === undefined || last === undefined) continue
      const ms = last.startedAt - first.startedAt
      // What the first one published had come before it began.
      const published = later.reduce((sum, update) => sum + update.published, 0)
      if (ms >= KNOWN_FROM_MS) rates.set(resource, Math.ceil((published * DAY_MS) / ms))
    }
    return rates
  }
}
