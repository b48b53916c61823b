import type { PassProgress } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { SourceRecord } from '../domain/source-record.ts'
import { prefetch } from '../support/prefetch.ts'
import { regrouped } from '../support/regrouped.ts'
import type { RecordKey } from '../domain/record-key.ts'
import { purposeOf } from '../domain/request-purpose.ts'
import type { Feed } from './feed.ts'
import type { Decision } from './classify.ts'
import { NO_KEYS } from './classify-page.ts'
import { countMissed } from './count-missed.ts'
import type { LedgerSet, Source } from './ports.ts'
import { withOutcomes } from './progress.ts'
import { findEach, findListed, keysPerQuestion, type FoundRecords } from './questions.ts'
import { fileWithheld } from './reread/file-withheld.ts'
import { withholdingOf, type Withholding } from './reread/withholding.ts'
import { startMarkers } from './walk.ts'
import { everythingOf } from './window.ts'

export interface ByKeyOptions {
  /** The pass's keys, gathered in the ledger with a note each. */
  readonly set: LedgerSet
  /** A record that is not accepted is counted as stale. */
  readonly accepts: (record: SourceRecord, note: string | undefined) => boolean
  /** See `Sighting.askedAgain`. */
  readonly askedAgain: boolean
  /** See `Sighting.withholding`. */
  readonly withholding: Withholding
  readonly letters: LetterRetry | undefined
  /**
   * Where the source takes no filter by key and more than `pages` of the set's `keys` keys are left, everything is walked
   * instead; undefined asks for each key.
   */
  readonly orWalk: { readonly keys: number; readonly pages: number } | undefined
  /** @default nothing is published that says the same */
  readonly republish?: Republishing | undefined
}

/** Of a republish. */
export interface Republishing {
  /** See `Sighting.republishBelow`. */
  readonly below: readonly number[]
  /** Told before they are committed. */
  readonly decided: (progress: PassProgress, decided: ReadonlyMap<RecordKey, Decision>) => Promise<void>
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
  resource: ListedResource,
  from: PassProgress,
  options: ByKeyOptions,
  signal: AbortSignal,
): Promise<PassProgress> {
  let progress = from
  let left = options.orWalk?.keys ?? 0
  const entries = feed.index.ledger.entries(from.passId, options.set)
  for await (const marks of regrouped(entries, keysPerQuestion(resource))) {
    const notes = new Map(marks)
    const keys = [...notes.keys()]
    const listed = await findListed(feed.source, resource, keys, signal)
    if (listed === 'refused' && left > (options.orWalk?.pages ?? Infinity)) {
      return publishByWalk(feed, resource, progress, signal)
    }
    const answers =
      typeof listed === 'string' ? foundAlone(feed.source, resource, keys, options.set, signal) : [listed]
    for await (const found of answers) {
      progress = await publishFound(feed, resource, progress, found, notes, options, signal)
    }
    left -= keys.length
  }
  return progress
}

/**
 * A record that is read alone is shown whatever the scope: what of the pass's keys its own walk has just shown is in it, and
 * of dead letters nobody knows.
 */
function foundAlone(
  source: Source,
  resource: ListedResource,
  keys: readonly RecordKey[],
  set: LedgerSet,
  signal: AbortSignal,
): AsyncIterable<FoundRecords> | readonly FoundRecords[] {
  const isInScope = set !== 'retry' || resource.scope.filter === ''
  return isInScope ? findEach(source, resource, keys, signal) : []
}

