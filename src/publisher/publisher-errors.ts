import { ListingstreamError } from '../support/errors.ts'
import { TRANSACTION_TOO_SLOW } from '../domain/error-codes.ts'

/** R3: another instance owns the feed. The process publishes nothing more and ends with exit code 4. */
export class FencedError extends ListingstreamError {
  constructor(
    prefix: string,
    owner: { readonly instanceId: string; readonly host: string; readonly pid: number },
  ) {
    super(
      `Another instance owns the feed "${prefix}" now (host ${owner.host}, pid ${owner.pid}). This one stops; only one may write a TOPIC_PREFIX.`,
      { code: 'FENCED', retryable: false, disposition: 'stop', exitCode: 4 },
    )
  }
}

/**
 * The outcome of a commit could not be read from the topics. The publisher is of no more use: index and sequence may lack a
 * transaction that is committed. Opening the feed again settles it (R2).
 */
export class CommitUnsettledError extends ListingstreamError {
  /**
   * @param doubt why the commit has no answer
   * @param refusal why the topics could not be read since
   */
  constructor(doubt: unknown, refusal?: unknown) {
    const why =
      refusal instanceof ListingstreamError ? ` Asking failed with ${refusal.code}: ${refusal.message}` : ''
    super(
      `Kafka did not say whether the last transaction was committed, and could not be asked since. Start again when the cluster is up: the start settles it.${why}`,
      { code: 'COMMIT_UNSETTLED', retryable: false, disposition: 'reopen', cause: refusal ?? doubt },
    )
  }
}

/** Nothing of the transaction is visible. One with fewer records may be in time. */
export class TransactionTooSlowError extends ListingstreamError {
  constructor(changes: number, timeoutMs: number, cause: unknown) {
    super(
      `A transaction of ${changes} changes takes longer than KAFKA_TRANSACTION_TIMEOUT (${timeoutMs} ms): the link to Kafka is slow, or a quota holds it back. It is tried in smaller ones; if it stays, raise it.`,
      { code: TRANSACTION_TOO_SLOW, retryable: true, cause },
    )
  }
}
