/** Comparing what is known of records with what is known of their sets. */
import type { IndexEntry } from '../../domain/index-entry.ts'
import type { Instant, Millis } from '../../domain/instant.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource, Subresource } from '../../domain/resource.ts'
import { mergeJoin } from '../../support/merge-join.ts'
import { slices } from '../../support/slices.ts'
import { isBelow } from '../classify.ts'
import type { KeyIndex } from '../ports.ts'
import { isLive, isOwed, isUnsettled, settledAt, stampOfSet } from './owed.ts'

/** Sets that are handed out together. */
const BATCH = 200

export interface DueSet {
  readonly key: RecordKey
  /** What the record said of the set before that was asked for: what comes later is owed again. */
  readonly stamp: Instant | null
  readonly mlsId: string | null
  /** It is neither owed nor unsettled: a full cycle alone asks for it. */
  readonly outOfTurn: boolean
}

export interface SetBatch {
  readonly due: readonly DueSet[]
  /** Sets in the topic without a live record: left by a time in which the set was not replicated. */
  readonly orphans: readonly RecordKey[]
  /** Deleted sets that nobody has to remember any longer, and of whose records nothing is remembered. */
  readonly expired: readonly (readonly [RecordKey, IndexEntry])[]
  /** Sets that are to be read once more, and when: their stamp has not settled. */
  readonly later: readonly (readonly [RecordKey, Instant])[]
}

export interface SetsWanted {
  readonly keys: readonly RecordKey[] | 'all'
  /** Also those that are not owed, if they were last read before; undefined: none. */
  readonly readBefore: Instant | undefined
  /** Also those whose last record lies before these next offsets of their topic. @default none */
  readonly publishedBelow?: readonly number[] | undefined
  /** Sets that were deleted before then need not be remembered. */
  readonly deletedBefore: Instant
  /** By the source's clock. */
  readonly now: Instant
  readonly overlap: Millis
}

/** In batches; memory follows them, not the index (R14). */
export async function* dueSets(
  index: Pick<KeyIndex, 'entries' | 'getMany'>,
  parent: ListedResource,
  set: Subresource,
  { keys, readBefore, publishedBelow, deletedBefore, now, overlap }: SetsWanted,
): AsyncGenerator<SetBatch, void, undefined> {
  let due: DueSet[] = []
  let orphans: RecordKey[] = []
  let expired: (readonly [RecordKey, IndexEntry])[] = []
  let later: (readonly [RecordKey, Instant])[] = []
  for await (const { key, record, known } of pairs(index, parent, set, keys)) {
    if (isForgettable(record, known, deletedBefore)) expired.push([key, known])
    else if (!isLive(record)) {
      if (isLive(known)) orphans.push(key)
    } else {
      const stamp = stampOfSet(parent, set, record)
      const settled = settledAt(parent, set, stamp, overlap)
      const isInTurn = isOwed(parent, set, stamp, known) || isUnsettled(settled, known, now)
      const settles = settled !== undefined && settled > now
      const isInCycle = isOutdated(known, readBefore)
      if (isInTurn || isInCycle || isInTopicBelow(known, publishedBelow)) {
        due.push({ key, stamp, mlsId: record.mlsId, outOfTurn: isInCycle && !isInTurn && !settles })
      } else if (settled !== undefined && settles) later.push([key, settled])
    }
    if (due.length + orphans.length + expired.length + later.length < BATCH) continue
    yield { due, orphans, expired, later }
    due = []
    orphans = []
    expired = []
    later = []
  }
  if (due.length + orphans.length + expired.length + later.length > 0) yield { due, orphans, expired, later }
}

function isForgettable(
  record: IndexEntry | undefined,
  known: IndexEntry | undefined,
  deletedBefore: Instant,
): known is IndexEntry & { state: 'deleted' } {
  return record === undefined && known?.state === 'deleted' && known.observedAt < deletedBefore
}

function isOutdated(known: IndexEntry | undefined, readBefore: Instant | undefined): boolean {
  if (known === undefined || known.state === 'deleted' || readBefore === undefined) return false
  return known.observedAt < readBefore
}

function isInTopicBelow(
  known: IndexEntry | undefined,
  publishedBelow: readonly number[] | undefined,
): boolean {
  return known !== undefined && known.state !== 'deleted' && isBelow(publishedBelow, known)
}

interface Pair {
  readonly key: RecordKey
  readonly record: IndexEntry | undefined
  /** Of the set. */
  readonly known: IndexEntry | undefined
}

async function* pairs(
  index: Pick<KeyIndex, 'entries' | 'getMany'>,
  parent: ListedResource,
  set: Subresource,
  keys: SetsWanted['keys'],
): AsyncGenerator<Pair, void, undefined> {
  if (keys === 'all') {
    const joined = mergeJoin(index.entries(parent.name), index.entries(set.name))
    for await (const { key, left, right } of joined) yield { key, record: left, known: right }
    return
  }
  for (const some of slices(keys, BATCH)) {
    const records = await index.getMany(parent.name, some)
    const known = await index.getMany(set.name, some)
    for (const [i, key] of some.entries()) yield { key, record: records[i], known: known[i] }
  }
}

/** Sets that were not read under what their records say now, whenever they may be asked for. */
export async function countOwed(
  index: Pick<KeyIndex, 'entries' | 'getMany'>,
  parent: ListedResource,
  set: Subresource,
  signal: AbortSignal,
): Promise<number> {
  let count = 0
  for await (const { record, known } of pairs(index, parent, set, 'all')) {
    signal.throwIfAborted()
    if (isLive(record) && isOwed(parent, set, stampOfSet(parent, set, record), known)) count += 1
  }
  return count
}

/** Sets that are due by now, for whoever wants to know how long it takes. */
export async function countDue(
  index: Pick<KeyIndex, 'entries' | 'getMany'>,
  parent: ListedResource,
  set: Subresource,
  wanted: SetsWanted,
  signal: AbortSignal,
): Promise<number> {
  let count = 0
  for await (const { due } of dueSets(index, parent, set, wanted)) {
    signal.throwIfAborted()
    count += due.length
  }
  return count
}
