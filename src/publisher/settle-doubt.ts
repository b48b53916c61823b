import type { CheckpointLog } from '../feed/checkpoint-log.ts'
import { KafkaEpochError } from '../kafka/errors.ts'
import { isRetryable } from '../support/errors.ts'
import type { Timer } from '../support/timer.ts'
import type { OwnedProducer } from './owned-producer.ts'
import { CommitUnsettledError, FencedError } from './publisher-errors.ts'

const SETTLE_PAUSE_MS = 1_000

/** A commit was asked for, and no "yes" came back. */
export interface Doubt {
  /** Of the transaction. */
  readonly seq: number
  /** Why there is no answer. */
  readonly cause: unknown
}

export interface SettleOptions {
  readonly producer: Pick<OwnedProducer, 'renew' | 'discard'>
  readonly log: Pick<CheckpointLog, 'seq'>
  /** How long an outage may keep a commit in doubt; undefined waits as long as it takes (the daemon). */
  readonly settleWithinMs: number | undefined
  /** Told why it could not be settled yet. Never throws. */
  readonly onDoubt: (error: unknown) => void
  readonly timer: Timer
}

/**
 * Whether the transaction in doubt turns out to be committed; if not, it never will be. Outages are waited out; anything else
 * that keeps the topics from being read leaves the doubt.
 *
 * @throws {CommitUnsettledError}
 * @throws {FencedError}
 */
export async function isCommitted(
  { seq, cause }: Doubt,
  { producer, log, settleWithinMs, onDoubt, timer }: SettleOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const since = timer.monotonic()
  for (;;) {
    try {
      await producer.renew(signal)
      return log.seq >= seq
    } catch (error) {
      await producer.discard()
      const waited = timer.monotonic() - since
      const passes = isRetryable(error) || error instanceof KafkaEpochError
      if (!passes || (settleWithinMs !== undefined && waited > settleWithinMs)) {
        if (signal.aborted || error instanceof FencedError) throw error
        throw new CommitUnsettledError(cause, error)
      }
      onDoubt(error)
      await timer.sleep(SETTLE_PAUSE_MS, signal)
    }
  }
}
