/** One paged read of the source as part of a pass: resumed where it was interrupted, restarted when its token is refused. */
import { instant, type Instant } from '../listing/instant.ts'
import type { PassMarker, PassProgress } from '../listing/pass.ts'
import type { RecordKey } from '../listing/record-key.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { SourceRecord } from '../listing/source-record.ts'
import { InvariantViolation, ListingstreamError } from '../support/errors.ts'
import { prefetch } from '../support/prefetch.ts'
import { keysRequired } from './completeness.ts'
import type { Feed } from './feed.ts'
import { IncompleteWalkError, LedgerDamagedError, SourceClockError } from './pass-errors.ts'
import { TOKEN_REFUSED, type SourcePage, type WalkRequest } from './ports.ts'
import { begun, restarted, type PassBeginning } from './progress.ts'
import { EVERYTHING, narrowedTo, settledBefore } from './window.ts'

/** A server clock that differs by more than this from ours is not believed (R4). */
const CLOCK_TOLERANCE_MS = 3_600_000

/**
 * Pages that are fetched and read while one is being committed (R14). With one alone the next request would wait for the
 * commit, and the commit after that for its answer.
 */
const PAGES_AHEAD = 2

/** Restarts of one walk after refused tokens before the pass gives up. */
const MOST_RESTARTS = 3

