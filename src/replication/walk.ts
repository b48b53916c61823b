/** One paged read of the source as part of a pass: resumed where it was interrupted, restarted when its token is refused. */
import { formatSeconds, type Instant } from '../domain/instant.ts'
import type { PassMarker, PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import { purposeOf } from '../domain/request-purpose.ts'
import type { ListedResource } from '../domain/resource.ts'
import { scopeText } from '../domain/scope.ts'
import type { SourceRecord } from '../domain/source-record.ts'
import { hasCode, InvariantViolation } from '../support/errors.ts'
import { prefetch } from '../support/prefetch.ts'
import type { CommittedState } from './committed-state.ts'
import { countedRange, isShrunken, keysRequired } from './completeness.ts'
import type { Feed } from './feed.ts'
import { Headway } from './headway.ts'
import { IncompleteWalkError, SourceClockError } from './pass-errors.ts'
import type { Selection, SourcePage, WalkLedger } from './ports.ts'
import { TOKEN_REFUSED } from '../domain/error-codes.ts'
import type { SweepDoubt } from '../domain/sweep-doubt.ts'
import { begun, goesOn, restarted, walkedOf, type PassBeginning } from './progress.ts'
import { formatStamp } from './walked-stamp.ts'
import { narrowedTo, settledBefore } from './window.ts'

/** A server clock that differs by more than this from ours is not believed (R4). */
export const CLOCK_TOLERANCE_MS = 3_600_000

/**
 * Pages that are read while one is being committed (R14). The source asks for the one behind by itself, so that neither waits
 * for the other: a second page ahead took 20 to 80 MB, and no time off (docs/performance.md).
 */
const PAGES_AHEAD = 1

/** Restarts of one walk after refused tokens before the pass gives up. */
const MOST_RESTARTS = 3

export interface WalkPlan {
  readonly resource: ListedResource
  readonly select: Selection
  readonly filter: string
  /** An interrupted pass to go on with. */
  readonly interrupted: PassProgress | undefined
  /** A new pass begins with the first page, since its `startedAt` is that response's date (R4). */
  readonly begin: Omit<PassBeginning, 'startedAt' | 'filter' | 'resource' | 'scope' | 'heldRecords'>
}

/** A page with what is new in it, to be committed by the pass. */
export interface WalkedPage {
  readonly page: SourcePage
  readonly observedAt: Instant
  /** Distinct keys that no earlier page of the pass has shown, and those of them that the count of R7 covers. */
  readonly fresh: { readonly walked: number; readonly inRange: number }
  /** The pass as it stands before this page. */
  readonly progress: PassProgress
}

/** Commits a page and answers the progress after it. */
export type CommitPage = (walked: WalkedPage) => Promise<PassProgress>

/** The one walk of a pass, to its end. */
export async function walkToEnd(
  feed: Feed,
  plan: WalkPlan,
  commit: CommitPage,
  signal: AbortSignal,
): Promise<PassProgress> {
  if (plan.interrupted === undefined) return walkAndCheck(feed, plan, commit, signal)
  const interrupted = goesOn(plan.interrupted)
  feed.observer.passStarted(interrupted, true)
  return walkAndCheck(feed, { ...plan, interrupted }, commit, signal)
}

/** Walks to the end and checks that the walk was complete. */
export async function walkAndCheck(
  feed: Feed,
  plan: WalkPlan,
  commit: CommitPage,
  signal: AbortSignal,
): Promise<PassProgress> {
  let progress = plan.interrupted
  for (let restarts = 0; ; restarts += 1) {
    try {
      const walked = await walkOnce(feed, plan, progress, (after) => (progress = after), commit, signal)
      await checkComplete(feed, plan, walked.progress, walked.lastPage, signal)
      return walked.progress
    } catch (error) {
      const refused = hasCode(error, TOKEN_REFUSED)
      if (!refused || progress === undefined || restarts >= MOST_RESTARTS) throw error
      await dropWalk(feed.index.ledger, progress)
      progress = restarted(progress)
      feed.observer.passStarted(progress, true)
    }
  }
}

async function walkOnce(
  feed: Feed,
  plan: WalkPlan,
  from: PassProgress | undefined,
  advanced: (progress: PassProgress) => void,
  commit: CommitPage,
  signal: AbortSignal,
): Promise<{ progress: PassProgress; lastPage: SourcePage }> {
  const { resource, select } = plan
  let progress = from
  let lastPage: SourcePage | undefined
  const headway = new Headway(resource)
  const request = {
    resource,
    select,
    filter: progress?.filter ?? plan.filter,
    purpose: purposeOf(plan.begin.pass),
    token: progress?.token ?? '',
  }
  const pages = prefetch((reading) => feed.source.walk(request, reading), PAGES_AHEAD, signal)
  for await (const page of pages) {
    if (progress === undefined) {
      progress = begun({
        ...plan.begin,
        resource: resource.name,
        filter: plan.filter,
        scope: scopeText(resource.scope),
        startedAt: startOf(page, resource, feed),
        heldRecords: feed.state.lastPass(resource.name, plan.begin.pass)?.reread.held ?? 0,
      })
      feed.observer.passStarted(progress, false)
    }
    const fresh = await countFresh(feed, plan, page, progress)
    headway.note(page, fresh.walked)
    const observedAt = feed.serverClock.observed(page.serverDate, page.receivedAt)
    progress = await commit({ page, observedAt, fresh, progress })
    advanced(progress)
    lastPage = page
  }
  if (progress === undefined || lastPage === undefined) {
    throw new InvariantViolation('A walk of the source ended without a page.')
  }
  return { progress, lastPage }
}

/** R4: the server's Date, as far as our clock and the Dates of other answers bear it out. */
function startOf({ serverDate, receivedAt: at }: SourcePage, resource: ListedResource, feed: Feed): Instant {
  if (serverDate === null) {
    throw new SourceClockError(
      'The API answered without a Date header, so the pass has no start time. Check what stands between this host and the API (SPARK_API_URL).',
    )
  }
  const difference = serverDate - at
  if (Math.abs(difference) > CLOCK_TOLERANCE_MS) {
    const minutes = Math.round(Math.abs(difference) / 60_000)
    throw new SourceClockError(
      `The API's clock says ${formatSeconds(serverDate)}, this host's ${formatSeconds(at)}: ${minutes} minutes apart. Above 60 no pass is begun, since a wrong clock could leave a gap in what is read. Correct this host's clock; if it is right, the pass goes on by itself as soon as the API's is.`,
    )
  }
  feed.observer.clockCompared(resource.name, feed.serverClock.ahead(at))
  return earlier(serverDate, feed.serverClock.latest(at))
}

function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b
}

