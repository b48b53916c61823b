import { ListingstreamError, type ListingstreamErrorOptions } from '../../support/errors.ts'
import { quoteForeign } from '../../support/secrets.ts'

interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

function at({ topic, partition, offset }: Place): string {
  return `${topic}, partition ${partition}, offset ${offset}`
}

/** What the reader was asked to do makes no sense. */
export class ConsumerOptionsError extends ListingstreamError {
  constructor(mistakes: string) {
    super(`The options of the consumer are wrong: ${mistakes}`, {
      code: 'CONSUMER_OPTIONS',
      retryable: false,
      disposition: 'stop',
    })
  }
}

/** The topic that is read is not there, or not any more. */
export class ConsumerTopicMissing extends ListingstreamError {
  readonly topic: string

  constructor(topic: string, cause: unknown) {
    super(
      `Topic ${topic} does not exist. Check brokers and prefix, which is TOPIC_PREFIX of the feed, and that the feed has this resource: its publisher makes the topic.`,
      { code: 'CONSUMER_TOPIC_MISSING', retryable: false, disposition: 'stop', cause },
    )
    this.topic = topic
  }
}

/** Dead letters cannot go to the topic that was chosen for them, or not any more. */
export class ConsumerDeadLetterTopic extends ListingstreamError {
  readonly topic: string

  /** @param why what the topic is or does, as in `does not exist` */
  constructor(topic: string, why: string, cause?: unknown) {
    super(
      `Topic ${topic}, which is named as deadLetter, ${why}. Make a topic of its own for dead letters, outside of any feed's prefix and with cleanup.policy=delete, and name that one; the consumer makes none.`,
      { code: 'CONSUMER_DEAD_LETTER_TOPIC', retryable: false, disposition: 'stop', cause },
    )
    this.topic = topic
  }
}

/** It names the place at which the reader stopped. */
class PlacedError extends ListingstreamError {
  readonly topic: string
  readonly partition: number
  readonly offset: number

  constructor(place: Place, message: string, options: ListingstreamErrorOptions) {
    super(message, options)
    this.topic = place.topic
    this.partition = place.partition
    this.offset = place.offset
  }
}

/** Where the reader was to go on is not in the log any more. */
export class ConsumerOffsetLost extends PlacedError {
  constructor(place: Place, cause: unknown) {
    super(
      place,
      `The log does not hold ${at(place)}, where the consumer was to go on: the topic was made anew or truncated, and changes may be missed. Bring what the changes were applied to up to date from the beginning: with another groupId, or with onLostOffset: 'beginning'.`,
      { code: 'CONSUMER_OFFSET_LOST', retryable: false, disposition: 'stop', cause },
    )
  }
}

/** A record that is no event, or not one that this version knows. */
export class ConsumerUnreadable extends PlacedError {
  constructor(place: Place, cause: Error) {
    super(
      place,
      `The record at ${at(place)} cannot be read: ${cause.message} Nothing after it was handled. Mend what is wrong with it, or let such records go to a topic of their own: onUnreadable: { deadLetter: '…' }.`,
      { code: 'CONSUMER_UNREADABLE', retryable: false, disposition: 'stop', cause },
    )
  }
}

/** The handler failed as often as it may. */
export class ConsumerHandlerFailed extends PlacedError {
  constructor(place: Place & { readonly key: string }, attempts: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(
      place,
      `The handler failed ${attempts} times at the change of ${place.key} (${at(place)}): ${quoteForeign(why)}. It was not acknowledged and comes again. Mend the handler, or let such changes go to a topic of their own: onFailure: { deadLetter: '…' }.`,
      { code: 'CONSUMER_HANDLER_FAILED', retryable: false, disposition: 'stop', cause },
    )
  }
}
