import type { Instant } from '../../domain/instant.ts'
import { MINUTE_MS, minuteOf, MinuteSeries, type MinuteValues } from './minute-series.ts'

/** Of one resource, how old its watermark was in each minute of the last day, at the worst: seconds. */
export class Freshness {
  readonly #series = new MinuteSeries()
  #watermark: Instant | undefined

  /** Told in the order of time. @param at by the clock of who moved it */
  moved(watermark: Instant, at: Instant): void {
    // Just before it moved it was at its oldest.
    this.#fill(at)
    this.#watermark = watermark
    if (this.#series.get(minuteOf(at)) === null) this.#take(at)
  }

  /** @param earlier of the time before this was first told @param until when that was */
  precededBy(earlier: Freshness, until: Instant): void {
    const { from, values } = earlier.between(0, until)
    for (const [index, value] of values.entries()) {
      if (value !== null) this.#series.set(from + index, Math.max(value, this.#series.get(from + index) ?? 0))
    }
  }

  /** Seconds; undefined while there is no watermark. */
  age(now: Instant): number | undefined {
    return this.#watermark === undefined ? undefined : Math.max(0, (now - this.#watermark) / 1000)
  }

  between(since: number, now: Instant): MinuteValues {
    this.#fill(now)
    return this.#series.between(since, minuteOf(now))
  }

  /** Up to a moment in which the watermark has not moved. */
  #fill(at: Instant): void {
    if (this.#watermark === undefined) return
    const until = minuteOf(at)
    // A minute that is over ends older than it was when it was last looked at.
    for (let minute = Math.max(this.#series.last, until - 24 * 60 + 1); minute < until; minute += 1)
      this.#raise(minute, (minute + 1) * MINUTE_MS - this.#watermark)
    this.#take(at)
  }

  #take(at: Instant): void {
    if (this.#watermark !== undefined) this.#raise(minuteOf(at), at - this.#watermark)
  }

  #raise(minute: number, age: number): void {
    const seconds = Math.max(0, age / 1000)
    this.#series.set(minute, Math.max(seconds, this.#series.get(minute) ?? 0))
  }
}
