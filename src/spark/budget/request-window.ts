import type { Millis } from '../../domain/instant.ts'
import { REQUEST_PURPOSES, type RequestPurpose } from '../../domain/request-purpose.ts'
import type { CountByPurpose } from '../../domain/request-budget.ts'

interface Ended {
  readonly purpose: RequestPurpose
  readonly at: Millis
}

/**
 * The requests of the last window, exactly. One counts from when it is sent until a window after its answer: somewhere in
 * between the source counts it, however long the network took. Times are of one monotonic clock, and never go back.
 */
export class RequestWindow {
  readonly #windowMs: Millis
  readonly #underWay: Record<RequestPurpose, number> = { update: 0, question: 0, media: 0, walk: 0 }
  /** In the order of their ends. */
  readonly #ended: Ended[] = []

  constructor(windowMs: Millis) {
    this.#windowMs = windowMs
  }

  sent(purpose: RequestPurpose): void {
    this.#underWay[purpose] += 1
  }

  ended(purpose: RequestPurpose, at: Millis): void {
    this.#underWay[purpose] -= 1
    this.#ended.push({ purpose, at })
  }

  get underWay(): number {
    return REQUEST_PURPOSES.reduce((sum, purpose) => sum + this.#underWay[purpose], 0)
  }

  used(now: Millis): number {
    this.#forget(now)
    return this.underWay + this.#ended.length
  }

  usedBy(now: Millis): CountByPurpose {
    this.#forget(now)
    const counts = { ...this.#underWay }
    for (const { purpose } of this.#ended) counts[purpose] += 1
    return counts
  }

  /** When so many of those that count now (at least 1) will have left; undefined while that is up to answers to come. */
  freeAt(count: number, now: Millis): Millis | undefined {
    this.#forget(now)
    const last = this.#ended[count - 1]
    return last === undefined ? undefined : last.at + this.#windowMs
  }

  #forget(now: Millis): void {
    const kept = this.#ended.findIndex(({ at }) => at + this.#windowMs > now)
    this.#ended.splice(0, kept === -1 ? this.#ended.length : kept)
  }
}
