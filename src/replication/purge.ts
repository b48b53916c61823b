/**
 * Finds what disappeared from a source that reports no deletes: walks the keys, compares them with the index, asks about
 * each key that is missing, and deletes only what is proved to be gone (R9) and not too much at once (R10).
 */
import type { Deletion, DeletionEvidence } from '../listing/change.ts'
import { instant, type Instant } from '../listing/instant.ts'
import { NO_OUTCOMES, type PassProgress } from '../listing/pass.ts'
import type { RecordKey } from '../listing/record-key.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import { InvariantViolation } from '../support/errors.ts'
import { compareKeys } from './compare.ts'
import type { Feed } from './feed.ts'
import type { ProvedDeletion } from './page-committer.ts'
import { judgeDeletes, type GuardVerdict, type Shrinkage } from './guard.ts'
import { endAsFailed } from './pass-end.ts'
import { NoSnapshotError } from './pass-errors.ts'
import type { IndexEntry } from './ports.ts'
import { afterPage, ended, restarted, withDeletes, withOutcomes } from './progress.ts'
import { askWhetherGone, findRecords, KEYS_PER_QUESTION, type Fate } from './questions.ts'
import { startMarkers, walkToEnd } from './walk.ts'
import { EVERYTHING } from './window.ts'

export interface PurgeOptions {
  /** Walks, compares and asks, but publishes nothing and leaves no checkpoint. */
  readonly dryRun: boolean
}

export interface PurgeResult {
  readonly progress: PassProgress
  readonly verdict: GuardVerdict
  /** Keys proved to be gone. */
  readonly gone: number
  /** Keys that the source shows and the index did not know; they were read and published. */
  readonly unknown: number
}

/** The outcome of the comparison; the keys themselves lie in the ledger. */
interface Findings {
  readonly gone: number
  readonly unknown: number
  readonly refuted: number
  readonly inconclusive: number
  readonly feed: Shrinkage
  readonly byMls: ReadonlyMap<string, Shrinkage>
}

export async function runPurge(
  feed: Feed,
  resource: ResourceDescription,
  options: PurgeOptions,
  signal: AbortSignal,
): Promise<PurgeResult> {
  if (!feed.state.hasSnapshot(resource.name)) throw new NoSnapshotError(resource.name, 'purge')
  const interrupted = options.dryRun ? undefined : await resumable(feed, resource)
  const begin = {
    pass: 'purge' as const,
    passId: feed.newPassId(),
    initial: false,
    sweepOffsets: feed.publisher.nextOffsets(resource.name),
  }
  const passId = interrupted?.passId ?? begin.passId
  try {
    const walked = await walkToEnd(
      feed,
      { resource, select: 'keys', filter: EVERYTHING, interrupted, begin },
      async ({ page, fresh, progress }) => {
        const counts = {
          ...NO_OUTCOMES,
          unchanged: page.records.length,
          dead_lettered: page.unreadable.length,
        }
        const after = afterPage(progress, page, { ...fresh, counts })
        if (options.dryRun) return after
        const commitment = { progress: after, watermark: null, markers: startMarkers(after) }
        return feed.committer.commitProgress(resource, commitment, signal)
      },
      signal,
    )
    return await conclude(feed, resource, walked, options, signal)
  } catch (error) {
    if (!options.dryRun) await endAsFailed(feed, resource, 'purge', error, signal)
    throw error
  } finally {
    if (options.dryRun) await feed.index.ledger.drop(passId)
  }
}

/** An interrupted sweep goes on only while its ledger is whole; without the keys walked it begins again. */
async function resumable(feed: Feed, resource: ResourceDescription): Promise<PassProgress | undefined> {
  const interrupted = feed.state.interrupted(resource.name, 'purge')
  if (interrupted === undefined) return undefined
  const kept = await feed.index.ledger.size(interrupted.passId, 'seen', interrupted.page + 1)
  if (kept === interrupted.walked) return interrupted
  await feed.index.ledger.drop(interrupted.passId)
  return restarted(interrupted)
}

async function conclude(
  feed: Feed,
  resource: ResourceDescription,
  walked: PassProgress,
  { dryRun }: PurgeOptions,
  signal: AbortSignal,
): Promise<PurgeResult> {
  const findings = await findMissing(feed, resource, walked, signal)
  const { gone, unknown, refuted, inconclusive } = findings
  const verdict = judge(feed, walked, findings)
  let progress = withDeletes(walked, { refuted, inconclusive })
  if (dryRun) return { progress, verdict, gone, unknown }

  progress = await publishUnknown(feed, resource, progress, signal)
  progress =
    verdict.kind === 'clear'
      ? await publishDeletes(feed, resource, progress, signal)
      : withDeletes(progress, { held: findings.feed.deletes })
  const state = verdict.kind === 'clear' ? 'completed' : 'held'
  const detail = verdict.kind === 'clear' ? null : verdict.why
  const done = ended(progress, state)
  const markers = [{ event: state, progress: done, detail } as const]
  await feed.committer.commitProgress(resource, { progress: done, watermark: null, markers }, signal)
  await feed.index.ledger.drop(done.passId)
  feed.observer.passEnded(done, detail)
  return { progress: done, verdict, gone, unknown }
}

function judge(feed: Feed, walked: PassProgress, findings: Findings): GuardVerdict {
  if (walked.walked === 0 && findings.feed.live > 0) {
    return {
      kind: 'held',
      why: `the walk came back empty while ${findings.feed.live} records are known`,
    }
  }
  return judgeDeletes(feed.guard, findings.feed, findings.byMls)
}

