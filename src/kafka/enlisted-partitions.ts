import type { Partitions } from './produce-request.ts'
import type { Append } from './transaction.ts'

/** What the coordinator has in an open transaction. */
export class EnlistedPartitions {
  readonly #numbers = new Map<string, Set<number>>()

  get isEmpty(): boolean {
    return this.#numbers.size === 0
  }

  /** Those of the appends that are not in it yet. */
  missing(appends: readonly Append[]): Partitions {
    const missing = new Map<string, number[]>()
    for (const { topic, partition } of appends) {
      if (this.#numbers.get(topic)?.has(partition) === true) continue
      const numbers = missing.get(topic) ?? []
      missing.set(topic, numbers)
      numbers.push(partition)
    }
    return missing
  }

  add(partitions: Partitions): void {
    for (const [topic, numbers] of partitions) {
      this.#numbers.set(topic, new Set([...(this.#numbers.get(topic) ?? []), ...numbers]))
    }
  }
}
