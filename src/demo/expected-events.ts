import type { Replicated } from '../domain/resource.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { presentKeys } from './source-records.ts'

/** Number of records in a topic by change reason, `deleted`, `tombstone`. */
export type EventCounts = Readonly<Record<string, number>>

/** Which events have to come in one topic of what happens at the source, told without a look at the topic. */
export class ExpectedEvents {
  readonly #simulator: Simulator
  readonly #resource: Replicated
  readonly #published: Set<string>
  readonly #deleted = new Set<string>()
  readonly #counts: Record<string, number>

  /** Before the snapshot. */
  constructor(simulator: Simulator, resource: Replicated) {
    this.#simulator = simulator
    this.#resource = resource
    this.#published = new Set(presentKeys(simulator, resource))
    this.#counts = {
      SNAPSHOT: this.#published.size,
      CREATED: 0,
      UPDATED: 0,
      RESTORED: 0,
      deleted: 0,
      tombstone: 0,
    }
  }

  get counts(): EventCounts {
    return this.#counts
  }

  /**
   * Before an update.
   *
   * @param changed keys of what has other content than when it was published last
   * @returns keys of which there is an event
   */
  beforeUpdate(changed: ReadonlySet<string>): ReadonlySet<string> {
    const published = new Set<string>()
    for (const key of presentKeys(this.#simulator, this.#resource)) {
      const reason = this.#reasonOf(key, changed)
      if (reason === undefined) continue
      this.#count(reason)
      published.add(key)
    }
    for (const key of published) {
      this.#published.add(key)
      this.#deleted.delete(key)
    }
    return published
  }

  /** Before a purge: what the topic has and the source shows no more. */
  beforePurge(): void {
    const gone = this.#published.difference(new Set(presentKeys(this.#simulator, this.#resource)))
    for (const key of gone) {
      this.#published.delete(key)
      this.#deleted.add(key)
      if (this.#resource.events.deletion === 'event-and-tombstone') this.#count('deleted')
      this.#count('tombstone')
    }
  }

  #reasonOf(key: string, changed: ReadonlySet<string>): string | undefined {
    if (this.#published.has(key)) return changed.has(key) ? 'UPDATED' : undefined
    return this.#deleted.has(key) ? 'RESTORED' : 'CREATED'
  }

  #count(kind: string): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
  }
}
