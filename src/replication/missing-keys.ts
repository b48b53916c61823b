/** The comparison of a complete purge walk with the index, and the question about every key that is missing (R9 a, b). */
import type { PassProgress } from '../domain/pass.ts'
import type { EntryOutline, Missing } from '../domain/index-entry.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ListedResource } from '../domain/resource.ts'
import { mergeJoinBatches, type Joined } from '../support/merge-join.ts'
import { prefetch } from '../support/prefetch.ts'
import type { Feed } from './feed.ts'
import type { Shrinkage } from './guard.ts'
import { keysPerQuestion, type FateKind } from './questions.ts'
import { compareOfSweep } from './reconcile.ts'
import { askAndFile } from './sweep/ask-and-file.ts'
import { sighted, sweepsWithout } from './sweep/missing.ts'
import { judgeWalkedKey, type Sweep } from './walked-key.ts'
import { parseStamp } from './walked-stamp.ts'
import { updatedAfter } from './window.ts'

/** The outcome of the comparison; the keys themselves lie in the ledger. */
export interface Findings {
  readonly gone: number
  /** The source has them, and the filter of the scope does not show them. */
  readonly outOfScope: number
  /** Read whole, since no update had brought what the walk showed. */
  readonly missed: number
  /** Read whole as well: their letters wait, and nothing was missed (R11). */
  readonly lettered: number
  readonly refuted: number
  readonly inconclusive: number
  /** Gone, or out of scope, and not missing in enough sweeps yet. */
  readonly unconfirmed: number
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
  resource: ListedResource,
  walked: PassProgress,
  approveUpTo: number | undefined,
  signal: AbortSignal,
): Promise<Findings> {
  const { ledger } = feed.index
  const { passId } = walked
  // A sweep that was interrupted while it compared asks anew: yesterday's proof may be today's listing.
  await ledger.drop(passId, 'gone')
  await ledger.drop(passId, 'absent')
  await ledger.drop(passId, 'missed')
  // What a content reconcile has to ask again its walk has found (R6), which is not walked once more.
  if (walked.compare !== 'content') await ledger.drop(passId, 'recheck')
  const comparison = new Comparison(feed, resource, walked, approveUpTo)
  // The next batch is read beside the comparison of this one.
  const known = prefetch(() => feed.index.outlines(resource.name), 1, signal)
  for await (const batch of mergeJoinBatches(known, ledger.entries(passId, 'seen'))) {
    for (const joined of batch) {
      comparison.take(joined)
      if (comparison.isDue) await comparison.workOff(signal)
    }
    signal.throwIfAborted()
  }
  return await comparison.end(signal)
}

interface MissingKey {
  readonly key: RecordKey
  readonly mlsId: string | null
  /** By earlier sweeps. */
  readonly missing: Missing | undefined
}

