/** What a feed has told of, and not yet that it is over. */
import type { Instant } from '../../domain/instant.ts'
import type { FeedNotification, Incident } from '../../domain/notification.ts'

export interface OpenIncident extends Incident {
  /** When it was first told. */
  readonly at: Instant
}

type Of = Pick<Incident, 'resource' | 'pass'>

export class OpenIncidents {
  readonly #open = new Map<string, OpenIncident>()

  get all(): readonly OpenIncident[] {
    return [...this.#open.values()]
  }

  get(kind: Incident['kind'], of: Of): OpenIncident | undefined {
    return this.#open.get(keyOf(kind, of))
  }

  /** One that is told again goes on as what it was at first. */
  add(incident: OpenIncident): void {
    const key = keyOf(incident.kind, incident)
    if ((this.#open.get(key)?.id ?? null) === null) this.#open.set(key, incident)
  }

  close({ kind, resource, pass }: Omit<Incident, 'id'>): void {
    this.#open.delete(keyOf(kind, { resource, pass }))
  }

  clear(): void {
    this.#open.clear()
  }

  /** @param told by earlier processes, in its order: before all that this one has told */
  recall(told: readonly FeedNotification[]): void {
    const left = new OpenIncidents()
    for (const { id, kind, resource, pass, at, recovers } of told) {
      if (kind !== 'recovered') left.add({ id, kind, resource, pass, at })
      else if (recovers !== null) left.close(recovers)
      else {
        // An earlier version did not say what of it was over.
        const kinds = resource === null ? (['degraded'] as const) : (['failed', 'held'] as const)
        for (const one of kinds) left.close({ kind: one, resource, pass })
      }
    }
    for (const incident of left.all) this.#open.set(keyOf(incident.kind, incident), incident)
  }
}

/** A feed is ready or not as a whole, whatever it is for. */
function keyOf(kind: Incident['kind'], { resource, pass }: Of): string {
  return kind === 'degraded' ? kind : `${kind} ${resource ?? ''}/${pass ?? ''}`
}
