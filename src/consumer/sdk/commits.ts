import { sleep } from '../../support/abort.ts'
import { SerialQueue } from '../../support/serial-queue.ts'
import type { Generation } from '../../kafka/membership.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { OnTrouble } from './trouble.ts'

/** What is not committed by then comes again. */
const LAST_COMMIT_MS = 5_000

export interface CommitsOptions {
  readonly generation: Generation
  readonly queues: readonly PartitionQueue[]
  readonly intervalMs: number
  readonly onTrouble: OnTrouble
  /** Told that committing failed for good. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Commits what is handled of one generation: now and then, and what is left at its end. Where nothing was committed before,
 * the place where it began is: who begins at the end may not begin at a later one after a restart.
 */
export class Commits {
  readonly #options: CommitsOptions
  readonly #turn = new SerialQueue()
  readonly #over = new AbortController()
  readonly #committed: Map<PartitionQueue, number | null>
  readonly #running: Promise<void>

  constructor(options: CommitsOptions) {
    this.#options = options
    this.#committed = new Map(options.queues.map((queue) => [queue, queue.committed]))
    this.#running = this.#repeat().catch((error: unknown) => {
      if (!this.#over.signal.aborted) options.onFailure(error)
    })
  }

  /** Never throws: what could not be committed comes again. */
  async finish(): Promise<void> {
    this.#over.abort()
    await this.#running
    try {
      await this.#commit(AbortSignal.timeout(LAST_COMMIT_MS))
    } catch (error) {
      this.#options.onTrouble({
        what: 'commit',
        error: error instanceof Error ? error : new Error(String(error)),
        retryInMs: null,
      })
    }
  }

  async #repeat(): Promise<void> {
    const over = this.#over.signal
    for (;;) {
      await sleep(this.#options.intervalMs, over)
      await this.#commit(over)
    }
  }

  async #commit(signal: AbortSignal): Promise<void> {
    await this.#turn.run(async () => {
      const moved = this.#options.queues
        .map((queue) => ({ queue, offset: queue.tracker.position }))
        .filter(({ queue, offset }) => offset !== this.#committed.get(queue))
      if (moved.length === 0) return
      const offsets = moved.map(({ queue: { topic, partition }, offset }) => ({ topic, partition, offset }))
      const taken = await this.#options.generation.commit(offsets, signal)
      if (taken) for (const { queue, offset } of moved) this.#committed.set(queue, offset)
    })
  }
}