export interface WalkPlan {
  readonly resource: ResourceDescription
  readonly select: WalkRequest['select']
  readonly filter: string
  /** An interrupted pass to go on with. */
  readonly interrupted: PassProgress | undefined
  /** A new pass begins with the first page, since its `startedAt` is that response's date (R4). */
  readonly begin: Omit<PassBeginning, 'startedAt' | 'filter' | 'resource'>
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

/** Walks to the end and checks that the walk was complete. `commit` commits a page and answers the progress after it. */
export async function walkToEnd(
  feed: Feed,
  plan: WalkPlan,
  commit: (walked: WalkedPage) => Promise<PassProgress>,
  signal: AbortSignal,
): Promise<PassProgress> {
  let progress = plan.interrupted
  for (let restarts = 0; ; restarts += 1) {
    try {
      const walked = await walkOnce(feed, plan, progress, (after) => (progress = after), commit, signal)
      await checkComplete(feed, plan, walked.progress, walked.lastPage, signal)
      return walked.progress
    } catch (error) {
      const refused = error instanceof ListingstreamError && error.code === TOKEN_REFUSED
      if (!refused || progress === undefined || restarts >= MOST_RESTARTS) throw error
      await feed.index.ledger.drop(progress.passId)
      progress = restarted(progress)
    }
  }
}

async function walkOnce(
  feed: Feed,
  plan: WalkPlan,
  from: PassProgress | undefined,
  advanced: (progress: PassProgress) => void,
  commit: (walked: WalkedPage) => Promise<PassProgress>,
  signal: AbortSignal,
): Promise<{ progress: PassProgress; lastPage: SourcePage }> {
  const { resource, select } = plan
  let progress = from
  let lastPage: SourcePage | undefined
  if (progress !== undefined) feed.observer.passStarted(progress, true)
  const request = {
    resource,
    select,
    filter: progress?.filter ?? plan.filter,
    token: progress?.token ?? '',
  }
  const pages = prefetch((reading) => feed.source.walk(request, reading), PAGES_AHEAD, signal)
  for await (const page of pages) {
    if (progress === undefined) {
      progress = begun({
        ...plan.begin,
        resource: resource.name,
        filter: plan.filter,
        startedAt: startOf(page, feed),
      })
      feed.observer.passStarted(progress, false)
    }
    const fresh = await countFresh(feed, select, page, progress)
    const observedAt = page.serverDate ?? progress.startedAt
    progress = await commit({ page, observedAt, fresh, progress })
    advanced(progress)
    lastPage = page
  }
  if (progress === undefined || lastPage === undefined) {
    throw new InvariantViolation('A walk of the source ended without a page.')
  }
  return { progress, lastPage }
}

function startOf(page: SourcePage, feed: Feed): Instant {
  const { serverDate } = page
  if (serverDate === null) {
    throw new SourceClockError(
      'The API answered without a Date header, so the pass has no start time. Check what stands between this host and the API (SPARK_API_URL).',
    )
  }
  const difference = Math.abs(serverDate - feed.clock.now())
  if (difference > CLOCK_TOLERANCE_MS) {
    throw new SourceClockError(
      `The API's clock and this host's differ by ${Math.round(difference / 60_000)} minutes; above 60 no pass is begun. Correct this host's clock.`,
    )
  }
  return serverDate
}

async function countFresh(
  feed: Feed,
  select: WalkRequest['select'],
  page: SourcePage,
  progress: PassProgress,
): Promise<WalkedPage['fresh']> {
  // What is read again counts once, even if the ledger that would know it is lost.
  if (progress.walkEnded) return { walked: 0, inRange: 0 }
  const marks = page.records.map((record): readonly [RecordKey, string] => [
    record.key,
    select === 'keys' ? formatStamp(record) : '',
  ])
  const isNew = await feed.index.ledger.add(progress.passId, 'seen', progress.page + 1, marks)
  const bound = settledBefore(progress.startedAt, feed.overlap)
  let walked = 0
  // A row without a usable key was shown, too: the source counts it, and it is not missing (R12).
  let inRange = page.unreadable.length
  for (const [i, record] of page.records.entries()) {
    if (isNew[i] !== true) continue
    walked += 1
    const { modificationTimestamp } = record
    // A walk of keys is held against the plain count: what it does not show may cost a listing its life.
    if (select === 'keys' || (modificationTimestamp !== null && modificationTimestamp < bound)) inRange += 1
  }
  return { walked, inRange }
}

/** R7. Asked after the last page, so that whatever left during the walk cannot make it look incomplete. */
async function checkComplete(
  feed: Feed,
  { resource, select }: WalkPlan,
  progress: PassProgress,
  lastPage: SourcePage,
  signal: AbortSignal,
): Promise<void> {
  if (progress.pass === 'update' && progress.walked === 0) return
  const bound = settledBefore(progress.startedAt, feed.overlap)
  const keysOnly = select === 'keys'
  const filter = keysOnly ? progress.filter : narrowedTo(progress.filter, resource, bound)
  const counted = await feed.source.count(resource, filter, signal)
  if (counted === undefined) return confirmEnd(feed, resource, select, progress, lastPage, signal)

  if (progress.walkedInRange < keysRequired(counted, select)) {
    throw new IncompleteWalkError(
      `The walk of ${resource.name} showed ${progress.walkedInRange} records, but the API counts ${counted}${filter === EVERYTHING ? '' : ` for "${filter}"`}. Nothing is concluded from it; the next pass walks again.`,
    )
  }
}

/** A source that does not count under this filter must at least end in the same way twice. */
async function confirmEnd(
  feed: Feed,
  resource: ResourceDescription,
  select: WalkRequest['select'],
  progress: PassProgress,
  lastPage: SourcePage,
  signal: AbortSignal,
): Promise<void> {
  const request = { resource, select, filter: progress.filter, token: lastPage.token }
  const shown = new Set(lastPage.records.map((record) => record.key))
  for await (const again of feed.source.walk(request, signal)) {
    const same = again.nextToken === null && again.records.every((record) => shown.has(record.key))
    if (same) return
    break
  }
  throw new IncompleteWalkError(
    `The API does not count ${resource.name}, and the end of the walk was not the same when asked again. Nothing is concluded from it; the next pass walks again.`,
  )
}

/** The ledger's note of a walked key: its timestamp. */
function formatStamp({ modificationTimestamp }: SourceRecord): string {
  return modificationTimestamp === null ? '' : String(modificationTimestamp)
}

/** @throws {LedgerDamagedError} for a note that `formatStamp` does not write */
export function parseStamp(note: string): Instant | null {
  if (note === '') return null
  if (!/^-?\d{1,16}$/.test(note)) throw new LedgerDamagedError('the timestamp of a walked key cannot be read')
  return instant(Number(note))
}

/** The marker that belongs into the pass's first transaction. */
export function startMarkers(progress: PassProgress): readonly PassMarker[] {
  return progress.page <= 1 ? [{ event: 'started', progress, detail: null }] : []
}
