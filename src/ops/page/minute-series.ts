import type { Instant, Millis } from '../../domain/instant.ts'

export const MINUTE_MS: Millis = 60_000
const MINUTES = 24 * 60

/** A stretch of a series, a value a minute; null where nothing is known. */
export interface MinuteValues {
  /** The first one's, in minutes since 1970. */
  readonly from: number
  readonly values: readonly (number | null)[]
}

export function minuteOf(at: Instant): number {
  return Math.floor(at / MINUTE_MS)
}

/** One number a minute over the last day, in memory that does not grow. */
export class MinuteSeries {
  readonly #values = new Float32Array(MINUTES).fill(Number.NaN)
  /** The newest minute that was written. */
  #last = Number.NEGATIVE_INFINITY

  get last(): number {
    return this.#last
  }

  /** What is older than a day is left out. */
  set(minute: number, value: number): void {
    if (minute <= this.#last - MINUTES) return
    for (let gap = Math.max(this.#last + 1, minute - MINUTES + 1); gap < minute; gap += 1)
      this.#values[gap % MINUTES] = Number.NaN
    this.#values[minute % MINUTES] = value
    this.#last = Math.max(this.#last, minute)
  }

  /** Null where nothing is known. */
  get(minute: number): number | null {
    if (minute > this.#last || minute <= this.#last - MINUTES) return null
    const value = this.#values[minute % MINUTES]
    return value === undefined || Number.isNaN(value) ? null : value
  }

  /** Those of the day that ends with `until`, from `since` on. */
  between(since: number, until: number): MinuteValues {
    const from = Math.max(since, until - MINUTES + 1)
    const values: (number | null)[] = []
    for (let minute = from; minute <= until; minute += 1) values.push(this.get(minute))
    return { from, values }
  }
}
