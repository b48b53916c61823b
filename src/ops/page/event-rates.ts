import type { Change, UpsertReason } from '../../domain/change.ts'
import type { Instant } from '../../domain/instant.ts'
import { minuteOf, MinuteSeries, type MinuteValues } from './minute-series.ts'

/** What the page tells events by: why a record was published, or that it was deleted. */
export type EventKind = UpsertReason | 'DELETED'

/** Events of a feed by minute and kind over the last day, from when it was made. */
export class EventRates {
  readonly #since: number
  /** Of kinds that came. */
  readonly #series = new Map<EventKind, MinuteSeries>()

  constructor(now: Instant) {
    this.#since = minuteOf(now)
  }

  count(changes: readonly Change[], at: Instant): void {
    const counts = new Map<EventKind, number>()
    for (const change of changes) {
      const kind = change.kind === 'upsert' ? change.reason : 'DELETED'
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    const minute = minuteOf(at)
    for (const [kind, count] of counts) {
      const series = this.#series.get(kind) ?? new MinuteSeries()
      this.#series.set(kind, series)
      series.set(minute, (series.get(minute) ?? 0) + count)
    }
  }

  between(since: number, now: Instant): Readonly<Partial<Record<EventKind, MinuteValues>>> {
    const counted = [...this.#series].map(([kind, series]) => {
      const { from, values } = series.between(since, minuteOf(now))
      // Before the process nobody counted; since then, nothing is none.
      const known = values.map((value, index) => value ?? (from + index < this.#since ? null : 0))
      return [kind, { from, values: known }] as const
    })
    return Object.fromEntries(counted)
  }
}
