/** A page that is too much for one transaction, in parts that are one each. */
import type { Change, DeadLetter } from '../domain/change.ts'
import type { OutcomeCounts, PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { IndexEntry } from '../domain/index-entry.ts'

/** What a page comes to. */
export interface Batch {
  readonly changes: readonly Change[]
  readonly deadLetters: readonly DeadLetter[]
  readonly settledLetters: readonly RecordKey[]
  readonly entries: Map<RecordKey, IndexEntry>
  readonly counts: OutcomeCounts
}

/** Events and dead letters. */
export function sizeOf({ changes, deadLetters }: Batch): number {
  return changes.length + deadLetters.length
}

/**
 * The first part, with at most so many events and dead letters, and what is left; undefined if nothing is. Records that
 * publish nothing are in the last part.
 */
export function split(batch: Batch, most: number): readonly [Batch, Batch | undefined] {
  if (sizeOf(batch) <= most) return [batch, undefined]
  const changes = batch.changes.slice(0, most)
  const deadLetters = batch.deadLetters.slice(0, most - changes.length)
  const keys = new Set([...changes, ...deadLetters].map(({ key }) => key))
  const counts: OutcomeCounts = {
    published: changes.filter(({ kind }) => kind === 'upsert').length,
    unchanged: 0,
    stale: 0,
    dead_lettered: deadLetters.length,
  }
  const part: Batch = {
    changes,
    deadLetters,
    settledLetters: batch.settledLetters.filter((key) => keys.has(key)),
    entries: new Map([...batch.entries].filter(([key]) => keys.has(key))),
    counts,
  }
  const rest: Batch = {
    changes: batch.changes.slice(changes.length),
    deadLetters: batch.deadLetters.slice(deadLetters.length),
    settledLetters: batch.settledLetters.filter((key) => !keys.has(key)),
    entries: new Map([...batch.entries].filter(([key]) => !keys.has(key))),
    counts: difference(batch.counts, counts),
  }
  return [part, rest]
}

/**
 * The checkpoint of a part: the walk stands where it stood before the page, so that a resumed pass reads the whole page
 * again; what the part did is counted (R1, R11).
 *
 * @param after the checkpoint of the whole page
 * @param before the pass's last checkpoint; undefined if it has none yet
 * @param left what the following parts will do
 */
export function partProgress(
  after: PassProgress,
  before: PassProgress | undefined,
  left: Batch,
): PassProgress {
  const deletions = left.changes.filter(({ kind }) => kind === 'deletion').length
  const { deletes } = after
  return {
    ...(before ?? { ...after, token: '', walkEnded: false, page: 0, walked: 0, walkedInRange: 0 }),
    counts: difference(after.counts, left.counts),
    deletes: { ...deletes, emitted: deletes.emitted - deletions },
  }
}

function difference(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  return {
    published: a.published - b.published,
    unchanged: a.unchanged - b.unchanged,
    stale: a.stale - b.stale,
    dead_lettered: a.dead_lettered - b.dead_lettered,
  }
}
