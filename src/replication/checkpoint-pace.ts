import type { Instant, Millis } from '../domain/instant.ts'

/**
 * A page that publishes nothing loses nothing if its checkpoint waits: a transaction of its own would be most of what it costs.
 * A pass that is interrupted walks again what came after its last checkpoint; what those pages left in the ledger counts as
 * not there.
 */
const EVERY_MS: Millis = 1_000

/** When the next checkpoint of one walk is due, whatever its pages say: with its first page, and once a second. */
export class CheckpointPace {
  #last: Instant | undefined

  isDue(now: Instant): boolean {
    return this.#last === undefined || now - this.#last >= EVERY_MS
  }

  /** A checkpoint is asked for, or committed. */
  note(now: Instant): void {
    this.#last = now
  }
}
