/** The passes that read whole records, snapshot and update: they differ in filter and watermark alone. */
import type { Instant, Millis } from '../domain/instant.ts'
import type { PassId, PassKind, PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { Feed } from './feed.ts'
import { CheckpointPace } from './checkpoint-pace.ts'
import { commitWalked, firstWatermark } from './commit-walked.ts'
import { endAs, endAsFailed } from './pass-end.ts'
import { PLAIN_BEGINNING } from './progress.ts'
import { publishByKey, publishRechecked, type LetterRetry } from './publish-by-key.ts'
import { allSaid, concludeReread, type RereadConclusion } from './reread/conclude-reread.ts'
import { withholdingOf } from './reread/withholding.ts'
import { onWholeLedger } from './resume.ts'
import { walkToEnd, type CommitPage, type WalkedPage } from './walk.ts'
import { walkWindow } from './window-walk.ts'
import { everythingOf, updatedAfter } from './window.ts'
import { requireBase } from './pass-base.ts'
import { NoSnapshotError } from './pass-errors.ts'

/**
 * Walks all records and publishes what is new or different. The first one of a generation gives the feed its watermark
 * with its first checkpoint, so that update passes cover what changes while it runs (R4).
 */
export function runSnapshot(
  feed: Feed,
  resource: ListedResource,
  signal: AbortSignal,
): Promise<PassProgress> {
  return run(feed, resource, snapshotPlan(feed, resource), signal)
}

/** Walks what changed since the watermark less the overlap, and moves the watermark at its end (R4). */
export async function runUpdate(
  feed: Feed,
  resource: ListedResource,
  signal: AbortSignal,
): Promise<PassProgress> {
  return run(feed, resource, updatePlan(feed, resource), signal)
}

/** `not_shown`: the source does not show the key. Whether it is deleted is for the purge to prove (R9). */
type LetterFate = 'settled' | 'remains' | 'not_shown'

export interface RetryResult {
  readonly progress: PassProgress
  readonly letters: ReadonlyMap<RecordKey, LetterFate>
}

/** A pass that also asks for these keys at its end, each of which has a dead letter (R12). */
export async function runRetry(
  feed: Feed,
  resource: ListedResource,
  pass: 'snapshot' | 'update',
  keys: readonly RecordKey[],
  signal: AbortSignal,
): Promise<RetryResult> {
  const letters: LetterRetry = { keys: new Set(keys), shown: new Set(), settled: new Set() }
  const plan = pass === 'update' ? updatePlan(feed, resource) : snapshotPlan(feed, resource)
  const progress = await run(feed, resource, { ...plan, letters }, signal)
  const fate = (key: RecordKey): LetterFate => {
    if (letters.settled.has(key)) return 'settled'
    return letters.shown.has(key) ? 'remains' : 'not_shown'
  }
  return { progress, letters: new Map(keys.map((key) => [key, fate(key)])) }
}

interface Plan {
  readonly pass: PassKind
  /** Where the window begins, exclusive, and how far that is behind the watermark; null for a walk of everything. */
  readonly window: { readonly after: Instant; readonly overlap: Millis } | null
  readonly initial: boolean
  readonly letters: LetterRetry | undefined
}

function snapshotPlan({ state }: Feed, { name }: ListedResource): Plan {
  return { pass: 'snapshot', window: null, initial: !state.hasSnapshot(name), letters: undefined }
}

function updatePlan(feed: Feed, resource: ListedResource): Plan {
  requireBase(feed.state, resource, 'update')
  const watermark = feed.state.watermark(resource.name)
  if (watermark === undefined) throw new NoSnapshotError(resource.name, 'update')
  const overlap = feed.lateArrivals.overlapOf(resource.name)
  const window = { after: updatedAfter(watermark, overlap), overlap }
  return { pass: 'update', window, initial: false, letters: undefined }
}

async function run(
  feed: Feed,
  resource: ListedResource,
  plan: Plan,
  signal: AbortSignal,
): Promise<PassProgress> {
  const { pass, letters } = plan
  const begunAt = feed.clock.now()
  try {
    return await onWholeLedger(feed, resource, pass, true, async (interrupted, passId) => {
      const walked = await walkRecords(feed, resource, plan, { interrupted, passId }, signal)
      const retried = letters === undefined ? walked : await retry(feed, resource, walked, letters, signal)
      const withholding = withholdingOf(feed.reread, retried)
      const settled = await publishRechecked(feed, resource, retried, { letters, withholding }, signal)
      const conclusion = await concludeReread(feed, resource, settled, letters, signal)
      return await complete(feed, resource, conclusion, begunAt, signal)
    })
  } catch (error) {
    await endAsFailed(feed, resource, pass, error, signal)
    throw error
  }
}

function walkRecords(
  feed: Feed,
  resource: ListedResource,
  { pass, window, initial, letters }: Plan,
  { interrupted, passId }: { readonly interrupted: PassProgress | undefined; readonly passId: PassId },
  signal: AbortSignal,
): Promise<PassProgress> {
  const pace = new CheckpointPace()
  const commit: CommitPage = (walked) => commitPage(feed, resource, walked, pace, signal)
  if (window === null) {
    const begin = { ...PLAIN_BEGINNING, pass, passId, initial }
    const plan = {
      resource,
      select: 'everything',
      filter: everythingOf(resource),
      interrupted,
      begin,
    } as const
    return walkToEnd(feed, plan, commit, signal)
  }
  const settle = (progress: PassProgress): Promise<PassProgress> =>
    publishRechecked(
      feed,
      resource,
      progress,
      { letters, withholding: withholdingOf(feed.reread, progress) },
      signal,
    )
  const owedSeconds = feed.state.lastPass(resource.name, pass)?.owedSeconds ?? []
  return walkWindow(feed, { resource, ...window, owedSeconds, passId, interrupted, commit, settle }, signal)
}

function commitPage(
  feed: Feed,
  resource: ListedResource,
  walked: WalkedPage,
  pace: CheckpointPace,
  signal: AbortSignal,
): Promise<PassProgress> {
  const { page, progress } = walked
  // An update that finds nothing costs one transaction, not two.
  if (page.records.length + page.unreadable.length === 0 && page.nextToken === null) {
    return Promise.resolve(progress)
  }
  return commitWalked(feed, resource, walked, pace, signal)
}

async function retry(
  feed: Feed,
  resource: ListedResource,
  walked: PassProgress,
  letters: LetterRetry,
  signal: AbortSignal,
): Promise<PassProgress> {
  const marks = [...letters.keys].map((key): readonly [RecordKey, string] => [key, ''])
  await feed.index.ledger.add(walked.passId, 'retry', walked.page + 1, marks)
  const accepts = (): boolean => true
  const withholding = withholdingOf(feed.reread, walked)
  const options = {
    set: 'retry',
    accepts,
    askedAgain: false,
    withholding,
    letters,
    orWalk: undefined,
  } as const
  return publishByKey(feed, resource, walked, options, signal)
}

async function complete(
  feed: Feed,
  resource: ListedResource,
  { progress, heldBecause, left, holds }: RereadConclusion,
  begunAt: Instant,
  signal: AbortSignal,
): Promise<PassProgress> {
  const state = heldBecause === null ? 'completed' : 'held'
  const ofPass = progress.pass === 'update' ? progress.startedAt : firstWatermark(feed, resource, progress)
  // R10: what is held has to be in the next window, too.
  const wanted = state === 'held' ? null : ofPass
  // R4: by now there are the Dates of later answers, too. A pass that another process began was held against its clock.
  const latest = feed.serverClock.latest(begunAt)
  const watermark = wanted !== null && wanted > latest ? latest : wanted
  const detail = allSaid([heldBecause, left])
  const done = await endAs(feed, resource, progress, { state, watermark, detail, holds }, signal)
  if (done.pass === 'update') {
    feed.observer.overlapReviewed(resource.name, feed.lateArrivals.review(resource.name))
  }
  return done
}
