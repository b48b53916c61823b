/**
 * Which sets have to be asked for. Written nowhere: it is the difference between what the record says of its set and what it
 * said when the set was last read, both in the index, so that it outlives every kill and follows from the topics alone.
 */
import type { IndexEntry } from '../../domain/index-entry.ts'
import type { Instant } from '../../domain/instant.ts'
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
 * A stamp that is null until the first part ever came, and stays when the last one goes (docs/spark-api.md §5, 18): what
 * counts is that it is another, never how many parts there are.
 *
 * @param known of the set
 */
export function isOwed(set: Subresource, stamp: Instant | null, known: IndexEntry | undefined): boolean {
  if (known === undefined || known.state === 'deleted') return stamp !== null
  return (known.changeStamps[set.changeStamps[0].name] ?? null) !== stamp
}
