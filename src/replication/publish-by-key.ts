import type { PassProgress } from '../listing/pass.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { SourceRecord } from '../listing/source-record.ts'
import { slices } from '../support/slices.ts'
import type { RecordKey } from '../listing/record-key.ts'
import type { Feed } from './feed.ts'
import type { LedgerSet } from './ports.ts'
import { withOutcomes } from './progress.ts'
import { findRecords, KEYS_PER_QUESTION } from './questions.ts'

export interface ByKeyOptions {
  /** The pass's keys, gathered in the ledger with a note each. */
  readonly set: LedgerSet
  /** A record that is not accepted is counted as stale. */
  readonly accepts: (record: SourceRecord, note: string | undefined) => boolean
  /** See `Sighting.askedAgain`. */
  readonly askedAgain: boolean
  /** @default none */
  readonly letters?: LetterRetry | undefined
}

/** Dead letters whose keys are asked for again, and what came of it so far. */
export interface LetterRetry {
  readonly keys: ReadonlySet<RecordKey>
  /** Keys that the source has shown. */
  readonly shown: Set<RecordKey>
  /** Keys whose letters are gone: the topic says what the source says. */
  readonly settled: Set<RecordKey>
}

/**
 * Asks for single records at the end of a pass's walk and commits what they say. Keys that the source does not show are
 * passed over; those that are stale by their stamp alone (R6) go to the pass's set `recheck`.
 */
export async function publishByKey(
  feed: Feed,
  resource: ResourceDescription,
  from: PassProgress,
  { set, accepts, askedAgain, letters }: ByKeyOptions,
  signal: AbortSignal,
): Promise<PassProgress> {
  let progress = from
  for await (const batch of feed.index.ledger.entries(from.passId, set)) {
    for (const marks of slices(batch, KEYS_PER_QUESTION)) {
      const notes = new Map(marks)
      for await (const found of findRecords(feed.source, resource, [...notes.keys()], signal)) {
        const records = found.records.filter((record) => accepts(record, notes.get(record.key)))
        const refused = found.records.length - records.length
        const observedAt = found.serverDate ?? from.startedAt
        const before = progress
        const lettered = letters === undefined ? {} : { lettered: letters.keys }
        for (const { key } of found.records) letters?.shown.add(key)
        progress = await feed.committer.commitPage(
          resource,
          { records, unreadable: [], request: found.request, observedAt, askedAgain, ...lettered },
          from.initial,
          async (counts, askAgain, settled) => {
            await fileForRecheck(feed, before, askAgain)
            for (const key of settled) letters?.settled.add(key)
            return {
              progress: withOutcomes(before, { ...counts, stale: counts.stale + refused }),
              watermark: null,
              markers: [],
            }
          },
          signal,
        )
      }
    }
  }
  return progress
}

/** In the set `recheck`, with the stamp that the second answer has to have. */
export async function fileForRecheck(
  feed: Feed,
  { passId, page }: PassProgress,
  records: readonly SourceRecord[],
): Promise<void> {
  const marks = records.map((record): readonly [RecordKey, string] => [record.key, stampOf(record)])
  await feed.index.ledger.add(passId, 'recheck', page, marks)
}

export function stampOf(record: SourceRecord): string {
  return String(record.modificationTimestamp)
}
