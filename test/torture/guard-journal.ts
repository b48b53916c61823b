import type { Guarded } from './findings.ts'

/** What the guard of the listings has to keep back in this run, and what an operator let go of it (R10). */
export class GuardJournal {
  readonly #approved = new Map<string, number>()
  readonly #masked = new Map<string, Set<string>>()
  #hardMax = Infinity
  #liftedAt = Infinity
  #maskedUntil = Infinity

  get guarded(): Guarded {
    return {
      hardMax: this.#hardMax,
      liftedAt: this.#liftedAt,
      approved: this.#approved,
      masked: this.#masked,
      maskedUntil: Math.min(this.#maskedUntil, this.#liftedAt),
    }
  }

  /** From the first process on, no sweep may delete more. */
  limitDeletes(hardMax: number): void {
    this.#hardMax = hardMax
  }

  /** Nobody may see that these show a mask. */
  mask(field: string, keys: readonly string[]): void {
    this.#masked.set(field, new Set([...(this.#masked.get(field) ?? []), ...keys]))
  }

  /** An operator asks to let go of the hold. @param keys that may go: none where he approves fewer than would */
  approve(hold: string, keys: number): void {
    this.#approved.set(hold, Math.max(keys, this.#approved.get(hold) ?? 0))
  }

  /** From now on masks may be seen. @param at milliseconds of the source's clock */
  showMasks(at: number): void {
    this.#maskedUntil = Math.min(this.#maskedUntil, at)
  }

  /** What later processes hold or let go is not judged. No process may run. @param at milliseconds of the source's clock */
  lift(at: number): void {
    this.#liftedAt = at
  }
}
