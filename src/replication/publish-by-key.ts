import type { PassProgress } from '../listing/pass.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { SourceRecord } from '../listing/source-record.ts'
import { slices } from '../support/slices.ts'
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
}

/** Asks for single records at the end of a pass's walk and commits what they say. Keys that the source does not show are passed over. */
export async function publishByKey(
  feed: Feed,
  resource: ResourceDescription,
  from: PassProgress,
  { set, accepts, askedAgain }: ByKeyOptions,
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
        progress = await feed.committer.commitPage(
          resource,
          { records, unreadable: [], request: found.request, observedAt, askedAgain },
          from.initial,
          (counts) => ({
            progress: withOutcomes(before, { ...counts, stale: counts.stale + refused }),
            watermark: null,
            markers: [],
          }),
          signal,
        )
      }
    }
  }
  return progress
}