async function publishFound(
  feed: Feed,
  resource: ListedResource,
  before: PassProgress,
  found: FoundRecords,
  notes: ReadonlyMap<RecordKey, string>,
  { accepts, askedAgain, withholding, letters, republish }: ByKeyOptions,
  signal: AbortSignal,
): Promise<PassProgress> {
  const records = found.records.filter((record) => accepts(record, notes.get(record.key)))
  const refused = found.records.length - records.length
  const observedAt = feed.serverClock.observed(found.serverDate, found.receivedAt)
  const lettered = letters?.keys ?? NO_KEYS
  for (const { key } of found.records) letters?.shown.add(key)
  return feed.committer.commitPage(
    resource,
    {
      records,
      unreadable: [],
      request: found.request,
      observedAt,
      askedAgain,
      lettered,
      withholding,
      ...(republish === undefined ? {} : { republishBelow: republish.below }),
    },
    before.initial,
    async ({ counts, askAgain, settled, published, decided, reread }) => {
      await fileForRecheck(feed, before, askAgain)
      await republish?.decided(before, decided)
      for (const key of settled) letters?.settled.add(key)
      const seen = await fileWithheld(feed, before, reread)
      const after = withOutcomes(seen, { ...counts, stale: counts.stale + refused })
      return {
        progress: countMissed(feed, resource, after, published),
        watermark: null,
        markers: startMarkers(feed.state, before),
        before,
      }
    },
    signal,
  )
}

/**
 * Reads what a purge's walk has shown to be other than the index has it, by key, or by a walk of whole records where that
 * takes fewer requests: a question takes up to 199 keys, and one where the source takes no filter by key. The walk proves nothing,
 * and need not be complete: what it does not show, the next purge asks for again.
 */
export async function publishMissed(
  feed: Feed,
  resource: ListedResource,
  walked: PassProgress,
  missed: number,
  signal: AbortSignal,
): Promise<PassProgress> {
  const pages = walked.page
  const withholding = withholdingOf(feed.reread, walked)
  const read =
    Math.ceil(missed / keysPerQuestion(resource)) > pages
      ? await publishByWalk(feed, resource, walked, signal)
      : await publishByKey(
          feed,
          resource,
          walked,
          {
            set: 'missed',
            accepts: () => true,
            askedAgain: false,
            withholding,
            letters: undefined,
            orWalk: { keys: missed, pages },
          },
          signal,
        )
  return publishRechecked(feed, resource, read, { letters: undefined, withholding }, signal)
}

/** R6: an older stamp than the one known, which was observed long ago: the same answer again is the new truth. */
export function publishRechecked(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  wishes: Pick<ByKeyOptions, 'letters' | 'withholding'>,
  signal: AbortSignal,
  republish?: Republishing,
): Promise<PassProgress> {
  const accepts = (record: SourceRecord, stamp: string | undefined): boolean => stampOf(record) === stamp
  const options = {
    ...wishes,
    set: 'recheck',
    accepts,
    askedAgain: true,
    orWalk: undefined,
    republish,
  } as const
  return publishByKey(feed, resource, from, options, signal)
}

/** Tokens that go in a circle would let it read for ever. */
const MOST_PAGES_FOR_ONE = 3

async function publishByWalk(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  signal: AbortSignal,
): Promise<PassProgress> {
  const purpose = purposeOf(from.pass)
  const request = {
    resource,
    select: 'everything',
    filter: everythingOf(resource),
    purpose,
    token: '',
  } as const
  const sighting = {
    askedAgain: false,
    withholding: withholdingOf(feed.reread, from),
    lettered: NO_KEYS,
  }
  let progress = from
  let pages = 0
  for await (const page of prefetch((reading) => feed.source.walk(request, reading), 1, signal)) {
    const before = progress
    const observedAt = feed.serverClock.observed(page.serverDate, page.receivedAt)
    progress = await feed.committer.commitPage(
      resource,
      { ...page, ...sighting, observedAt },
      from.initial,
      async ({ counts, askAgain, published, reread }) => {
        await fileForRecheck(feed, before, askAgain)
        const seen = await fileWithheld(feed, before, reread)
        const after = countMissed(feed, resource, withOutcomes(seen, counts), published)
        return { progress: after, watermark: null, markers: [], before }
      },
      signal,
    )
    pages += 1
    if (pages >= MOST_PAGES_FOR_ONE * Math.max(1, from.page)) break
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

function stampOf(record: SourceRecord): string {
  return String(record.modificationTimestamp)
}
