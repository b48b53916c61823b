/**
 * Which sets have to be asked for. Written nowhere: it is the difference between what the record says of its set and what it
 * said when the set was last read, both in the index, so that it outlives every kill and follows from the topics alone.
 */
import type { IndexEntry } from '../../domain/index-entry.ts'
import { instant, type Instant, type Millis } from '../../domain/instant.ts'
import type { ListedResource, Subresource } from '../../domain/resource.ts'
import { publishedDigest } from '../classify.ts'

/** Whether the topic says that there is such a record: only then may its sets be published. */
export function isLive(record: IndexEntry | undefined): record is IndexEntry {
  return publishedDigest(record) !== undefined
}

/** What the record says now: its stamp of the set, or its own where the set has none. */
export function stampOfSet(parent: ListedResource, set: Subresource, record: IndexEntry): Instant | null {
  const [stamp] = set.changeStamps
  return hasOwnStamp(parent, set) ? (record.changeStamps[stamp.name] ?? null) : record.modificationTimestamp
}

/** Whether the source says when the set changed. Otherwise it is asked for whenever the record moves, and now and then. */
export function hasOwnStamp(
  { stamp }: Pick<ListedResource, 'stamp'>,
  { changeStamps }: Subresource,
): boolean {
  return changeStamps[0].field !== stamp
}

/**
 * A set's own stamp is null until the first part ever came, and stays when the last one goes (docs/spark-api.md §5, 18): what
 * counts is that it is another, never how many parts there are.
 *
 * @param known of the set
 */
export function isOwed(
  parent: ListedResource,
  set: Subresource,
  stamp: Instant | null,
  known: IndexEntry | undefined,
): boolean {
  if (known === undefined || known.state === 'deleted') return stamp !== null || !hasOwnStamp(parent, set)
  return (known.changeStamps[set.changeStamps[0].name] ?? null) !== stamp
}

/** For so long after a stamp has settled, a set is read once more of which nobody knows when it was last read. */
const UNSETTLED_FOR_MS = 2 * 24 * 3_600_000

/**
 * When a set can no longer be another one under the same stamp: stamps are cut to seconds, and the source's cache may show
 * an older set with a new stamp for as long as the overlap (docs/spark-api.md §2.8, §5, 1). Undefined where the set has no
 * stamp of its own.
 */
export function settledAt(
  parent: ListedResource,
  set: Subresource,
  stamp: Instant | null,
  overlap: Millis,
): Instant | undefined {
  return stamp === null || !hasOwnStamp(parent, set) ? undefined : instant(stamp + overlap + 1000)
}

/**
 * Whether a set that was read before its stamp had settled has to be read once more. Of an index that was made from the
 * topics, which tell when a set was published and not when it was last read, only those of the last days are in doubt.
 */
export function isUnsettled(
  settled: Instant | undefined,
  known: IndexEntry | undefined,
  now: Instant,
): boolean {
  if (settled === undefined || known === undefined || known.state === 'deleted') return false
  if (known.observedAt >= settled || settled > now) return false
  return known.request > 0 || now < settled + UNSETTLED_FOR_MS
}
