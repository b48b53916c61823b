/** What a subscriber gets. Instants are ISO 8601 text in UTC, as in the events. */

/** Where a change lies in Kafka. */
export interface ChangePlace {
  readonly topic: string
  readonly partition: number
  /** Of its first record. A change has one offset for good, so a store can tell by it what it has already. */
  readonly offset: number
  /** Above its last record: where a reader goes on that has handled the change. */
  readonly nextOffset: number
}

interface ChangeFacts extends ChangePlace {
  /** What names the record for good, at the source and in the topic: for listings the `ListingKey`. */
  readonly key: string
  /** CloudEvents' id: two records with one id are one change. */
  readonly id: string
  /** When its first record was written to Kafka, by the writer's or the broker's clock. */
  readonly timestamp: string
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: string
}

/** The record is new, or its content is another one now. */
export interface Upserted<Event = unknown> extends ChangeFacts {
  readonly type: 'upserted'
  readonly event: Event
}

/** The record is gone. Its tombstone belongs to it and is no change of its own. */
export interface Deleted<Event = unknown> extends ChangeFacts {
  readonly type: 'deleted'
  /** Null if only its tombstone is left, as after compaction, or if such deletes are tombstones alone, as those of sets are. */
  readonly event: Event | null
  /** When the source confirmed it, by the source's clock. */
  readonly deletedAt: string
  /** `ModificationTimestamp` of the last event before; null if it had none. */
  readonly lastModificationTimestamp: string | null
}

/** What happened to one record of the source. */
export type Change<UpsertedEvent = unknown, DeletedEvent = unknown> =
  | Upserted<UpsertedEvent>
  | Deleted<DeletedEvent>

/**
 * Once a reader: every partition that it had at its start was read up to where it ended then. What comes before it is a
 * state of the past; what comes after it is news.
 */
export interface CaughtUp {
  readonly type: 'caught-up'
}

export type ChangeOrCaughtUp<UpsertedEvent = unknown, DeletedEvent = unknown> =
  | Change<UpsertedEvent, DeletedEvent>
  | CaughtUp
