import { sleep } from './abort.ts'

/** Time as it passes, whatever is done to the wall clock. */
export interface Timer {
  /** Milliseconds from any origin. */
  readonly monotonic: () => number
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export const SYSTEM_TIMER: Timer = { monotonic: () => performance.now(), sleep }
