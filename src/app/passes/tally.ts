/** Distinct values that are counted apart: a field may hold anything. */
const MOST_COUNTED = 10_000
/** That are told; the others are counted together. */
const MOST_TOLD = 50

export interface ValueCount {
  /** Null: not known. */
  value: string | null
  count: number
}

/** How often each value of a field comes. */
export class Tally {
  readonly #counts = new Map<string, number>()
  #uncounted = 0

  /** Null is not known, and not counted here. */
  add(value: string | null): void {
    if (value === null) return
    const known = this.#counts.get(value)
    if (known === undefined && this.#counts.size >= MOST_COUNTED) this.#uncounted += 1
    else this.#counts.set(value, (known ?? 0) + 1)
  }

  /** The most frequent first; of `total`, what is not known last. */
  groups(total: number): ValueCount[] {
    const unknown = total - this.#uncounted - sum(this.#sorted())
    const known = this.#sorted().slice(0, MOST_TOLD)
    return [
      ...known.map(([value, count]) => ({ value, count })),
      ...(unknown === 0 ? [] : [{ value: null, count: unknown }]),
    ]
  }

  /** Of the values that are not among the groups. */
  others(): number {
    return this.#uncounted + sum(this.#sorted().slice(MOST_TOLD))
  }

  #sorted(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1))
  }
}

function sum(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((all, [, count]) => all + count, 0)
}
