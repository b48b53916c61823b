import { HOLD_LOST } from '../domain/error-codes.ts'
import type { Hold } from '../domain/hold.ts'
import { ListingstreamError } from '../support/errors.ts'

/** R2: the topic is shorter than the checkpoint says, at its end or at its beginning. */
export class TopicTruncatedError extends ListingstreamError {
  readonly topic: string
  readonly partition: number
  readonly detail: string

  /**
   * @param detail "ends at offset 3, but …"
   * @param options `cause`: why that could not be noted for the starts to come
   */
  constructor(topic: string, partition: number, detail: string, options: ErrorOptions = {}) {
    super(
      `Topic ${topic}, partition ${partition} ${detail}. The topic was deleted, made again or truncated. "listingstream snapshot --restart" begins a new generation and fills it again.`,
      { ...options, code: 'TOPIC_TRUNCATED', retryable: false, disposition: 'stop' },
    )
    this.topic = topic
    this.partition = partition
    this.detail = detail
  }
}

/** A topic of rows is shorter than the checkpoint says. It is filled again from the events when the feed is opened. */
export class RowsTruncatedError extends ListingstreamError {
  constructor({ topic, partition, detail }: TopicTruncatedError, options: ErrorOptions = {}) {
    super(
      `Topic ${topic}, partition ${partition} ${detail}. It was deleted, made again or truncated. Start again: it is filled from the events; who reads it begins at its start with an empty table.`,
      { ...options, code: 'ROWS_TRUNCATED', retryable: false, disposition: 'reopen' },
    )
  }
}

/** The keys of a hold are not in its topic, or not any more. */
export class HoldLostError extends ListingstreamError {
  constructor(topic: string, { resource, passId }: Pick<Hold, 'resource' | 'passId'>) {
    super(
      `Topic ${topic} does not have all keys of ${resource} that are held by sweep ${passId}: somebody has just decided on it, or the topic was deleted or made again. Look with "listingstream purge show"; the next purge writes anew what it holds.`,
      { code: HOLD_LOST, retryable: true },
    )
  }
}

/** The feed has no topics of resources that somebody wants to read. */
export class NotPublishedError extends ListingstreamError {
  /** @param missing their names @param published names of those that it has */
  constructor(prefix: string, missing: readonly string[], published: readonly string[]) {
    super(
      `The feed "${prefix}" does not publish ${missing.join(', ')}. It has: ${published.join(', ')}. Name one of these with --resource, or add what is missing to RESOURCES or SUBRESOURCES of the publisher.`,
      { code: 'RESOURCE_NOT_PUBLISHED', retryable: false, disposition: 'stop', exitCode: 2 },
    )
  }
}

/** Nothing was ever published under the prefix, or not there. */
export class NoFeedError extends ListingstreamError {
  constructor(prefix: string) {
    super(
      `There is no checkpoint under the prefix "${prefix}", so there is no feed to read. Check TOPIC_PREFIX and KAFKA_BROKERS, or run "listingstream snapshot" first.`,
      { code: 'NO_FEED', retryable: false, disposition: 'stop' },
    )
  }
}
