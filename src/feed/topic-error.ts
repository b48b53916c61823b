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
  constructor(message: string, code: keyof typeof TOPIC_DISPOSITIONS) {
    super(message, { code, retryable: false, disposition: TOPIC_DISPOSITIONS[code], exitCode: 2 })
  }
}

export function partitionsChanged(topic: string, before: number, after: number): TopicError {
  return new TopicError(
    `Topic ${topic} has ${after} partitions, but the feed was written to ${before}: the same key would lie in two of them. ${WAYS_OUT}`,
    'TOPIC_MISCONFIGURED',
  )
}

/** Rows can be made again of the events. */
export function rowPartitionsChanged(topic: string, before: number, after: number): TopicError {
  return new TopicError(
    `Topic ${topic} has ${after} partitions, but the feed was written to ${before}: the same key would lie in two of them. Delete this topic and start again: it is made anew and filled; who reads it begins at its start with an empty table.`,
    'TOPIC_MISCONFIGURED',
  )
}

/** Kafka can add partitions to a topic, and cannot take them away. */
const WAYS_OUT =
  'Choose another TOPIC_PREFIX, which begins a feed of its own; or stop the feed and its subscribers, delete this topic, and run "listingstream snapshot --restart", which makes it anew and fills it.'

/** R6: of a record that lies where a client of today's partition count would not put it. */
export function keyMisplaced(topic: string, key: string, place: number, partitions: number): TopicError {
  return new TopicError(
    `Topic ${topic} holds the key ${JSON.stringify(key)} in partition ${place}, but of ${partitions} partitions it belongs in ${partitionFor(key, partitions)}: partitions were added after it was written, and its next event would lie in another one. ${WAYS_OUT}`,
    'TOPIC_KEYS_MISPLACED',
  )
}
