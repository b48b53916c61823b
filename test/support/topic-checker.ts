/**
 * Judges the topic `listings` by its records and by what the simulator knows. Written against the contract alone: it
 * shares no code with the rooms that wrote them.
 */
import { compareFeed } from '../../src/app/demo/compare-feed.ts'
import { parseDeleted, parseUpserted, type UpsertedListing } from '../../src/app/demo/decoded-events.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { TopicEvent } from './topic-events.ts'

/** Findings in words, none in a right topic. */
export interface Verdict {
  /** The source shows it, and the topic does not, or says something else of it. */
  readonly lost: readonly string[]
  /** An event twice, or a content that the event before it had already. */
  readonly duplicated: readonly string[]
  /** What may not follow each other in the history of a key. */
  readonly outOfOrder: readonly string[]
  /** Deleted, although the source showed it all the time. */
  readonly falseDeletes: readonly string[]
  /** The source shows it no more, and the topic does. */
  readonly missingDeletes: readonly string[]
}

export const CLEAN: Verdict = {
  lost: [],
  duplicated: [],
  outOfOrder: [],
  falseDeletes: [],
  missingDeletes: [],
}

/**
 * @param events all of the topic, ordered within each partition
 * @param hidden keys that the source shows now and did not show for a while
 */
export function checkTopic(
  events: readonly TopicEvent[],
  simulator: Simulator,
  hidden: ReadonlySet<string> = new Set(),
): Verdict {
  const { listings } = simulator.truth()
  const duplicated: string[] = []
  const outOfOrder: string[] = []
  const falseDeletes: string[] = []
  const latest = new Map<string, UpsertedListing>()

  const seen = new Set<string>()
  for (const { eventId, key } of events) {
    if (seen.has(eventId)) duplicated.push(`${key}: event ${eventId} again`)
    seen.add(eventId)
  }
  for (const [key, history] of Map.groupBy(events, (event) => event.key)) {
    let before: TopicEvent | undefined
    for (const event of history) {
      duplicated.push(...repetition(before, event))
      outOfOrder.push(...disorder(before, event))
      const mayBeGone = !listings.has(key) || hidden.has(key)
      if (event.type === 'ListingDeleted' && !mayBeGone) falseDeletes.push(`${key}: deleted ${at(event)}`)
      before = event
    }
    if (before?.type === 'ListingUpserted') latest.set(key, parseUpserted(before.value))
    if (before?.type === 'ListingDeleted') outOfOrder.push(`${key}: no tombstone behind its ListingDeleted`)
  }

  const differences = compareFeed(simulator, latest).differences.filter(({ key }) => listings.has(key))
  return {
    lost: differences.map(({ key, field, problem }) => `${key}: ${field} ${problem}`),
    duplicated,
    outOfOrder,
    falseDeletes,
    missingDeletes: [...latest.keys()].filter((key) => !listings.has(key)),
  }
}

function* repetition(before: TopicEvent | undefined, event: TopicEvent): Generator<string> {
  if (event.type === 'ListingDeleted' && before?.type !== 'ListingUpserted') {
    yield `${event.key}: deleted ${at(event)}, but it was not there`
  }
  if (event.type !== 'ListingUpserted' || before?.type !== 'ListingUpserted') return
  const [old, now] = [parseUpserted(before.value), parseUpserted(event.value)]
  if (JSON.stringify(old.listing) === JSON.stringify(now.listing)) {
    yield `${event.key}: the same content again ${at(event)}`
  }
}

function* disorder(before: TopicEvent | undefined, event: TopicEvent): Generator<string> {
  const { key, type } = event
  if (before !== undefined && before.partition !== event.partition) {
    yield `${key}: in partitions ${before.partition} and ${event.partition}`
  }
  // A gap would be the mark of a commit between them.
  const behindDelete = before?.type === 'ListingDeleted' && before.offset === event.offset - 1
  if ((type === 'Tombstone') !== behindDelete) yield `${key}: ${type} ${at(event)} after ${describe(before)}`
  if (type === 'ListingDeleted' && parseDeleted(event.value) !== key) {
    yield `${key}: holds the end of another listing ${at(event)}`
  }
  if (type !== 'ListingUpserted') return
  const { listingKey, change, modificationTimestamp } = parseUpserted(event.value)
  if (listingKey !== key) yield `${key}: holds listing ${listingKey} ${at(event)}`
  if (!reasonsAfter(before).includes(change)) yield `${key}: ${change} ${at(event)} after ${describe(before)}`
  const stamp = before?.type === 'ListingUpserted' ? parseUpserted(before.value).modificationTimestamp : null
  if (stamp !== null && modificationTimestamp !== null && modificationTimestamp < stamp) {
    yield `${key}: ${modificationTimestamp} ${at(event)} after ${stamp}`
  }
}

function reasonsAfter(before: TopicEvent | undefined): readonly string[] {
  if (before === undefined) return ['SNAPSHOT', 'CREATED']
  return before.type === 'ListingUpserted' ? ['UPDATED'] : ['RESTORED']
}

function describe(before: TopicEvent | undefined): string {
  return before === undefined ? 'nothing' : `${before.type} ${at(before)}`
}

function at({ partition, offset }: TopicEvent): string {
  return `at ${partition}/${offset}`
}
