import type { IndexEntry } from '../domain/index-entry.ts'
import { NO_OUTCOMES, type OutcomeCounts, type RecordPosition } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { IndexPart, TransactionPart } from './ports.ts'

/** What a page comes to, of one resource. */
export interface BatchPart extends TransactionPart {
  /** What the index will say; where a change is published, without its position. */
  readonly entries: ReadonlyMap<RecordKey, IndexEntry>
  /** Of the resource's records that were read (R11). */
  readonly counts: OutcomeCounts
}

/** What a page comes to, of distinct resources. */
export type Batch = readonly BatchPart[]

/** Nothing of the resource. */
export function emptyPart(resource: ResourceDescription): BatchPart {
  return {
    resource,
    changes: [],
    deadLetters: [],
    settledLetters: [],
    entries: new Map(),
    counts: NO_OUTCOMES,
  }
}

/** Whatever was read says what the topics say. */
export function publishesNothing({ changes, deadLetters, settledLetters }: BatchPart): boolean {
  return changes.length + deadLetters.length + settledLetters.length === 0
}

/** @param positions of the part's changes, in their order */
export function indexPart(
  { resource, changes, entries }: BatchPart,
  positions: readonly RecordPosition[],
): IndexPart {
  if (changes.length === 0) return { resource: resource.name, puts: entries, drops: [] }
  const puts = new Map(entries)
  for (const [i, { key }] of changes.entries()) {
    const entry = entries.get(key)
    const position = positions[i]
    if (entry !== undefined && position !== undefined) puts.set(key, { ...entry, ...position })
  }
  return { resource: resource.name, puts, drops: [] }
}
