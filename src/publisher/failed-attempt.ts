/** What a failed attempt at a transaction says of the next one. */
import { TRANSACTION_TOO_SLOW } from '../domain/error-codes.ts'
import { KafkaCommitUnknown, KafkaEpochError, KafkaError } from '../kafka/errors.ts'
import { ListingstreamError } from '../support/errors.ts'

/** Sends took longer than the broker lets a transaction live; nothing of it is visible, and it is ended here. */
export class OutlastedError extends ListingstreamError {
  constructor(waitedMs: number) {
    super(`A transaction took ${Math.round(waitedMs / 1000)} s, longer than KAFKA_TRANSACTION_TIMEOUT.`, {
      code: TRANSACTION_TOO_SLOW,
      retryable: true,
    })
  }
}

/** Another producer took the transactional id, or the broker ended the transaction for its age. */
export function isEpochError(error: unknown): boolean {
  return error instanceof KafkaCommitUnknown
    ? error.cause instanceof KafkaEpochError
    : error instanceof KafkaEpochError
}

/** Nothing of the transaction is visible, and a new producer may well succeed with it (R3). */
export function mayTryAgain(error: unknown): boolean {
  return error instanceof OutlastedError || (error instanceof KafkaError && error.repeatable)
}
