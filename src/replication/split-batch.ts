/** A page that is too much for one transaction, in pieces that are one each. */
import type { DeadLetter } from '../domain/change.ts'
import type { OutcomeCounts, PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { Batch, BatchPart } from './batch.ts'

/** All that is published of one key, whatever the topics (R13); or a dead letter that has none. */
type Unit = RecordKey | DeadLetter

function unitsOf(batch: Batch): ReadonlySet<Unit> {
  const units = batch.flatMap(({ changes, deadLetters }): readonly Unit[] => [
    ...changes.map(({ key }) => key),
    ...deadLetters.map((letter) => letter.key ?? letter),
  ])
  return new Set(units)
}

/** Whatever of it is of the same key. */
function mostUnitsOf(batch: Batch): number {
  return batch.reduce((sum, { changes, deadLetters }) => sum + changes.length + deadLetters.length, 0)
}

/** Into so many pieces it can be split at most. */
export function sizeOf(batch: Batch): number {
  return unitsOf(batch).size
}

/**
 * The first piece and what is left; undefined if nothing is. What is published of one key stays together (R13). Records that
 * publish nothing are in the last piece.
 *
 * @param most of its size
 */
export function split(batch: Batch, most: number): readonly [Batch, Batch | undefined] {
  // As nearly always: without a look at each of them.
  if (mostUnitsOf(batch) <= most) return [batch, undefined]
  const units = [...unitsOf(batch)]
  if (units.length <= most) return [batch, undefined]
  const chosen = new Set(units.slice(0, most))
  const pieces = batch.map((part): readonly [BatchPart, BatchPart] => {
    const first = pick(part, (unit) => chosen.has(unit))
    const left = pick(part, (unit) => !chosen.has(unit))
    const counts = published(first)
    return [
      { ...first, counts },
      { ...left, counts: difference(part.counts, counts) },
    ]
  })
  return [pieces.map(([first]) => first), pieces.map(([, left]) => left)]
}

function pick(
  { resource, changes, deadLetters, settledLetters, entries }: BatchPart,
  wanted: (unit: Unit) => boolean,
): Omit<BatchPart, 'counts'> {
  return {
    resource,
    changes: changes.filter(({ key }) => wanted(key)),
    deadLetters: deadLetters.filter((letter) => wanted(letter.key ?? letter)),
    settledLetters: settledLetters.filter(wanted),
    entries: new Map([...entries].filter(([key]) => wanted(key))),
  }
}

/** Outcomes of a piece that holds published records and dead letters alone. */
function published({ changes, deadLetters }: Omit<BatchPart, 'counts'>): OutcomeCounts {
  return {
    published: changes.filter(({ kind }) => kind === 'upsert').length,
    unchanged: 0,
    stale: 0,
    dead_lettered: deadLetters.length,
  }
}

/**
 * The checkpoint of a piece: the walk stands where it stood before the page, so that a resumed pass reads the whole page
 * again; what the piece did is counted (R1, R11).
 *
 * @param after the checkpoint of the whole page
 * @param before the pass's last checkpoint; undefined if it has none yet
 * @param left what the following pieces will do
 */
export function pieceProgress(
  after: PassProgress,
  before: PassProgress | undefined,
  left: Batch,
): PassProgress {
  const own = left.find(({ resource }) => resource.name === after.resource)
  const { counts, deletes } = after
  const deletions = own?.changes.filter(({ kind }) => kind === 'deletion').length ?? 0
  return {
    ...(before ?? { ...after, token: '', walkEnded: false, page: 0, walked: 0, walkedInRange: 0 }),
    counts: own === undefined ? counts : difference(counts, own.counts),
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
