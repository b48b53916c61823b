import { orAborted } from '../../support/abort.ts'
import { waitAfter, type Backoff } from '../../support/backoff.ts'
import { foreseen, type ListingstreamError } from '../../support/errors.ts'
import type { Timer } from '../../support/timer.ts'

export interface OutboxOptions<T> {
  /** That wait; with more the oldest goes, since what is new is worth more. */
  readonly most: number
  /** In all, the first one included. */
  readonly tries: number
  readonly backoff: Backoff
  readonly timer: Pick<Timer, 'sleep'>
  readonly random: () => number
  /** Must not throw. @param error null: there was no room for it */
  readonly onDropped: (item: T, error: ListingstreamError | null) => void
}

/** What has to be sent, in its order, by somebody who may not be there: nobody waits for it. */
export class Outbox<T> {
  readonly #options: OutboxOptions<T>
  readonly #waiting: T[] = []
  #wake = Promise.withResolvers<void>()

  constructor(options: OutboxOptions<T>) {
    this.#options = options
  }

  add(item: T): void {
    this.#waiting.push(item)
    if (this.#waiting.length > this.#options.most) {
      const oldest = this.#waiting.shift()
      if (oldest !== undefined) this.#options.onDropped(oldest, null)
    }
    this.#wake.resolve()
  }

  /** Until the signal aborts; then it rejects with its reason. */
  async run(send: (item: T, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<never> {
    for (;;) {
      const item = this.#waiting.shift()
      if (item === undefined) {
        this.#wake = Promise.withResolvers()
        await orAborted(this.#wake.promise, signal)
      } else await this.#send(item, send, signal)
    }
  }

  async #send(
    item: T,
    send: (item: T, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { tries, backoff, timer, random, onDropped } = this.#options
    for (let failures = 0; ; failures += 1) {
      try {
        return await send(item, signal)
      } catch (failure) {
        signal.throwIfAborted()
        const error = foreseen(failure, 'Sending a notification')
        if (!error.retryable || failures + 1 >= tries) return onDropped(item, error)
        await timer.sleep(waitAfter(backoff, failures, error.retryAfterMs, random), signal)
      }
    }
  }
}
