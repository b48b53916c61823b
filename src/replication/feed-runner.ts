import type { PassKind, PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import type { Feed } from './feed.ts'
import { runPurge, type PurgeOptions, type PurgeResult } from './purge.ts'
import { runRetry, runSnapshot, runUpdate, type RetryResult } from './records-pass.ts'

/** How a pass ended; a failed one throws. */
export interface PassResult {
  readonly progress: PassProgress
  /** Only for a purge. */
  readonly purge: PurgeResult | undefined
  /** Only for an update that retried dead letters. */
  readonly letters: RetryResult['letters'] | undefined
}

export interface PassOptions extends PurgeOptions {
  /** Of an update: keys that have a dead letter, to be asked for again. */
  readonly retry: undefined | readonly RecordKey[]
  /** Told when the passes before it have ended. Until then the signal's abort makes it never begin. */
  readonly onBegin: () => void
}

const NEITHER = { purge: undefined, letters: undefined } as const

/** A pass of which nobody wants anything particular. */
export const PLAIN_PASS: PassOptions = {
  dryRun: false,
  examine: undefined,
  approveUpTo: undefined,
  retry: undefined,
  onBegin: () => undefined,
}

/**
 * Runs the passes of one feed. Updates go on beside a long snapshot or purge; two passes of one kind, or a snapshot and a
 * purge, wait for each other.
 */
export class FeedRunner {
  readonly feed: Feed
  readonly #updates = new SerialQueue()
  readonly #walks = new SerialQueue()

  constructor(feed: Feed) {
    this.feed = feed
  }

  run(
    resource: ResourceDescription,
    pass: PassKind,
    options: PassOptions,
    signal: AbortSignal,
  ): Promise<PassResult> {
    const queue = pass === 'update' ? this.#updates : this.#walks
    return queue.run(async () => {
      signal.throwIfAborted()
      options.onBegin()
      await this.feed.metadata.refresh(resource, signal)
      switch (pass) {
        case 'snapshot':
          return { ...NEITHER, progress: await runSnapshot(this.feed, resource, signal) }
        case 'update': {
          if (options.retry !== undefined) {
            return { ...NEITHER, ...(await runRetry(this.feed, resource, options.retry, signal)) }
          }
          return { ...NEITHER, progress: await runUpdate(this.feed, resource, signal) }
        }
        case 'purge': {
          const purge = await runPurge(this.feed, resource, options, signal)
          return { ...NEITHER, progress: purge.progress, purge }
        }
      }
    }, signal)
  }

  /** Resolves when no pass runs. */
  async idle(): Promise<void> {
    await Promise.all([this.#updates.idle(), this.#walks.idle()])
  }
}
