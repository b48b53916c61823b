import type { Instant } from '../domain/instant.ts'
import { pauseOf, type Pause } from '../domain/pause.ts'
import type { ResourceName } from '../domain/resource.ts'
import { firstFailure } from '../support/errors.ts'
import type { Clock } from './ports.ts'

/** How often it is looked whether a pause is over: it may end by itself. */
const POLL_MS = 500

interface Paused {
  readonly name: ResourceName
  readonly parent?: ResourceName
}

interface Running {
  readonly of: Paused
  readonly stop: AbortController
}

/** Why a pass by schedule stops, which is no failure. */
class PassPaused extends Error {}

/** Which passes by schedule stand still by an operator's wish, in step with the topics. */
export class Pauses {
  #all: readonly Pause[]
  readonly #running = new Set<Running>()

  constructor(recovered: readonly Pause[]) {
    this.#all = recovered
  }

  /** Some may be over. */
  get all(): readonly Pause[] {
    return this.#all
  }

  /** Undefined if nothing keeps its passes from running. */
  of(paused: Paused, now: Instant): Pause | undefined {
    return pauseOf(this.#all, paused, now)
  }

  /** What runs of it stops, as for the end of the process: it goes on where its last checkpoint stands. */
  record(pauses: readonly Pause[]): void {
    this.#all = pauses
    for (const { of, stop } of this.#running) {
      const pause = pauses.find(
        ({ resource }) => resource === null || resource === of.name || resource === of.parent,
      )
      if (pause !== undefined) stop.abort(new PassPaused())
    }
  }

  /** Waits while it is paused, and does the work anew as often as a pause interrupts it. */
  async run<T>(
    of: Paused,
    clock: Clock,
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    for (;;) {
      while (this.of(of, clock.now()) !== undefined) await clock.sleep(POLL_MS, signal)
      const running: Running = { of, stop: new AbortController() }
      this.#running.add(running)
      try {
        return await work(AbortSignal.any([signal, running.stop.signal]))
      } catch (failure) {
        signal.throwIfAborted()
        if (!(firstFailure(failure) instanceof PassPaused)) throw failure
      } finally {
        this.#running.delete(running)
      }
    }
  }
}