/** Of one sweep, key by key; what has to be asked or forgotten is gathered into batches. */
class Comparison {
  readonly #feed: Feed
  readonly #resource: ListedResource
  readonly #walked: PassProgress
  readonly #approveUpTo: number | undefined
  readonly #sweep: Sweep
  readonly #keysPerQuestion: number
  readonly #live = new Tally()
  readonly #deletes = new Tally()
  readonly #counts = {
    gone: 0,
    outOfScope: 0,
    missed: 0,
    lettered: 0,
    refuted: 0,
    inconclusive: 0,
    unconfirmed: 0,
  }
  #missing: MissingKey[] = []
  /** Keys to be read whole. */
  #missed: (readonly [RecordKey, string])[] = []
  /** A key that the walk has shown. */
  #witness: RecordKey | undefined
  /** Shown again after sweeps that did not. */
  #sighted: RecordKey[] = []
  /** Deleted ones past their retention. */
  #expired: (readonly [RecordKey, EntryOutline])[] = []

  constructor(feed: Feed, resource: ListedResource, walked: PassProgress, approveUpTo: number | undefined) {
    const { overlap, state } = feed
    this.#feed = feed
    this.#resource = resource
    this.#walked = walked
    this.#approveUpTo = approveUpTo
    this.#keysPerQuestion = keysPerQuestion(resource)
    this.#sweep = {
      showsStamps: resource.stamp !== null && compareOfSweep(walked) === 'versions',
      startedAt: walked.startedAt,
      nextWindow: updatedAfter(state.watermark(resource.name) ?? walked.startedAt, overlap),
      overlap,
    }
  }

  take({ key, left: entry, right: seen }: Joined<RecordKey, EntryOutline, string>): void {
    const { startedAt } = this.#walked
    if (entry !== undefined && entry.state !== 'deleted') this.#live.add(entry.mlsId)
    if (seen !== undefined) {
      this.#witness = key
      if (entry?.missing !== undefined && entry.state !== 'deleted') this.#sighted.push(key)
      // What a content reconcile has shown, it has read whole.
      if (this.#walked.compare === 'content') return
      if (judgeWalkedKey({ entry, stamp: parseStamp(seen) }, this.#sweep) === 'asked') {
        this.#counts[entry?.state === 'dead_lettered' ? 'lettered' : 'missed'] += 1
        this.#missed.push([key, ''])
      }
    } else if (entry !== undefined && entry.state !== 'deleted') {
      if (entry.offset >= sweepEnd(this.#walked, entry)) this.#counts.refuted += 1
      else this.#missing.push({ key, mlsId: entry.mlsId, missing: entry.missing })
    } else if (entry !== undefined && startedAt - entry.observedAt > this.#feed.deleteRetention) {
      this.#expired.push([key, entry])
    }
  }

  /** A batch is full. */
  get isDue(): boolean {
    return this.#isAskingDue || this.#isFilingDue || this.#isSightingDue || this.#isForgettingDue
  }

  get #isAskingDue(): boolean {
    return this.#missing.length >= this.#keysPerQuestion
  }

  get #isFilingDue(): boolean {
    return this.#missed.length >= this.#feed.batchSize
  }

  get #isSightingDue(): boolean {
    return this.#sighted.length >= this.#feed.batchSize
  }

  get #isForgettingDue(): boolean {
    return this.#expired.length >= this.#feed.batchSize
  }

  async workOff(signal: AbortSignal): Promise<void> {
    if (this.#isAskingDue) await this.#ask(signal)
    if (this.#isFilingDue) await this.#file()
    if (this.#isSightingDue) await this.#sight(signal)
    if (this.#isForgettingDue) await this.#forget(signal)
  }

  async end(signal: AbortSignal): Promise<Findings> {
    await this.#ask(signal)
    await this.#file()
    await this.#sight(signal)
    await this.#forget(signal)
    return { ...this.#counts, ...shrinkage(this.#live, this.#deletes) }
  }

  async #file(): Promise<void> {
    const missed = this.#missed
    this.#missed = []
    const { page, passId } = this.#walked
    if (missed.length > 0) await this.#feed.index.ledger.add(passId, 'missed', page + 1, missed)
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const missing = this.#missing
    this.#missing = []
    if (missing.length === 0) return
    const { walked, rescoped } = this.#walked
    // An empty walk has no witness. It is held (R10), so that asking is of use to an approval alone.
    const asking = walked > 0 || this.#deletes.total <= (this.#approveUpTo ?? -1)
    if (!asking) return missing.forEach(({ mlsId }) => this.#deletes.add(mlsId))
    const asked = new Map(missing.map((one) => [one.key, one]))
    const isConfirmed = (key: RecordKey, fate: FateKind): boolean =>
      this.#isConfirmed(fate, asked.get(key)?.missing)
    const question = { keys: [...asked.keys()], witness: this.#witness, isConfirmed }
    const fates = await askAndFile(this.#feed, this.#resource, this.#walked, question, signal)
    const absent: [RecordKey, string][] = []
    for (const [key, fate] of fates) {
      const known = asked.get(key)
      if (fate === 'present') {
        this.#counts.refuted += 1
        if (known?.missing !== undefined) this.#sighted.push(key)
      } else if (fate === 'inconclusive') {
        this.#counts.inconclusive += 1
        absent.push([key, ''])
      } else if (!isConfirmed(key, fate)) {
        this.#counts.unconfirmed += 1
        absent.push([key, ''])
      } else {
        const isGone = fate === 'gone'
        this.#counts[isGone ? 'gone' : 'outOfScope'] += 1
        // R10: what the operator's change of scope leaves out is neither a delete nor part of the feed it is held against.
        if (rescoped && !isGone) this.#live.remove(known?.mlsId ?? null)
        else this.#deletes.add(known?.mlsId ?? null)
      }
    }
    const { passId, page } = this.#walked
    if (absent.length > 0) await this.#feed.index.ledger.add(passId, 'absent', page + 1, absent)
  }

  /** What the operator's change of scope leaves out needs no second look. */
  #isConfirmed(fate: FateKind, missing: Missing | undefined): boolean {
    const { startedAt, rescoped } = this.#walked
    if (rescoped && fate === 'out_of_scope') return true
    return sweepsWithout(missing, startedAt) >= this.#feed.confirmSweeps
  }

  async #sight(signal: AbortSignal): Promise<void> {
    const shown = this.#sighted
    this.#sighted = []
    if (shown.length > 0) await this.#feed.committer.amend(this.#resource, shown, sighted, signal)
  }

  async #forget(signal: AbortSignal): Promise<void> {
    const expired = this.#expired
    this.#expired = []
    if (expired.length > 0) await this.#feed.committer.forget(this.#resource, expired, signal)
  }
}

/** R9 c: a key whose last record was published since the sweep began is not deleted by it. */
export function sweepEnd(walked: PassProgress, entry: EntryOutline): number {
  return walked.sweepOffsets[entry.partition] ?? (entry.offset < 0 ? 0 : -1)
}

/** Records of the feed and of each MLS in it. */
class Tally {
  total = 0
  readonly byMls = new Map<string, number>()

  add(mlsId: string | null): void {
    this.#count(mlsId, 1)
  }

  remove(mlsId: string | null): void {
    this.#count(mlsId, -1)
  }

  #count(mlsId: string | null, by: 1 | -1): void {
    this.total += by
    if (mlsId !== null) this.byMls.set(mlsId, (this.byMls.get(mlsId) ?? 0) + by)
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
