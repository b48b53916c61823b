/** R4: how far the `Date` of one answer is believed, held against our own clock and the Dates of the answers around it. */
import { instant, type Instant, type Millis } from '../domain/instant.ts'

/** Answers that are remembered: those of a pass or two. */
const ANSWERS = 8

/** Far below the overlap, which covers what a watermark may be too high, and not above this. */
const LARGEST_TOLERANCE_MS = 60_000
const TOLERANCE_IN_OVERLAP = 20

interface Answer {
  readonly date: Instant
  /** When it came, by our clock. */
  readonly at: Instant
}

/**
 * The source's time as several signs tell it. All passes of a feed share one, and every answer of the source is noted in it,
 * whatever it answered. `at` is always a time by our own clock.
 */
export class ServerClock {
  /** How far a Date may lie above what another sign says. */
  readonly tolerance: Millis
  readonly #answers: Answer[] = []

  constructor(overlap: Millis) {
    this.tolerance = Math.min(LARGEST_TOLERANCE_MS, Math.floor(overlap / TOLERANCE_IN_OVERLAP))
  }

  note(date: Instant, at: Instant): void {
    this.#answers.push({ date, at })
    if (this.#answers.length > ANSWERS) this.#answers.shift()
  }

  /**
   * The latest time that the source can have had at `at`: no sign of time lies below it by more than the tolerance. A sign
   * that is too low only makes the next window wider.
   */
  latest(at: Instant): Instant {
    return instant(Math.floor(Math.min(at, ...this.#at(at)) + this.tolerance))
  }

  /**
   * When an answer with this Date was given, for comparisons with stamps and with one another (R6, R9): the Date, or what
   * most signs say where it is far from that.
   *
   * @param date null if the answer had none
   */
  observed(date: Instant | null, at: Instant): Instant {
    const likely = this.#likely(date, at)
    if (date === null) return likely
    return instant(Math.min(Math.max(date, likely - this.tolerance), likely + this.tolerance))
  }

  /** How far the source's clock is ahead of ours, by most of its answers; 0 without any. */
  ahead(at: Instant): Millis {
    const answers = this.#at(at)
    return answers.length === 0 ? 0 : median(answers) - at
  }

  #likely(date: Instant | null, at: Instant): Instant {
    const answers = this.#at(at)
    // Its own answer is noted already, unless it came before eight others.
    if (answers.length === 0 && date !== null) answers.push(date)
    return instant(median([...answers, at]))
  }

  /** What each answer says that the time is at `at`. */
  #at(at: Instant): number[] {
    return this.#answers.map((answer) => answer.date + (at - answer.at))
  }
}

/** The lower one of two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1] ?? 0
}