async function countFresh(
  feed: Feed,
  { resource, select }: WalkPlan,
  page: SourcePage,
  progress: PassProgress,
): Promise<WalkedPage['fresh']> {
  // What is read again counts once, even if the ledger that would know it is lost.
  if (progress.walkEnded) return { walked: 0, inRange: 0 }
  const marks = page.records.map((record): readonly [RecordKey, string] => [
    record.key,
    select === 'versions' ? formatStamp(record.modificationTimestamp) : '',
  ])
  const isNew = await feed.index.ledger.add(progress.passId, 'seen', progress.page + 1, marks)
  const range = countedRange(resource, progress.pass)
  const bound = settledBefore(progress.startedAt, feed.overlap)
  const firstShown = new Set<RecordKey>()
  const areAllNew = !isNew.includes(false)
  let walked = 0
  // A row without a usable key was shown, too: the source counts it, and it is not missing (R12).
  let inRange = page.unreadable.length
  for (const [i, record] of page.records.entries()) {
    if (isNew[i] === true) {
      walked += 1
      if (!areAllNew) firstShown.add(record.key)
    }
    // One page that shows a key twice shows two rows that the source counts; one of an earlier page is a repetition.
    if (!areAllNew && !firstShown.has(record.key)) continue
    if (range === 'all' || mayCountBefore(bound, record)) inRange += 1
  }
  return { walked, inRange }
}

