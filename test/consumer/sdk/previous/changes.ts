import type { Change, Deleted, Upserted } from '../../../../src/consumer/sdk/change.ts'

export interface Event {
  readonly listingKey: string
  readonly listing: {
    readonly standardFields: object
    readonly maskedFields: string[]
    readonly unmappedFields: object
  }
}

const TOPIC = 'spark.listings'
const DAY = Date.UTC(2026, 4, 2)

export function eventOf(key: string, standardFields: object, others: object = {}): Event {
  return { listingKey: key, listing: { standardFields, maskedFields: [], unmappedFields: {}, ...others } }
}

interface Place {
  readonly key: string
  readonly offset: number
  readonly partition?: number
  /** Seconds after a certain time; those of the offset unless said. */
  readonly observed?: number
}

function facts({ key, offset, partition = 0, observed = offset }: Place) {
  const observedAt = new Date(DAY + observed * 1000).toISOString()
  return {
    key,
    topic: TOPIC,
    partition,
    offset,
    nextOffset: offset + 1,
    id: `${key}-${offset}`,
    timestamp: observedAt,
    observedAt,
  }
}

export function upserted(place: Place, standardFields: object): Upserted<Event> {
  return { type: 'upserted', ...facts(place), event: eventOf(place.key, standardFields) }
}

/** With its tombstone behind it. */
export function deleted(place: Place): Deleted<object> {
  const known = facts(place)
  const { observedAt } = known
  return {
    type: 'deleted',
    ...known,
    nextOffset: place.offset + 2,
    event: {},
    deletedAt: observedAt,
    lastModificationTimestamp: null,
  }
}

/** What compaction may leave of it. */
export function tombstoneOf(change: Deleted<object>): Deleted<object> {
  return { ...change, event: null, offset: change.nextOffset - 1 }
}

export async function* stream<T>(changes: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* changes
}

export type AnyChange = Change<Event, object>
