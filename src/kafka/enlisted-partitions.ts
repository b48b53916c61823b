import type { Partitions } from './produce-request.ts'
import type { Place } from './transaction.ts'

/** What the coordinator has in an open transaction. */
export class EnlistedPartitions {
  readonly #numbers = new Map<string, Set<number>>()

  get isEmpty(): boolean {
    return this.#numbers.size === 0
  }

  /** Those of the places that are not in it yet. */
  missing(places: readonly Place[]): Partitions {
    const fresh = places.filter(({ topic, partition }) => this.#numbers.get(topic)?.has(partition) !== true)
    const byTopic = Map.groupBy(fresh, ({ topic }) => topic)
    return new Map(
      [...byTopic].map(([topic, of]) => [topic, [...new Set(of.map(({ partition }) => partition))]]),
    )
  }

  add(partitions: Partitions): void {
    for (const [topic, numbers] of partitions) {
      this.#numbers.set(topic, new Set([...(this.#numbers.get(topic) ?? []), ...numbers]))
    }
  }
}
