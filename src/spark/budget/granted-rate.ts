import type { Millis } from '../../domain/instant.ts'

/** Of what was sent when the source refused: so much is believed to be taken (multiplicative decrease). */
const KEPT = 0.85
/** A source that takes less than this part of the limit is out of order rather than slow: pauses answer to that. */
const LEAST = 0.05
/** In so many windows all of the limit is tried again (additive increase): a refusal is forgotten slowly. */
const WINDOWS_TO_REGAIN = 50

/**
 * How many requests in a window the source takes, by its refusals: additive increase, multiplicative decrease. Another
 * process with the same key uses a part that this one cannot see; two that do this come to share it.
 */
export class GrantedRate {
  readonly #limit: number
  readonly #regainedPerMs: number
  #lowered: { readonly at: Millis; readonly to: number } | undefined

  /** @param limit never above it */
  constructor(limit: number, windowMs: Millis) {
    this.#limit = limit
    this.#regainedPerMs = limit / (WINDOWS_TO_REGAIN * windowMs)
  }

  /** From 1 up to the limit. */
  at(now: Millis): number {
    if (this.#lowered === undefined) return this.#limit
    const { at, to } = this.#lowered
    return Math.min(this.#limit, Math.floor(to + (now - at) * this.#regainedPerMs))
  }

  /** The source refused although no more than `used` were sent in the window. */
  lower(used: number, now: Millis): void {
    const least = Math.max(1, LEAST * this.#limit)
    this.#lowered = { at: now, to: Math.max(least, KEPT * Math.min(used, this.at(now))) }
  }
}
