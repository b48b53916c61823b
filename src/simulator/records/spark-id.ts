/** Microseconds since 1970 as a Spark id: `YYYYMMDDhhmmss`, six digits of microseconds, `000000` (docs/spark-api.md §1.2). */
export function sparkId(micros: number): string {
  const iso = new Date(Math.floor(micros / 1000)).toISOString()
  const seconds = iso.slice(0, 19).replaceAll(/[-:T]/g, '')
  return `${seconds}${String(micros % 1_000_000).padStart(6, '0')}000000`
}

/** Issues ids that rise with time, and go on rising when the clock does not. */
export class IdIssuer {
  #last = 0

  /** @param at milliseconds since 1970, with a fraction; the id's time is never before the last id's. */
  next(at: number): string {
    this.#last = Math.max(this.#last + 1, Math.floor(at * 1000))
    return sparkId(this.#last)
  }
}
