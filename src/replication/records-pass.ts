/** The passes that read whole records, snapshot and update: they differ in filter and watermark alone. */
import type { Instant } from '../listing/instant.ts'
import type { PassKind, PassProgress } from '../listing/pass.ts'
import type { RecordKey } from '../listing/record-key.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { Feed } from './feed.ts'
import { endAsFailed } from './pass-end.ts'
import { afterPage, ended, withOutcomes } from './progress.ts'
import { findRecords, KEYS_PER_QUESTION } from './questions.ts'
import { startMarkers, walkToEnd } from './walk.ts'
import { changedSince, EVERYTHING } from './window.ts'
import { NoSnapshotError } from './pass-errors.ts'

/**
 * Walks all records and publishes what is new or different. The first one of a generation gives the feed its watermark
 * with its first checkpoint, so that update passes cover what changes while it runs (R4).
 */
export function runSnapshot(
  feed: Feed,
  resource: ResourceDescription,
  signal: AbortSignal,
): Promise<PassProgress> {
  return run(feed, resource, 'snapshot', EVERYTHING, !feed.state.hasSnapshot(resource.name), signal)
}

/** Walks what changed since the watermark less the overlap, and moves the watermark at its end (R4). */
export async function runUpdate(
  feed: Feed,
  resource: ResourceDescription,
  signal: AbortSignal,
): Promise<PassProgress> {
  const watermark = feed.state.watermark(resource.name)
  if (watermark === undefined) throw new NoSnapshotError(resource.name, 'update')
  const filter = changedSince(resource, watermark, feed.overlap)
  return run(feed, resource, 'update', filter, false, signal)
}

async function run(
  feed: Feed,
  resource: ResourceDescription,
  pass: PassKind,
  filter: string,
  initial: boolean,
  signal: AbortSignal,
): Promise<PassProgress> {
  const interrupted = feed.state.interrupted(resource.name, pass)
  const begin = { pass, passId: feed.newPassId(), initial, sweepOffsets: [] }
  try {
    const walked = await walkToEnd(
      feed,
      { resource, select: 'everything', filter, interrupted, begin },
      async ({ page, observedAt, fresh, progress }) => {
        // An update that finds nothing costs one transaction, not two.
        if (page.records.length + page.unreadable.length === 0 && page.nextToken === null) return progress
        const sightings = { ...page, observedAt, askedAgain: false }
        const { progress: after, askAgain } = await feed.committer.commitPage(
          resource,
          sightings,
          progress.initial,
          (counts) => {
            const next = afterPage(progress, page, { ...fresh, counts })
            return { progress: next, watermark: firstWatermark(feed, next), markers: startMarkers(next) }
          },
          signal,
        )
        const again = askAgain.map((record): readonly [RecordKey, string] => [record.key, stampOf(record)])
        await feed.index.ledger.add(after.passId, 'recheck', after.page, again)
        return after
      },
      signal,
    )
    const settled = await askAgain(feed, resource, walked, signal)
    return await complete(feed, resource, settled, signal)
  } catch (error) {
    await endAsFailed(feed, resource, pass, error, signal)
    throw error
  }
}

function firstWatermark(feed: Feed, progress: PassProgress): Instant | null {
  const first = progress.pass === 'snapshot' && feed.state.watermark(progress.resource) === undefined
  return first ? progress.startedAt : null
}

async function complete(
  feed: Feed,
  resource: ResourceDescription,
  progress: PassProgress,
  signal: AbortSignal,
): Promise<PassProgress> {
  const done = ended(progress, 'completed')
  const watermark = progress.pass === 'update' ? progress.startedAt : firstWatermark(feed, progress)
  const started = progress.page === 0 ? startMarkers(progress) : []
  const markers = [...started, { event: 'completed' as const, progress: done, detail: null }]
  await feed.committer.commitProgress(resource, { progress: done, watermark, markers }, signal)
  await feed.index.ledger.drop(done.passId)
  feed.observer.passEnded(done, null)
  return done
}

/**
 * R6: a record with an older stamp than the one known, where that one was observed long ago. Asked for once more: the
 * same answer again is the source's new truth.
 */
async function askAgain(
  feed: Feed,
  resource: ResourceDescription,
  walked: PassProgress,
  signal: AbortSignal,
): Promise<PassProgress> {
  let progress = walked
  for await (const batch of feed.index.ledger.entries(walked.passId, 'recheck')) {
    const stamps = new Map(batch)
    const keys = batch.map(([key]) => key)
    for (let start = 0; start < keys.length; start += KEYS_PER_QUESTION) {
      const asked = keys.slice(start, start + KEYS_PER_QUESTION)
      for await (const found of findRecords(feed.source, resource, asked, signal)) {
        const records = found.records.filter((record) => stamps.get(record.key) === stampOf(record))
        const unchanged = found.records.length - records.length
        const observedAt = found.serverDate ?? progress.startedAt
        const { request } = found
        const before = progress
        const { progress: after } = await feed.committer.commitPage(
          resource,
          { records, unreadable: [], request, observedAt, askedAgain: true },
          before.initial,
          (counts) => ({
            progress: withOutcomes(before, { ...counts, stale: counts.stale + unchanged }),
            watermark: null,
            markers: [],
          }),
          signal,
        )
        progress = after
      }
    }
  }
  return progress
}

function stampOf(record: { readonly modificationTimestamp: Instant | null }): string {
  return String(record.modificationTimestamp)
}
