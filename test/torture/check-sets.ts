/** Sets of parts against the listings that they are of: across topics, transaction by transaction. */
import { compareContent } from './compare-content.ts'
import { recordsOf, type FeedDump, type FeedRecord, type Finding, type Truth } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import type { FeedTransaction } from './transactions.ts'

/** What came when, and what went with its listing (R13). */
export function* checkSetsInTime(
  set: JudgedResource,
  listings: JudgedResource,
  transactions: readonly FeedTransaction[],
): Generator<Finding> {
  const liveListings = new Set<string>()
  const liveSets = new Set<string>()
  for (const { checkpoint, records, gone } of transactions) {
    const deleted = follow(liveListings, records.get(listings.name) ?? [], listings)
    const events = records.get(set.name) ?? []
    for (const { key, value, partition, offset } of events) {
      const at = `${partition}/${offset}`
      // What the listings' topic said then is gone with it.
      if (gone === listings.name) break
      if (value !== null && !liveListings.has(key)) {
        yield { column: 'wrong set', what: `${set.name} ${key}: published at ${at} without a live listing` }
      }
      if (value === null && liveListings.has(key)) {
        yield {
          column: 'false delete',
          what: `${set.name} ${key}: gone at ${at} although its listing is live`,
        }
      }
    }
    follow(liveSets, events, set)
    for (const key of deleted) {
      if (liveSets.has(key)) {
        const what = `${set.name} ${key}: no tombstone in transaction ${checkpoint.seq}, which deletes its listing`
        yield { column: 'orphaned set', what }
      }
    }
  }
}

/** Which keys are live after these records. Answers those that they deleted. */
function follow(
  live: Set<string>,
  records: readonly FeedRecord[],
  { upserted }: JudgedResource,
): ReadonlySet<string> {
  const deleted = new Set<string>()
  for (const { key, value } of records) {
    if (value?.name === upserted) live.add(key)
    else if (live.delete(key)) deleted.add(key)
  }
  return deleted
}

/** What the topic says in the end. */
export function* checkSetsAtEnd(
  set: JudgedResource,
  listings: JudgedResource,
  dump: FeedDump,
  truth: Truth,
): Generator<Finding> {
  const last = new Map(recordsOf(dump, set).map(({ key, value }) => [key, value]))
  const live = new Set<string>()
  follow(live, recordsOf(dump, listings), listings)
  for (const [key, source] of truth.shown.get(set.name) ?? []) {
    if (!live.has(key) || truth.unreadable.has(key)) continue
    const value = last.get(key) ?? null
    if (value !== null) {
      for (const difference of compareContent(set, source, value)) {
        yield { column: 'wrong set', what: `${set.name} ${key}: ${difference}` }
      }
    } else if (!isNothing(set, source)) {
      yield { column: 'wrong set', what: `${set.name} ${key}: never published, or gone` }
    }
  }
  for (const [key, value] of last) {
    if (value !== null && !live.has(key)) {
      yield { column: 'orphaned set', what: `${set.name} ${key}: live, and its listing is not` }
    }
  }
}

/** Of a set that never had a part there is no stamp, and so no event. */
function isNothing({ isStamped, set }: JudgedResource, source: Readonly<Record<string, unknown>>): boolean {
  const rows = source[set?.expansion ?? '']
  return isStamped && Array.isArray(rows) && rows.length === 0
}
