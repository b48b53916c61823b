import { partitionFor } from '../kafka/partition.ts'
import { ListingstreamError, type Disposition } from '../support/errors.ts'

/** What becomes of a running feed; a start ends with each of them, by the exit code. */
const TOPIC_DISPOSITIONS = {
  // The start makes it again, or says what is lost with it.
  TOPIC_MISSING: 'reopen',
  TOPIC_MISCONFIGURED: 'retry',
  TOPIC_KEYS_MISPLACED: 'stop',
} as const satisfies Readonly<Record<string, Disposition>>

/** A topic that the feed cannot be published to as it is. */
export class TopicError extends ListingstreamError {
  /** What to do; the message says it, too. Empty where the message alone does. */
  readonly remedy: string

  constructor(what: string, code: keyof typeof TOPIC_DISPOSITIONS, remedy = '') {
    const message = remedy === '' ? what : `${what} ${remedy}`
    super(message, { code, retryable: false, disposition: TOPIC_DISPOSITIONS[code], exitCode: 2 })
    this.remedy = remedy
  }

  /** Without the remedy. */
  get what(): string {
    return this.remedy === '' ? this.message : this.message.slice(0, -this.remedy.length - 1)
  }
}

export function partitionsChanged(topic: string, before: number, after: number): TopicError {
  return new TopicError(
    `Topic ${topic} has ${after} partitions, but the feed was written to ${before}: the same key would lie in two of them.`,
    'TOPIC_MISCONFIGURED',
    WAYS_OUT,
  )
}

/** Rows can be made again of the events. */
export function rowPartitionsChanged(topic: string, before: number, after: number): TopicError {
  return new TopicError(
    `Topic ${topic} has ${after} partitions, but the feed was written to ${before}: the same key would lie in two of them.`,
    'TOPIC_MISCONFIGURED',
    'Delete this topic and start again: it is made anew and filled; who reads it begins at its start with an empty table.',
  )
}

/** Kafka can add partitions to a topic, and cannot take them away. */
const WAYS_OUT =
  'Stop the feed and its subscribers, delete this topic (Kafka takes no partitions away), and run "listingstream snapshot --restart", which makes it anew and fills it. Another TOPIC_PREFIX is for a new feed, with topics of its own.'

/** R6: of a record that lies where a client of today's partition count would not put it. */
export function keyMisplaced(topic: string, key: string, place: number, partitions: number): TopicError {
  return new TopicError(
    `Topic ${topic} holds the key ${JSON.stringify(key)} in partition ${place}, but of ${partitions} partitions it belongs in ${partitionFor(key, partitions)}: partitions were added after it was written, and its next event would lie in another one.`,
    'TOPIC_KEYS_MISPLACED',
    WAYS_OUT,
  )
}
