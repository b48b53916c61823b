import type { Interval } from './findings.ts'

/** When each key could not be seen, or may not have been: milliseconds of the simulator's clock, open at the end. */
export class ViewJournal {
  readonly #hidden = new Map<string, Interval[]>()
  #gone: ReadonlySet<string> = new Set()
  #lookedAt = -Infinity

  get hidden(): ReadonlyMap<string, readonly Interval[]> {
    return this.#hidden
  }

  hide(key: string, from: number): void {
    const intervals = this.#hidden.get(key) ?? []
    intervals.push({ from, to: Infinity })
    this.#hidden.set(key, intervals)
  }

  show(key: string, by: number): void {
    const intervals = this.#hidden.get(key)
    const last = intervals?.at(-1)
    if (intervals === undefined || last === undefined) this.#hidden.set(key, [{ from: -Infinity, to: by }])
    else intervals.splice(-1, 1, { ...last, to: by })
  }

  /** Whatever has come or gone since the last look, also by time passing. @param gone what was in view and is no more */
  look(gone: readonly string[], now: number): void {
    const before = this.#gone
    this.#gone = new Set(gone)
    for (const key of this.#gone) if (!before.has(key)) this.hide(key, this.#lookedAt)
    for (const key of before) if (!this.#gone.has(key)) this.show(key, now)
    this.#lookedAt = now
  }
}
