import { ListingstreamError } from '../support/errors.ts'

/** R3: another instance owns the feed. The process publishes nothing more and ends with exit code 4. */
export class FencedError extends ListingstreamError {
  constructor(
    prefix: string,
    owner: { readonly instanceId: string; readonly host: string; readonly pid: number },
  ) {
    super(
      `Another instance owns the feed "${prefix}" now (host ${owner.host}, pid ${owner.pid}). This one stops; only one may write a TOPIC_PREFIX.`,
      { code: 'FENCED', retryable: false, exitCode: 4 },
    )
  }
}

/** The outcome of a commit could not be read from the topics in time. The next start settles it (R2). */
export class CommitUnsettledError extends ListingstreamError {
  constructor(cause: unknown) {
    super(
      'Kafka did not say whether the last transaction was committed, and could not be asked since. Start again when the cluster is up: the start settles it.',
      { code: 'COMMIT_UNSETTLED', retryable: false, cause },
    )
  }
}

/** R2: the topic is shorter than the checkpoint says, at its end or at its beginning. */
export class TopicTruncatedError extends ListingstreamError {
  /** @param what "ends at offset 3, but …" */
  constructor(topic: string, partition: number, what: string) {
    super(
      `Topic ${topic}, partition ${partition} ${what}. The topic was deleted, made again or truncated. "listingstream snapshot --restart" begins a new generation and fills it again.`,
      { code: 'TOPIC_TRUNCATED', retryable: false },
    )
  }
}

/** Nothing was ever published under the prefix, or not there. */
export class NoFeedError extends ListingstreamError {
  constructor(prefix: string) {
    super(
      `There is no checkpoint under the prefix "${prefix}", so there is no feed to build an index of. Check TOPIC_PREFIX and KAFKA_BROKERS, or run "listingstream snapshot" first.`,
      { code: 'NO_FEED', retryable: false },
    )
  }
}