/**
 * Whether the source may count the row as stamped before `bound`. It counts by the stamp that it has, which a row may not
 * show: masked, absent or in a form that nobody can read. Such a row was shown, and is not what is missing.
 */
function mayCountBefore(bound: Instant, { modificationTimestamp }: SourceRecord): boolean {
  return modificationTimestamp === null || modificationTimestamp < bound
}

/** R7. Asked after the last page, so that whatever left during the walk cannot make it look incomplete. */
async function checkComplete(
  feed: Feed,
  { resource, select }: WalkPlan,
  progress: PassProgress,
  lastPage: SourcePage,
  signal: AbortSignal,
): Promise<void> {
  if (progress.pass === 'update' && walkedOf(progress) === 0) return
  const range = countedRange(resource, progress.pass)
  const bound = settledBefore(progress.startedAt, feed.overlap)
  // All that the slice can show is in motion.
  if (progress.window !== null && progress.window.after >= bound) return
  const filter = range === 'all' ? progress.filter : narrowedTo(progress.filter, resource, bound)
  const counted = await feed.source.count(resource, filter, purposeOf(progress.pass), signal)
  if (counted === undefined) return confirmEnd(feed, resource, select, progress, lastPage, signal)

  const { walkedInRange: shown } = progress
  const compared = `The walk of ${resource.name} showed ${shown} records, but the API counts ${counted}${filter === '' ? '' : ` for "${filter}"`}.`
  if (shown < keysRequired(counted, range)) {
    throw new IncompleteWalkError(
      `${compared} Nothing is concluded from it; the next pass walks again.`,
      shortfall(shown, lastPage),
    )
  }
  const mayShrink = progress.pass !== 'purge' || feed.guard(resource.name).mayHalve
  if (!mayShrink && isShrunken(counted, shown)) {
    throw new IncompleteWalkError(
      `${compared} So many are not gone between the walk and the count: the key may see less than before. Nothing is concluded from it; the next pass walks again.`,
      'shrunken_count',
    )
  }
}

/** An empty page may well repeat its token at the true end. */
function shortfall(shown: number, { repeatsToken = false, records }: SourcePage): SweepDoubt {
  if (shown === 0) return 'empty_walk'
  return repeatsToken && records.length > 0 ? 'repeated_token' : 'short_count'
}

/** A source that does not count under this filter must at least end in the same way twice. */
async function confirmEnd(
  feed: Feed,
  resource: ListedResource,
  select: Selection,
  progress: PassProgress,
  lastPage: SourcePage,
  signal: AbortSignal,
): Promise<void> {
  const { filter, pass } = progress
  const request = { resource, select, filter, purpose: purposeOf(pass), token: lastPage.token }
  const shown = new Set(lastPage.records.map((record) => record.key))
  for await (const again of feed.source.walk(request, signal)) {
    const same = again.nextToken === null && again.records.every((record) => shown.has(record.key))
    if (same) return
    break
  }
  throw new IncompleteWalkError(
    `The API does not count ${resource.name}, and the end of the walk was not the same when asked again. Nothing is concluded from it; the next pass walks again.`,
    'end_not_repeated',
  )
}

/**
 * Forgets what a walk has shown, before it begins again or another slice does. What was withheld in a slice stays: the next one
 * does not show it (R10).
 */
export async function dropWalk(ledger: WalkLedger, { passId, window }: PassProgress): Promise<void> {
  if (window === null) return ledger.drop(passId)
  await ledger.drop(passId, 'seen')
  await ledger.drop(passId, 'recheck')
}

/** The marker that belongs into the pass's first transaction. */
export function startMarkers(state: CommittedState, progress: PassProgress): readonly PassMarker[] {
  const last = state.lastPass(progress.resource, progress.pass)
  return last?.passId !== progress.passId ? [{ event: 'started', progress, detail: null }] : []
}
