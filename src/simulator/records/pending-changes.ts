export interface PendingChange {
  /** Milliseconds since 1970. */
  readonly visibleAt: number
  apply(): void
}

/** Changes that the source's cache still hides (docs/spark-api.md §2.9), in order of the time when they become visible. */
export class PendingChanges {
  #changes: PendingChange[] = []

  get size(): number {
    return this.#changes.length
  }

  /** Behind those of the same time. */
  add(change: PendingChange): void {
    let low = 0
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#changes[middle]?.visibleAt ?? 0) <= change.visibleAt) low = middle + 1
      else high = middle
    }
    this.#changes.splice(low, 0, change)
  }

  /** Takes what has become visible, oldest first. */
  takeUntil(now: number): PendingChange[] {
    const first = this.#changes.findIndex((change) => change.visibleAt > now)
    return this.#changes.splice(0, first === -1 ? this.#changes.length : first)
  }
}
