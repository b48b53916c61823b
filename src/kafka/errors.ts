import { ListingstreamError, type FailureExitCode } from '../support/errors.ts'

interface Traits {
  readonly retryable: boolean
  readonly exitCode?: FailureExitCode
  readonly repeatable?: true
}

const PASSING: Traits = { retryable: true }
const LASTING: Traits = { retryable: false }

/** Every error of the room, by its code. */
const KAFKA_ERRORS = {
  KAFKA_UNREACHABLE: PASSING,
  KAFKA_NOT_ENOUGH_REPLICAS: PASSING,
  KAFKA_READ_STALLED: PASSING,
  KAFKA_UNAUTHORIZED: LASTING,
  KAFKA_TOPIC_MISSING: LASTING,
  KAFKA_RECORD_TOO_LARGE: LASTING,
  KAFKA_TIMESTAMP_REFUSED: LASTING,
  KAFKA_TRANSACTION_TIMEOUT_REFUSED: { ...LASTING, exitCode: 2 },
  KAFKA_OFFSET_OUT_OF_RANGE: LASTING,
  KAFKA_BATCH_DAMAGED: LASTING,
  KAFKA_REJECTED: LASTING,
  KAFKA_GROUP_REFUSED: LASTING,
  KAFKA_PARTITIONS_REVOKED: PASSING,
  KAFKA_PRODUCER_UNUSABLE: LASTING,
  KAFKA_CLOSED: LASTING,
  KAFKA_FAILED: LASTING,
  KAFKA_APPEND_UNVERIFIED: { ...PASSING, repeatable: true },
  KAFKA_EPOCH: { ...LASTING, repeatable: true },
  KAFKA_COMMIT_UNKNOWN: { ...LASTING, repeatable: true },
} as const satisfies Readonly<Record<string, Traits>>

export type KafkaErrorCode = keyof typeof KAFKA_ERRORS

export interface KafkaErrorOptions {
  readonly code: KafkaErrorCode
  readonly cause?: unknown
}

/** What the cluster refuses, somebody may mend while the feed stands still: each is tried again. */
export class KafkaError extends ListingstreamError {
  /** A new producer may well succeed with the transaction that it ended, once nothing of that is visible (R3). */
  readonly repeatable: boolean

  constructor(message: string, { code, cause }: KafkaErrorOptions) {
    const { repeatable, ...traits }: Traits = KAFKA_ERRORS[code]
    super(message, { code, cause, disposition: 'retry', ...traits })
    this.repeatable = repeatable === true
  }
}

/** Wrong credentials, or a right is missing. */
export class KafkaUnauthorizedError extends KafkaError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'KAFKA_UNAUTHORIZED', cause })
  }
}

/** The client failed in a way that it does not name. */
export class KafkaUnnamedError extends KafkaError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'KAFKA_FAILED', cause })
  }
}

/**
 * The broker refused the producer's epoch: another producer took the transactional id, or the broker ended the
 * transaction for its age. The two cannot be told apart here (R3). Nothing of the transaction is or will be visible.
 */
export class KafkaEpochError extends KafkaError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'KAFKA_EPOCH', cause })
  }
}

/**
 * A commit was asked for and no "yes" came back: the transaction is wholly visible or not at all, and only a new
 * producer's `begin()` followed by a look at the topics tells which (R3). The cause may be a `KafkaEpochError`.
 */
export class KafkaCommitUnknown extends KafkaError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'KAFKA_COMMIT_UNKNOWN', cause })
  }
}

/** What was asked for is not in the log: deleted, truncated, or the topic was created anew. */
export class KafkaOffsetOutOfRange extends KafkaError {
  readonly topic: string
  readonly partition: number

  constructor(topic: string, partition: number, why: string, cause?: unknown) {
    super(
      `Topic ${topic}, partition ${partition}: ${why}. The topic was deleted, truncated or created anew.`,
      { code: 'KAFKA_OFFSET_OUT_OF_RANGE', cause },
    )
    this.topic = topic
    this.partition = partition
  }
}

/**
 * The reply names an offset that this producer has seen before. A producer that is thrown away after any error never
 * repeats a sequence number (docs/kafka.md §1.3), so the topic was most likely made anew.
 */
export class KafkaOffsetSeenBefore extends KafkaError {
  readonly topic: string
  readonly partition: number
  readonly baseOffset: number

  constructor(topic: string, partition: number, baseOffset: number, lastOffset: number) {
    super(
      `The broker says that it appended records to ${topic}, partition ${partition} at offset ${baseOffset}, but the last ones were at ${lastOffset}. The transaction is repeated with a new producer.`,
      { code: 'KAFKA_APPEND_UNVERIFIED' },
    )
    this.topic = topic
    this.partition = partition
    this.baseOffset = baseOffset
  }
}
