/** How many requests the source takes of one key, and what becomes of them (docs/spark-api.md §3.4). */
import type { Millis } from './instant.ts'
import type { RequestPurpose } from './request-purpose.ts'

export const BUDGET_WINDOW_MS: Millis = 5 * 60_000

/** Requests in a window: the most that the vendor names for any kind of key (docs/spark-api.md §3.4). */
export const HIGHEST_NAMED_RATE = 4_000

/** How far each may fill a window: the rest is kept for those that go before it. */
export const BUDGET_SHARES: Readonly<Record<RequestPurpose, number>> = {
  update: 1,
  question: 0.9,
  media: 0.9,
  walk: 0.8,
}

export type CountByPurpose = Readonly<Record<RequestPurpose, number>>

/** How the budget of a key stands, as far as this process uses it. */
export interface BudgetReport {
  /** Requests in any window (`API_RATE`). */
  readonly limit: number
  /** What the source takes, as far as its refusals have told: never above the limit. */
  readonly granted: number
  /** Requests of the last window. */
  readonly used: CountByPurpose
  readonly waiting: CountByPurpose
}

/** Told what becomes of the requests of a key. Never throws, never slows. */
export interface BudgetWatcher {
  /** @param waited since it was asked for */
  sent(purpose: RequestPurpose, waited: Millis): void
  /**
   * The next one has to wait.
   *
   * @param wait in all, since it was asked for
   */
  waits(purpose: RequestPurpose, wait: Millis): void
  /** The source refused a request for the rate, and fewer are sent from now on; or `granted` is the limit again. */
  granted(granted: number, limit: number): void
}