/** Compares walk and index, asks about every key that the walk did not show, and files the proved ones in the ledger. */
async function findMissing(
  feed: Feed,
  resource: ResourceDescription,
  walked: PassProgress,
  signal: AbortSignal,
): Promise<Findings> {
  const { ledger } = feed.index
  const { passId } = walked
  // A sweep that was interrupted while it compared asks anew: yesterday's proof may be today's listing.
  await ledger.drop(passId, 'gone')
  await ledger.drop(passId, 'unknown')
  const live = new Tally()
  const deletes = new Tally()
  const counts = { gone: 0, unknown: 0, refuted: 0, inconclusive: 0 }
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
    // An empty walk has no witness, and is held whatever the answers would be (R10).
    if (keys.length === 0) return
    if (walked.walked === 0) return keys.forEach((key) => deletes.add(mlsOf.get(key) ?? null))
    const fates = await askWhetherGone(feed.source, resource, keys, witness, signal)
    const proved: [RecordKey, string][] = []
    for (const [key, fate] of fates) {
      if (fate.kind === 'gone') {
        proved.push([key, formatProof(fate, walked.startedAt)])
        deletes.add(mlsOf.get(key) ?? null)
        counts.gone += 1
      } else {
        counts[fate.kind === 'present' ? 'refuted' : 'inconclusive'] += 1
      }
    }
    await ledger.add(passId, 'gone', walked.page + 1, proved)
  }

  for await (const { key, entry, walked: seen } of compareKeys(
    feed.index.entries(resource.name),
    ledger.entries(passId, 'seen'),
  )) {
    signal.throwIfAborted()
    if (entry !== undefined && entry.state !== 'deleted') live.add(entry.mlsId)
    if (seen) {
      witness = key
      if (entry === undefined || entry.state === 'deleted') {
        counts.unknown += 1
        await ledger.add(passId, 'unknown', walked.page + 1, [[key, '']])
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
function sweepEnd(walked: PassProgress, entry: IndexEntry): number {
  return walked.sweepOffsets[entry.partition] ?? (entry.offset < 0 ? 0 : -1)
}

/** Keys that the walk showed and the index does not have: read whole and published, so that a sweep also heals. */
async function publishUnknown(
  feed: Feed,
  resource: ResourceDescription,
  from: PassProgress,
  signal: AbortSignal,
): Promise<PassProgress> {
  let progress = from
  for await (const batch of feed.index.ledger.entries(from.passId, 'unknown')) {
    for (const keys of slices(batch, KEYS_PER_QUESTION)) {
      const asked = keys.map(([key]) => key)
      for await (const found of findRecords(feed.source, resource, asked, signal)) {
        const before = progress
        const { records, request } = found
        const observedAt = found.serverDate ?? from.startedAt
        const result = await feed.committer.commitPage(
          resource,
          { records, unreadable: [], request, observedAt, askedAgain: false },
          false,
          (counts) => ({ progress: withOutcomes(before, counts), watermark: null, markers: [] }),
          signal,
        )
        progress = result.progress
      }
    }
  }
  return progress
}

async function publishDeletes(
  feed: Feed,
  resource: ResourceDescription,
  from: PassProgress,
  signal: AbortSignal,
): Promise<PassProgress> {
  let progress = from
  for await (const batch of feed.index.ledger.entries(from.passId, 'gone')) {
    for (const proved of slices(batch, feed.batchSize)) {
      const proofs = new Map(proved.map(([key, note]) => [key, parseProof(note)]))
      const before = progress
      progress = await feed.committer.commitDeletions(
        resource,
        [...proofs.keys()],
        (key, entry) => deletionOf(key, entry, proofs.get(key), from),
        (emitted, refuted) => ({
          progress: withDeletes(before, { emitted, refuted }),
          watermark: null,
          markers: [],
        }),
        signal,
      )
    }
  }
  return progress
}

function deletionOf(
  key: RecordKey,
  entry: IndexEntry,
  proof: Proof | undefined,
  progress: PassProgress,
): ProvedDeletion | undefined {
  // A record that was published or confirmed after the question was sent outweighs its answer (R6, R9 c).
  const outdated = proof === undefined || entry.request > proof.request
  if (outdated || entry.state === 'deleted' || entry.offset >= sweepEnd(progress, entry)) return undefined
  const deletion: Deletion = {
    kind: 'deletion',
    key,
    reason: 'NOT_IN_SOURCE',
    evidence: proof.evidence,
    deletedAt: proof.at,
    lastModificationTimestamp: entry.modificationTimestamp,
    mlsId: entry.mlsId,
    changeStamps: entry.changeStamps,
    previousDigest: entry.state === 'live' ? entry.digest : null,
  }
  return { deletion, request: proof.request }
}

interface Proof {
  readonly evidence: DeletionEvidence
  readonly request: number
  readonly at: Instant
}

/** As the ledger's note. */
function formatProof(fate: Extract<Fate, { kind: 'gone' }>, startedAt: Instant): string {
  return `${fate.evidence} ${fate.request} ${fate.at ?? startedAt}`
}

function parseProof(note: string): Proof {
  const [evidence, request, at] = note.split(' ')
  if (evidence !== 'LIST_QUERY' && evidence !== 'HTTP_404') {
    throw new InvariantViolation(`The ledger holds a proof of unknown kind: ${note}.`)
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

function* slices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
