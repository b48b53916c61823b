import type { PassKind, PassProgress } from '../listing/pass.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import type { Feed } from './feed.ts'
import { runPurge, type PurgeOptions, type PurgeResult } from './purge.ts'
import { runSnapshot, runUpdate } from './records-pass.ts'

/** How a pass ended; a failed one throws. */
export interface PassResult {
  readonly progress: PassProgress
  /** Only for a purge. */
  readonly purge: PurgeResult | undefined
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
    options: PurgeOptions,
    signal: AbortSignal,
  ): Promise<PassResult> {
    const queue = pass === 'update' ? this.#updates : this.#walks
    return queue.run(async () => {
      signal.throwIfAborted()
      await this.feed.metadata.refresh(resource, signal)
      switch (pass) {
        case 'snapshot':
          return { progress: await runSnapshot(this.feed, resource, signal), purge: undefined }
        case 'update':
          return { progress: await runUpdate(this.feed, resource, signal), purge: undefined }
        case 'purge': {
          const purge = await runPurge(this.feed, resource, options, signal)
          return { progress: purge.progress, purge }
        }
      }
    })
  }

  /** Resolves when no pass runs. */
  async idle(): Promise<void> {
    await Promise.all([this.#updates.idle(), this.#walks.idle()])
  }
}
