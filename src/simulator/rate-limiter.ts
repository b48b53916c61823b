/** Any period of this length counts (docs/spark-api.md §3.4). */
const PERIOD_MS = 300_000

/** At most so many requests of a key in any five minutes. What it refuses does not count. */
export class RateLimiter {
  /** When each key's requests of the last period were let through, oldest first. */
  readonly #granted = new Map<string, number[]>()

  /**
   * Lets a request through, or tells when one would be.
   *
   * @param now milliseconds since 1970
   * @returns milliseconds to wait, 0 for a request that is let through
   */
  take(key: string, limit: number, now: number): number {
    const granted = (this.#granted.get(key) ?? []).filter((at) => at > now - PERIOD_MS)
    this.#granted.set(key, granted)
    // The limit may have been lowered since: all but `limit - 1` must be over.
    const blocking = granted.at(-limit)
    if (blocking !== undefined) return blocking + PERIOD_MS - now
    granted.push(now)
    return 0
  }
}
