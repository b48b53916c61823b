/** A feed's topics into a store, once or for ever. */
import { readRanges } from '../../kafka/read-topic.ts'
import { sleep } from '../../support/abort.ts'
import { waitAfter } from '../../support/backoff.ts'
import { isRetryable, ListingstreamError } from '../../support/errors.ts'
import type { RebuildOptions } from './rebuild-options.ts'
import { openRebuild, type Rebuild } from './rounds.ts'

const LONGEST_SILENCE_MS = 3_600_000
const BACKOFF = { baseMs: 500, capMs: 60_000 }

/** Resolves when the store shows the feed as of the last transaction before it was called, or of a later one. */
export async function rebuild(options: RebuildOptions, signal: AbortSignal): Promise<void> {
  await using rebuilt = await openRebuild(options, signal)
  await rebuilt.catchUp(signal)
}

/**
 * Does the same, and goes on with every later transaction. What may pass is waited out, however often; rejects with anything
 * else, and with the signal's reason.
 */
export async function rebuildAndFollow(options: RebuildOptions, signal: AbortSignal): Promise<never> {
  let failures = 0
  for (;;) {
    try {
      await followUntilItFails(options, () => (failures = 0), signal)
    } catch (error) {
      if (signal.aborted || !(error instanceof ListingstreamError) || !isRetryable(error)) throw error
      const retryInMs = waitAfter(BACKOFF, failures, error.retryAfterMs, Math.random)
      failures += 1
      options.observer.failed(error, retryInMs)
      await sleep(retryInMs, signal)
    }
  }
}

async function followUntilItFails(
  options: RebuildOptions,
  onProgress: () => void,
  signal: AbortSignal,
): Promise<never> {
  await using rebuilt = await openRebuild(options, signal)
  for (;;) {
    await rebuilt.catchUp(signal)
    onProgress()
    // The store says how long it may be away by when it was last looked after, be there news or not.
    const enough = AbortSignal.timeout(Math.min(LONGEST_SILENCE_MS, rebuilt.deleteRetention / 8))
    try {
      await follow(options, rebuilt, AbortSignal.any([signal, enough]))
    } catch (error) {
      if (signal.aborted || !enough.aborted) throw error
    }
  }
}

async function follow(
  { cluster, names, log }: RebuildOptions,
  rebuilt: Rebuild,
  signal: AbortSignal,
): Promise<void> {
  const ranges = [{ topic: names.checkpoints, partition: 0, from: log.position, to: Infinity }]
  for await (const { records } of readRanges(cluster, { ranges, maxWaitMs: 250 }, signal)) {
    if (records.length > 0) await rebuilt.goOn(signal)
  }
}
