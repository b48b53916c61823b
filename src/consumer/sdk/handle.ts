import { sleep } from '../../support/abort.ts'
import { waitAfter } from '../../support/backoff.ts'
import { graceAfter } from '../../support/grace.ts'
import { SYSTEM_TIMER } from '../../support/timer.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { Change } from './change.ts'
import type { Delivery } from './change-stream.ts'
import { ConsumerHandlerFailed } from './consumer-errors.ts'
import { checkHandlerOptions, type HandlerOptions } from './consumer-options.ts'
import type { DeadLetters } from './dead-letters.ts'
import { KeyLanes, type InTurn } from './key-lanes.ts'
import { openStream } from './open-stream.ts'

export interface HandlerContext {
  /** Aborts when the change may be handled elsewhere, too, or the time to stop is over: end soon, by an error. */
  readonly signal: AbortSignal
  /** From 1. */
  readonly attempt: number
}

/** Resolves when the change is handled; it is acknowledged then. It may come again, so handling it twice must do no harm. */
export type ChangeHandler<Handled = Change> = (change: Handled, context: HandlerContext) => Promise<void>

const ATTEMPTS = 10
const BACKOFF = { baseMs: 200, capMs: 30_000 }
const CONCURRENCY = 8
const STOP_MS = 10_000

/**
 * Handles the changes of a resource: in order by key, several keys at a time. Resolves when `signal` aborts, once the
 * handlers that ran have ended and what they handled is committed.
 *
 * @throws {ConsumerOptionsError} CONSUMER_OPTIONS
 */
export async function handle(
  resource: ResourceDescription,
  options: HandlerOptions,
  handler: ChangeHandler,
): Promise<void> {
  checkHandlerOptions(options)
  const { signal = new AbortController().signal, onFailure = 'stop', onCaughtUp } = options
  if (signal.aborted) return
  await using open = await openStream(resource, options, onFailure, signal).catch((error: unknown) => {
    if (signal.aborted) return null
    throw error
  })
  if (open === null) return
  const failed = new AbortController()
  const stopping = AbortSignal.any([failed.signal, signal])
  using grace = graceAfter(stopping, options.stopTimeoutMs ?? STOP_MS, SYSTEM_TIMER)
  const worker = new Worker(options, handler, open.failures)
  const lanes = new KeyLanes<Delivery>(
    (delivery, inTurn) => worker.work(delivery, inTurn).catch((error: unknown) => failed.abort(error)),
    options.concurrency ?? CONCURRENCY,
  )
  for await (const item of open.stream.deliveries(stopping, grace.signal)) {
    if (item.type === 'caught-up') await onCaughtUp?.()
    else lanes.add(item.change.key, item)
  }
  if (failed.signal.aborted) throw failed.signal.reason
}

class Worker {
  readonly #options: HandlerOptions
  readonly #handler: ChangeHandler
  readonly #letters: DeadLetters | undefined

  /** @param letters where to what fails for good goes; undefined: it ends the reading */
  constructor(options: HandlerOptions, handler: ChangeHandler, letters: DeadLetters | undefined) {
    this.#options = options
    this.#handler = handler
    this.#letters = letters
  }

  /** Until it is handled, or is not to be handled here any more. @throws {ConsumerHandlerFailed} CONSUMER_HANDLER_FAILED */
  async work(delivery: Delivery, inTurn: InTurn): Promise<void> {
    const { revoked } = delivery
    try {
      for (let attempt = 1; ; attempt += 1) {
        const failure = await inTurn(async () => (revoked.aborted ? null : this.#try(delivery, attempt)))
        if (failure === null || revoked.aborted) return
        if (!(await this.#isTriedAgain(delivery, attempt, failure.error))) return
      }
    } catch (error) {
      if (!revoked.aborted) throw error
    } finally {
      // Nothing, if it is acknowledged.
      delivery.release()
    }
  }

  /** Null if it is handled. */
  async #try(delivery: Delivery, attempt: number): Promise<{ readonly error: unknown } | null> {
    try {
      await this.#handler(delivery.change, { signal: delivery.lost, attempt })
    } catch (error) {
      return { error }
    }
    delivery.acknowledge()
    return null
  }

  /** After its wait; false if it is over with the change. @throws {ConsumerHandlerFailed} */
  async #isTriedAgain(
    { change, records, acknowledge, revoked }: Delivery,
    attempt: number,
    error: unknown,
  ): Promise<boolean> {
    const { attempts = ATTEMPTS, backoff = BACKOFF, onTrouble } = this.#options
    if (attempt < attempts) {
      const retryInMs = waitAfter(backoff, attempt - 1, undefined, Math.random)
      onTrouble?.({ what: 'handler', error: asError(error), retryInMs })
      await sleep(retryInMs, revoked)
      return true
    }
    if (this.#letters === undefined) throw new ConsumerHandlerFailed(change, attempt, error)
    const { topic, partition } = change
    await this.#letters.send({ topic, partition, records, error, attempts: attempt }, revoked)
    acknowledge()
    return false
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
