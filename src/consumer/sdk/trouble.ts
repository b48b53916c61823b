import { sleep } from '../../support/abort.ts'
import { waitAfter, type Backoff } from '../../support/backoff.ts'
import { isRetryable, ListingstreamError } from '../../support/errors.ts'

/** Something that failed and is tried again by itself. */
export interface Trouble {
  /** `Kafka`, `registry`, `commit` or `handler`. */
  readonly what: string
  readonly error: Error
  /** Milliseconds; null if that is not known yet. */
  readonly retryInMs: number | null
}

/** Told of each trouble. Must not throw. */
export type OnTrouble = (trouble: Trouble) => void

const PATIENT: Backoff = { baseMs: 200, capMs: 10_000 }

/** `work` until it succeeds: what may succeed later by itself is tried again for ever, until the signal aborts. */
export async function patiently<T>(
  what: string,
  work: () => Promise<T>,
  onTrouble: OnTrouble,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ListingstreamError) || !isRetryable(error)) throw error
      const retryInMs = waitAfter(PATIENT, failures, error.retryAfterMs, Math.random)
      onTrouble({ what, error, retryInMs })
      await sleep(retryInMs, signal)
    }
  }
}
