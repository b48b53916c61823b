/** The comparison of a complete purge walk with the index, and the question about every key that is missing (R9 a, b). */
import type { DeletionEvidence } from '../domain/change.ts'
import { instant, type Instant } from '../domain/instant.ts'
import type { PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { mergeJoin } from '../support/merge-join.ts'
import type { Feed } from './feed.ts'
import type { Shrinkage } from './guard.ts'
import { LedgerDamagedError } from './pass-errors.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import { parseStamp } from './walk.ts'
import { judgeWalkedKey } from './walked-key.ts'
import { updatedAfter } from './window.ts'
import { askWhetherGone, KEYS_PER_QUESTION, type Fate } from './questions.ts'

/** The outcome of the comparison; the keys themselves lie in the ledger. */
export interface Findings {
  readonly gone: number
  readonly missed: number
  readonly refuted: number
  readonly inconclusive: number
  readonly feed: Shrinkage
  readonly byMls: ReadonlyMap<string, Shrinkage>
}

/**
 * Compares walk and index, asks about every key that the walk did not show, and files the proved ones in the ledger.
 *
 * @param approveUpTo deletes that an operator has approved: only then are the keys of an empty walk asked for, one by one,
 * and no further ones once there are more; the rest counts as deletes that would be
 */
export async function findMissing(
  feed: Feed,
  resource: ResourceDescription,
  walked: PassProgress,
  approveUpTo: number | undefined,
  signal: AbortSignal,
): Promise<Findings> {
  const { ledger } = feed.index
  const { passId } = walked
  // A sweep that was interrupted while it compared asks anew: yesterday's proof may be today's listing.
  await ledger.drop(passId, 'gone')
  await ledger.drop(passId, 'missed')
  await ledger.drop(passId, 'recheck')
  const { overlap } = feed
  const sweep = {
    startedAt: walked.startedAt,
    nextWindow: updatedAfter(feed.state.watermark(resource.name) ?? walked.startedAt, overlap),
    overlap,
  }
  const live = new Tally()
  const deletes = new Tally()
  const counts = { gone: 0, missed: 0, refuted: 0, inconclusive: 0 }
  let missing: { key: RecordKey; mlsId: string | null }[] = []
  let witness: RecordKey | undefined
  let expired: (readonly [RecordKey, IndexEntry])[] = []

  const forget = async (): Promise<void> => {
    if (expired.length > 0) await feed.committer.forget(resource, expired, signal)
    expired = []
  }
  const settle = async (): Promise<void> => {
    const keys = missing.map(({ key }) => key)
    const mlsOf = new Map(missing.map(({ key, mlsId }) => [key, mlsId]))
    missing = []
    if (keys.length === 0) return
    // An empty walk has no witness. It is held (R10), so that asking is of use to an approval alone.
    const asking = walked.walked > 0 || deletes.total <= (approveUpTo ?? -1)
    if (!asking) return keys.forEach((key) => deletes.add(mlsOf.get(key) ?? null))
    const fates = await askWhetherGone(feed.source, resource, keys, witness, signal)
    const proved: [RecordKey, string][] = []
    for (const [key, fate] of fates) {
      if (fate.kind === 'gone') {
        proved.push([key, formatProof(fate, feed.serverClock.observed(fate.serverDate, fate.receivedAt))])
        deletes.add(mlsOf.get(key) ?? null)
        counts.gone += 1
      } else {
        counts[fate.kind === 'present' ? 'refuted' : 'inconclusive'] += 1
      }
    }
    await ledger.add(passId, 'gone', walked.page + 1, proved)
  }

  const known = feed.index.entries(resource.name)
  for await (const { key, left: entry, right: seen } of mergeJoin(known, ledger.entries(passId, 'seen'))) {
    signal.throwIfAborted()
    if (entry !== undefined && entry.state !== 'deleted') live.add(entry.mlsId)
    if (seen !== undefined) {
      witness = key
      if (judgeWalkedKey({ entry, stamp: parseStamp(seen) }, sweep) === 'asked') {
        counts.missed += 1
        await ledger.add(passId, 'missed', walked.page + 1, [[key, '']])
      }
    } else if (entry !== undefined && entry.state !== 'deleted') {
      if (entry.offset >= sweepEnd(walked, entry)) counts.refuted += 1
      else missing.push({ key, mlsId: entry.mlsId })
    } else if (entry !== undefined && walked.startedAt - entry.observedAt > feed.deleteRetention) {
      expired.push([key, entry])
    }
    if (missing.length === KEYS_PER_QUESTION) await settle()
    if (expired.length === feed.batchSize) await forget()
  }
  await settle()
  await forget()
  return { ...counts, ...shrinkage(live, deletes) }
}

/** R9 c: a key whose last record was published since the sweep began is not deleted by it. */
export function sweepEnd(walked: PassProgress, entry: IndexEntry): number {
  return walked.sweepOffsets[entry.partition] ?? (entry.offset < 0 ? 0 : -1)
}

export interface Proof {
  readonly evidence: DeletionEvidence
  readonly request: number
  readonly at: Instant
}

/** As the ledger's note. */
function formatProof({ evidence, request }: Extract<Fate, { kind: 'gone' }>, at: Instant): string {
  return `${evidence} ${request} ${at}`
}

/** @throws {LedgerDamagedError} for a note that `formatProof` does not write */
export function parseProof(note: string): Proof {
  const [, evidence, request, at] = /^(LIST_QUERY|HTTP_404) (\d{1,16}) (-?\d{1,16})$/.exec(note) ?? []
  if (evidence !== 'LIST_QUERY' && evidence !== 'HTTP_404') {
    throw new LedgerDamagedError('the proof of a delete cannot be read')
  }
  return { evidence, request: Number(request), at: instant(Number(at)) }
}

/** Records of the feed and of each MLS in it. */
class Tally {
  total = 0
  readonly byMls = new Map<string, number>()

  add(mlsId: string | null): void {
    this.total += 1
    if (mlsId !== null) this.byMls.set(mlsId, (this.byMls.get(mlsId) ?? 0) + 1)
  }
}

function shrinkage(live: Tally, deletes: Tally): Pick<Findings, 'feed' | 'byMls'> {
  return {
    feed: { live: live.total, deletes: deletes.total },
    byMls: new Map(
      [...deletes.byMls].map(([mlsId, count]) => [
        mlsId,
        { live: live.byMls.get(mlsId) ?? 0, deletes: count },
      ]),
    ),
  }
}
